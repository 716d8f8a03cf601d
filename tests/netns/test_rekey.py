# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""New keys every second while iperf3 runs: no frame is lost to it.

    alpha ------- two links ------- beta        iperf3 for 5 s each (--long: 300 s)
"""

import pytest

from knetlab.measure import Iperf

SECONDS = 5
SECONDS_LONG = 300
# A rate at which nothing else loses a datagram on a machine with two cores and sanitizers.
UDP_RATE = "20M"


@pytest.fixture(scope="module")
def scene(make_shared_scene):
    made = make_shared_scene(2)
    made.configure(["rekey seconds 1"])
    made.start()
    return made


# What would count a frame that is lost to new keys.
LOST_TO_KEYS = ("rx_no_session", "rx_bad_tag", "tx_no_session", "tx_seal_failed",
                "tx_lane_exhausted")
# What kernels drop on a machine that is too busy.
DROPPED = ("tap_rx_drop", "udp_rx_overflow")


class Rekeys:
    """New keys while something happens, and what they cost."""

    def __init__(self, hosts):
        self.hosts = hosts
        self.before = self._count()

    def _count(self):
        alpha, beta = self.hosts
        counters = [host.counters() for host in self.hosts]
        count = {name: sum(each[name] for each in counters) for name in (*LOST_TO_KEYS, *DROPPED)}
        count["rekeys"] = next(row["rekeys"] for row in alpha.rows("show crypto sessions")
                               if row["peer"] == beta.name)
        for line in alpha.run("nstat", "-asz", "TcpRetransSegs",
                              "TcpExtTCPDSACKRecvSegs").stdout.splitlines()[1:]:
            name, value = line.split()[:2]
            count[name] = int(value)
        return count

    def end(self, seconds):
        """What has been counted since the beginning."""
        now = self._count()
        seen = {name: value - self.before[name] for name, value in now.items()}
        print(seen)
        assert seen["rekeys"] >= 0.7 * seconds
        assert not any(seen[name] for name in LOST_TO_KEYS)
        return seen


def test_no_datagram_is_lost(scene, is_long):
    alpha, beta = scene.hosts
    seconds = SECONDS_LONG if is_long else SECONDS
    rekeys = Rekeys(scene.hosts)
    result = Iperf(beta, alpha, seconds, "-u", "-b", UDP_RATE, "-l", "1200").finish()["sum"]
    print(f"{result['lost_packets']} of {result['packets']} lost")
    rekeys.end(seconds)
    assert result["packets"] > seconds * 1000
    assert result["lost_packets"] == 0


def test_a_stream_goes_on(scene, is_long):
    """What TCP sends again it sends needlessly, because an answer is late on a busy machine: the
    receiver says that it has it already. Else a kernel has dropped it and says so."""
    alpha, beta = scene.hosts
    seconds = SECONDS_LONG if is_long else SECONDS
    rekeys = Rekeys(scene.hosts)
    end = Iperf(beta, alpha, seconds, "-b", "100M").finish()
    print(f"{end['sum_received']['bits_per_second'] / 1e6:.0f} Mbit/s")
    seen = rekeys.end(seconds)
    assert end["sum_received"]["bytes"] > 0.9 * seconds * 100e6 / 8
    lost = seen["TcpRetransSegs"] - seen["TcpExtTCPDSACKRecvSegs"]
    assert lost <= sum(seen[name] for name in DROPPED)
