# SPDX-License-Identifier: GPL-2.0-or-later
# Whole networks on a virtual clock. The program prints TAP, one line for each scenario. When its
# files are there:
#
# check_PROGRAMS += tests/sim/sim
# TESTS += tests/sim/sim
# tests_sim_sim_SOURCES = \
#	tests/sim/main.c
# tests_sim_sim_CPPFLAGS = $(AM_CPPFLAGS) -D_LGPL_SOURCE $(URCU_CFLAGS)
# tests_sim_sim_LDADD = libknet/libknet_internal.la
