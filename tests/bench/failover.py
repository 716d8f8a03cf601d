#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What a cut costs a stream that runs at full rate: `make bench-failover`.

    alpha                                      beta
      u0 ----------- [ net0 ] ---x/---------- u0      cut while one TCP stream, or 200 Mbit/s
      u1 ----------- [ net1 ] --------------- u1      of datagrams, cross it from alpha to beta

Of each run it tells: the longest time in which no byte arrived at beta's TAP, how often a
retransmission timer of alpha's TCP fired, what iperf3 says was lost or out of order (a datagram
that comes twice counts as out of order), how many of the lost found iperf3's own buffer full, which
the overlay did deliver, and what the daemons sent again. Default timers. Ends
with 1 if a promise is broken: no timeout, no progress for 100 ms at most; no datagram lost,
doubled or out of order.

    --runs N            of each kind (10)
    --cuts A,B          silent, inward, outward, carrier (silent, carrier)
    --buffer SIZE       of iperf3's socket, as its -w; else the kernel's usual one
    --json FILE         all numbers
"""

import argparse
import array
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "netns"))

# pylint: disable=wrong-import-position
import report  # noqa: E402
from knetlab import process  # noqa: E402
from knetlab.host import Host, secret_make, start_all  # noqa: E402
from knetlab.lab import Lab  # noqa: E402
from knetlab.measure import Iperf  # noqa: E402
from knetlab.underlay import Underlay  # noqa: E402

SECONDS = 3
CUT_AT_S = 1.2
UDP_RATE = "200M"
UDP_LENGTH = 1200
STALL_MS = 100
COUNTERS = ("failover_replayed", "failover_ring_overrun")

SAMPLER = """
import array, os, sys, time
fd = os.open(sys.argv[1], os.O_RDONLY)
end = time.monotonic_ns() + int(float(sys.argv[2]) * 1e9)
seen = array.array("Q")
while (now := time.monotonic_ns()) < end:
    seen.extend((now, int(os.pread(fd, 32, 0))))
    time.sleep(0.002)
sys.stdout.buffer.write(seen.tobytes())
"""


class Sampler:
    """Looks at the bytes that a host's TAP has received, each 2 ms."""

    def __init__(self, host, seconds):
        self.path = host.directory / "samples"
        with open(self.path, "wb") as out:
            self.child = host.spawn("/usr/bin/python3", "-c", SAMPLER,
                                    "/sys/class/net/knet0/statistics/rx_bytes", seconds, stdout=out)

    def stall_ms(self, begin_ns, end_ns):
        """The longest time without progress between these two."""
        process.finish(self.child, 30)
        words = array.array("Q")
        words.frombytes(self.path.read_bytes())
        last_ns, last, longest = None, None, 0
        for now, count in zip(words[::2], words[1::2]):
            if not begin_ns <= now <= end_ns:
                continue
            if last is None or count != last:
                last_ns, last = now, count
            longest = max(longest, now - last_ns)
        return longest / 1e6


def kernel_counter(host, name):
    """Of a host's namespace, see nstat(8)."""
    said = host.run("nstat", "-asz", name).stdout.split()
    return int(said[said.index(name) + 1])


def timeouts(host):
    """How often a retransmission timer has fired."""
    return kernel_counter(host, "TcpExtTCPTimeouts")


def overflows(host):
    """Datagrams that found the receive buffer of their program full."""
    return kernel_counter(host, "UdpRcvbufErrors")


def apply_cut(kind, underlay, host, network):
    if kind == "carrier":
        underlay.unplug(host.name, network)
    else:
        underlay.black_hole(host.name, network, kind != "outward", kind != "inward")


def settle(hosts, preferred):
    alpha, beta = hosts
    process.wait_until(lambda: alpha.is_up_with(hosts) and beta.is_up_with(hosts) and
                       alpha.active(beta) == beta.active(alpha) == [preferred], 90, "settled")


def measure(hosts, underlay, preferred, kind, options):
    alpha, beta = hosts
    traffic = "udp" if "-u" in options else "tcp"
    settle(hosts, preferred)
    before, counted, overflowed = timeouts(alpha), alpha.counters(), overflows(beta)
    iperf = Iperf(beta, alpha, SECONDS, *options)
    sampler = Sampler(beta, SECONDS + 0.5)
    began = time.monotonic_ns()
    time.sleep(CUT_AT_S)
    cut_ns = time.monotonic_ns()
    apply_cut(kind, underlay, beta, preferred)
    end = iperf.finish()
    stall = sampler.stall_ms(began + 500_000_000, began + int(SECONDS * 0.95e9))
    underlay.heal()
    underlay.plug(beta.name, preferred)
    now = alpha.counters()
    row = {"cut": kind, "traffic": traffic, "stall_ms": round(stall, 1),
           "cut_ns": cut_ns, "timeouts": timeouts(alpha) - before,
           **{name: now.get(name, 0) - counted.get(name, 0) for name in COUNTERS}}
    if traffic == "tcp":
        row["mbit_s"] = round(end["sum_received"]["bits_per_second"] / 1e6)
        row["retransmits"] = end["sum_sent"]["retransmits"]
        row["kept"] = row["timeouts"] == 0 and stall <= STALL_MS
    else:
        out_of_order = sum(stream["udp"].get("out_of_order", 0) for stream in end["streams"])
        row["mbit_s"] = round(end["sum"]["bits_per_second"] / 1e6)
        row["lost"], row["out_of_order"] = end["sum"]["lost_packets"], out_of_order
        row["overflows"] = overflows(beta) - overflowed
        row["kept"] = row["lost"] == row["overflows"] and out_of_order == 0
    return row


def show(row):
    what = (f"{row['timeouts']} timeouts, {row['retransmits']} retransmits"
            if row["traffic"] == "tcp" else f"{row['lost']} lost ({row['overflows']} by iperf3), "
            f"{row['out_of_order']} out of order")
    print(f"{row['cut']:<8} {row['traffic']:<4} {row['mbit_s']:>6} Mbit/s  no progress for "
          f"{row['stall_ms']:6.1f} ms  {what:<40} {row['failover_replayed']:>6} sent again  "
          f"{'kept' if row['kept'] else 'BROKEN'}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--cuts", default="silent,carrier")
    parser.add_argument("--buffer")
    parser.add_argument("--json")
    options = parser.parse_args()
    udp = ("-u", "-b", UDP_RATE, "-l", UDP_LENGTH,
           *(("-w", options.buffer) if options.buffer else ()))
    rows = []
    with Lab() as lab:
        underlay = Underlay(lab)
        secret = secret_make(lab.directory / "secret")
        hosts = [Host(lab, underlay, number, secret) for number in (1, 2)]
        for host in hosts:
            host.configure(hosts, ["failover hold 1"])
        start_all(hosts)
        preferred = hosts[0].active(hosts[1])[0]
        for _ in range(options.runs):
            for kind in options.cuts.split(","):
                for traffic in ((), udp):
                    rows.append(measure(hosts, underlay, preferred, kind, traffic))
                    show(rows[-1])
    stalls = [row["stall_ms"] for row in rows if row["traffic"] == "tcp"]
    print(f"no progress of TCP: median {statistics.median(stalls):.1f} ms, longest {max(stalls):.1f}"
          f" ms; {sum(not row['kept'] for row in rows)} of {len(rows)} runs broke a promise")
    if options.json:
        report.numbers_write(Path(options.json), runs=rows)
    return 1 if any(not row["kept"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
