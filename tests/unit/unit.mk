# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests: one cmocka program for each room, one group of cases in each program (the output is
# TAP, which has one plan). Files of test data are found below TEST_SRCDIR, the top of the tree.
#
# To add test_X: one line in unit_tests, then
#	tests_unit_test_X_SOURCES = tests/unit/test_X.c
#	tests_unit_test_X_CPPFLAGS = $(unit_CPPFLAGS)
#	tests_unit_test_X_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)
# (tests of the command language link knetd/cmd/libkcl.la instead, and so on)

if HAVE_CMOCKA
unit_tests = \
	tests/unit/test_apply \
	tests/unit/test_apply_random \
	tests/unit/test_base \
	tests/unit/test_session \
	tests/unit/test_cli_rows \
	tests/unit/test_cli_view \
	tests/unit/test_coalesce \
	tests/unit/test_core \
	tests/unit/test_crypto_aead \
	tests/unit/test_crypto_arena \
	tests/unit/test_crypto_identity \
	tests/unit/test_crypto_kdf \
	tests/unit/test_crypto_noise \
	tests/unit/test_crypto_window \
	tests/unit/test_crypto_x25519 \
	tests/unit/test_ctlproto \
	tests/unit/test_intake \
	tests/unit/test_kcl_change \
	tests/unit/test_kcl_config \
	tests/unit/test_kcl_grammar \
	tests/unit/test_kcl_modes \
	tests/unit/test_kcl_table \
	tests/unit/test_fragment \
	tests/unit/test_lane \
	tests/unit/test_load \
	tests/unit/test_latecomer \
	tests/unit/test_kcl_merge \
	tests/unit/test_learn \
	tests/unit/test_live \
	tests/unit/test_mss \
	tests/unit/test_names \
	tests/unit/test_narrow \
	tests/unit/test_capture \
	tests/unit/test_outages \
	tests/unit/test_pcapng \
	tests/unit/test_place \
	tests/unit/test_pmtu \
	tests/unit/test_quality \
	tests/unit/test_pool \
	tests/unit/test_pick \
	tests/unit/test_protocol_doc \
	tests/unit/test_reclaim \
	tests/unit/test_ring \
	tests/unit/test_scribe \
	tests/unit/test_size \
	tests/unit/test_storm \
	tests/unit/test_stream \
	tests/unit/test_super \
	tests/unit/test_tap_batch \
	tests/unit/test_udp \
	tests/unit/test_twins \
	tests/unit/test_txn \
	tests/unit/test_wheel \
	tests/unit/test_wire \
	tests/unit/test_worker
unit_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_SRCDIR='"$(abs_top_srcdir)"' \
	$(CMOCKA_CFLAGS) $(NSS_CFLAGS) $(URCU_CFLAGS) $(JANSSON_CFLAGS)
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

# An engine for tests that need no network.
lone_engine = tests/unit/lone_engine.c tests/unit/lone_engine.h

tests_unit_test_names_SOURCES = tests/unit/test_names.c
tests_unit_test_names_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_names_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_outages_SOURCES = tests/unit/test_outages.c
tests_unit_test_outages_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_outages_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_load_SOURCES = tests/unit/test_load.c knetd/load.c knetd/load.h
tests_unit_test_load_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_load_LDADD = $(CMOCKA_LIBS)

tests_unit_test_capture_SOURCES = tests/unit/test_capture.c $(lone_engine)
tests_unit_test_capture_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_capture_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_pcapng_SOURCES = tests/unit/test_pcapng.c
tests_unit_test_pcapng_CPPFLAGS = $(unit_CPPFLAGS) $(PCAP_CFLAGS)
tests_unit_test_pcapng_LDADD = knetd/libpcapng.la $(CMOCKA_LIBS)

tests_unit_test_latecomer_SOURCES = tests/unit/test_latecomer.c
tests_unit_test_latecomer_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_latecomer_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_stream_SOURCES = tests/unit/test_stream.c
tests_unit_test_stream_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_stream_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_storm_SOURCES = tests/unit/test_storm.c
tests_unit_test_storm_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_storm_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_pick_SOURCES = tests/unit/test_pick.c
tests_unit_test_pick_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_pick_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_protocol_doc_SOURCES = tests/unit/test_protocol_doc.c
tests_unit_test_protocol_doc_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_protocol_doc_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_base_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_wheel_SOURCES = tests/unit/test_wheel.c
tests_unit_test_wheel_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_wheel_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_wire_SOURCES = tests/unit/test_wire.c
tests_unit_test_wire_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_wire_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_core_SOURCES = tests/unit/test_core.c
tests_unit_test_core_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_core_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

tests_unit_test_reclaim_SOURCES = tests/unit/test_reclaim.c
tests_unit_test_reclaim_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_reclaim_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

