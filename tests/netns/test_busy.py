# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A busy CPU is not a dead link.

    alpha ------- two links ------- beta        iperf3 as fast as it goes for 10 s (--long: 600 s),
                                                the second half beside loops that burn every core
"""

import os
import time

from knetlab.measure import Iperf, Load
from knetlab.process import stop

SECONDS = 10
SECONDS_LONG = 600
BURNERS_PER_CORE = 1


def downs(host, peer):
    return {number: row["down_count"] for number, row in host.links(peer).items()}


def test_no_link_is_called_down(pair, is_long):
    alpha, beta = pair.hosts
    seconds = SECONDS_LONG if is_long else SECONDS
    before = downs(alpha, beta), downs(beta, alpha)
    iperf = Iperf(beta, alpha, seconds)
    time.sleep(seconds / 2)
    load = Load()
    burners = [alpha.spawn("sh", "-c", "while :; do :; done")
               for _ in range(BURNERS_PER_CORE * os.cpu_count())]
    try:
        end = iperf.finish()
    finally:
        busy = load.busy()
        for burner in burners:
            stop(burner)
    print(f"{end['sum_received']['bits_per_second'] / 1e6:.0f} Mbit/s, machine {busy:.0%} busy")
    assert busy > 0.95
    assert (downs(alpha, beta), downs(beta, alpha)) == before
    for host, peer in ((alpha, beta), (beta, alpha)):
        assert host.peer(peer)["state"] == "up"
    assert end["sum_received"]["bytes"] > 0
