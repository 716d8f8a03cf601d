# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Results as JSON, as a table, and as a picture."""

import json
import os
import platform
import shutil
import statistics
import subprocess

import beside

PLOT = """set terminal svg size 900,420 font "sans,11" background "white"
set output "{directory}/bench.svg"
set multiplot layout 1,3 title "{title}"
set style data histograms
set style fill solid 0.7
set xtics rotate by -30
set yrange [0:*]
unset key
set title "TCP, one stream, Gbit/s"
plot "{data}" using ($2/1000):xtic(1)
set title "UDP of 64 bytes at 1 % loss, thousand/s"
plot "{data}" using ($3/1000):xtic(1)
set title "rtt beside a TCP stream, ms"
set logscale y
set yrange [0.01:*]
plot "{data}" using ($4/1000):xtic(1)
"""


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = next((line.split(":", 1)[1].strip() for line in info
                      if line.startswith("model name")), "unknown")
    with open("/proc/meminfo", encoding="utf-8") as info:
        memory = int(info.readline().split()[1]) // 1024
    return {"cpu": model, "cpus": os.cpu_count(), "memory_mib": memory,
            "kernel": platform.release(), "system": platform.platform()}


def numbers_write(path, **found):
    """Into a file: what was found, and on which machine."""
    path.write_text(json.dumps({"machine": machine(), **found}, indent=1) + "\n", encoding="utf-8")


def medians(rows):
    """One row for each (model, contender, part, figure): the median of the rounds."""
    values = {}
    for row in rows:
        for figure, value in row["figures"].items():
            if value is not None:
                key = (row["model"], row["contender"], row["part"], figure)
                values.setdefault(key, []).append(value)
    return {key: (statistics.median(seen), min(seen), max(seen), len(seen))
            for key, seen in values.items()}


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def table(rows):
    found = medians(rows)
    lines = []
    for model in dict.fromkeys(key[0] for key in found):
        names = list(dict.fromkeys(key[1] for key in found if key[0] == model))
        lines += [f"Underlay {model}, medians:", "",
                  "| part | figure | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
        for part, figure in dict.fromkeys(key[2:] for key in found if key[0] == model):
            cells = [found.get((model, name, part, figure)) for name in names]
            lines.append(f"| {part} | {figure} | "
                         + " | ".join("-" if c is None else number(c[0]) for c in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def plot(rows, directory):
    """A picture of the first model, if gnuplot is there and all its figures are."""
    found = medians(rows)
    model = rows[0]["model"]
    wanted = (("TCP 1 a>b", "mbps"), ("UDP 64", "pps"), ("rtt loaded", "p50_us"))
    data = directory / "bench.dat"
    names = [name for name in dict.fromkeys(row["contender"] for row in rows)
             if all((model, name, *figure) in found for figure in wanted)]
    if not names or shutil.which("gnuplot") is None:
        return None
    data.write_text("".join(
        " ".join([f'"{name}"'] + [f"{found[(model, name, *figure)][0]:.1f}" for figure in wanted])
        + "\n" for name in names), encoding="utf-8")
    script = PLOT.format(directory=directory, data=data, title=f"underlay {model}")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return directory / "bench.svg"


def write(rows, directory, said):
    """Returns the table."""
    directory.mkdir(parents=True, exist_ok=True)
    numbers_write(directory / "bench.json", options=said, rows=rows)
    text = table(rows) + beside.table(rows)
    (directory / "bench.md").write_text(text, encoding="utf-8")
    plot(rows, directory)
    return text
