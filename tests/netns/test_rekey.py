# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""New keys every second while iperf3 runs: no frame is lost to it.

    alpha ------- two links ------- beta        iperf3 for 6 s each (--long: 300 s)
"""

import pytest

from knetlab.measure import Iperf

SECONDS = 6
SECONDS_LONG = 300
# A rate at which nothing else loses a datagram on a machine with two cores and sanitizers.
UDP_RATE = "20M"


@pytest.fixture(scope="module")
def scene(make_shared_scene):
    made = make_shared_scene(2)
    made.configure(["rekey seconds 1"])
    made.start()
    return made


def rekeys(host, peer):
    return next(row["rekeys"] for row in host.rows("show crypto sessions")
                if row["peer"] == peer.name)


def test_no_datagram_is_lost(scene, is_long):
    alpha, beta = scene.hosts
    seconds = SECONDS_LONG if is_long else SECONDS
    before = rekeys(alpha, beta)
    result = Iperf(beta, alpha, seconds, "-u", "-b", UDP_RATE, "-l", "1200").finish()["sum"]
    happened = rekeys(alpha, beta) - before
    print(f"{result['lost_packets']} of {result['packets']} lost, {happened} rekeys")
    assert happened >= seconds // 2
    assert result["packets"] > seconds * 1000
    assert result["lost_packets"] == 0


def test_a_stream_goes_on(scene, is_long):
    alpha, beta = scene.hosts
    seconds = SECONDS_LONG if is_long else SECONDS
    before = rekeys(alpha, beta)
    end = Iperf(beta, alpha, seconds, "-b", "100M").finish()
    happened = rekeys(alpha, beta) - before
    print(f"{end['sum_received']['bits_per_second'] / 1e6:.0f} Mbit/s, "
          f"{end['sum_sent']['retransmits']} retransmits, {happened} rekeys")
    assert happened >= seconds // 2
    assert end["sum_received"]["bytes"] > 0.9 * seconds * 100e6 / 8
    assert end["sum_sent"]["retransmits"] == 0
