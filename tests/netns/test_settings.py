# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Settings of an interface that the networks below it see.

    alpha                                      beta
      u0 ----------- [ net0 ] --------------- u0      IPv4
      u1 ----------- [ net1 ] --------------- u1      IPv6
"""

import json

from knetlab.host import PORT
from knetlab.process import wait_until

EF, AF11 = 46, 10


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
