# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A link is cut while pings run; default timers, but for the hold time.

    alpha                                      beta
      u0 ----------- [ net0 ] ---x/---------- u0      the preferred link is cut in one of
      u1 ----------- [ net1 ] --------------- u1      several ways, the other one carries on
                     gamma is on both

What is promised: no ping of a flood is lost. After a loss of carrier the longest gap is 10 ms; when
frames silently vanish, in one direction or both, 50 ms. All reach all, and all traffic of the pair is
on the surviving link. The restored link is used again after its hold time, without a lost probe.

The promises about time hold for a machine that gets to run. A gap that was measured while this one
was too busy is measured again; if it is still as busy then, gaps may be ten times as long. The reason
is printed. What is lost does not depend on that.
"""

import time
from itertools import combinations

import pytest

from knetlab.measure import Flood, Load, Prober
from knetlab.process import wait_until
from knetlab.programs import is_sanitized

CARRIER_GAP_MS = 10
BLACK_HOLE_GAP_MS = 50
HOLD_S = 1  # instead of the default of 3 s, to have it over sooner
WATCHED_S = 1.2
PING_LEN = 1000
PAUSE_S = 2.6  # idle by then; tests/sim tells of pauses of many lengths
# Beside all that the stories themselves do, sanitizers included.
BUSY = 0.85
LATE_MS = 5
SLOW = 10  # gaps may be so much longer where the machine was busy both times


@pytest.fixture(scope="module")
def pair(make_shared_scene):
    scene = make_shared_scene(3)
    scene.configure([f"failover hold {HOLD_S}"])
    scene.start()
    return scene


def settle(pair):
    """All cables are whole, and alpha and beta know nothing of each other's past: with every cut the
    hold time of a link grows. Then they use the preferred link."""
    alpha, beta, _ = pair.hosts
    preferred = pair.__dict__.setdefault("preferred", alpha.active(beta)[0])

    def is_settled():
        return alpha.active(beta) == beta.active(alpha) == [preferred]

    pair.underlay.flap_end()
    pair.underlay.heal()
    for host in ("alpha", "beta"):
        pair.underlay.plug(host, preferred)
    alpha.ip(f"link set u{preferred} up")
    for host, other in ((alpha, beta), (beta, alpha)):
        host.knet("configure", "interface knet0", f"no peer {other.name}", "end")
    for host, other in ((alpha, beta), (beta, alpha)):
        host.knet("configure", "interface knet0", host.peer_line(other), "end")
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 10, "up")
    wait_until(is_settled, 20, "the preferred link is used")
    return alpha, beta, preferred


@pytest.fixture
def settled(pair):
    """Both hosts use the preferred link, which is handed out with them."""
    return settle(pair)


class Seen:
    """What a watcher saw."""

    def __init__(self, flood, series, busy):
        self.lost, self.probes_lost = flood.lost, series.lost()
        self.gap_ms = series.longest_gap_of_theirs()
        self.busy, self.late_ms = busy, series.longest_silence_of_ours()
        self.text = (f"flood: {flood.lost} of {flood.sent} lost; probes: {series.lost()} of "
                     f"{len(series.sent)} lost, longest gap {self.gap_ms:.1f} ms; the prober was "
                     f"late by up to {self.late_ms:.1f} ms, the machine {busy:.0%} busy")

    def was_disturbed(self):
        return self.busy > BUSY or self.late_ms > LATE_MS


class Watch:
    """Probes and a flood from alpha to beta while something happens."""

    def __init__(self, alpha, beta, seconds):
        self._prober = Prober(alpha, [beta], int(seconds) + 2)
        self._flood = Flood(alpha, beta, seconds)
        self._load = Load()
        self._seconds = seconds
        time.sleep(0.5)

    def finish(self):
        flood = self._flood.finish(self._seconds + 10)
        busy = self._load.busy()
        seen = Seen(flood, next(iter(self._prober.stop().values())), busy)
        print(seen.text)
        return seen


def promise(pair, measure, gap_ms):
    """measure() returns what was seen of one cut."""
    seen = measure()
    if seen.lost == 0 and seen.gap_ms > gap_ms and seen.was_disturbed():
        print(f"not within {gap_ms} ms, but the machine was busy: once more")
        settle(pair)
        seen = measure()
    assert seen.lost == 0, seen.text
    # A thread that does not get to run does nothing in time.
    patience = SLOW if seen.was_disturbed() else 2 if is_sanitized() else 1
    assert seen.gap_ms <= gap_ms * patience, seen.text


def all_reach_all(pair):
    for one, other in combinations(pair.hosts, 2):
        assert one.ping(other.overlay) == (3, 3), (one.name, other.name)


def surviving_link_carries(pair, alpha, beta, cut):
    """Pings, long ones, appear on the other cable, and none on the one that was cut."""
    before = {link: pair.underlay.counters("beta", link)[1] for link in (0, 1)}
    assert alpha.ping(beta.overlay, "-i", "0.01", "-s", PING_LEN, count=50) == (50, 50)
    carried = {link: pair.underlay.counters("beta", link)[1] - before[link] for link in (0, 1)}
    assert carried[1 - cut] >= 100 * PING_LEN, carried
    # What is left there are probes, of beta and gamma, too: some hundred of less than 100 bytes.
    assert carried[cut] < 20 * PING_LEN, carried
    assert alpha.active(beta) == beta.active(alpha) == [1 - cut]


def restored_without_loss(settled, restore):
    alpha, beta, preferred = settled
    prober = Prober(alpha, [beta], HOLD_S + 10)
    time.sleep(0.2)
    restored = time.monotonic()
    restore()
    wait_until(lambda: alpha.active(beta) == beta.active(alpha) == [preferred],
               HOLD_S + 5, "the restored link is used again")
    took = time.monotonic() - restored
    time.sleep(0.2)
    series = prober.stop()["beta"]
    print(f"used again after {took:.1f} s, {series.lost()} of {len(series.sent)} probes lost")
    assert took >= HOLD_S and len(series.sent) > 900 * HOLD_S
    assert series.lost() == 0


def cut_and_carry_on(pair, settled, cut, restore=None):
    """Returns what a watcher saw of the cut; the restored link is watched, too, if it is told how."""
    alpha, beta, preferred = settled
    watch = Watch(alpha, beta, WATCHED_S)
    cut()
    seen = watch.finish()
    all_reach_all(pair)
    surviving_link_carries(pair, alpha, beta, preferred)
    if restore is not None:
        restored_without_loss(settled, restore)
    return seen


@pytest.mark.parametrize("host", ["alpha", "beta"])
def test_the_cable_is_pulled(pair, settled, host):
    preferred = settled[2]
    restore = (lambda: pair.underlay.plug(host, preferred)) if host == "beta" else None
    promise(pair, lambda: cut_and_carry_on(
        pair, settled, lambda: pair.underlay.unplug(host, preferred), restore),
            CARRIER_GAP_MS)


def test_the_device_is_set_down(pair, settled):
    alpha, _, preferred = settled
    promise(pair, lambda: cut_and_carry_on(
        pair, settled, lambda: alpha.ip(f"link set u{preferred} down"),
        lambda: alpha.ip(f"link set u{preferred} up")), CARRIER_GAP_MS)


@pytest.mark.parametrize("to_host, from_host", [(True, True), (True, False), (False, True)],
                         ids=["both-ways", "inward", "outward"])
def test_frames_vanish_silently(pair, settled, to_host, from_host):
    preferred = settled[2]
    restore = pair.underlay.heal if to_host and from_host else None
    promise(pair, lambda: cut_and_carry_on(
        pair, settled, lambda: pair.underlay.black_hole("beta", preferred, to_host, from_host),
        restore), BLACK_HOLE_GAP_MS)


def test_frames_vanish_soon_after_the_first_ping(pair, settled):
    """An idle link is probed once a second; traffic must put an end to that at both ends, also
    when the first frame that crosses is the answer to an ARP request."""
    alpha, beta, preferred = settled

    def measure():
        time.sleep(PAUSE_S)
        for host in (alpha, beta):
            host.ip("neigh flush dev knet0")
        watch = Watch(alpha, beta, WATCHED_S)
        pair.underlay.black_hole("beta", preferred)
        return watch.finish()

    promise(pair, measure, BLACK_HOLE_GAP_MS)


def test_a_cable_with_a_loose_contact(pair, settled):
    """Traffic leaves the flapping link and stays away, so only its first loss is noticed."""
    alpha, beta, preferred = settled

    def measure():
        watch = Watch(alpha, beta, 3)
        pair.underlay.flap("beta", preferred)
        time.sleep(2)
        assert alpha.active(beta) == [1 - preferred]
        return watch.finish()

    promise(pair, measure, CARRIER_GAP_MS)


def test_both_links_are_cut_and_come_back(pair, settled):
    alpha, beta, _ = settled
    for link in (0, 1):
        pair.underlay.black_hole("beta", link)
    wait_until(lambda: alpha.peer(beta)["state"] == "down", 5, "alpha notices")
    assert alpha.ping(beta.overlay, count=2, check=False)[1] == 0
    pair.underlay.heal()
    wait_until(lambda: alpha.is_up_with(pair.hosts), 15, "all links are up again")
    assert alpha.ping(beta.overlay, count=20) == (20, 20)
