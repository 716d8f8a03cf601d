# SPDX-License-Identifier: GPL-2.0-or-later
# The command language, linked by the daemon, the client and the tests.

noinst_LTLIBRARIES += knetd/cmd/libkcl.la
knetd_cmd_libkcl_la_SOURCES = \
	knetd/cmd/alias.c \
	knetd/cmd/args.c \
	knetd/cmd/check.c \
	knetd/cmd/commands.def \
	knetd/cmd/complete.c \
	knetd/cmd/config.c \
	knetd/cmd/config.h \
	knetd/cmd/delta.c \
	knetd/cmd/diff.c \
	knetd/cmd/error.c \
	knetd/cmd/grammar.c \
	knetd/cmd/group.c \
	knetd/cmd/hint.c \
	knetd/cmd/internal.h \
	knetd/cmd/item.h \
	knetd/cmd/item_field.c \
	knetd/cmd/item_group.c \
	knetd/cmd/item_iface.c \
	knetd/cmd/item_manage.c \
	knetd/cmd/item_peer.c \
	knetd/cmd/item_peer_link.c \
	knetd/cmd/item_system.c \
	knetd/cmd/kcl.h \
	knetd/cmd/lexer.c \
	knetd/cmd/line.c \
	knetd/cmd/list.c \
	knetd/cmd/lines.c \
	knetd/cmd/lines.h \
	knetd/cmd/load.c \
	knetd/cmd/merge.c \
	knetd/cmd/peers.c \
	knetd/cmd/plural.h \
	knetd/cmd/range.c \
	knetd/cmd/shared.c \
	knetd/cmd/shared.h \
	knetd/cmd/table.c \
	knetd/cmd/tree.c \
	knetd/cmd/type.c \
	knetd/cmd/value.c \
	knetd/cmd/value.h \
	knetd/cmd/walk.c \
	knetd/cmd/write.c

# Writes manual pages, bash completion and lists from the table: `make docs`, in the source tree.
noinst_PROGRAMS += knetd/cmd/kcldoc
knetd_cmd_kcldoc_SOURCES = knetd/cmd/doc.c
knetd_cmd_kcldoc_LDADD = knetd/cmd/libkcl.la

docs_made = man/knet-commands.7 man/knetd.conf.5 man/bash/knet tests/unit/prefixes
docs: knetd/cmd/kcldoc knetd/knetd
	for file in $(docs_made); do \
		knetd/cmd/kcldoc <$(top_srcdir)/$$file.in >$(top_srcdir)/$$file || exit 1; \
	done
	knetd/knetd -S >$(top_srcdir)/docs/schemas.md
.PHONY: docs

EXTRA_DIST += man/knet-commands.7.in man/knetd.conf.5.in man/bash/knet.in \
	tests/unit/prefixes tests/unit/prefixes.in tests/unit/test_docs

TESTS += tests/unit/test_docs
bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = man/bash/knet
