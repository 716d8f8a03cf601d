# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon and the generator of keys.

bin_PROGRAMS += knetd/knet-keygen
knetd_knet_keygen_SOURCES = \
	knetd/disk.h \
	knetd/keygen.c \
	knetd/secret.c \
	knetd/secret.h \
	knetd/why.c \
	knetd/why.h
knetd_knet_keygen_LDADD = libknet/libknet-2.la

# Files of captures and their filters, which tests use alone.
noinst_LTLIBRARIES += knetd/libpcapng.la
knetd_libpcapng_la_SOURCES = \
	knetd/bpf.c \
	knetd/bpf.h \
	knetd/pcapng.c \
	knetd/pcapng.h
knetd_libpcapng_la_CPPFLAGS = $(AM_CPPFLAGS) $(PCAP_CFLAGS)
knetd_libpcapng_la_LIBADD = $(PCAP_LIBS)

# Handlers of commands; what they see of the daemon is view.h.
noinst_LTLIBRARIES += knetd/libknd_commands.la
knetd_libknd_commands_la_SOURCES = \
	knetd/actions.c \
	knetd/capture.c \
	knetd/capture.h \
	knetd/capture_file.c \
	knetd/clock.h \
	knetd/commands.c \
	knetd/commands.h \
	knetd/config_cmds.c \
	knetd/config_file.c \
	knetd/config_file.h \
	knetd/counters.c \
	knetd/counters.h \
	knetd/generate.c \
	knetd/life.c \
	knetd/load.c \
	knetd/load.h \
	knetd/local.c \
	knetd/monitor_counters.c \
	knetd/ping_peer.c \
	knetd/pinger.c \
	knetd/pinger.h \
	knetd/test_peer.c \
	knetd/schemas.c \
	knetd/schemas.h \
	knetd/show_access.c \
	knetd/show_config.c \
	knetd/show_counters.c \
	knetd/show_events.c \
	knetd/show_lang.c \
	knetd/show_links.c \
	knetd/show_mac.c \
	knetd/show_peer.c \
	knetd/show_peers.c \
	knetd/show_running.c \
	knetd/show_self.c \
	knetd/show_state.c \
	knetd/view.h
knetd_libknd_commands_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBQB_CFLAGS) $(JANSSON_CFLAGS)
knetd_libknd_commands_la_LIBADD = knetd/libpcapng.la

knetd_CPPFLAGS = $(AM_CPPFLAGS) $(LIBQB_CFLAGS) $(LIBNL_CFLAGS) $(JANSSON_CFLAGS) \
	$(LIBSYSTEMD_CFLAGS) $(CAPNG_CFLAGS)

# What turns a configuration into calls of the engine, apart from netlink: its unit test links it
# with an engine and a machine of its own.
noinst_LTLIBRARIES += knetd/libapply.la
knetd_libapply_la_SOURCES = \
	knetd/apply.c \
	knetd/apply.h \
	knetd/change.c \
	knetd/diversity.c \
	knetd/iface.c \
	knetd/iface.h \
	knetd/impact.c \
	knetd/impact.h \
	knetd/secret.c \
	knetd/secret.h \
	knetd/locate.c \
	knetd/settle.c \
	knetd/settle.h \
	knetd/settle_tap.c \
	knetd/why.c \
	knetd/why.h
knetd_libapply_la_CPPFLAGS = $(knetd_CPPFLAGS)
knetd_libapply_la_LIBADD = knetd/cmd/libkcl.la $(LIBQB_LIBS)

# Transactions: without the engine, so that their unit test can fail an application on purpose.
noinst_LTLIBRARIES += knetd/libtxn.la
knetd_libtxn_la_SOURCES = \
	knetd/save.c \
	knetd/save.h \
	knetd/scribe.c \
	knetd/scribe.h \
	knetd/txn/archive.c \
	knetd/txn/internal.h \
	knetd/txn/session.c \
	knetd/txn/shelf.c \
	knetd/txn/store.c \
	knetd/txn/store.h \
	knetd/txn/txn.c \
	knetd/txn/txn.h \
	knetd/txn/window.c
knetd_libtxn_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBQB_CFLAGS) $(JANSSON_CFLAGS)

sbin_PROGRAMS += knetd/knetd
knetd_knetd_SOURCES = \
	knetd/audit.c \
	knetd/audit.h \
	knetd/banner.c \
	knetd/banner.h \
	knetd/daemon.c \
	knetd/daemon_ctl.c \
	knetd/daemon.h \
	knetd/log.c \
	knetd/log.h \
	knetd/main.c \
	knetd/net.c \
	knetd/net.h \
	knetd/net_internal.h \
	knetd/net_neigh.c \
	knetd/net_route.c \
	knetd/net_table.c \
	knetd/net_tap.c \
	knetd/notify.h \
	knetd/options.c \
	knetd/options.h \
	knetd/priv.c \
	knetd/priv.h \
	knetd/ring.c \
	knetd/ring.h \
	knetd/startup.c \
	knetd/startup.h \
	knetd/urgent.c \
	knetd/urgent.h \
	knetd/view.c
# Who manages services.
if HAVE_SYSTEMD
knetd_knetd_SOURCES += knetd/notify_systemd.c
else
knetd_knetd_SOURCES += knetd/notify_none.c
endif
knetd_knetd_CPPFLAGS = $(knetd_CPPFLAGS)
knetd_knetd_LDADD = knetd/libknd_commands.la knetd/libtxn.la knetd/libapply.la libknet/libknet-2.la \
	knetd/ctl/libknetctl.la knetd/cmd/libkcl.la $(LIBQB_LIBS) $(LIBNL_LIBS) $(JANSSON_LIBS) \
	$(LIBSYSTEMD_LIBS) $(CAPNG_LIBS)
