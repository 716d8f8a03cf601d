# SPDX-License-Identifier: GPL-2.0-or-later
# The engine. All rooms are compiled once into libknet_internal.la, which unit tests, simulation and
# fuzzers link; libknet-2.la is the same objects with only knet_* exported.

noinst_LTLIBRARIES += libknet/libknet_internal.la
# One file per line, headers too, sorted: rooms in the order of their layers.
libknet_libknet_internal_la_SOURCES = \
	libknet/knet.h \
	libknet/base/addr.c \
	libknet/base/addr.h \
	libknet/base/bug.c \
	libknet/base/bug.h \
	libknet/base/byteq.c \
	libknet/base/byteq.h \
	libknet/base/bytes.h \
	libknet/base/clock.h \
	libknet/base/log.c \
	libknet/base/log.h \
	libknet/base/msgq.c \
	libknet/base/msgq.h \
	libknet/base/races_none/races.h \
	libknet/base/races_tsan/races.h \
	libknet/base/rcu.h \
	libknet/base/rng.h \
	libknet/base/wheel.c \
	libknet/base/wheel.h \
	libknet/wire/control.c \
	libknet/wire/control.h \
	libknet/wire/datagram.h \
	libknet/wire/handshake.c \
	libknet/wire/handshake.h \
	libknet/crypto/aead.c \
	libknet/crypto/aead.h \
	libknet/crypto/aead_internal.h \
	libknet/crypto/aead_list.c \
	libknet/crypto/aead_nss.c \
	libknet/crypto/arena.c \
	libknet/crypto/arena.h \
	libknet/crypto/crypto.c \
	libknet/crypto/crypto.h \
	libknet/crypto/identity.c \
	libknet/crypto/identity.h \
	libknet/crypto/kdf.c \
	libknet/crypto/kdf.h \
	libknet/crypto/noise.c \
	libknet/crypto/noise.h \
	libknet/crypto/nss_util.c \
	libknet/crypto/nss_util.h \
	libknet/crypto/session_keys.c \
	libknet/crypto/session_keys.h \
	libknet/crypto/window.c \
	libknet/crypto/window.h \
	libknet/crypto/x25519.c \
	libknet/crypto/x25519.h \
	libknet/core/counters.c \
	libknet/core/counters.h \
	libknet/core/engine.h \
	libknet/core/event.c \
	libknet/core/fdb.c \
	libknet/core/fdb.h \
	libknet/core/fragment.c \
	libknet/core/fragment.h \
	libknet/core/host.h \
	libknet/core/link_state.c \
	libknet/core/link_state.h \
	libknet/core/names.c \
	libknet/core/policy.c \
	libknet/core/policy.h \
	libknet/core/reclaim.c \
	libknet/core/reclaim.h \
	libknet/core/session.c \
	libknet/core/session.h \
	libknet/live/answer.c \
	libknet/live/choose.c \
	libknet/live/config.c \
	libknet/live/control_send.c \
	libknet/live/engine.c \
	libknet/live/engine.h \
	libknet/live/handshake.c \
	libknet/live/handshake.h \
	libknet/live/hs_attempt.h \
	libknet/live/hs_guard.c \
	libknet/live/hs_guard.h \
	libknet/live/hs_job.c \
	libknet/live/hs_job.h \
	libknet/live/interval.c \
	libknet/live/interval.h \
	libknet/live/keys.c \
	libknet/live/keys.h \
	libknet/live/liveness.c \
	libknet/live/liveness.h \
	libknet/live/outages.c \
	libknet/live/outages.h \
	libknet/live/pmtu.c \
	libknet/live/pmtu.h \
	libknet/live/ping.c \
	libknet/live/ping.h \
	libknet/live/pmtu_link.c \
	libknet/live/pmtu_link.h \
	libknet/live/quality.c \
	libknet/live/quality.h \
	libknet/live/respond.c \
	libknet/live/roam.c \
	libknet/live/roam.h \
	libknet/live/twins.c \
	libknet/live/twins.h \
	libknet/path/api_capture.c \
	libknet/path/api_config.c \
	libknet/path/api_info.c \
	libknet/path/capture.c \
	libknet/path/capture.h \
	libknet/path/capture_outer.c \
	libknet/path/cut.c \
	libknet/path/coalesce.c \
	libknet/path/coalesce.h \
	libknet/path/deliver.c \
	libknet/path/frame.h \
	libknet/path/handle.c \
	libknet/path/handle.h \
	libknet/path/hs_thread.c \
	libknet/path/hs_thread.h \
	libknet/path/intake.c \
	libknet/path/intake.h \
	libknet/path/join.c \
	libknet/path/latecomer.c \
	libknet/path/latecomer.h \
	libknet/path/mss.c \
	libknet/path/mss.h \
	libknet/path/offload.c \
	libknet/path/packet_thread.c \
	libknet/path/place.c \
	libknet/path/place.h \
	libknet/path/pool.c \
	libknet/path/pool.h \
	libknet/path/reassemble.c \
	libknet/path/reassemble.h \
	libknet/path/pick.c \
	libknet/path/pick.h \
	libknet/path/replay.c \
	libknet/path/ring.c \
	libknet/path/ring.h \
	libknet/path/rx.c \
	libknet/path/rx_control.c \
	libknet/path/rx.h \
	libknet/path/seal.c \
	libknet/path/sum.c \
	libknet/path/sum.h \
	libknet/path/storm.c \
	libknet/path/storm.h \
	libknet/path/stream.c \
	libknet/path/stream.h \
	libknet/path/super.c \
	libknet/path/super.h \
	libknet/path/tap.c \
	libknet/path/tap.h \
	libknet/path/tap_batch.c \
	libknet/path/tap_batch.h \
	libknet/path/tx.c \
	libknet/path/tx.h \
	libknet/path/udp.c \
	libknet/path/udp.h \
	libknet/path/worker.c \
	libknet/path/worker.h \
	libknet/path/workers.c \
	libknet/keys.c
# libipsec-mb only: list the file here too.
if HAVE_IPSEC_MB
libknet_libknet_internal_la_SOURCES += libknet/crypto/aead_ipsec_mb.c
endif
libknet_libknet_internal_la_CPPFLAGS = $(AM_CPPFLAGS) $(NSS_CFLAGS) $(URCU_CFLAGS)
libknet_libknet_internal_la_LIBADD = $(NSS_LIBS) $(URCU_LIBS) $(IPSEC_MB_LIBS)

lib_LTLIBRARIES += libknet/libknet-2.la
libknet_libknet_2_la_SOURCES =
libknet_libknet_2_la_LIBADD = libknet/libknet_internal.la
libknet_libknet_2_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(top_srcdir)/libknet/libknet.map
libknet_libknet_2_la_DEPENDENCIES = libknet/libknet_internal.la libknet/libknet.map
EXTRA_DIST += libknet/libknet.map

# Not $(includedir): the header of the older libknet1 lives there.
knet2includedir = $(includedir)/knet-2
knet2include_HEADERS = libknet/knet.h
pkgconfig_DATA += libknet/libknet-2.pc
