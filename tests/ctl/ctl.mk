# SPDX-License-Identifier: GPL-2.0-or-later
# A small language and a small daemon behind the real session and server: for unit tests, the
# fuzzer and the tests of the client.
check_LTLIBRARIES = tests/ctl/libfake.la
tests_ctl_libfake_la_SOURCES = \
	tests/ctl/fake.h \
	tests/ctl/fake_daemon.c \
	tests/ctl/fake_lang.c
tests_ctl_libfake_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBQB_CFLAGS)
tests_ctl_libfake_la_LIBADD = knetd/ctl/libknetsession.la

check_PROGRAMS += tests/ctl/fake_knetd
tests_ctl_fake_knetd_SOURCES = tests/ctl/fake_knetd.c
tests_ctl_fake_knetd_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBQB_CFLAGS)
tests_ctl_fake_knetd_LDADD = tests/ctl/libfake.la $(LIBQB_LIBS)

# The same with the real command language.
check_PROGRAMS += tests/ctl/lang_knetd
tests_ctl_lang_knetd_SOURCES = tests/ctl/lang_knetd.c knetd/local.c
tests_ctl_lang_knetd_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBQB_CFLAGS)
tests_ctl_lang_knetd_LDADD = knetd/ctl/libknetctl.la knetd/cmd/libkcl.la $(LIBQB_LIBS)

EXTRA_DIST += \
	tests/cli/test_bash_completion.py \
	tests/cli/conftest.py \
	tests/cli/golden \
	tests/cli/test_cli_golden.py \
	tests/cli/test_cli_docs.py \
	tests/cli/test_cli_drivers.py \
	tests/cli/test_cli_lang.py \
	tests/cli/test_cli_pty.py \
	tests/cli/test_cli_screen.py \
	tests/cli/test_cli_script.py \
	tests/cli/test_cli_server.py
