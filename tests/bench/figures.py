# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What is measured of a pair of hosts. Times in seconds, rates per second, unless the name says more."""

import json
import os
import re
import statistics
import subprocess
import time

from contenders import OVERLAY
from knetlab import process
from knetlab.programs import build_directory

TICK = os.sysconf("SC_CLK_TCK")
BLAST_PORT = 5600
LOSS_MAX = 0.01
STEADY_PPS = 60000
SETTLE = 0.4


def threads_cpu(pair):
    """Of all daemons."""
    return sum(process.cpu_s(child.pid) for child in pair.daemons)


def daemons_cpu(pair):
    total = 0
    for child in pair.daemons:
        with open(f"/proc/{child.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def machine_cpu():
    with open("/proc/stat", encoding="ascii") as stat:
        ticks = [int(x) for x in stat.readline().split()[1:]]
    idle, iowait, steal = ticks[3], ticks[4], ticks[7]
    return (sum(ticks) - idle - iowait - steal) / TICK


def rss_mib(pair):
    """Of one daemon, the larger."""
    found = [0.0]
    for child in pair.daemons:
        with open(f"/proc/{child.pid}/status", encoding="ascii") as status:
            found.append(int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024)
    return max(found)


def server(pair):
    child = pair.lab.spawn(pair.side["b"], "iperf3", "-s", "-1", "-B", OVERLAY["b"],
                           stdout=subprocess.DEVNULL)
    time.sleep(SETTLE)
    return child


def tcp(pair, seconds, streams=1, reverse=False):
    """From a to b, or back: Mbit/s, and CPU seconds per 1e9 bytes."""
    child = server(pair)
    daemons, machine = daemons_cpu(pair), machine_cpu()
    said = pair.side["a"].run("iperf3", "-c", OVERLAY["b"], "-t", seconds, "-P", streams, "-C",
                              "cubic", "-J", *(["-R"] if reverse else []), timeout=seconds + 20)
    daemons, machine = daemons_cpu(pair) - daemons, machine_cpu() - machine
    process.stop(child)
    received = json.loads(said.stdout)["end"]["sum_received"]
    gigabytes = received["bytes"] / 1e9
    return {"mbps": received["bits_per_second"] / 1e6, "daemon_cpu_per_gb": daemons / gigabytes,
            "machine_cpu_per_gb": machine / gigabytes, "rss_mib": rss_mib(pair)}


def blast(pair, size, seconds, rate):
    """(sent, received, received a second) of datagrams of `size` bytes from a to b."""
    tool = build_directory() / "tests/bench/blast"
    counter = pair.lab.spawn(pair.side["b"], tool, "count", BLAST_PORT, seconds + 3)
    time.sleep(0.1)
    sent = json.loads(pair.side["a"].run(tool, "send", OVERLAY["b"], BLAST_PORT, size, seconds,
                                         int(rate)).stdout)
    got = json.loads(process.finish(counter, seconds + 10))
    span = max(got["seconds"], sent["seconds"] / 2)
    return sent, got, got["received"] / span


def udp(pair, size, seconds):
    """The highest rate that is offered with at most 1 % lost, by halving; and the flood."""
    _, _, flood = blast(pair, size, seconds, 0)

    def carries(rate):
        sent, got, received = blast(pair, size, seconds, rate)
        kept_up = sent["sent"] / sent["seconds"] > 0.9 * rate
        lost = 1 - got["received"] / max(sent["sent"], 1)
        return received if kept_up and lost <= LOSS_MAX else 0

    low, high, best = 0, flood * 1.4, 0
    for _ in range(7):
        rate = (low + high) / 2 if low or best else high / 1.4
        received = carries(rate)
        if received:
            low, best = rate, max(best, received)
        else:
            high = rate
        if low == 0:
            low = high * 0.3
    return {"flood_pps": flood, "pps": best}


def ping(pair, count, interval):
    said = pair.side["a"].run("ping", "-n", "-c", count, "-i", interval, "-W", "1", OVERLAY["b"],
                              check=False, timeout=count * interval * 5 + 20).stdout
    times = sorted(float(x) * 1000 for x in re.findall(r"time=([\d.]+)", said))
    if not times:
        return {"p50_us": None, "p99_us": None, "lost": count}
    return {"p50_us": statistics.median(times), "p99_us": times[len(times) * 99 // 100],
            "lost": count - len(times)}


def rtt(pair, count):
    return ping(pair, count, 0.001)


def rtt_loaded(pair, count):
    """While one TCP stream runs at full rate."""
    child = server(pair)
    load = pair.lab.spawn(pair.side["a"], "iperf3", "-c", OVERLAY["b"], "-t",
                          2 + count // 100, "-C", "cubic", stdout=subprocess.DEVNULL)
    time.sleep(2 * SETTLE)
    result = ping(pair, count, 0.01)
    process.stop(load)
    process.stop(child)
    return result


def everything(pair):
    """A little of all, in a few seconds: to be compared with what was measured just before."""
    time.sleep(1)  # the start is over
    unused = threads_cpu(pair)
    time.sleep(1)
    unused = threads_cpu(pair) - unused
    quiet = rtt(pair, 300)
    child = pair.lab.spawn(pair.side["a"], "ping", "-n", "-i", "0.01", "-w", 2, OVERLAY["b"])
    found = tcp(pair, 2)
    said, _ = child.communicate(timeout=10)
    beside = sorted(float(x) * 1000 for x in re.findall(r"time=([\d.]+)", said))
    _, got, flood = blast(pair, 64, 0.5, 0)
    cpu = threads_cpu(pair)
    sent, _, _ = blast(pair, 64, 0.5, STEADY_PPS)
    return {**found, "cpu_unused": unused, "rtt_us": quiet["p50_us"], "rtt_beside_us": statistics.median(beside),
            "udp_flood_pps": flood if got["received"] else None,
            "udp_cpu_per_million": (threads_cpu(pair) - cpu) / sent["sent"] * 1e6}
