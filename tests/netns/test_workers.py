# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Several workers: the traffic of two hosts spreads over them, and their number is no one's concern.

    alpha ------- two links ------- beta
"""

from pathlib import Path

import pytest

from knetlab import process
from knetlab.measure import Flood, Iperf

WORKERS = 2
STREAMS = 8


@pytest.fixture(scope="module")
def scene(make_shared_scene):
    made = make_shared_scene(2)
    made.configure([f"workers {WORKERS}"])
    made.start()
    return made


def threads(host):
    """CPU ticks of each worker, by its name."""
    ticks = {}
    for task in Path(f"/proc/{host.daemon.pid}/task").iterdir():
        name = (task / "comm").read_text(encoding="ascii").strip()
        fields = (task / "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        if name.startswith("knet-worker-"):
            ticks[name] = int(fields[11]) + int(fields[12])
    return ticks


def set_workers(host, number):
    host.knet("configure", "interface knet0", f"workers {number}", "end")
    assert len(threads(host)) == number
    assert host.rows("show interfaces")[0]["workers"] == number


def sums(hosts, *names):
    counters = [host.counters() for host in hosts]
    return [sum(each[name] for each in counters) for name in names]


def sessions(hosts):
    """What would change if anything but workers came and went."""
    return [(host.counters()["hs_done"],
             {number: row["down_count"] for number, row in host.links(peer).items()})
            for host, peer in zip(hosts, reversed(hosts))]


def test_streams_spread_and_lanes_stay(scene):
    """Both workers of both hosts work, and no lane ever comes to another worker: the filter on the
    sockets gives each its lanes, and the kernel joins no two of them (it does with one TTL)."""
    alpha, beta = scene.hosts
    moves, = sums(scene.hosts, "rx_lane_moves")
    before = {host.name: threads(host) for host in scene.hosts}
    Iperf(beta, alpha, 2, "-P", STREAMS, "--bidir").finish()
    for host in scene.hosts:
        after = threads(host)
        busy = [after[name] - before[host.name][name] for name in after]
        print(host.name, busy)
        assert len(busy) == WORKERS and min(busy) > sum(busy) / 20
    assert sums(scene.hosts, "rx_lane_moves") == [moves]


def test_a_box_on_the_way_levels_the_ttl(make_scene):
    """The kernel mixes lanes then, which it did not before; nothing is lost by it or comes twice.
    (IPv6: it does not tell the senders apart by the identification of IPv4.)"""
    scene = make_scene(2, family={0: 6, 1: 6})
    scene.configure([f"workers {WORKERS}"])
    scene.start()
    alpha, beta = scene.hosts
    for host in scene.hosts:  # the kernel waits for more of a flow, and joins all it can
        host.run("sh", "-c", "echo 1000000 >/sys/class/net/u0/gro_flush_timeout")
    Iperf(beta, alpha, 1, "-P", STREAMS, "--bidir").finish()
    assert sums(scene.hosts, "rx_lane_moves") == [0]
    scene.underlay.switch.run("nft", "add rule bridge cuts forward ether type ip6 "
                              "meta l4proto udp ip6 hoplimit set 64")
    Iperf(beta, alpha, 1, "-P", STREAMS, "--bidir").finish()
    assert sums(scene.hosts, "rx_lane_moves")[0] > 0
    drops, = sums(scene.hosts, "tap_rx_drop")
    floods = [Flood(alpha, beta, 2), Flood(beta, alpha, 2)]
    end = Iperf(beta, alpha, 2, "-P", 4, "-u", "-b", "10M", "-l", "1000").finish()
    results = [flood.finish(10) for flood in floods]
    lost = end["sum"]["lost_packets"] + sum(flood.lost for flood in results)
    # Those the kernel had no room for when it gave them to us are not our affair.
    drops = sums(scene.hosts, "tap_rx_drop")[0] - drops
    busy, bad = sums(scene.hosts, "rx_lane_busy", "rx_bad_tag")
    print("lanes moved", sums(scene.hosts, "rx_lane_moves"), "lost", lost, "not sent", drops,
          "lanes not let go of in time", busy)
    assert lost <= drops + busy + 2
    assert [flood.duplicates for flood in results] == [0, 0]
    # A worker that loses its CPU with a lane in its hands costs the other one a few datagrams.
    assert busy <= 50 and bad == 0


@pytest.mark.parametrize("numbers", [(3, 1), (1, 2)])
def test_hosts_need_not_have_as_many(scene, numbers):
    alpha, beta = scene.hosts
    for host, number in zip(scene.hosts, numbers):
        set_workers(host, number)
    moves, = sums(scene.hosts, "rx_lane_moves")
    before = sessions(scene.hosts)
    flood = Flood(alpha, beta, 1)
    Iperf(beta, alpha, 1, "-P", STREAMS, "--bidir").finish()
    result = flood.finish(10)
    print(result)
    assert result.received > 0.9 * result.sent and result.duplicates == 0
    assert sessions(scene.hosts) == before
    # What was under way when the number changed may have moved, a lane at a time.
    assert sums(scene.hosts, "rx_lane_moves")[0] - moves <= 2 * 3
    for host in scene.hosts:
        set_workers(host, WORKERS)


def test_their_number_changes_under_load(scene):
    """Sessions and links do not notice, and hardly a frame is lost."""
    alpha, beta = scene.hosts
    before = sessions(scene.hosts)
    flood = Flood(alpha, beta, 3)
    load = Iperf(beta, alpha, 3, "-P", 4, "-b", "5M", "--bidir")
    for number in (16, 1, 4, 3, 1, 2):
        for host in scene.hosts:
            set_workers(host, number)
    assert flood.is_running()
    carried = load.finish()["sum_received"]["bits_per_second"]
    result = flood.finish(20)
    print(result, f"{carried / 1e6:.1f} Mbit/s")
    assert carried > 0.8 * 4 * 5e6
    assert result.duplicates == 0 and result.lost <= 20
    assert sessions(scene.hosts) == before


def test_a_slow_link_holds_nothing_up(scene):
    """The link takes 20 of the 80 Mbit/s that alpha has for it: its senders wait for a moment, and
    what they send beyond is counted. What comes in does not wait."""
    alpha, beta = scene.hosts
    before = sums(scene.hosts, "hs_done", "udp_rx_overflow", "tap_tx_errors")
    for host in scene.hosts:
        host.knet("configure", "interface knet0", "link 1 shutdown", "end")
    alpha.run("tc", "qdisc", "add", "dev", "u0", "root", "tbf", "rate", "20mbit", "burst", "64kb",
              "limit", "64mb")
    try:
        # It waits for one datagram in answer to its first, for ever if that is dropped.
        frames = alpha.counters()["rx_frames"]
        fast = Iperf(alpha, beta, 3, "-u", "-b", "20M", "-l", "1000")
        process.wait_until(lambda: alpha.counters()["rx_frames"] > frames + 500, 5, "datagrams")
        slow = Iperf(beta, alpha, 2, "-u", "-b", "80M", "-l", "1000").finish()["sum"]
        fast = fast.finish()
    finally:
        alpha.run("tc", "qdisc", "del", "dev", "u0", "root")
        for host in scene.hosts:
            host.knet("configure", "interface knet0", "no link 1 shutdown", "end")
    arrived = slow["bits_per_second"] * (1 - slow["lost_percent"] / 100)
    print(f"{arrived / 1e6:.0f} Mbit/s", fast["sum"]["lost_packets"],
          sums([alpha], "tx_send_errors", "tap_rx_drop"))
    assert arrived > 10e6
    assert sums([alpha], "tx_send_errors")[0] > 0
    assert fast["sum"]["packets"] > 6000
    assert fast["sum"]["lost_packets"] <= fast["sum"]["packets"] // 200
    assert sums(scene.hosts, "hs_done", "udp_rx_overflow", "tap_tx_errors") == before
    process.wait_until(lambda: alpha.is_up_with(scene.hosts), 10, "both links are up")