tests_unit_test_learn_SOURCES = tests/unit/test_learn.c $(lone_engine)
tests_unit_test_learn_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_learn_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

tests_unit_test_twins_SOURCES = tests/unit/test_twins.c $(lone_engine)
tests_unit_test_twins_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_twins_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

tests_unit_test_live_SOURCES = tests/unit/test_live.c $(lone_engine)
tests_unit_test_live_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_live_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

tests_unit_test_quality_SOURCES = tests/unit/test_quality.c
tests_unit_test_quality_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_quality_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

tests_unit_test_place_SOURCES = tests/unit/test_place.c
tests_unit_test_place_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_place_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_pmtu_SOURCES = tests/sim/rng.h tests/unit/test_pmtu.c
tests_unit_test_pmtu_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_pmtu_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

tests_unit_test_mss_SOURCES = tests/sim/rng.h tests/unit/test_mss.c
tests_unit_test_mss_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_mss_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_fragment_SOURCES = tests/sim/rng.h tests/unit/test_fragment.c
tests_unit_test_fragment_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_fragment_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

# Counts what the engine and the daemon's configuration allocate.
tests_unit_test_size_SOURCES = tests/unit/heap.c tests/unit/heap.h tests/unit/test_size.c \
	$(lone_engine)
tests_unit_test_size_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_size_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=realloc -Wl,--wrap=aligned_alloc -Wl,--wrap=strdup -Wl,--wrap=free
tests_unit_test_size_LDADD = knetd/cmd/libkcl.la libknet/libknet_internal.la $(CMOCKA_LIBS) \
	$(URCU_LIBS)

# What the tests of the crypto room share, among it the reading of tests/vectors.
crypto_common = tests/unit/crypto_vectors.c tests/unit/crypto_vectors.h
crypto_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(JANSSON_LIBS)

tests_unit_test_crypto_aead_SOURCES = tests/unit/test_crypto_aead.c $(crypto_common)
tests_unit_test_crypto_aead_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_crypto_aead_LDADD = $(crypto_LDADD)

tests_unit_test_crypto_arena_SOURCES = tests/unit/test_crypto_arena.c $(crypto_common)
tests_unit_test_crypto_arena_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_crypto_arena_LDADD = $(crypto_LDADD)

tests_unit_test_crypto_identity_SOURCES = tests/unit/test_crypto_identity.c $(crypto_common)
tests_unit_test_crypto_identity_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_crypto_identity_LDADD = $(crypto_LDADD)

tests_unit_test_crypto_window_SOURCES = tests/unit/test_crypto_window.c $(crypto_common)
tests_unit_test_crypto_window_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_crypto_window_LDADD = $(crypto_LDADD)

tests_unit_test_crypto_kdf_SOURCES = tests/unit/test_crypto_kdf.c $(crypto_common)
tests_unit_test_crypto_kdf_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_crypto_kdf_LDADD = $(crypto_LDADD)

tests_unit_test_crypto_noise_SOURCES = tests/unit/test_crypto_noise.c $(crypto_common)
tests_unit_test_crypto_noise_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_crypto_noise_LDADD = $(crypto_LDADD)

tests_unit_test_crypto_x25519_SOURCES = tests/unit/test_crypto_x25519.c $(crypto_common)
tests_unit_test_crypto_x25519_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_crypto_x25519_LDADD = $(crypto_LDADD)

tests_unit_test_cli_rows_SOURCES = tests/unit/test_cli_rows.c
tests_unit_test_cli_rows_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_cli_rows_LDADD = kronosnetd-cli/libcli.la $(CMOCKA_LIBS) $(JANSSON_LIBS)
tests_unit_test_cli_view_SOURCES = tests/unit/test_cli_view.c
tests_unit_test_cli_view_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_cli_view_LDADD = kronosnetd-cli/libcli.la $(CMOCKA_LIBS) $(JANSSON_LIBS)

tests_unit_test_ctlproto_SOURCES = tests/unit/test_ctlproto.c
tests_unit_test_ctlproto_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_ctlproto_LDADD = knetd/ctlproto/libctlproto.la $(CMOCKA_LIBS)

tests_unit_test_kcl_change_SOURCES = tests/unit/test_kcl_change.c tests/unit/kcl_lines.h
tests_unit_test_kcl_change_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_kcl_change_LDADD = knetd/cmd/libkcl.la $(CMOCKA_LIBS)

tests_unit_test_kcl_config_SOURCES = tests/unit/test_kcl_config.c tests/unit/kcl_lines.h
tests_unit_test_kcl_config_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_kcl_config_LDADD = knetd/cmd/libkcl.la $(CMOCKA_LIBS)

tests_unit_test_kcl_grammar_SOURCES = tests/unit/test_kcl_grammar.c tests/unit/kcl_lines.h
tests_unit_test_kcl_grammar_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_kcl_grammar_LDADD = knetd/cmd/libkcl.la $(CMOCKA_LIBS)

