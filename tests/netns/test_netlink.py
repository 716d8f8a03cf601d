# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What the kernel says of the interfaces below: one link's trouble is its own.

    alpha                                      beta
      u0 ----------- [ net0 ] --------------- u0
      u1 ----------- [ net1 ] --------------- u1
"""

import time

import pytest

from knetlab.measure import Prober
from knetlab.process import wait_until


@pytest.fixture
def calm(pair):
    """Both links are up; the one that is not used is handed out with the hosts."""
    alpha, beta = pair.hosts
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 30, "all up")
    wait_until(lambda: alpha.active(beta) == beta.active(alpha) == [0], 10, "link 0 is used")
    return alpha, beta, 0, 1


def none_lost(prober):
    """Of all that has been sent so far, 1 ms apart."""
    series = prober.stop()["beta"]
    assert series.lost() == 0 and len(series.sent) > 200, len(series.sent)


def test_the_other_link_is_not_disturbed(calm):
    """Set down and up again three times, beside traffic on the other link."""
    alpha, beta, active, idle = calm
    before = alpha.links(beta)[active]
    prober = Prober(alpha, [beta], 30)
    for _ in range(3):
        alpha.ip(f"link set u{idle} down")
        time.sleep(0.3)
        alpha.ip(f"link set u{idle} up")
        time.sleep(0.3)
    none_lost(prober)
    after = alpha.links(beta)[active]
    assert after["state"] == "up" and after["active"]
    assert after["down_count"] == before["down_count"]
    assert beta.links(alpha)[active]["down_count"] == 0


def test_both_sides_know_at_once(calm):
    """Carrier is not waited for with a timeout of 500 ms: alpha knows, and tells beta."""
    alpha, beta, _, idle = calm
    began = time.monotonic()
    alpha.ip(f"link set u{idle} down")
    for host, other in ((alpha, beta), (beta, alpha)):
        wait_until(lambda h=host, o=other: h.links(o)[idle]["state"] in ("suspect", "down"), 0.45,
                   f"{host.name} knows", step=0.01)
    print(f"known after {(time.monotonic() - began) * 1000:.0f} ms, clients included")
    alpha.ip(f"link set u{idle} up")


def test_neighbours_are_asked_for_at_once(calm, pair):
    """Who was asked for while there was no carrier would be asked again only a second later."""
    alpha, beta, _, idle = calm
    nobody = alpha.underlay(idle).rsplit(".", 1)[0] + ".99"

    def neighbour():
        return alpha.run("ip", "neigh", "show", nobody, "dev", f"u{idle}").stdout

    pair.underlay.unplug("alpha", idle)
    wait_until(lambda: alpha.links(beta)[idle]["state"] == "down", 3, "the link is down")
    alpha.run("ping", "-c", "1", "-W", "0.1", nobody, check=False)
    assert "INCOMPLETE" in neighbour()
    pair.underlay.plug("alpha", idle)
    wait_until(lambda: not neighbour(), 0.7, "the kernel has forgotten it", step=0.02)
    wait_until(lambda: alpha.links(beta)[idle]["state"] == "up", 10, "the link is up again")


def test_an_address_goes_and_comes_back(calm):
    alpha, beta, active, idle = calm
    prober = Prober(alpha, [beta], 30)
    alpha.ip(f"addr del {alpha.underlay(idle)}/24 dev u{idle}")
    wait_until(lambda: alpha.links(beta)[idle]["state"] == "down", 3, "the link is down")
    assert alpha.links(beta)[active]["state"] == "up"
    alpha.ip(f"addr add {alpha.underlay(idle)}/24 dev u{idle}")
    wait_until(lambda: alpha.links(beta)[idle]["state"] == "up", 10, "the link is up again")
    none_lost(prober)


def test_a_device_is_deleted_and_made_again(calm, pair):
    """With the same name and address, but another index."""
    alpha, beta, active, idle = calm
    before = [active], alpha.links(beta)[active]["down_count"]
    alpha.ip(f"link del u{idle}")
    wait_until(lambda: alpha.links(beta)[idle]["state"] == "down", 3, "the link is down")
    assert alpha.ping(beta.overlay, count=10) == (10, 10)
    pair.underlay.plug_in(alpha.namespace, alpha.name, alpha.number, networks=[idle])
    wait_until(lambda: alpha.links(beta)[idle]["state"] == "up", 10, "the link is up again")
    assert (alpha.active(beta), alpha.links(beta)[active]["down_count"]) == before


def test_an_address_changes(make_scene):
    """Alpha moves one link to another address. Beta, which takes that link's address from what is
    authentic, follows; nothing is lost on the other link."""
    scene = make_scene(2)
    scene.configure()
    scene.start()
    alpha, beta = scene.hosts
    beta.knet("-f -", stdin="configure\ninterface knet0\npeer alpha\nlink 1 dynamic\nend\n")
    wait_until(lambda: beta.is_up_with([alpha]) and alpha.is_up_with([beta]), 20, "all up")
    prober = Prober(alpha, [beta], 40)
    old, new = alpha.underlay(1), "10.67.0.77"
    alpha.ip(f"addr del {old}/24 dev u1")
    alpha.ip(f"addr add {new}/24 dev u1")
    wait_until(lambda: alpha.links(beta)[1]["state"] == "down", 3, "the old address is gone")
    alpha.knet("configure", "interface knet0", f"link 1 local {new} priority 10", "end")
    for host, peer in ((alpha, beta), (beta, alpha)):
        wait_until(lambda h=host, p=peer: h.links(p)[1]["state"] == "up", 10, "up again")
    none_lost(prober)
    scene.underlay.unplug("beta", 0)
    assert beta.ping(alpha.overlay, count=10) == (10, 10)
    assert beta.active(alpha) == [1]
