# SPDX-License-Identifier: GPL-2.0-or-later
# The server side of the control socket. libknetsession is all of it but the layer over the command
# language, for which its tests have one of their own; knetd links libknetctl.
noinst_LTLIBRARIES += knetd/ctl/libknetsession.la knetd/ctl/libknetctl.la
knetd_ctl_libknetsession_la_SOURCES = \
	knetd/ctl/batch.c \
	knetd/ctl/cred.c \
	knetd/ctl/cred.h \
	knetd/ctl/fault.c \
	knetd/ctl/greet.c \
	knetd/ctl/lang.h \
	knetd/ctl/output.c \
	knetd/ctl/output.h \
	knetd/ctl/output_internal.h \
	knetd/ctl/outq.c \
	knetd/ctl/outq.h \
	knetd/ctl/request.c \
	knetd/ctl/server.c \
	knetd/ctl/socket.c \
	knetd/ctl/socket.h \
	knetd/ctl/server.h \
	knetd/ctl/session.c \
	knetd/ctl/session.h \
	knetd/ctl/session_internal.h
knetd_ctl_libknetsession_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBQB_CFLAGS)
knetd_ctl_libknetsession_la_LIBADD = \
	knetd/ctlproto/libctlproto.la $(JANSSON_LIBS) $(LIBQB_LIBS)

knetd_ctl_libknetctl_la_SOURCES = knetd/ctl/lang.c
knetd_ctl_libknetctl_la_LIBADD = knetd/ctl/libknetsession.la
