# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""How a cut is carried out and judged.

    probes    |======================================================================|
    flood     |===== while it is cut =====|     |======= while it is restored =======|
                   ^ cut                             ^ restored     ^ in use again

Promised is, of each cut that leaves a link: no ping of any flood is lost, none is answered twice,
no gap is longer than the cut allows, and the restored link is used again without a lost ping.
"""

import dataclasses
import time

from knetlab import process
from knetlab.measure import Load, Witness

BEFORE_S = 1.0  # of pings, before the cut
BEFORE_RESTORE_S = 0.5
ROUND_S = 1.5  # of floods, while it is restored
AGAIN_MAX_S = 60.0  # until the restored link must be in use again
HOLD_S = 3.0  # the default of `failover hold`
BACK_MAX_S = 20.0  # until a host that was started again must be reachable by all
# On the cable that was cut there may be probes of the links, but no pings: of those there are
# thousands on the other cable.
STRAY_SHARE = 0.1


@dataclasses.dataclass
class Row:
    """One line of the table: the worst of all pairs."""
    title: str
    sent: int
    lost: int
    probes_lost: int
    gap_ms: float
    prober_late_ms: float
    halt_ms: float
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
    cut: object
    host: object
    network: int
    rows: list
    series: dict  # (name, name): Series
    marks: list  # (time, text)
    pairs: list  # (pair, FloodResult, gap in ms) of the flood during the cut


def detection_ms(stage, cut_host, cut_ns):
    """From the cut until the last of the hosts concerned had moved its traffic, by their logs of
    events; None if they do not tell."""
    moved = []
    for host in stage.hosts:
        peers = [other.name for other in stage.hosts if cut_host in (host, other)]
        first = next((row["time_ns"] for row in host.rows("show events")
                      if row["kind"] == "failover" and row["peer"] in peers and
                      row["time_ns"] >= cut_ns), None)
        if first is not None:
            moved.append(first)
    return max(((when - cut_ns) / 1e6 for when in moved), default=None)


@dataclasses.dataclass
class Measured:
    """What floods and probers tell of a time: sums and worst values over pairs."""
    sent: int
    lost: int  # by the worst flood
    duplicates: int
    probes_lost: int
    gap_ms: float  # of the worst pair concerned
    late_ms: float  # of the prober itself
    halt_ms: float  # of a CPU
    pairs: list  # (pair, FloodResult, gap in ms)


def measured(floods, series, halts, begin, end, concerned):
    """`concerned` says of a pair whether it is promised anything; `halts` are of a Witness."""
    pairs, gaps, late, probes_lost = [], [0.0], [0.0], 0
    halts = [(first, last) for first, last in halts if last > begin and first < end]
    for pair, result in floods.items():
        window = series[pair].window(begin, end)
        gap = window.longest_gap_of_theirs(halts)
        pairs.append((pair, result, gap))
        late.append(window.longest_silence_of_ours())
        if concerned(pair):
            gaps.append(gap)
            probes_lost += window.lost()
    return Measured(sum(result.sent for result in floods.values()),
                    max((result.lost for pair, result in floods.items() if concerned(pair)),
                        default=0),
                    sum(result.duplicates for result in floods.values()),
                    probes_lost, max(gaps), max(late),
                    max(((last - first) / 1e6 for first, last in halts), default=0.0), pairs)


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
        # Of the whole time, when it is over.
        self.halts = []  # of a Witness
        self.unanswered = 0  # echo requests

    def mark(self, text):
        self.marks.append((time.monotonic_ns(), text))
        return self.marks[-1][0]

    def finish_floods(self, floods):
        return {flood.pair: flood.finish(60) for flood in floods}

    def run(self):
        stage, cut = self.stage, self.cut
        total = BEFORE_S + cut.lasts_s + BEFORE_RESTORE_S + 10 * ROUND_S + \
            (AGAIN_MAX_S if cut.returns else BACK_MAX_S)
        unanswered = stage.unanswered()
        probers, witness = stage.probers(total), Witness(total)
        taken = [(self._judge_death, self._while_dead())] if cut.is_death else \
            [(self._judge_cut, self._while_cut())]
        if cut.returns:
            taken.append((self._judge_restored, self._while_restored()))
        elif not cut.is_death:
            self._calm_down()
        for prober in probers.values():
            prober.end()
        series, self.halts = {}, witness.finish()
        for host, prober in probers.items():
            for name, one in prober.finish(10).items():
                series[(host.name, name)] = one
        doubled = sum(one.duplicates() for one in series.values())
        self.unanswered = max(stage.unanswered() - unanswered + doubled, 0)
        judged = [judge(what, series) for judge, what in taken]
        return Story(cut, self.host, self.network, [row for row, _ in judged], series, self.marks,
                     judged[0][1])

    # ---- what happens --------------------------------------------------------------------------

    def _while_cut(self):
        stage, cut = self.stage, self.cut
        load, floods = Load(), stage.floods(BEFORE_S + cut.lasts_s, cut.ping_size)
        time.sleep(BEFORE_S)
        realtime_ns = time.time_ns()
        begin = self.mark("cut")
        cut.apply(stage.underlay, self.host, self.network)
        results = self.finish_floods(floods)
        taken = {"begin": begin, "end": time.monotonic_ns(), "floods": results,
                 "load": load.busy(),
                 "detected": detection_ms(stage, self.host, realtime_ns),
                 "broken": stage.unreachable()}
        if cut.moves:
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
        self.mark("restored")
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

    def _while_dead(self):
        """The daemon is killed, stays away for a while, and comes back. The others go on."""
        stage, cut, load = self.stage, self.cut, Load()
        floods = stage.floods(BEFORE_S + cut.lasts_s + 2 * ROUND_S)
        time.sleep(BEFORE_S)
        begin = self.mark("killed")
        cut.apply(stage.underlay, self.host, self.network)
        time.sleep(cut.lasts_s)
        started = self.mark("started")
        cut.restore(stage.underlay, self.host, self.network)
        results = self.finish_floods(floods)
        end = time.monotonic_ns()
        process.wait_until(self.host.is_ready, BACK_MAX_S, f"{self.host.name} answers")
        return {"begin": begin, "started": started, "end": end, "floods": results,
                "load": load.busy(), "detected": None, "broken": stage.unreachable()}

    # ---- what is said of it --------------------------------------------------------------------

    def _is_concerned(self, pair):
        return self.host.name in pair

    def _row(self, taken, seen, title, carried_by):
        return Row(title, seen.sent, seen.lost, seen.probes_lost, seen.gap_ms, seen.late_ms,
                   seen.halt_ms, taken["detected"], carried_by, taken["load"],
                   list(taken["broken"]))

    def _seen(self, taken, series, concerned):
        """ping waits for the reply to its last request no longer than its interval, or twice the
        longest round trip: what the kernel has had a reply to was late, not lost. (Not so where a
        host dies, of whose pings some are never answered.)"""
        seen = measured(taken["floods"], series, self.halts, taken["begin"] - 200_000_000,
                        taken["end"], concerned)
        if not self.cut.is_death:
            seen.lost = min(seen.lost, self.unanswered + seen.duplicates)
        return seen

    @staticmethod
    def _none_lost(row, seen):
        if seen.lost:
            row.broken.append(f"{seen.lost} pings of a flood lost, promised none")
        if seen.duplicates:
            row.broken.append(f"{seen.duplicates} pings answered twice, promised none")

    def _judge_cut(self, taken, series):
        cut, seen = self.cut, self._seen(taken, series, self._is_concerned)
        row = self._row(taken, seen, cut.title, f"link {1 - self.network}" if cut.moves else "both")
        if row.gap_ms > cut.gap_ms:
            row.broken.append(f"longest gap {row.gap_ms:.1f} ms, promised {cut.gap_ms} ms")
        self._none_lost(row, seen)
        return row, seen.pairs

    def _judge_restored(self, taken, series):
        again = next((at for at, text in self.marks if text == "in use again"), None)
        after = f"after {(again - taken['begin']) / 1e9:.1f} s" if again else "never"
        seen = self._seen(taken, series, self._is_concerned)
        row = self._row(taken, seen, f"  restored, used again {after}",
                        f"link {self.network}" if again else f"link {1 - self.network}")
        self._none_lost(row, seen)
        if row.probes_lost:
            row.broken.append(f"{row.probes_lost} probes lost on the way back, promised none")
        return row, seen.pairs

    def _judge_death(self, taken, series):
        """The gap is the time from the start of the daemon until the last of the others has an
        answer; nothing may happen between the others."""
        bystanders = self._seen(taken, series, lambda pair: not self._is_concerned(pair))
        back = [min((at for at in one.arrivals() if at > taken["started"]), default=None)
                for pair, one in series.items() if self._is_concerned(pair)]
        row = self._row(taken, bystanders, self.cut.title, "-")
        self._none_lost(row, bystanders)
        if None in back:
            row.broken.append(f"{self.host.name} is not reachable again")
        else:
            row.gap_ms = (max(back) - taken["started"]) / 1e6
        if row.gap_ms > self.cut.gap_ms:
            row.broken.append(f"reachable {row.gap_ms:.0f} ms after its start, promised "
                              f"{self.cut.gap_ms} ms")
        return row, bystanders.pairs
