# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The demonstration; demo.sh builds and starts it. See cuts.py for what is done and promised, play.py
for how it is measured."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TOP / "tests" / "netns"), str(TOP / "demo")]

# pylint: disable=wrong-import-position
import cuts  # noqa: E402
import play  # noqa: E402
import report  # noqa: E402
import stage as stages  # noqa: E402
from knetlab.host import Host, secret_make, start_all  # noqa: E402
from knetlab.lab import Lab  # noqa: E402
from knetlab.process import CommandFailed  # noqa: E402
from knetlab.programs import is_sanitized, program  # noqa: E402
from knetlab.underlay import Underlay  # noqa: E402
from screen import BOLD, GREEN, RED, Screen  # noqa: E402

HOSTS = 4
REPORT = "demo-report.html"

DRAWING = """
   network 0  ----+------------+------------+------------+----   10.66.0.0/24
                  |            |            |            |
               [alpha]      [beta]       [gamma]      [delta]    knet0: 10.99.0.1 to .4
                  |            |            |            |
   network 1  ----+------------+------------+------------+----   10.67.0.0/24
"""


def build_network(lab, screen):
    underlay = Underlay(lab)
    secret = secret_make(lab.directory / "secret")
    hosts = [Host(lab, underlay, number, secret) for number in range(1, HOSTS + 1)]
    for host in hosts:
        # Four daemons share the cores of one machine here.
        host.configure(hosts, ["workers 1"])
    screen.step("Starting four daemons")
    start_all(hosts, 30)
    return hosts, underlay


def keep(lab, hosts, screen):
    screen.line("\nThe network stays until Ctrl-C. For instance:")
    for host in hosts:
        screen.line(f"    ip netns exec {host.namespace.name} {program('knet')} -s {host.socket}")
    screen.line(f"    ip netns exec {lab.name}-alpha ping {hosts[1].overlay}")
    while True:
        time.sleep(3600)


def play_all(stage, names, screen):
    screen.heading()
    stories = []
    for cut in cuts.CUTS:
        if cut.name in names:
            stage.settle()
            story = play.Play(stage, cut).run()
            stories.append(story)
            for row in story.rows:
                screen.row(row)
    return stories


def show(options, screen):
    """Returns the number of rows with broken promises."""
    with Lab() as lab:
        screen.line(DRAWING)
        hosts, underlay = build_network(lab, screen)
        stage = stages.Stage(hosts, underlay)
        screen.step(f"All pairs are up; all traffic is on link {stage.preferred}. Pinging each "
                    "pair, and cutting")
        names = options.cuts or (cuts.QUICK if options.quick else [cut.name for cut in cuts.CUTS])
        stories = play_all(stage, names, screen)
        path = Path.cwd() / REPORT
        report.write(path, hosts, stories)
        if os.environ.get("SUDO_UID"):
            os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ.get("SUDO_GID", "-1")))
        busiest = max(row.load for story in stories for row in story.rows)
        late = max(row.prober_late_ms for story in stories for row in story.rows)
        halt = max(row.halt_ms for story in stories for row in story.rows)
        screen.line(f"\nThe machine ({os.cpu_count()} CPUs) was busy by {busiest:.0%} at most; "
                    f"the prober itself stood still for {late:.1f} ms at most, a CPU of the "
                    f"machine for {halt:.1f} ms, which is no gap."
                    f"\nReport: {path}")
        if options.keep:
            keep(lab, hosts, screen)
        return sum(bool(row.broken) for story in stories for row in story.rows)


def cut_names(text):
    names, known = text.split(","), [cut.name for cut in cuts.CUTS]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no cut {unknown[0]!r}; there are {', '.join(known)}")
    return names


def on_signal(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="demo.sh")
    parser.add_argument("--quick", action="store_true", help="two cuts only")
    parser.add_argument("--cuts", type=cut_names, metavar="NAME,...",
                        help=", ".join(cut.name for cut in cuts.CUTS))
    parser.add_argument("--keep", action="store_true", help="leave the network up until Ctrl-C")
    options = parser.parse_args()
    screen = Screen()
    # SIGINT, too: a shell's background jobs start with it ignored
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, on_signal)
    if is_sanitized():
        screen.line("Note: knetd is built with sanitizers, which makes it slow.")
    try:
        broken = show(options, screen)
    except KeyboardInterrupt:
        screen.line("\nInterrupted; all is removed again.")
        return 130
    except (CommandFailed, TimeoutError) as error:
        screen.line(screen.paint(f"\nFailed: {error}", RED))
        return 1
    screen.line(screen.paint("Every promise was kept.", GREEN) if not broken else
                screen.paint(f"{broken} of the rows above broke a promise.", RED + ";" + BOLD))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
