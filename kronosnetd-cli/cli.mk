# SPDX-License-Identifier: GPL-2.0-or-later
# The client, kronosnetd-cli, also installed as knet. When its files are there:
#
# bin_PROGRAMS += kronosnetd-cli/kronosnetd-cli
# kronosnetd_cli_kronosnetd_cli_SOURCES = \
#	kronosnetd-cli/main.c
# kronosnetd_cli_kronosnetd_cli_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(READLINE_CFLAGS)
# kronosnetd_cli_kronosnetd_cli_LDADD = knetd/cmd/libkcl.la knetd/ctlproto/libctlproto.la \
#	$(JANSSON_LIBS) $(READLINE_LIBS)
# install-exec-hook:
#	cd $(DESTDIR)$(bindir) && rm -f knet && $(LN_S) kronosnetd-cli knet
# uninstall-hook:
#	rm -f $(DESTDIR)$(bindir)/knet
