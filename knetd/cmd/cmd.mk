# SPDX-License-Identifier: GPL-2.0-or-later
# The command language, linked by the daemon, the client and the tests.

noinst_LTLIBRARIES += knetd/cmd/libkcl.la
knetd_cmd_libkcl_la_SOURCES = \
	knetd/cmd/args.c \
	knetd/cmd/check.c \
	knetd/cmd/commands.def \
	knetd/cmd/complete.c \
	knetd/cmd/config.c \
	knetd/cmd/config.h \
	knetd/cmd/diff.c \
	knetd/cmd/error.c \
	knetd/cmd/grammar.c \
	knetd/cmd/group.c \
	knetd/cmd/internal.h \
	knetd/cmd/item.h \
	knetd/cmd/item_field.c \
	knetd/cmd/item_group.c \
	knetd/cmd/item_iface.c \
	knetd/cmd/item_peer.c \
	knetd/cmd/item_peer_link.c \
	knetd/cmd/kcl.h \
	knetd/cmd/lexer.c \
	knetd/cmd/line.c \
	knetd/cmd/list.c \
	knetd/cmd/load.c \
	knetd/cmd/peers.c \
	knetd/cmd/range.c \
	knetd/cmd/table.c \
	knetd/cmd/tree.c \
	knetd/cmd/type.c \
	knetd/cmd/value.c \
	knetd/cmd/value.h \
	knetd/cmd/walk.c \
	knetd/cmd/write.c