tests_unit_test_kcl_table_SOURCES = tests/unit/test_kcl_table.c tests/unit/kcl_lines.h
tests_unit_test_kcl_table_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_kcl_table_LDADD = knetd/cmd/libkcl.la $(CMOCKA_LIBS)

tests_unit_test_kcl_modes_SOURCES = tests/unit/test_kcl_modes.c
tests_unit_test_kcl_modes_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_kcl_modes_LDADD = knetd/cmd/libkcl.la $(CMOCKA_LIBS)

tests_unit_test_kcl_merge_SOURCES = tests/unit/test_kcl_merge.c
tests_unit_test_kcl_merge_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_kcl_merge_LDADD = knetd/cmd/libkcl.la $(CMOCKA_LIBS)

tests_unit_test_session_SOURCES = tests/unit/test_session.c
tests_unit_test_session_CPPFLAGS = $(unit_CPPFLAGS) $(LIBQB_CFLAGS)
tests_unit_test_session_LDADD = tests/ctl/libfake.la $(CMOCKA_LIBS) $(JANSSON_LIBS)

# The data path between two simulated hosts, held against a plain model of it.
tests_unit_test_coalesce_SOURCES = tests/unit/test_coalesce.c $(ref_pipe)
tests_unit_test_coalesce_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_coalesce_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

# The test is the TAP.
tests_unit_test_intake_SOURCES = tests/unit/test_intake.c
tests_unit_test_intake_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_intake_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=kn_tap_read
tests_unit_test_intake_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_super_SOURCES = tests/unit/test_super.c $(ref_pipe)
tests_unit_test_super_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_super_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

tests_unit_test_pool_SOURCES = tests/unit/test_pool.c
tests_unit_test_pool_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_pool_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_narrow_SOURCES = tests/unit/test_narrow.c $(ref_pipe)
tests_unit_test_narrow_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_narrow_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)
tests_unit_test_ring_SOURCES = tests/unit/test_ring.c $(lone_engine)
tests_unit_test_ring_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_ring_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc
tests_unit_test_ring_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS) $(URCU_LIBS)

# A lane that comes to several workers at once.
tests_unit_test_lane_SOURCES = tests/unit/test_lane.c
tests_unit_test_lane_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_lane_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_tap_batch_SOURCES = tests/unit/test_tap_batch.c
tests_unit_test_tap_batch_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_tap_batch_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_udp_SOURCES = tests/unit/test_udp.c
tests_unit_test_udp_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_udp_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

tests_unit_test_worker_SOURCES = tests/unit/test_worker.c
tests_unit_test_worker_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_worker_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)

# The daemon's configuration against an engine and a machine that only remember.
tests_unit_test_apply_SOURCES = \
	tests/unit/fake_engine.c \
	tests/unit/fake_engine.h \
	tests/unit/test_apply.c
tests_unit_test_apply_CPPFLAGS = $(unit_CPPFLAGS) $(LIBQB_CFLAGS)
tests_unit_test_apply_LDADD = knetd/libapply.la $(CMOCKA_LIBS)

tests_unit_test_apply_random_SOURCES = \
	tests/unit/fake_engine.c \
	tests/unit/fake_engine.h \
	tests/unit/test_apply_random.c
tests_unit_test_apply_random_CPPFLAGS = $(unit_CPPFLAGS) $(LIBQB_CFLAGS)
tests_unit_test_apply_random_LDADD = knetd/libapply.la $(CMOCKA_LIBS)

tests_unit_test_scribe_SOURCES = tests/unit/test_scribe.c
tests_unit_test_scribe_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_scribe_LDADD = knetd/libtxn.la knetd/libapply.la $(CMOCKA_LIBS)

tests_unit_test_txn_SOURCES = tests/unit/test_txn.c
tests_unit_test_txn_CPPFLAGS = $(unit_CPPFLAGS) $(LIBQB_CFLAGS)
tests_unit_test_txn_LDADD = knetd/libtxn.la knetd/libapply.la $(CMOCKA_LIBS)
endif
EXTRA_DIST += tests/vectors

# What check.sh runs under ThreadSanitizer: the tests in which threads meet, liburcu's among them.
thread_tests = \
	tests/unit/test_base \
	tests/unit/test_capture \
	tests/unit/test_coalesce \
	tests/unit/test_core \
	tests/unit/test_lane \
	tests/unit/test_live \
	tests/unit/test_reclaim \
	tests/unit/test_scribe \
	tests/unit/test_size \
	tests/unit/test_txn
thread-programs: $(thread_tests)
list-thread-tests:
	@echo $(thread_tests)
.PHONY: thread-programs list-thread-tests
EXTRA_DIST += tests/tsan/suppressions
