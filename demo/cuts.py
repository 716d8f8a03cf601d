# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The cuts, what is promised about each, and how one is carried out and judged.

    probes    |======================================================================|
    flood     |===== while it is cut =====|     |======= while it is restored =======|
                   ^ cut                             ^ restored     ^ in use again

All pairs of hosts are probed and flooded; a cut takes one cable of one host, which concerns the
three pairs that this host is part of. "Longest gap" is the longest time in which no reply came
in, of the worst pair.
"""

import dataclasses
import time
from itertools import combinations, permutations

from knetlab import process
from knetlab.measure import Flood, Load, Prober

BEFORE_S = 1.0  # of pings, before the cut
CUT_S = 2.5  # from the cut to the end of its flood
FLAP_S = 5.0
BEFORE_RESTORE_S = 0.5
ROUND_S = 1.5  # of floods, while it is restored
AGAIN_MAX_S = 60.0  # until the restored link must be in use again
SETTLE_S = 90.0
HOLD_S = 3.0  # the default of `failover hold`

CARRIER_GAP_MS = 50
CARRIER_LOST = 2
BLACK_HOLE_GAP_MS = 250
# On the cable that was cut there may be probes of the links, but no pings: of those there are
# thousands on the other cable.
STRAY_SHARE = 0.1


@dataclasses.dataclass
class Cut:
    """`network` is filled in when it is known which one is in use."""
    name: str
    title: str
    host: int  # index
    apply: object  # functions of (underlay, host, network)
    restore: object
    gap_ms: int
    lost: int | None  # of one flood; None: nothing is promised
    lasts_s: float = CUT_S


def _unplug(underlay, host, network):
    underlay.unplug(host.name, network)


def _plug(underlay, host, network):
    underlay.plug(host.name, network)


def _set_down(_, host, network):
    host.ip(f"link set u{network} down")


def _set_up(_, host, network):
    host.ip(f"link set u{network} up")


def _hole(to_host, from_host):
    def apply(underlay, host, network):
        underlay.black_hole(host.name, network, to_host, from_host)

    return apply


def _heal(underlay, *_):
    underlay.heal()


def _flap(underlay, host, network):
    underlay.flap(host.name, network)


def _flap_end(underlay, *_):
    underlay.flap_end()


CUTS = (
    Cut("carrier", "alpha's cable is pulled", 0, _unplug, _plug, CARRIER_GAP_MS, CARRIER_LOST),
    Cut("black-hole", "beta's frames vanish, both ways", 1, _hole(True, True), _heal,
        BLACK_HOLE_GAP_MS, None),
    Cut("set-down", "gamma's device is set down", 2, _set_down, _set_up, CARRIER_GAP_MS,
        CARRIER_LOST),
    Cut("inward", "frames to delta vanish", 3, _hole(True, False), _heal, BLACK_HOLE_GAP_MS, None),
    Cut("outward", "frames from alpha vanish", 0, _hole(False, True), _heal, BLACK_HOLE_GAP_MS,
        None),
    Cut("flapping", "beta's cable flaps every 500 ms", 1, _flap, _flap_end, CARRIER_GAP_MS,
        CARRIER_LOST, FLAP_S),
)
QUICK = ("carrier", "black-hole")


@dataclasses.dataclass
class Row:
    """One line of the table: the worst of all pairs."""
    title: str
    sent: int
    lost: int
    probes_lost: int
    gap_ms: float
    prober_late_ms: float
    detected_ms: float | None
    carried_by: str
    load: float
    broken: list

    def cells(self):
        detected = "-" if self.detected_ms is None else f"{self.detected_ms:.0f} ms"
        return [self.title, f"{self.sent:,}", str(self.lost), str(self.probes_lost),
                f"{self.gap_ms:.1f} ms", detected, self.carried_by]


@dataclasses.dataclass
class Story:
    """What happened at one cut, for the report. Times in ns of CLOCK_MONOTONIC."""
    cut: Cut
    host: object
    network: int
    rows: list
    series: dict  # (name, name): Series
    marks: list  # (time, text)
    pairs: list  # (pair, FloodResult, gap in ms) of the flood during the cut


class Stage:
    """The hosts, and what is going on between them."""

    def __init__(self, hosts, underlay):
        self.hosts = hosts
        self.underlay = underlay
        self.pairs = list(combinations(hosts, 2))
        self.preferred = hosts[0].active(hosts[1])[0]

    def concerned(self, host):
        """Pairs in both orders that `host` is part of."""
        return [pair for pair in permutations(self.hosts, 2) if host in pair]

    def all_use(self, link, pairs):
        """Whether the first of each pair sends to the second on this link alone."""
        rows = {}
        for one, other in pairs:
            if one.name not in rows:
                rows[one.name] = {row["peer"]: row for row in one.rows("show peers")}
            if rows[one.name][other.name]["active_links"] != [link]:
                return False
        return True

    def settle(self):
        """Waits until all is as it was at the beginning."""
        everybody = list(permutations(self.hosts, 2))
        process.wait_until(lambda: all(host.is_up_with(self.hosts) for host in self.hosts) and
                           self.all_use(self.preferred, everybody), SETTLE_S,
                           "all links are up, and the preferred ones are used")

    def probers(self, seconds):
        """One process for each host, for all hosts after it."""
        return {host: Prober(host, self.hosts[at + 1:], int(seconds) + 1)
                for at, host in enumerate(self.hosts[:-1])}

    def floods(self, seconds):
        return [Flood(one, other, seconds) for one, other in self.pairs]

    def unreachable(self):
        """Pairs between which no ping passes now."""
        pings = {(one, other): one.spawn("ping", "-n", "-q", "-c", "3", "-i", "0.05", "-W", "1",
                                         other.overlay)
                 for one, other in permutations(self.hosts, 2)}
        return [f"{one.name} does not reach {other.name}"
                for (one, other), ping in pings.items() if ping.wait(10) != 0]


def detection_ms(stage, cut_host, cut_ns):
    """From the cut until the last of the hosts concerned had moved its traffic, by their logs of
    events; None if they do not tell."""
    moved = []
    for host in stage.hosts:
        peers = [other.name for other in stage.hosts if cut_host in (host, other)]
        for row in host.rows("show events"):
            if row["kind"] == "failover" and row["peer"] in peers:
                moved.append(row["time_ns"])
    return max(((when - cut_ns) / 1e6 for when in moved if when >= cut_ns), default=None)


def measured(floods, series, begin, end, concerned):
    """(sent, lost by the worst flood, probes lost, worst gap, how late the prober was, details)"""
    details, gaps, late, probes_lost = [], [0.0], [0.0], 0
    for pair, result in floods.items():
        window = series[pair].window(begin, end)
        gap, _ = window.longest_gap()
        details.append((pair, result, gap))
        if concerned in pair:
            gaps.append(gap)
        late.append(window.longest_silence_of_ours())
        probes_lost += window.lost()
    sent = sum(result.sent for result in floods.values())
    lost = max(result.lost for result in floods.values())
    return sent, lost, probes_lost, max(gaps), max(late), details


def added(before, now):
    """Sums of results of floods, by pair."""
    return {pair: before[pair] + result if pair in before else result
            for pair, result in now.items()}


class Play:
    """One cut from its beginning to its end."""

    def __init__(self, stage, cut):
        self.stage = stage
        self.cut = cut
        self.host = stage.hosts[cut.host]
        self.network = stage.preferred
        self.marks = []

    def mark(self, text):
        self.marks.append((time.monotonic_ns(), text))
        return self.marks[-1][0]

    def finish_floods(self, floods):
        return {flood.pair: flood.finish(60) for flood in floods}

    def run(self):
        stage, cut = self.stage, self.cut
        total = BEFORE_S + cut.lasts_s + BEFORE_RESTORE_S + AGAIN_MAX_S + 10 * ROUND_S
        probers = stage.probers(total)
        during = self._while_cut()
        after = self._while_restored() if cut.name != "flapping" else self._calm_down()
        for prober in probers.values():
            prober.end()
        series = {}
        for host, prober in probers.items():
            for name, one in prober.finish(10).items():
                series[(host.name, name)] = one
        rows, pairs = [], []
        for judge, taken in ((self._judge_cut, during), (self._judge_restored, after)):
            if taken:
                row, details = judge(taken, series)
                rows.append(row)
                pairs = pairs or details
        return Story(cut, self.host, self.network, rows, series, self.marks, pairs)

    def _while_cut(self):
        stage, cut = self.stage, self.cut
        load, floods = Load(), stage.floods(BEFORE_S + cut.lasts_s)
        time.sleep(BEFORE_S)
        realtime_ns = time.time_ns()
        begin = self.mark("cut")
        cut.apply(stage.underlay, self.host, self.network)
        results = self.finish_floods(floods)
        taken = {"begin": begin, "end": time.monotonic_ns(), "floods": results,
                 "load": load.busy(),
                 "detected": detection_ms(stage, self.host, realtime_ns),
                 "broken": stage.unreachable()}
        taken["broken"] += self._surviving_link_carries()
        return taken

    def _surviving_link_carries(self):
        """Looks at the cables of the host that was cut, and at what the hosts say."""
        other, name = 1 - self.network, self.host.name
        before = [self.stage.underlay.counters(name, link)[0] for link in (0, 1)]
        for one, to in self.stage.concerned(self.host):
            one.ping(to.overlay, "-i", "0.005", count=40, check=False)
        carried = [self.stage.underlay.counters(name, link)[0] - before[link] for link in (0, 1)]
        broken = []
        if carried[self.network] > STRAY_SHARE * carried[other]:
            broken.append(f"{name}: {carried[self.network]} packets on the cable that was cut, "
                          f"{carried[other]} on the other")
        if not self.stage.all_use(other, self.stage.concerned(self.host)):
            broken.append(f"not everybody uses link {other} to and from {name}")
        return broken

    def _calm_down(self):
        self.cut.restore(self.stage.underlay, self.host, self.network)
        self.mark("plugged in")
        time.sleep(BEFORE_RESTORE_S)

    def _while_restored(self):
        """Floods in rounds until the link is in use again, and one round more. The hold time is
        longer for a link that was cut more than once in half a minute, as here."""
        stage, load = self.stage, Load()
        floods = stage.floods(BEFORE_RESTORE_S + HOLD_S + ROUND_S)
        time.sleep(BEFORE_RESTORE_S)
        begin = self.mark("restored")
        self.cut.restore(stage.underlay, self.host, self.network)
        broken, pairs = [], stage.concerned(self.host)
        results, again, is_last = {}, None, False
        while not is_last:
            is_last = again is not None or time.monotonic_ns() - begin > AGAIN_MAX_S * 1e9
            again = self._wait_until_used(pairs, floods) if again is None else again
            results = added(results, self.finish_floods(floods))
            floods = [] if is_last else stage.floods(ROUND_S)
        if again is None:
            broken.append(f"link {self.network} is not used again after {AGAIN_MAX_S:.0f} s")
        elif again - begin < HOLD_S * 1e9:
            broken.append(f"used again after {(again - begin) / 1e9:.1f} s, before its hold time")
        return {"begin": begin, "end": time.monotonic_ns(), "floods": results,
                "load": load.busy(), "detected": None, "broken": broken}

    def _wait_until_used(self, pairs, floods):
        """When the link was seen in use again; None if the floods ended before."""
        while any(flood.is_running() for flood in floods):
            if self.stage.all_use(self.network, pairs):
                return self.mark("in use again")
            time.sleep(0.05)
        return None

    def _row(self, taken, series, title, carried_by):
        sent, lost, probes, gap, late, details = measured(
            taken["floods"], series, taken["begin"] - 200_000_000, taken["end"], self.host.name)
        row = Row(title, sent, lost, probes, gap, late, taken["detected"], carried_by,
                  taken["load"], list(taken["broken"]))
        return row, details

    def _judge_cut(self, taken, series):
        cut = self.cut
        row, details = self._row(taken, series, cut.title, f"link {1 - self.network}")
        if row.gap_ms > cut.gap_ms:
            row.broken.append(f"longest gap {row.gap_ms:.1f} ms, promised {cut.gap_ms} ms")
        if cut.lost is not None and row.lost > cut.lost:
            row.broken.append(f"{row.lost} pings of a flood lost, promised {cut.lost}")
        return row, details

    def _judge_restored(self, taken, series):
        again = next((at for at, text in self.marks if text == "in use again"), None)
        after = f"after {(again - taken['begin']) / 1e9:.1f} s" if again else "never"
        row, details = self._row(taken, series, f"  restored, used again {after}",
                                 f"link {self.network}" if again else f"link {1 - self.network}")
        if row.lost or row.probes_lost:
            row.broken.append(f"{row.lost} pings of a flood and {row.probes_lost} probes lost on "
                              "the way back, promised none")
        return row, details
