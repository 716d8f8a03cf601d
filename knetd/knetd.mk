# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon. When its files are there:
#
# sbin_PROGRAMS += knetd/knetd
# knetd_knetd_SOURCES = \
#	knetd/main.c
# knetd_knetd_CPPFLAGS = $(AM_CPPFLAGS) $(LIBQB_CFLAGS) $(LIBNL_CFLAGS) $(JANSSON_CFLAGS) \
#	$(LIBSYSTEMD_CFLAGS) $(SECCOMP_CFLAGS) $(CAPNG_CFLAGS)
# knetd_knetd_LDADD = libknet/libknet-2.la knetd/cmd/libkcl.la knetd/ctl/libknetctl.la \
#	knetd/ctlproto/libctlproto.la $(LIBQB_LIBS) $(LIBNL_LIBS) $(JANSSON_LIBS) \
#	$(LIBSYSTEMD_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS)
#
# Files for libsystemd only go under `if HAVE_SYSTEMD`, their twins without it under `else`.
