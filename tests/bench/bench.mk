# SPDX-License-Identifier: GPL-2.0-or-later
# Measuring programs. Neither "make" nor "make check" builds them: "make bench_aead" does.
EXTRA_PROGRAMS = tests/bench/bench_aead
CLEANFILES += $(EXTRA_PROGRAMS)

tests_bench_bench_aead_SOURCES = tests/bench/bench_aead.c
tests_bench_bench_aead_LDADD = libknet/libknet_internal.la

.PHONY: bench_aead
bench_aead: tests/bench/bench_aead

EXTRA_DIST += tests/bench/failover.py

# As root: what a cut costs a stream at full rate. Ten runs of each kind, about four minutes.
.PHONY: bench-failover
bench-failover: all
	KNET_BUILD=$(abs_top_builddir) /usr/bin/python3 -B $(top_srcdir)/tests/bench/failover.py
