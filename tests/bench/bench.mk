# SPDX-License-Identifier: GPL-2.0-or-later
# Measuring programs. Neither "make" nor "make check" builds or runs them: "make bench" measures
# everything, with BENCH_OPTIONS (see tests/bench/bench.py --help), and needs root; "make bench_aead"
# builds the one that measures the cryptographic room.
EXTRA_PROGRAMS = tests/bench/bench_aead tests/bench/blast tests/bench/copyloop
CLEANFILES += $(EXTRA_PROGRAMS)

tests_bench_bench_aead_SOURCES = tests/bench/bench_aead.c
tests_bench_bench_aead_LDADD = libknet/libknet_internal.la
tests_bench_blast_SOURCES = tests/bench/blast.c
tests_bench_copyloop_SOURCES = tests/bench/copyloop.c

EXTRA_DIST += tests/bench/bench.py tests/bench/beside.py tests/bench/contenders.py tests/bench/figures.py \
	tests/bench/report.py

.PHONY: bench bench_aead
bench_aead: tests/bench/bench_aead
bench: all tests/bench/blast tests/bench/copyloop
	KNET_BUILD=$(abs_top_builddir) $(top_srcdir)/tests/bench/bench.py $(BENCH_OPTIONS)

EXTRA_DIST += tests/bench/budget.py tests/bench/failover.py tests/bench/idle.py tests/bench/ring.py

# As root: what a cut costs a stream at full rate. Ten runs of each kind, about four minutes.
.PHONY: bench-failover
bench-failover: all
	KNET_BUILD=$(abs_top_builddir) /usr/bin/python3 -B $(top_srcdir)/tests/bench/failover.py

# As root: what a thousand peers cost that have nothing to say. About five minutes.
.PHONY: bench-idle
bench-idle: all
	KNET_BUILD=$(abs_top_builddir) /usr/bin/python3 -B $(top_srcdir)/tests/bench/idle.py

# As root: what the failover ring costs while nothing fails. About two minutes.
.PHONY: bench-ring
bench-ring: all
	KNET_BUILD=$(abs_top_builddir) /usr/bin/python3 -B $(top_srcdir)/tests/bench/ring.py

# As root: where the time of the daemons goes. A quarter of a minute, and needs perf.
.PHONY: bench-budget
bench-budget: all tests/bench/blast
	KNET_BUILD=$(abs_top_builddir) /usr/bin/python3 -B $(top_srcdir)/tests/bench/budget.py $(BENCH_OPTIONS)
