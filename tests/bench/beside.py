# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Variants of one thing beside each other: what differs by less than a machine drifts.

Each turn measures every variant once, and who is first changes. A figure is divided by that of another
variant in the same turn, and the median of these quotients counts. With it comes the interval that
holds the true median with a probability of at least 95 %, whatever the distribution (from 6 turns on):
it says whether there were turns enough.
"""

import math
import statistics
from dataclasses import dataclass, field

ENOUGH = 0.025  # what the true median may be missed by, on each side


@dataclass
class Variant:
    """How to set up knetd, and whose figures its own are divided by."""
    label: str
    base: str
    links: int = 1
    setup: dict = field(default_factory=dict)


def orders(variants, turns):
    """For each turn the variants, another first each time, and in both directions."""
    for turn in range(turns):
        at = turn % len(variants)
        order = variants[at:] + variants[:at]
        yield order if turn // len(variants) % 2 == 0 else order[::-1]


def rank_of(count):
    """The k for which k-th smallest and k-th largest of `count` values are the interval."""
    rank, below = 0, 0.5 ** count
    while rank < count // 2 and below <= ENOUGH:
        rank += 1
        below += math.comb(count, rank) * 0.5 ** count
    return max(rank, 1)


def median_and_interval(values):
    values = sorted(values)
    rank = rank_of(len(values))
    return statistics.median(values), values[rank - 1], values[-rank]


def quotients(rows):
    """{(model, part, label, base, figure): [quotient of each turn]} of rows that have a base."""
    seen = {(r["model"], r["part"], r["contender"], r["round"]): r["figures"] for r in rows}
    found = {}
    for row in rows:
        if row.get("base", row["contender"]) == row["contender"]:
            continue
        base = seen[(row["model"], row["part"], row["base"], row["round"])]
        for figure, value in row["figures"].items():
            if value is not None and base.get(figure):
                key = (row["model"], row["part"], row["contender"], row["base"], figure)
                found.setdefault(key, []).append(value / base[figure])
    return found


def table(rows):
    """Lines of text; none if nothing was measured in this way."""
    lines = []
    for (model, part, label, base, figure), values in quotients(rows).items():
        if not lines:
            lines += ["Beside each other, medians of all turns:", "",
                      "| underlay | part | figure | of | by | median | 95 % | turns |",
                      "|---|---|---|---|---|---|---|---|"]
        middle, low, high = median_and_interval(values)
        lines.append(f"| {model} | {part} | {figure} | {label} | {base} | {middle:.3f} | "
                     f"{low:.3f} to {high:.3f} | {len(values)} |")
    return "\n".join(lines + [""]) if lines else ""
