# SPDX-License-Identifier: GPL-2.0-or-later
# The client, kronosnetd-cli, also installed as knet. All but main() is a library for its tests.
noinst_LTLIBRARIES += kronosnetd-cli/libcli.la
kronosnetd_cli_libcli_la_SOURCES = \
	kronosnetd-cli/answer.c \
	kronosnetd-cli/answer.h \
	kronosnetd-cli/ask.c \
	kronosnetd-cli/ask.h \
	kronosnetd-cli/ask_batch.c \
	kronosnetd-cli/block.c \
	kronosnetd-cli/cands.c \
	kronosnetd-cli/cands_pipe.c \
	kronosnetd-cli/capture.c \
	kronosnetd-cli/capture.h \
	kronosnetd-cli/cell.c \
	kronosnetd-cli/cell.h \
	kronosnetd-cli/check.c \
	kronosnetd-cli/cli.h \
	kronosnetd-cli/column.c \
	kronosnetd-cli/column.h \
	kronosnetd-cli/conn.c \
	kronosnetd-cli/conn.h \
	kronosnetd-cli/csv_view.c \
	kronosnetd-cli/diff.c \
	kronosnetd-cli/diff.h \
	kronosnetd-cli/error.c \
	kronosnetd-cli/error.h \
	kronosnetd-cli/file.c \
	kronosnetd-cli/file.h \
	kronosnetd-cli/filter.c \
	kronosnetd-cli/filter.h \
	kronosnetd-cli/history.c \
	kronosnetd-cli/history_show.c \
	kronosnetd-cli/json_view.c \
	kronosnetd-cli/keys.c \
	kronosnetd-cli/load.c \
	kronosnetd-cli/load.h \
	kronosnetd-cli/local.c \
	kronosnetd-cli/local.h \
	kronosnetd-cli/monitor.c \
	kronosnetd-cli/monitor.h \
	kronosnetd-cli/options.c \
	kronosnetd-cli/pipe.c \
	kronosnetd-cli/pipe.h \
	kronosnetd-cli/recall.c \
	kronosnetd-cli/recall.h \
	kronosnetd-cli/script.c \
	kronosnetd-cli/shell.c \
	kronosnetd-cli/shell.h \
	kronosnetd-cli/sink.c \
	kronosnetd-cli/sink.h \
	kronosnetd-cli/regex.c \
	kronosnetd-cli/regex.h \
	kronosnetd-cli/stage.c \
	kronosnetd-cli/stage_diff.c \
	kronosnetd-cli/stage_file.c \
	kronosnetd-cli/stage_row.c \
	kronosnetd-cli/support.c \
	kronosnetd-cli/support.h \
	kronosnetd-cli/table.c \
	kronosnetd-cli/table_fit.c \
	kronosnetd-cli/view.c \
	kronosnetd-cli/view.h \
	kronosnetd-cli/view_internal.h \
	kronosnetd-cli/watch.c \
	kronosnetd-cli/watch.h
kronosnetd_cli_libcli_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(READLINE_CFLAGS) $(PCAP_CFLAGS) \
	$(PCRE2_CFLAGS)
kronosnetd_cli_libcli_la_LIBADD = knetd/cmd/libkcl.la knetd/ctlproto/libctlproto.la $(JANSSON_LIBS) $(READLINE_LIBS) \
	$(PCRE2_LIBS)

bin_PROGRAMS += kronosnetd-cli/kronosnetd-cli
kronosnetd_cli_kronosnetd_cli_SOURCES = kronosnetd-cli/main.c
kronosnetd_cli_kronosnetd_cli_CPPFLAGS = $(AM_CPPFLAGS)
kronosnetd_cli_kronosnetd_cli_LDADD = kronosnetd-cli/libcli.la

install-exec-hook:
	cd $(DESTDIR)$(bindir) && rm -f knet && $(LN_S) kronosnetd-cli knet
uninstall-hook:
	rm -f $(DESTDIR)$(bindir)/knet
