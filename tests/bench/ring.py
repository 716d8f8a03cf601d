#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What the failover ring costs while links are healthy: `make bench-ring`.

Two hosts, two links each, one stream of TCP at full rate, with `failover buffer off` at both ends
and with the default, in turn: neighbours are compared, so that a slow drift of the machine hits
both. Ends with 1 if the ring costs more than 3 % in the median of all pairs.

    --pairs N           (10)
    --seconds N         of each measurement (4)
    --json FILE         all numbers
"""

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "netns"))

# pylint: disable=wrong-import-position
import report  # noqa: E402
from knetlab.host import Host, secret_make, start_all  # noqa: E402
from knetlab.lab import Lab  # noqa: E402
from knetlab.measure import Iperf  # noqa: E402
from knetlab.underlay import Underlay  # noqa: E402

COST_MAX = 0.03
OFF, DEFAULT = "failover buffer off", "no failover buffer"


def rate(hosts, line, seconds):
    """In bit/s, with this line in force."""
    for host in hosts:
        host.knet("configure", "interface knet0", line)
    alpha, beta = hosts
    return Iperf(beta, alpha, seconds).finish()["sum_received"]["bits_per_second"]


def pair_up(hosts, number, seconds):
    """One measurement with, one without; who is first changes."""
    order = (OFF, DEFAULT) if number % 2 else (DEFAULT, OFF)
    rates = {line: rate(hosts, line, seconds) for line in order}
    row = {"off": round(rates[OFF]), "on": round(rates[DEFAULT])}
    row["ratio"] = round(row["on"] / row["off"], 4)
    print(f"off {row['off'] / 1e6:6.0f} Mbit/s   on {row['on'] / 1e6:6.0f} Mbit/s   "
          f"{row['ratio']:.3f}", flush=True)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--json")
    options = parser.parse_args()
    with Lab() as lab:
        underlay = Underlay(lab)
        secret = secret_make(lab.directory / "secret")
        hosts = [Host(lab, underlay, number, secret) for number in (1, 2)]
        for host in hosts:
            host.configure(hosts, [])
        start_all(hosts)
        rate(hosts, DEFAULT, 1)
        rows = [pair_up(hosts, number, options.seconds) for number in range(options.pairs)]
    ratio = statistics.median(row["ratio"] for row in rows)
    print(f"with the ring, of the rate without: {ratio:.3f} in the median of {len(rows)} pairs")
    if options.json:
        report.numbers_write(Path(options.json), pairs=rows)
    return 1 if ratio < 1 - COST_MAX else 0


if __name__ == "__main__":
    sys.exit(main())
