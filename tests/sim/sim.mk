# SPDX-License-Identifier: GPL-2.0-or-later
# Whole networks on a virtual clock. The program prints TAP, one line for each case.
check_PROGRAMS += tests/sim/sim
TESTS += tests/sim/sim
tests_sim_sim_SOURCES = \
	tests/sim/addresses.c \
	tests/sim/cases.c \
	tests/sim/cuts.c \
	tests/sim/faults.c \
	tests/sim/frames.c \
	tests/sim/frames.h \
	tests/sim/host.c \
	tests/sim/host.h \
	tests/sim/lives.c \
	tests/sim/main.c \
	tests/sim/net.c \
	tests/sim/net.h \
	tests/sim/packets.c \
	tests/sim/packets.h \
	tests/sim/queue.c \
	tests/sim/queue.h \
	tests/sim/random.c \
	tests/sim/rates.c \
	tests/sim/rng.h \
	tests/sim/run.h \
	tests/sim/sealer.c \
	tests/sim/sealer.h \
	tests/sim/pings.c \
	tests/sim/story.c \
	tests/sim/story.h \
	tests/sim/widths.c \
	tests/sim/world.c \
	tests/sim/world.h
tests_sim_sim_CPPFLAGS = $(AM_CPPFLAGS) $(URCU_CFLAGS)
tests_sim_sim_LDADD = libknet/libknet_internal.la $(URCU_LIBS)
