# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Two hosts, two links: an Ethernet between them, and a clean end.

    alpha knet0                                  beta knet0
    10.99.0.1, fd99::1                           10.99.0.2, fd99::2
       u0 10.66.0.1 ------- net0 ------- u0 10.66.0.2
       u1 fd67::1   ------- net1 ------- u1 fd67::2       link 1 runs over IPv6
"""

import json

import pytest

from knetlab.host import wait_all_up


@pytest.fixture(scope="module")
def scene(make_shared_scene):
    made = make_shared_scene(2, family={1: 6})
    made.configure()
    made.start()
    return made


def test_ping_over_ipv4_and_ipv6(scene):
    alpha, beta = scene.hosts
    assert alpha.ping(beta.overlay, count=10) == (10, 10)
    assert beta.ping(alpha.overlay, count=10) == (10, 10)
    assert alpha.ping(beta.overlay6, count=10) == (10, 10)


def mtu_of(host):
    return json.loads(host.run("ip", "-j", "link", "show", "knet0").stdout)[0]["mtu"]


def test_every_size_up_to_the_mtu_passes(scene):
    alpha, beta = scene.hosts
    mtu = mtu_of(alpha)
    assert mtu == mtu_of(beta)
    # what is left of 1500 by IPv6, UDP, our header and tag, and the Ethernet header inside
    assert mtu >= 1380
    for size in (0, 1, 64, 511, 1000, 1300, mtu - 29, mtu - 28):
        assert alpha.ping(beta.overlay, "-M", "do", "-s", size, count=2) == (2, 2), size


def test_larger_packets_pass_as_fragments(scene):
    alpha, beta = scene.hosts
    for size in (1400, 2000, 8000, 60000):
        assert alpha.ping(beta.overlay, "-s", size, count=2) == (2, 2), size


def test_the_other_link_carries_over_ipv6(scene):
    alpha, beta = scene.hosts
    link = alpha.links(beta)
    assert link[0]["state"] == link[1]["state"] == "up"
    preferred = alpha.active(beta)[0]
    scene.underlay.unplug("beta", preferred)
    try:
        assert alpha.ping(beta.overlay, count=20) == (20, 20)
        assert alpha.active(beta) == [1 - preferred]
    finally:
        scene.underlay.plug("beta", preferred)


def test_rows_of_the_client_keep_their_contract(scene):
    alpha, beta = scene.hosts
    wait_all_up(scene.hosts)  # a link that is down has no RTT
    alpha.ping(beta.overlay)
    peer = alpha.peer(beta)
    assert {"interface": "knet0", "peer": "beta", "id": 2, "links": 2}.items() <= peer.items()
    for key in ("links_up", "rtt_us", "rx_bytes", "tx_bytes"):
        assert isinstance(peer[key], int), key
    assert peer["rx_bytes"] > 0 and peer["tx_bytes"] > 0
    assert isinstance(peer["active_links"], list)
    for number, link in alpha.links(beta).items():
        assert number in (0, 1)
        assert link["state"] in ("up", "suspect", "init", "down", "disabled")
        for key in ("rtt_us", "jitter_us", "loss_percent", "mtu", "down_count"):
            assert isinstance(link[key], (int, float)), key
        assert isinstance(link["active"], bool)
    macs = alpha.rows("show mac-table")
    entry = next(row for row in macs if row["mac"] == beta.mac())
    assert entry["peer"] == "beta" and entry["type"] == "dynamic" and entry["age_s"] < 60
    for row in alpha.rows("show counters"):
        assert row["where"] and row["counter"] and isinstance(row["value"], int)


def test_sigterm_ends_it_cleanly(make_scene):
    scene = make_scene(2)
    scene.configure()
    scene.start()
    alpha, beta = scene.hosts
    assert alpha.has_device()
    assert alpha.stop() == 0
    assert not alpha.has_device()
    assert not alpha.socket.exists()
    assert beta.daemon.poll() is None
    assert beta.stop() == 0
