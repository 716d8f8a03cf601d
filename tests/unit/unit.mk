# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests: one cmocka program for each room, one group of cases in each program (the output is
# TAP, which has one plan). Files of test data are found below TEST_SRCDIR, the top of the tree.
#
# To add test_X: one line in unit_tests, then
#	tests_unit_test_X_SOURCES = tests/unit/test_X.c
#	tests_unit_test_X_CPPFLAGS = $(unit_CPPFLAGS)
#	tests_unit_test_X_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)
# (tests of the command language link knetd/cmd/libkcl.la instead, and so on)

if HAVE_CMOCKA
unit_tests = \
	tests/unit/test_names
unit_CPPFLAGS = $(AM_CPPFLAGS) -D_LGPL_SOURCE -DTEST_SRCDIR='"$(abs_top_srcdir)"' \
	$(CMOCKA_CFLAGS) $(NSS_CFLAGS) $(URCU_CFLAGS) $(JANSSON_CFLAGS)
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

tests_unit_test_names_SOURCES = tests/unit/test_names.c
tests_unit_test_names_CPPFLAGS = $(unit_CPPFLAGS)
tests_unit_test_names_LDADD = libknet/libknet_internal.la $(CMOCKA_LIBS)
endif
