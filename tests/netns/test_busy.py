# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A busy CPU is not a dead link.

    alpha ------- two links ------- beta        iperf3 as fast as it goes for 6 s (--long: 600 s) ,
                                                the second half beside loops that burn every core;
                                                then for a moment over the bare cable, beside them
"""

import contextlib
import os
import statistics
import time
from pathlib import Path

import pytest

from knetlab.measure import Iperf, Load
from knetlab.process import stop, wait_until

SECONDS = 6
SECONDS_LONG = 600
CABLE_S = 1
CABLE_LONG_S = 10
BURNERS_PER_CORE = 1
LEFT_MIN = 0.1  # of the rate beside the loops, which take a third to half of the CPU


def downs(host, peer):
    return {number: row["down_count"] for number, row in host.links(peer).items()}


def halves(rates):
    """Means of both; the seconds in which it begins and in which the loops do are left out."""
    middle = len(rates) // 2
    return statistics.mean(rates[1:middle]), statistics.mean(rates[middle + 1:])


def cable(server, client, seconds):
    return Iperf(server, client, seconds, address=server.underlay(0)).finish()


def test_no_link_is_called_down(pair, is_long):
    alpha, beta = pair.hosts
    seconds = SECONDS_LONG if is_long else SECONDS
    cable_s = CABLE_LONG_S if is_long else CABLE_S
    bare = [cable(beta, alpha, cable_s)]
    before = downs(alpha, beta), downs(beta, alpha)
    iperf = Iperf(beta, alpha, seconds)
    time.sleep(seconds / 2)
    load = Load()
    burners = [alpha.spawn("sh", "-c", "while :; do :; done")
               for _ in range(BURNERS_PER_CORE * os.cpu_count())]
    try:
        iperf.finish()
        busy = load.busy()
        bare.append(cable(beta, alpha, cable_s))
    finally:
        for burner in burners:
            stop(burner)
    rates = halves(iperf.rates)
    for what, rate, end in zip(("calm", "busy"), rates, bare):
        wire = end["sum_received"]["bits_per_second"]
        print(f"{what}: {rate / 1e6:.0f} Mbit/s, {rate / wire:.2f} of the cable's "
              f"{wire / 1e6:.0f}; slowest second {min(iperf.rates) / 1e6:.0f}")
    print(f"machine {busy:.0%} busy")
    assert busy > 0.95
    assert (downs(alpha, beta), downs(beta, alpha)) == before
    for host, peer in ((alpha, beta), (beta, alpha)):
        assert host.peer(peer)["state"] == "up"
    assert len(iperf.rates) >= seconds and min(iperf.rates) > 0
    assert rates[1] > LEFT_MIN * rates[0]


def urgent_threads(host):
    """Names of the daemon's threads that go ahead of ordinary ones."""
    names = []
    for task in Path(f"/proc/{host.daemon.pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            policy = os.sched_getscheduler(int(task.name)) & ~os.SCHED_RESET_ON_FORK
            if policy == os.SCHED_RR:
                names.append((task / "comm").read_text().strip())
    return names


def workers_of(names):
    return [name for name in names if name.startswith("knet-worker")]


def test_who_has_little_to_do_goes_ahead(pair):
    """Answers to probes do not wait behind programs that take all CPUs; a flood waits its turn."""
    alpha, beta = pair.hosts
    if "no real-time priority" in alpha.log():
        pytest.skip("real-time priority is not allowed here")
    alpha.knet("configure", "interface knet0", "workers 1", "end")
    burners = [alpha.spawn("sh", "-c", "while :; do :; done") for _ in range(2 * os.cpu_count())]
    ping = alpha.spawn("ping", "-q", "-i", "0.005", "-w", "30", beta.overlay)
    try:
        wait_until(lambda: "knetd" in urgent_threads(alpha), 5, "control goes ahead")
        wait_until(lambda: workers_of(urgent_threads(alpha)), 20, "a worker goes ahead")
        for burner in burners:
            stop(burner)
        flood = Iperf(beta, alpha, 4, "-u", "-b", "0", "-l", "200")
        wait_until(lambda: not workers_of(urgent_threads(alpha)), 4, "none does in a flood")
        flood.finish()
    finally:
        for child in (*burners, ping):
            stop(child)
    wait_until(lambda: "knetd" not in urgent_threads(alpha), 10, "control is at rest")
