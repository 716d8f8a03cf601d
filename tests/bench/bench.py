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

import beside  # pylint: disable=wrong-import-position
import figures  # pylint: disable=wrong-import-position
import report  # pylint: disable=wrong-import-position
from beside import Variant  # pylint: disable=wrong-import-position
from contenders import CONTENDERS, MODELS, Pair  # pylint: disable=wrong-import-position
from knetlab.lab import Lab  # pylint: disable=wrong-import-position

PARTS = ("tcp", "udp", "rtt", "links", "peers")
# What is compared turn by turn. The same once more beside its like tells what noise does.
LINKS = [Variant(f"{links} {policy}", f"{links} passive" if policy == "active" else "1 passive",
                 links, {"policy": policy})
         for links in (1, 2, 3) for policy in ("passive", "active")]
PEERS = [Variant("0 idle", "0 idle"), Variant("0 once more", "0 idle"),
         Variant("1000 idle", "0 idle", setup={"idle": 1000}),
         Variant("65533 idle", "0 idle", setup={"idle": 65533})]


def parse():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", default=",".join(PARTS), help="of " + ",".join(PARTS))
    parser.add_argument("--contenders", default=",".join(CONTENDERS),
                        help="of " + ",".join(CONTENDERS))
    parser.add_argument("--models", default="nic,default", help="underlays, of " + ",".join(MODELS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=24, help="of links and of peers")
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
        options.turns = 4
        options.models = options.models[:1]
    return options


class Bench:
    """Collects rows: model, contender, part, round, figures."""

    def __init__(self, options):
        self.options = options
        self.rows = []
        self.round = 0

    def row(self, model, contender, part, found, base=None):
        row = {"model": model, "contender": contender, "part": part, "round": self.round,
               "figures": found}
        self.rows.append(row if base is None else {**row, "base": base})
        said = ", ".join(f"{k} {v:.2f}" for k, v in found.items() if v is not None)
        print(f"{self.round} {model:8} {contender:20} {part:12} {said}", flush=True)

    def measure(self, model, name, parts):
        """One contender, set up anew."""
        options = self.options
        with Lab() as lab:
            pair = Pair(lab, model)
            CONTENDERS[name](pair, {})
            if "tcp" in parts:
                for streams in (1, 4):
                    for reverse in (False, True):
                        part = f"TCP {streams} {'b>a' if reverse else 'a>b'}"
                        self.row(model, name, part,
                                 figures.tcp(pair, options.seconds, streams, reverse))
            for size in options.sizes if "udp" in parts else ():
                self.row(model, name, f"UDP {size}",
                         figures.udp(pair, size, min(options.seconds, 1)))
            if "rtt" in parts:
                self.row(model, name, "rtt idle", figures.rtt(pair, options.pings))
                self.row(model, name, "rtt loaded",
                         figures.rtt_loaded(pair, min(options.pings, 300)))

    def beside(self, model, part, variants, measure):
        """Variants of ours in turn, each set up anew: what one that lives happens to be given by the
        scheduler, and keeps, differs by more than what is looked for."""
        for self.round, order in enumerate(beside.orders(variants, self.options.turns), 1):
            for variant in order:
                with Lab() as lab:
                    pair = Pair(lab, model, variant.links)
                    CONTENDERS["knetd"](pair, variant.setup)
                    self.row(model, variant.label, part, measure(pair), variant.base)

    def links(self, model):
        """What a policy costs: only ours has several links."""
        self.beside(model, "links", LINKS, lambda pair: figures.tcp(pair, 2))

    def peers(self, model):
        """What peers cost that are configured and silent."""
        self.beside(model, "peers", PEERS, figures.everything)

    def run(self):
        options = self.options
        plain = [part for part in options.parts if part in ("tcp", "udp", "rtt")]
        for self.round in range(1, options.rounds + 1):
            for model in options.models:
                for name in options.contenders if plain else ():
                    self.measure(model, name, plain)
        for model in options.models if "knetd" in options.contenders else ():
            if "links" in options.parts:
                self.links(model)
            if "peers" in options.parts:
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
