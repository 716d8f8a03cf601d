#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Measures knetd beside a plain cable, the kernel's VXLAN and a naive copy loop, in one run.

Everybody is measured in turn, round after round, so that a slow drift of the machine hits all alike:
compare within a run, never across. Needs root, iproute2, ethtool, iperf3, ping; gnuplot for the
picture. Run by "make bench", or by hand with KNET_BUILD set to the build directory.
"""

import argparse
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "netns")]

import figures  # pylint: disable=wrong-import-position
import report  # pylint: disable=wrong-import-position
from contenders import CONTENDERS, MODELS, Pair  # pylint: disable=wrong-import-position
from knetlab.lab import Lab  # pylint: disable=wrong-import-position

PARTS = ("tcp", "udp", "rtt", "links", "peers")
IDLE_PEERS = (0, 1000, 65533)


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help="of " + ",".join(PARTS))
    parser.add_argument("--contenders", default=",".join(CONTENDERS),
                        help="of " + ",".join(CONTENDERS))
    parser.add_argument("--models", default="nic,default", help="underlays, of " + ",".join(MODELS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="of a TCP measurement")
    parser.add_argument("--sizes", default="64,512,1400", help="of UDP datagrams")
    parser.add_argument("--pings", type=int, default=1000)
    parser.add_argument("--quick", action="store_true",
                        help="one round of the first model, short: two minutes")
    parser.add_argument("--out", type=Path, default=Path("bench-results"), help="directory")
    options = parser.parse_args()
    for name, known in (("parts", PARTS), ("contenders", CONTENDERS), ("models", MODELS)):
        chosen = getattr(options, name).split(",")
        for word in chosen:
            if word not in known:
                parser.error(f"--{name}: {word} is none of {', '.join(known)}")
        setattr(options, name, chosen)
    options.sizes = [int(size) for size in options.sizes.split(",")]
    if options.quick:
        options.rounds, options.seconds, options.pings = 1, 2, 300
        options.models = options.models[:1]
    return options


class Bench:
    """Collects rows: model, contender, part, round, figures."""

    def __init__(self, options):
        self.options = options
        self.rows = []
        self.round = 0

    def row(self, model, contender, part, found):
        self.rows.append({"model": model, "contender": contender, "part": part,
                          "round": self.round, "figures": found})
        said = ", ".join(f"{k} {v:.2f}" for k, v in found.items() if v is not None)
        print(f"{self.round} {model:8} {contender:20} {part:12} {said}", flush=True)

    def measure(self, model, name, label=None, parts=(), links=1, **setup):
        """One contender, set up anew."""
        options = self.options
        with Lab() as lab:
            pair = Pair(lab, model, links)
            CONTENDERS[name](pair, setup)
            label = label or name
            if "tcp1" in parts:
                self.row(model, label, "TCP 1 a>b", figures.tcp(pair, options.seconds))
            if "tcp" in parts:
                for streams in (1, 4):
                    for reverse in (False, True):
                        part = f"TCP {streams} {'b>a' if reverse else 'a>b'}"
                        self.row(model, label, part,
                                 figures.tcp(pair, options.seconds, streams, reverse))
            for size in options.sizes if "udp" in parts else ():
                self.row(model, label, f"UDP {size}",
                         figures.udp(pair, size, min(options.seconds, 1)))
            if "rtt" in parts:
                self.row(model, label, "rtt idle", figures.rtt(pair, options.pings))
                self.row(model, label, "rtt loaded",
                         figures.rtt_loaded(pair, min(options.pings, 300)))

    def links(self, model):
        """What a policy costs: only ours has several links."""
        for links in (1, 2, 3):
            for policy in ("passive", "active"):
                self.measure(model, "knetd", f"knetd {links} {policy}", ("tcp1",), links,
                             policy=policy)

    def peers(self, model):
        for idle in IDLE_PEERS:
            self.measure(model, "knetd", f"knetd {idle} idle", ("tcp1", "rtt"), idle=idle)

    def run(self):
        options = self.options
        plain = [part for part in options.parts if part in ("tcp", "udp", "rtt")]
        for self.round in range(1, options.rounds + 1):
            for model in options.models:
                for name in options.contenders if plain else ():
                    self.measure(model, name, parts=plain)
                if "links" in options.parts and "knetd" in options.contenders:
                    self.links(model)
                if "peers" in options.parts and "knetd" in options.contenders:
                    self.peers(model)


def main():
    options = parse()
    bench = Bench(options)
    # What was measured until then is written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        bench.run()
    finally:
        if bench.rows:
            said = {k: str(v) for k, v in vars(options).items()}
            print(report.write(bench.rows, options.out, said))


if __name__ == "__main__":
    main()
