# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LTLIBRARIES += knetd/ctlproto/libctlproto.la
knetd_ctlproto_libctlproto_la_SOURCES = \
	knetd/ctlproto/ctlproto.h \
	knetd/ctlproto/frame.c \
	knetd/ctlproto/message.c
