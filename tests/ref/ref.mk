# SPDX-License-Identifier: GPL-2.0-or-later
# A plain model of what the data path does to super-frames, and the data path between two simulated
# hosts to hold against it. Used by tests/unit/test_super and tests/fuzz/fuzz_super.
ref_model = \
	tests/ref/card.c \
	tests/ref/shape.c \
	tests/ref/shape.h \
	tests/ref/sum.c \
	tests/ref/sum.h
ref_pipe = $(ref_model) \
	tests/ref/pipe.c \
	tests/ref/pipe.h \
	tests/sim/frames.c \
	tests/sim/frames.h \
	tests/sim/host.c \
	tests/sim/host.h \
	tests/sim/net.c \
	tests/sim/net.h \
	tests/sim/packets.c \
	tests/sim/packets.h \
	tests/sim/queue.c \
	tests/sim/queue.h \
	tests/sim/rng.h \
	tests/sim/sealer.c \
	tests/sim/sealer.h \
	tests/sim/world.c \
	tests/sim/world.h
