# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzzers. With --enable-fuzzers (clang) each is a libFuzzer program; otherwise it is linked with
# replay.c and `make check` replays its corpus, tests/fuzz/corpus/X, through it.
#
# To add fuzz_X: one line in fuzzers, a corpus directory with at least one file, then
#	tests_fuzz_fuzz_X_SOURCES = tests/fuzz/fuzz_X.c $(fuzzer_main)
#	tests_fuzz_fuzz_X_LDFLAGS = $(FUZZER_LDFLAGS)
#	tests_fuzz_fuzz_X_LDADD = libknet/libknet_internal.la
# fuzz_X.c defines LLVMFuzzerTestOneInput (declared in fuzz.h).

fuzzers = \
	tests/fuzz/fuzz_archive \
	tests/fuzz/fuzz_bpf \
	tests/fuzz/fuzz_ctl \
	tests/fuzz/fuzz_view \
	tests/fuzz/fuzz_kcl_lexer \
	tests/fuzz/fuzz_kcl_line \
	tests/fuzz/fuzz_kcl_load \
	tests/fuzz/fuzz_kcl_merge \
	tests/fuzz/fuzz_key \
	tests/fuzz/fuzz_noise \
	tests/fuzz/fuzz_pipe \
	tests/fuzz/fuzz_reassemble \
	tests/fuzz/fuzz_rx \
	tests/fuzz/fuzz_super \
	tests/fuzz/fuzz_wire
check_PROGRAMS += $(fuzzers)
if FUZZERS
fuzzer_main = tests/fuzz/fuzz.h
else
fuzzer_main = tests/fuzz/fuzz.h tests/fuzz/replay.c
TESTS += $(fuzzers)
endif
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz.h tests/fuzz/replay.c

tests_fuzz_fuzz_archive_SOURCES = tests/fuzz/fuzz_archive.c $(fuzzer_main)
tests_fuzz_fuzz_archive_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBQB_CFLAGS)
tests_fuzz_fuzz_archive_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_archive_LDADD = knetd/libtxn.la knetd/libapply.la

tests_fuzz_fuzz_bpf_SOURCES = tests/fuzz/fuzz_bpf.c $(fuzzer_main)
tests_fuzz_fuzz_bpf_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_bpf_LDADD = knetd/libpcapng.la

tests_fuzz_fuzz_ctl_SOURCES = tests/fuzz/fuzz_ctl.c $(fuzzer_main)
tests_fuzz_fuzz_ctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBQB_CFLAGS)
tests_fuzz_fuzz_ctl_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_ctl_LDADD = tests/ctl/libfake.la

tests_fuzz_fuzz_pipe_SOURCES = tests/fuzz/fuzz_pipe.c $(fuzzer_main)
tests_fuzz_fuzz_pipe_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_pipe_LDADD = kronosnetd-cli/libcli.la

tests_fuzz_fuzz_view_SOURCES = tests/fuzz/fuzz_view.c $(fuzzer_main)
tests_fuzz_fuzz_view_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_view_LDADD = kronosnetd-cli/libcli.la

tests_fuzz_fuzz_kcl_lexer_SOURCES = tests/fuzz/fuzz_kcl_lexer.c $(fuzzer_main)
tests_fuzz_fuzz_kcl_lexer_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_kcl_lexer_LDADD = knetd/cmd/libkcl.la

tests_fuzz_fuzz_kcl_line_SOURCES = tests/fuzz/fuzz_kcl_line.c $(fuzzer_main)
tests_fuzz_fuzz_kcl_line_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_kcl_line_LDADD = knetd/cmd/libkcl.la

tests_fuzz_fuzz_kcl_load_SOURCES = tests/fuzz/fuzz_kcl_load.c $(fuzzer_main)
tests_fuzz_fuzz_kcl_load_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_kcl_load_LDADD = knetd/cmd/libkcl.la

tests_fuzz_fuzz_kcl_merge_SOURCES = tests/fuzz/fuzz_kcl_merge.c $(fuzzer_main)
tests_fuzz_fuzz_kcl_merge_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_kcl_merge_LDADD = knetd/cmd/libkcl.la

tests_fuzz_fuzz_key_SOURCES = tests/fuzz/fuzz_key.c $(fuzzer_main)
tests_fuzz_fuzz_key_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_key_LDADD = libknet/libknet_internal.la

tests_fuzz_fuzz_noise_SOURCES = tests/fuzz/fuzz_noise.c $(fuzzer_main)
tests_fuzz_fuzz_noise_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_noise_LDADD = libknet/libknet_internal.la

tests_fuzz_fuzz_reassemble_SOURCES = tests/fuzz/fuzz_reassemble.c $(fuzzer_main)
tests_fuzz_fuzz_reassemble_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_reassemble_LDADD = libknet/libknet_internal.la

# Two simulated hosts, without the simulation's main program and its cases.
tests_fuzz_fuzz_rx_SOURCES = tests/fuzz/fuzz_rx.c $(fuzzer_main) \
	tests/sim/frames.c tests/sim/host.c tests/sim/net.c tests/sim/packets.c tests/sim/queue.c \
	tests/sim/sealer.c tests/sim/world.c
tests_fuzz_fuzz_rx_CPPFLAGS = $(AM_CPPFLAGS) -D_LGPL_SOURCE $(URCU_CFLAGS)
tests_fuzz_fuzz_rx_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_rx_LDADD = libknet/libknet_internal.la $(URCU_LIBS)

# The data path between two simulated hosts, against the model in tests/ref.
tests_fuzz_fuzz_super_SOURCES = tests/fuzz/fuzz_super.c $(fuzzer_main) $(ref_pipe)
tests_fuzz_fuzz_super_CPPFLAGS = $(AM_CPPFLAGS) -D_LGPL_SOURCE $(URCU_CFLAGS)
tests_fuzz_fuzz_super_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_super_LDADD = libknet/libknet_internal.la $(URCU_LIBS)

tests_fuzz_fuzz_wire_SOURCES = tests/fuzz/fuzz_wire.c $(fuzzer_main)
tests_fuzz_fuzz_wire_LDFLAGS = $(FUZZER_LDFLAGS)
tests_fuzz_fuzz_wire_LDADD = libknet/libknet_internal.la

# The programs alone, for check.sh.
fuzz-programs: $(fuzzers)
list-fuzzers:
	@echo $(fuzzers)
.PHONY: fuzz-programs list-fuzzers
