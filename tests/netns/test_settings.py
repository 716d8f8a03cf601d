# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Settings of an interface that the networks below it see.

    alpha                                      beta
      u0 ----------- [ net0 ] --------------- u0      IPv4
      u1 ----------- [ net1 ] --------------- u1      IPv6
"""

import json
import sys

from knetlab.host import PORT
from knetlab.process import wait_until

EF, AF11 = 46, 10

# 3000 broadcasts in a moment.
STORM = """
import socket, time
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for number in range(3000):
    sock.sendto(bytes(100), ("10.99.0.255", 9))
    time.sleep(0.0001)
"""


class Marks:
    """Counts what leaves a host on its links, by family and by whether it has a DSCP."""

    def __init__(self, host, dscp):
        self.host = host
        rules = ["add table inet marks",
                 "add chain inet marks out { type filter hook output priority 0; }"]
        for family in ("ip", "ip6"):
            for word, test in (("marked", ""), ("other", "!=")):
                rules += [f"add counter inet marks {family}_{word}",
                          f"add rule inet marks out udp dport {PORT}-{PORT + 1} {family} dscp "
                          f"{test} {dscp} counter name {family}_{word}"]
        host.run("nft", "; ".join(rules))

    def end(self):
        self.host.run("nft", "delete table inet marks")

    def seen(self):
        listed = json.loads(self.host.run("nft", "-j", "list", "counters").stdout)["nftables"]
        return {row["counter"]["name"]: row["counter"]["packets"] for row in listed
                if "counter" in row}


def all_leaves_as(host, peer, dscp):
    marks = Marks(host, dscp)
    host.ping(peer.overlay, count=20)
    wait_until(lambda: min(marks.seen()["ip_marked"], marks.seen()["ip6_marked"]) >= 3, 10,
               "frames and probes on both links")
    seen = marks.seen()
    marks.end()
    assert seen["ip_other"] == seen["ip6_other"] == 0, seen
    assert seen["ip_marked"] >= 20, seen


def test_datagrams_are_marked(make_scene):
    """From the start, after a change while traffic flows, and with more workers."""
    scene = make_scene(2, family={1: 6})
    scene.configure([f"dscp {EF}"])
    scene.start()
    alpha, beta = scene.hosts
    all_leaves_as(alpha, beta, EF)
    alpha.knet("configure", "interface knet0", f"dscp {AF11}", "workers 3")
    all_leaves_as(alpha, beta, AF11)
    alpha.knet("configure", "interface knet0", "no dscp")
    all_leaves_as(alpha, beta, 0)
    all_leaves_as(beta, alpha, EF)


def test_a_storm_is_limited_and_named(make_scene):
    """Broadcasts of one station: so many pass, the log names it once, and unicast does not care."""
    scene = make_scene(2)
    scene.configure(["storm-guard 50"])
    scene.start()
    alpha, beta = scene.hosts
    alpha.run(sys.executable, "-c", STORM)
    assert alpha.ping(beta.overlay, count=20) == (20, 20)
    row = alpha.rows("show interfaces")[0]
    assert (row["storm_guard"], row["storm_pps"]) == ("set", 50)
    assert row["storm_dropped"] == alpha.counters()["storm_guard"] > 1000
    # Of two workers each has its own limit.
    assert beta.device_counter("rx_packets") < 1000
    named = alpha.log_lines(rf"{alpha.mac()} sends more than 50 frames/s to all peers")
    assert len(named) == 1, named
    assert [event["kind"] for event in alpha.rows("show events")].count("storm") == 1
    alpha.knet("configure", "interface knet0", "storm-guard auto")
    assert alpha.rows("show interfaces")[0]["storm_pps"] == 200000
    alpha.knet("configure", "interface knet0", "storm-guard off")
    assert "storm guard off: no limit" in alpha.knet("show interfaces knet0").stdout
    before = alpha.counters()["storm_guard"]
    alpha.run(sys.executable, "-c", STORM)
    assert alpha.counters()["storm_guard"] == before


def test_a_link_is_bounced_at_once(make_scene):
    """Down and up, and to another port and back, faster than sockets are closed; and it works then."""
    scene = make_scene(2)
    scene.configure()
    scene.start()
    alpha, beta = scene.hosts
    for away, back in (("link 1 shutdown", "no link 1 shutdown"), ("port 51000", f"port {PORT}")):
        for line in [away, back] * 5:
            alpha.knet("configure", "interface knet0", line, "end")
    wait_until(lambda: alpha.is_up_with([beta]), 10, "all links up again")
    assert alpha.ping(beta.overlay) == (3, 3)
