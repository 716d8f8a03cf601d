#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Where the time of the daemons goes: `make bench-budget`. Needs root, iperf3 and perf.

Two hosts as in bench.py, one load from a to b, and perf's samples of both daemons, each with the
calls that led to it. A sample belongs to the first line of the table below that one of its calls
matches, from the top. Prints shares of each daemon's time, and its time for 1e9 bytes or for a
million datagrams.

    --load tcp|udp      one stream, or 64-byte datagrams as many as go (tcp)
    --seconds N         (5)
    --underlay nic|default
"""

import argparse
import collections
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "netns")]

# pylint: disable=wrong-import-position
import figures  # noqa: E402
from contenders import CONTENDERS, MODELS, Pair  # noqa: E402
from knetlab import process  # noqa: E402
from knetlab.lab import Lab  # noqa: E402

HZ = 1999
# All of these have to be among the calls.
LINES = (
    ("users' TCP and UDP behind the TAP", ("tun_chr_write_iter", "ip_rcv|ipv6_rcv|ip_local_deliver")),
    ("TAP write", ("tun_chr_write_iter",)),
    ("TAP read, its copy included", ("tun_chr_read_iter",)),
    ("the other end's card: GRO, up to the socket", ("udpv?6?_sendmsg", "handle_softirqs")),
    ("UDP send: cutting", ("udpv?6?_sendmsg", "__udp_gso_segment|skb_gso_segment|skb_segment")),
    ("UDP send: the copy", ("udpv?6?_sendmsg", "copy_from_iter|_copy_from|copy_page_from_iter")),
    ("UDP send: the rest", ("sendmmsg|sendmsg|sendto",)),
    ("UDP receive, its copy included", ("recvmmsg|recvmsg",)),
    ("waiting and waking", ("epoll_wait|epoll_pwait|schedule|futex|eventfd",)),
    ("other work of the kernel", ("entry_SYSCALL_64|asm_|ret_from_fork|el0t?_",)),
    ("AEAD", ("IPSec_MB|freebl|softokn",)),
    ("checksums", (r"kn_\w*sum|sum_add",)),
    ("copies", ("memcpy|memmove|memset",)),
    ("our own code", ("",)),
)


def record(child, seconds, path):
    return process.spawn(["perf", "record", "-q", "-e", "cpu-clock", "-F", HZ, "-g", "-p", child.pid,
                          "-o", path, "--", "sleep", seconds])


def line_of(calls):
    for name, patterns in LINES:
        if all(any(re.search(pattern, call) for call in calls) for pattern in patterns):
            return name
    raise AssertionError("the last line matches all")


def samples(path):
    """How many belong to each line. Of what is not the kernel's, only the innermost call is known."""
    said = process.run(["perf", "script", "-i", path, "-F", "ip,sym,dso"], timeout=300).stdout
    counts = collections.Counter()
    for block in said.split("\n\n"):
        calls = [call.strip() for call in block.splitlines() if call.strip()]
        is_kernel = any("[kernel" in call for call in calls[:1])
        if calls:
            counts[line_of([c for c in calls if "[kernel" in c] if is_kernel else calls[:1])] += 1
    return counts


def load(pair, kind, seconds):
    """Puts the load on; in what it moved, and what that is called."""
    if kind == "tcp":
        found = figures.tcp(pair, seconds)
        return found["mbps"] * seconds / 8000, "1e9 bytes", f"{found['mbps']:.0f} Mbit/s"
    _, got, rate = figures.blast(pair, 64, seconds, 0)
    return got["received"] / 1e6, "million", f"{rate / 1000:.0f} thousand/s"


def measure(options):
    with Lab() as lab:
        pair = Pair(lab, options.underlay)
        CONTENDERS["knetd"](pair, {})
        time.sleep(1)
        paths = [lab.directory / f"perf-{side}" for side in "ab"]
        recorders = [record(child, options.seconds + 1, path)
                     for child, path in zip(pair.daemons, paths)]
        amount, unit, rate = load(pair, options.load, options.seconds)
        for recorder in recorders:
            process.finish(recorder, 30)
        return [samples(path) for path in paths], amount, unit, rate


def table(found, amount, unit):
    sums = [max(sum(counts.values()), 1) for counts in found]
    yield f"| share of a daemon's CPU | sending | receiving |"
    yield "|---|---|---|"
    for name, _ in LINES:
        if any(counts[name] for counts in found):
            cells = [f"{counts[name] / total:.0%}" for counts, total in zip(found, sums)]
            yield f"| {name} | {cells[0]} | {cells[1]} |"
    cells = [f"{total / HZ / amount:.2f} s" for total in sums]
    yield f"| all, for {unit} | {cells[0]} | {cells[1]} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--load", choices=("tcp", "udp"), default="tcp")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--underlay", choices=MODELS, default="nic")
    options = parser.parse_args()
    if subprocess.run(["perf", "--version"], stdout=subprocess.DEVNULL, check=False).returncode:
        return 1
    found, amount, unit, rate = measure(options)
    print(f"{options.load}, underlay {options.underlay}: {rate}")
    print("\n".join(table(found, amount, unit)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
