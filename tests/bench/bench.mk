# SPDX-License-Identifier: GPL-2.0-or-later
# Measuring programs. Neither "make" nor "make check" builds them: "make bench_aead" does.
EXTRA_PROGRAMS = tests/bench/bench_aead
CLEANFILES += $(EXTRA_PROGRAMS)

tests_bench_bench_aead_SOURCES = tests/bench/bench_aead.c
tests_bench_bench_aead_LDADD = libknet/libknet_internal.la

.PHONY: bench_aead
bench_aead: tests/bench/bench_aead
