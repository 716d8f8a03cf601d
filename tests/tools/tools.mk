# SPDX-License-Identifier: GPL-2.0-or-later
# What the stories and the demonstration run besides the daemon: probes, garbage, replay, a wrong
# clock. Built by `make check-programs`.
#
# They are instruments, not what is measured: no sanitizers, which would make the prober late, and
# the clock is preloaded into programs that bring their own runtime.
tools_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Wvla -Wformat=2

check_PROGRAMS += \
	tests/tools/prober \
	tests/tools/replay \
	tests/tools/udpgarbage \
	tests/tools/verify \
	tests/tools/witness

tests_tools_prober_SOURCES = tests/tools/prober.c
tests_tools_prober_CFLAGS = $(tools_CFLAGS)
tests_tools_prober_LDFLAGS =
tests_tools_replay_SOURCES = tests/tools/replay.c tests/tools/pcap.c tests/tools/pcap.h
tests_tools_replay_CFLAGS = $(tools_CFLAGS)
tests_tools_replay_LDFLAGS =
tests_tools_udpgarbage_SOURCES = tests/tools/udpgarbage.c tests/tools/pcap.c tests/tools/pcap.h
tests_tools_udpgarbage_CFLAGS = $(tools_CFLAGS)
tests_tools_udpgarbage_LDFLAGS =
tests_tools_verify_SOURCES = tests/tools/verify.c
tests_tools_verify_CFLAGS = $(tools_CFLAGS)
tests_tools_verify_LDFLAGS =
tests_tools_witness_SOURCES = tests/tools/witness.c
tests_tools_witness_CFLAGS = $(tools_CFLAGS)
tests_tools_witness_LDFLAGS =
tests_tools_witness_LDADD = -lpthread

# -rpath makes libtool build a shared object of a library that is not installed
check_LTLIBRARIES += tests/tools/clockshim.la
tests_tools_clockshim_la_SOURCES = tests/tools/clockshim.c
tests_tools_clockshim_la_CFLAGS = $(tools_CFLAGS)
tests_tools_clockshim_la_LDFLAGS = -module -avoid-version -rpath /nowhere

check-programs: tests/tools/clockshim.la
