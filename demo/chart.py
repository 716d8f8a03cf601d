# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Drawings as SVG text: round trips over time, and the network itself."""

import math
from html import escape

from knetlab.measure import NO_REPLY

WIDTH, HEIGHT = 1000, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 12, 34, 30
BUCKET_NS = 10_000_000
RTT_MIN_US, RTT_MAX_US = 50, 500_000
COLOURS = ("#0b62a4", "#c2571a", "#2b8a3e")
GREY = "#b8bcc2"
LOST = "#d00000"


class Scale:
    """Time to x, microseconds to y (logarithmic)."""

    def __init__(self, begin_ns, end_ns):
        self.begin, self.end = begin_ns, end_ns

    def x(self, at_ns):
        return LEFT + (WIDTH - LEFT - RIGHT) * (at_ns - self.begin) / (self.end - self.begin)

    @staticmethod
    def y(rtt_us):
        share = (math.log10(min(max(rtt_us, RTT_MIN_US), RTT_MAX_US) / RTT_MIN_US)
                 / math.log10(RTT_MAX_US / RTT_MIN_US))
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _buckets(series):
    """(time, worst round trip in us or None, how many were lost) for each 10 ms."""
    found = {}
    for sent, rtt in zip(series.sent, series.rtt_us):
        worst, lost = found.get(sent // BUCKET_NS, (None, 0))
        if rtt == NO_REPLY:
            lost += 1
        else:
            worst = max(worst or 0, rtt)
        found[sent // BUCKET_NS] = worst, lost
    return [(bucket * BUCKET_NS, *found[bucket]) for bucket in sorted(found)]


def _line(scale, series, colour, width):
    """One path; it is interrupted where nothing came back."""
    words, is_down = [], False
    for at, worst, _ in _buckets(series):
        if worst is None:
            is_down = False
            continue
        words.append(f"{'L' if is_down else 'M'}{scale.x(at):.1f} {scale.y(worst):.1f}")
        is_down = True
    return f'<path d="{"".join(words)}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _lost(scale, series, level):
    """A mark for each 10 ms in which something was lost, above the plot."""
    y = TOP - 8 + 4 * level
    marks = "".join(f"M{scale.x(at):.1f} {y}v3" for at, _, lost in _buckets(series) if lost)
    return f'<path d="{marks}" stroke="{LOST}" stroke-width="1.5"/>' if marks else ""


def _axes(scale):
    out = []
    for rtt, name in ((100, "0.1 ms"), (1000, "1 ms"), (10000, "10 ms"), (100000, "100 ms")):
        y = scale.y(rtt)
        out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e4e6e9"/>'
                   f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{name}</text>')
    for second in range(int((scale.end - scale.begin) / 1e9) + 1):
        x = scale.x(scale.begin + second * 1_000_000_000)
        out.append(f'<text x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{second} s</text>')
    return "".join(out)


def _marks(scale, marks):
    out = []
    for at, text in marks:
        x = scale.x(at)
        out.append(f'<path d="M{x:.1f} {TOP - 12}V{HEIGHT - BOTTOM}" stroke="#333" '
                   f'stroke-dasharray="4 3"/><text x="{x + 4:.1f}" y="14" font-weight="bold">'
                   f"{escape(text)}</text>")
    return "".join(out)


def round_trips(story):
    """The plot of one cut: pairs with the host that was cut in colour, the others in grey."""
    times = [at for series in story.series.values() for at in series.sent]
    scale = Scale(min(times), max(times))
    name = story.host.name
    ours = [pair for pair in story.series if name in pair]
    out = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="round trips">',
           _axes(scale)]
    for pair, series in story.series.items():
        if pair not in ours:
            out.append(_line(scale, series, GREY, 0.6))
    for level, pair in enumerate(ours):
        out.append(_line(scale, story.series[pair], COLOURS[level], 1))
        out.append(_lost(scale, story.series[pair], level))
    out += [_marks(scale, story.marks), "</svg>"]
    legend = " ".join(f'<span style="color:{colour}">&#9632; {" &#8596; ".join(pair)}</span>'
                      for colour, pair in zip(COLOURS, ours))
    return "".join(out) + f'<p class="legend">{legend} <span style="color:{GREY}">&#9632; the ' \
        f'other pairs</span> <span style="color:{LOST}">&#9632; 10 ms with lost probes</span></p>'


def topology(hosts):
    """Hosts in the middle, a network above and one below."""
    step = WIDTH / len(hosts)
    out = [f'<svg viewBox="0 0 {WIDTH} 190" role="img" aria-label="the network">']
    for network, y in ((0, 20), (1, 170)):
        out.append(f'<path d="M30 {y}H{WIDTH - 30}" stroke="#333" stroke-width="3"/>'
                   f'<text x="30" y="{y - 6}">network {network}</text>')
    for at, host in enumerate(hosts):
        x = step * (at + 0.5)
        for network, (y1, y2) in ((0, (20, 60)), (1, (130, 170))):
            out.append(f'<path d="M{x} {y1}V{y2}" stroke="#333"/><text x="{x + 6}" '
                       f'y="{(y1 + y2) / 2 + 4}">{host.underlay(network)}</text>')
        out.append(f'<rect x="{x - 75}" y="60" width="150" height="70" rx="6" fill="#eef3f8" '
                   f'stroke="#0b62a4"/><text x="{x}" y="90" text-anchor="middle" '
                   f'font-weight="bold">{host.name}</text><text x="{x}" y="112" '
                   f'text-anchor="middle">knet0 {host.overlay}</text>')
    return "".join(out) + "</svg>"
