# SPDX-License-Identifier: GPL-2.0-or-later
# The daemon and the generator of keys.

bin_PROGRAMS += knetd/knet-keygen
knetd_knet_keygen_SOURCES = \
	knetd/keygen.c \
	knetd/secret.c \
	knetd/secret.h \
	knetd/why.c \
	knetd/why.h
knetd_knet_keygen_LDADD = libknet/libknet-2.la

# Handlers of commands; what they see of the daemon is view.h.
noinst_LTLIBRARIES += knetd/libknd_commands.la
knetd_libknd_commands_la_SOURCES = \
	knetd/actions.c \
	knetd/commands.c \
	knetd/commands.h \
	knetd/show_links.c \
	knetd/show_mac.c \
	knetd/show_peers.c \
	knetd/show_state.c \
	knetd/view.h
knetd_libknd_commands_la_CPPFLAGS = $(AM_CPPFLAGS) $(QB_CFLAGS) $(JANSSON_CFLAGS)
