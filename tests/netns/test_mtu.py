# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Paths that carry less than their interfaces say, and nobody tells: no ICMP, packets just vanish.

    alpha                                      beta
      u0 ----------- [ net0 ] --------------- u0      longer packets than N are dropped on the way
      u1 ----------- [ net1 ] --------------- u1
    guest eth0 -- br0 -- knet0        knet0 -- br0 -- eth0 guest    in the story about bridges

What is promised: whatever the paths carry, all sizes pass; a path that shrinks under traffic is
noticed within 3 s, and a stream of TCP goes on, also one of stations that know nothing of us.
"""

import json
import re
import time

import pytest

from knetlab.process import wait_until

NOTICED_S = 3
STALLED_S = 1
BEFORE = 1500
OVERHEAD = 82  # of the width of a path, beyond the MTU of the TAP
LARGEST = 65481


@pytest.fixture(scope="module")
def pair(make_shared_scene):
    scene = make_shared_scene(2)
    scene.configure(["pmtud interval 2", "failover hold 1"])
    scene.start()
    return scene


@pytest.fixture
def calm(pair):
    """Alpha and beta, whose paths are wide; they are so again afterwards."""
    alpha, beta = pair.hosts
    found(alpha, beta, BEFORE, 10)
    yield alpha, beta
    pair.underlay.heal()


def widths(host, peer):
    return [row["mtu"] for row in host.links(peer).values()]


def found(host, peer, mtu, timeout):
    """Both links of host are known to be so wide; pings are the traffic that this needs."""
    def is_found():
        host.ping(peer.overlay, count=1, check=False)
        return widths(host, peer) == [mtu] * 2
    wait_until(is_found, timeout, f"paths of {mtu}, not {widths(host, peer)}")


def shrink(pair, mtu):
    for network in (0, 1):
        pair.underlay.shrink("alpha", network, mtu)


def tap_mtu(host):
    return json.loads(host.run("ip", "-j", "link", "show", "knet0").stdout)[0]["mtu"]


def all_sizes_pass(host, peer, sizes):
    for size in sizes:
        assert host.ping(peer.overlay, "-s", size, count=3) == (3, 3), size


class Stream:
    """A stream of TCP, and how much arrives in each tenth of a second."""

    def __init__(self, sender, receiver, address, seconds):
        self.server = receiver.spawn("iperf3", "-s", "-1", "-p", "5999")
        time.sleep(0.2)
        self.begin = time.monotonic()
        self.client = sender.spawn("iperf3", "-c", address, "-p", "5999", "-t", seconds, "-b", "50M",
                                   "-i", "0.1", "-J")
        self.seconds = seconds

    def longest_pause_s(self):
        out, _ = self.client.communicate(timeout=self.seconds + 20)
        self.server.wait(10)
        done = json.loads(out)
        assert "error" not in done, done.get("error")
        pause = longest = 0.0
        for interval in done["intervals"]:
            part = interval["sum"]
            pause = 0.0 if part["bytes"] else pause + part["seconds"]
            longest = max(longest, pause)
        return longest, done["end"]["sum_received"]["bytes"]


def test_the_widths_of_paths_are_found(pair, calm):
    """Not what the interfaces say; the TAP follows, above the least that IPv6 needs."""
    alpha, beta = calm
    pair.underlay.shrink("alpha", 0, 1400)
    pair.underlay.shrink("alpha", 1, 1327)
    wait_until(lambda: alpha.ping(beta.overlay, count=1, check=False) and
               widths(alpha, beta) == [1400, 1327], NOTICED_S + 1, "the widths")
    wait_until(lambda: tap_mtu(alpha) == 1280, 2, "a narrower TAP")
    assert "1327" in alpha.knet("show links detail").stdout
    assert any(row["kind"] == "path-mtu" for row in alpha.rows("show events"))
    all_sizes_pass(alpha, beta, [0, 1000, 1200, 1245, 1252, 1400, 4000, 20000])
    # Once, or once for each path if the second is found later: narrower each time.
    told = [int(re.search(r"interface is (\d+)", line)[1])
            for line in alpha.log_lines("the MTU of the interface is")]
    assert told in ([1280], [1400 - OVERHEAD, 1280])


def test_a_stream_survives_a_path_that_shrinks(pair, calm):
    alpha, beta = calm
    stream = Stream(alpha, beta, beta.overlay, 6)
    time.sleep(1)
    shrink(pair, 1280)
    wait_until(lambda: widths(alpha, beta) == [1280] * 2, NOTICED_S, "the shrunk paths")
    pause, _ = stream.longest_pause_s()
    assert pause <= STALLED_S
    all_sizes_pass(alpha, beta, [1000, 1300, 9000])


def test_jumbo_frames_over_ordinary_paths(pair, calm):
    alpha, beta = calm
    for host in calm:
        host.knet("configure", "interface knet0", "mtu 9000")
    wait_until(lambda: tap_mtu(alpha) == tap_mtu(beta) == 9000, 3, "the TAPs' MTU")
    before = beta.counters()
    for size in (1500, 4000, 8972):
        assert alpha.ping(beta.overlay, "-M", "do", "-s", size, count=20) == (20, 20)
    after = beta.counters()
    assert after["rx_reassembled"] - before["rx_reassembled"] >= 60
    fragments = alpha.counters()["tx_fragmented"]
    pause, received = Stream(alpha, beta, beta.overlay, 2).longest_pause_s()
    assert pause == 0 and received > 5_000_000
    # Streams need no fragments.
    assert alpha.counters()["tx_fragmented"] - fragments < 20
    # Of frames before, on paths that shrank, a fragment may have been late.
    for name in ("rx_bad_fragment", "rx_fragment_late"):
        assert after[name] == before[name], name
    for host in calm:
        host.knet("configure", "interface knet0", "no mtu")


def test_the_largest_mtu_passes(calm):
    """What is longer would be more than can be sealed: such an MTU is refused, not set and lost."""
    alpha, beta = calm
    for host in calm:
        refused = host.knet("configure", "interface knet0", f"mtu {LARGEST + 1}", check=False)
        assert refused.returncode != 0 and f"576-{LARGEST}" in refused.stdout + refused.stderr
        host.knet("configure", "interface knet0", f"mtu {LARGEST}")
    wait_until(lambda: tap_mtu(alpha) == tap_mtu(beta) == LARGEST, 3, "the TAPs' MTU")
    too_long = alpha.counters()["tx_too_long"]
    for to, headers in ((beta.overlay, 28), (beta.overlay6, 48)):
        assert alpha.ping(to, "-M", "do", "-s", LARGEST - headers, count=10) == (10, 10)
    pause, received = Stream(alpha, beta, beta.overlay, 2).longest_pause_s()
    assert pause <= STALLED_S and received > 5_000_000
    assert alpha.counters()["tx_too_long"] == too_long
    for host in calm:
        host.knet("configure", "interface knet0", "no mtu")


def nothing_is_lost(pair, alpha, beta):
    """The wide link is cut under pings that do not fit the narrow one."""
    before = alpha.counters()
    pings = alpha.spawn("ping", "-n", "-q", "-i", "0.002", "-c", "1000", "-M", "do", "-s", "8000",
                        beta.overlay)
    time.sleep(0.7)
    pair.underlay.black_hole("alpha", 0)
    out, _ = pings.communicate(timeout=20)
    after = alpha.counters()
    print(out, alpha.knet("show events last 12").stdout, beta.knet("show events last 12").stdout)
    print({name: value - before.get(name, 0) for name, value in after.items()
           if value != before.get(name, 0)})
    assert after["tx_fragmented"] - before["tx_fragmented"] > 100
    assert after["failover_replayed"] > before["failover_replayed"]
    assert " 1000 received" in out


def test_failover_from_a_wide_link_to_a_narrow_one(pair, calm):
    """What was sealed for jumbo frames is sent again in fragments: no ping of 8000 bytes is lost."""
    alpha, beta = calm
    for host in calm:
        pair.underlay.switch.ip(f"link set {host.name}0 mtu 9000")
        host.ip("link set u0 mtu 9000")
        host.knet("configure", "interface knet0", "mtu 9000")
    pair.underlay.switch.ip("link set net0 mtu 9000")

    def is_wide():
        alpha.ping(beta.overlay, count=1, check=False)
        return widths(alpha, beta) == widths(beta, alpha) == [9000, 1500] and \
            alpha.active(beta) == beta.active(alpha) == [0]
    wait_until(is_wide, 10, "a wide link in use")
    nothing_is_lost(pair, alpha, beta)
    pair.underlay.heal()
    for host in calm:
        host.ip("link set u0 mtu 1500")
        host.knet("configure", "interface knet0", "no mtu")


def bridge(host, lab, address):
    """A guest with an MTU of 1500 behind a bridge with the TAP, which carries as much."""
    guest = lab.namespace(f"{host.name}-guest")
    host.knet("configure", "interface knet0", "mtu 1500")
    host.ip("link add br0 type bridge mcast_snooping 0")
    host.ip(f"link add dev port type veth peer name eth0 netns {guest.name}")
    for device in ("port", "knet0"):
        host.ip(f"link set {device} master br0 up")
    host.ip("link set br0 up")
    guest.ip(f"addr add {address}/24 dev eth0")
    guest.ip("link set eth0 up")
    return guest


def test_bridged_stations_notice_nothing(pair, calm):
    """They send 1500 bytes, before and after the paths shrink; no card of theirs has offloads."""
    alpha, beta = calm
    guests = [bridge(host, pair.lab, f"10.88.0.{host.number}") for host in calm]
    for guest in guests:
        guest.run("ethtool", "-K", "eth0", "tso", "off", "gso", "off", "gro", "off", "tx", "off")
    wait_until(lambda: guests[0].run("ping", "-c", "1", "-W", "1", "10.88.0.2",
                                     check=False).returncode == 0, 5, "the guests meet")
    guests[0].spawn = lambda *argv, **options: pair.lab.spawn(  # their children end with the lab
        type(guests[0])(guests[0].name), *argv, **options)
    guests[1].spawn = lambda *argv, **options: pair.lab.spawn(
        type(guests[1])(guests[1].name), *argv, **options)
    stream = Stream(guests[0], guests[1], "10.88.0.2", 6)
    time.sleep(1)
    shrink(pair, 1280)
    wait_until(lambda: widths(alpha, beta) == [1280] * 2, NOTICED_S, "the shrunk paths")
    pause, _ = stream.longest_pause_s()
    assert pause <= STALLED_S
    done = guests[0].run("ping", "-n", "-q", "-c", "5", "-i", "0.05", "-M", "do", "-s", "1472",
                         "10.88.0.2")
    assert " 0% packet loss" in done.stdout
    for host in calm:
        host.ip("link del br0")
        host.ip("link del port")
        host.knet("configure", "interface knet0", "no mtu")
