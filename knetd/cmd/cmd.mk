# SPDX-License-Identifier: GPL-2.0-or-later
# The command language, linked by the daemon, the client and the tests. When its files are there:
#
# noinst_LTLIBRARIES += knetd/cmd/libkcl.la
# knetd_cmd_libkcl_la_SOURCES = \
#	knetd/cmd/kcl.h \
#	knetd/cmd/FILE.c
