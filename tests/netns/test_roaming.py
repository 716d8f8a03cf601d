# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A peer whose address changes under way.

    alpha                                      beta
      u0 --(NAT)---- [ net0 ] --------------- u0      the NAT in alpha's way out changes its port
      u1 ----------- [ net1 ] --------------- u1
"""

import time

from knetlab.measure import Flood
from knetlab.process import wait_until

HEALED_S = 1


def nat(host, port):
    """What leaves on link 0 comes from that port, and what comes there arrives; no other port."""
    host.run("nft", "-f", "-", stdin=f"""
        table ip nat0
        delete table ip nat0
        table ip nat0 {{
            chain out {{
                type filter hook postrouting priority 0;
                udp sport 50000 udp sport set {port};
            }}
            chain in {{
                type filter hook prerouting priority -300;
                udp dport 50000 drop;
                udp dport {port} udp dport set 50000;
            }}
        }}
    """)


def test_a_nat_changes_its_port(make_scene):
    """The link with traffic is followed within a second, the other one is not disturbed, and no
    more than two pings are lost. A link that is pinned stays where it was configured."""
    scene = make_scene(2)
    scene.configure()
    alpha, beta = scene.hosts
    nat(alpha, 61000)
    for host in scene.hosts:
        host.start()
    beta.knet("-f -", stdin="configure\ninterface knet0\npeer alpha\n"
              f"link 0 remote {alpha.underlay(0)}:61000\nlink 0 roaming nat\nend\n")
    wait_until(lambda: beta.is_up_with([alpha]) and alpha.is_up_with([beta]), 20, "all up")
    before = {link: row["down_count"] for link, row in beta.links(alpha).items()}
    other = beta.links(alpha)[1]["suspect_count"]
    flood = Flood(alpha, beta, 3)
    time.sleep(0.5)
    nat(alpha, 62000)
    wait_until(lambda: beta.links(alpha)[0]["remote"].endswith(":62000"), HEALED_S, "followed")
    # What the router drops while it changes its mind is sent again if the peer has not confirmed
    # something later by then.
    assert flood.finish(30).lost <= 2
    assert {link: row["down_count"] for link, row in beta.links(alpha).items()} == before
    assert beta.links(alpha)[1]["suspect_count"] == other
    assert alpha.is_up_with([beta]) and beta.is_up_with([alpha])
    beta.knet("-f -", stdin="configure\ninterface knet0\npeer alpha\nlink 0 roaming pinned\nend\n")
    nat(alpha, 63000)
    wait_until(lambda: beta.links(alpha)[0]["state"] == "down", 5, "it is not followed")
    assert beta.links(alpha)[0]["remote"].endswith(":62000")
