# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The report: one HTML file that needs nothing else."""

import os
import platform
from datetime import datetime
from html import escape

import chart

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 1040px; color: #222;
       padding: 0 1em }
h1 { font-size: 1.6em } h2 { font-size: 1.2em; margin-top: 2em }
table { border-collapse: collapse; margin: 1em 0 }
th, td { padding: .25em .8em; text-align: right; border-bottom: 1px solid #dde; }
th:first-child, td:first-child { text-align: left; white-space: pre }
.kept { color: #2b8a3e } .broken { color: #d00000; font-weight: bold }
svg { width: 100%; font: 11px system-ui, sans-serif; background: #fff }
.legend span { margin-right: 1em } .small { color: #667; font-size: .9em }
"""

HEADINGS = ("cut", "pings sent", "lost by the worst flood", "probes lost", "longest gap",
            "detected", "carried by", "prober late by at most", "a CPU stood still",
            "machine busy", "promise")


def _row(cells, tag="td"):
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def _verdict(row):
    if not row.broken:
        return '<span class="kept">kept</span>'
    return '<span class="broken">' + "<br>".join(escape(what) for what in row.broken) + "</span>"


def _summary(stories):
    rows = [_row(HEADINGS, "th")]
    for story in stories:
        for row in story.rows:
            rows.append(_row([*map(escape, row.cells()), f"{row.prober_late_ms:.1f} ms",
                              f"{row.halt_ms:.1f} ms", f"{row.load:.0%}", _verdict(row)]))
    return f"<table>{''.join(rows)}</table>"


def _story(story):
    cut = story.cut
    promise = (f"Promised: reachable again {cut.gap_ms} ms after its start, and nothing lost between "
               "the others" if cut.is_death else
               f"Promised: no gap longer than {cut.gap_ms} ms, and no ping lost")
    where = (f"{story.host.name} itself goes" if cut.is_death else
             f"Link {story.network} of {story.host.name} is cut")
    pairs = "".join(_row([" &#8596; ".join(pair), f"{result.sent:,}", result.lost,
                          result.duplicates, f"{gap:.1f} ms"])
                    for pair, result, gap in story.pairs)
    return (f"<h2>{escape(cut.title[0].upper() + cut.title[1:])}</h2>"
            f"<p>{promise}. {where}.</p>"
            f"{chart.round_trips(story)}"
            f"<table>{_row(('pair', 'pings sent', 'lost', 'duplicates', 'longest gap'), 'th')}"
            f"{pairs}</table>")


def _machine():
    return (f"{platform.node()}, {os.cpu_count()} CPUs, Linux {platform.release()}, "
            f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}")


def write(path, hosts, stories):
    """Writes the report; `stories` in the order of their happening."""
    broken = sum(bool(row.broken) for story in stories for row in story.rows)
    result = ("every promise was kept" if not broken else
              f'<span class="broken">{broken} broken promises</span>')
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Kronosnet: links are cut while pings run</title>
<style>{STYLE}</style></head><body>
<h1>Four hosts, two networks: links are cut while pings run</h1>
<p>Result: {result}. <span class="small">{escape(_machine())}</span></p>
{chart.topology(hosts)}
{_summary(stories)}
<p class="small">Each pair of hosts is flooded (ten ping -f, a request each 2 ms) and probed each
1 ms by a prober with real-time priority. The longest gap is the longest time without a reply to
the probes, of the worst pair that the cut concerns, less any time in it for which the prober
itself stood still, or a CPU: a thread of real-time priority on each wakes every millisecond, and
sees when the machine below runs something else. Lost is what ping says, unless a reply came after
ping had ended, which waits for its last one no longer than its interval. Hosts, floods and
probers share this machine. Plots show the worst round trip of each 10 ms, on a logarithmic
scale.</p>
{"".join(_story(story) for story in stories)}
</body></html>
"""
    path.write_text(page, encoding="utf-8")
