# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What a user would notice: probes at 1 ms, ping floods, iperf3; and how busy the machine was."""

import array
import bisect
import dataclasses
import json
import re
import signal
import struct
import time

from . import process
from .programs import program

NO_REPLY = 0xFFFFFFFF
MS = 1_000_000
PROBE_LATE_NS = 3 * MS  # a step between two probes that is the prober's fault


def covered(times, begin, end):
    """How much of the time from `begin` to `end` is in one of `times`, pairs of (begin, end)."""
    total, at = 0, begin
    for first, last in sorted(times):
        first, last = max(first, at), min(last, end)
        if last > first:
            total, at = total + last - first, last
    return total


@dataclasses.dataclass
class Series:
    """The probes to one target. Times are in ns of CLOCK_MONOTONIC; parallel lists."""
    sent: list
    rtt_us: list
    replies: list

    def window(self, begin_ns, end_ns):
        """Only the probes sent in this time."""
        kept = [i for i, sent in enumerate(self.sent) if begin_ns <= sent < end_ns]
        return Series([self.sent[i] for i in kept], [self.rtt_us[i] for i in kept],
                      [self.replies[i] for i in kept])

    def lost(self):
        return self.rtt_us.count(NO_REPLY)

    def duplicates(self):
        return sum(replies - 1 for replies in self.replies if replies > 1)

    def arrivals(self):
        return sorted(sent + rtt * 1000 for sent, rtt in zip(self.sent, self.rtt_us)
                      if rtt != NO_REPLY)

    def longest_silence_of_ours(self):
        """In ms: how late the prober itself was, at worst."""
        return max((b - a for a, b in zip(self.sent, self.sent[1:])), default=0) / MS

    def longest_gap_of_theirs(self, halts=()):
        """In ms: the longest gap, less the time in it for which the prober itself stood still, or a
        CPU of the machine (of Witness). What stops the prober is not what it measures."""
        seen = sorted(self.sent[:1] + self.arrivals() + self.sent[-1:])
        return max((b - a - covered([*self._stood_still(a, b), *halts], a, b)
                    for a, b in zip(seen, seen[1:]) if b - a > PROBE_LATE_NS), default=0) / MS

    def _stood_still(self, begin, end):
        first = max(bisect.bisect_left(self.sent, begin) - 1, 0)
        times = self.sent[first:bisect.bisect_right(self.sent, end) + 1]
        return [(a, b) for a, b in zip(times, times[1:])
                if min(b, end) - max(a, begin) > PROBE_LATE_NS]


def record_read(path):
    """The file that the prober has written, as one Series for each target."""
    with open(path, "rb") as file:
        magic, targets, _interval, ticks = struct.unpack("=8sIIQ", file.read(24))
        assert magic == b"KNPROBE1"
        words = array.array("I")
        words.frombytes(file.read(ticks * targets * 16))
    series = []
    for target in range(targets):
        at, step = target * 4, targets * 4
        sent = [low | high << 32 for low, high in zip(words[at::step], words[at + 1::step])]
        kept = [i for i, time_ns in enumerate(sent) if time_ns]
        rtt, replies = words[at + 2::step], words[at + 3::step]
        series.append(Series([sent[i] for i in kept], [rtt[i] for i in kept],
                             [replies[i] for i in kept]))
    return series


class Prober:
    """Probes from one host to others, each 1 ms."""

    def __init__(self, host, targets, seconds, interval_us=1000):
        self.path = host.directory / f"probes-{time.monotonic_ns()}"
        self.names = [target.name for target in targets]
        self._child = host.spawn(program("prober"), "-o", self.path, "-t", seconds,
                                 "-i", interval_us, *(target.overlay for target in targets))

    def end(self):
        """Sends no more, before its time; finish() is still to be called."""
        self._child.send_signal(signal.SIGTERM)

    def stop(self):
        self.end()
        return self.finish(10)

    def finish(self, timeout):
        """The series by name of the target."""
        process.finish(self._child, timeout)
        series = dict(zip(self.names, record_read(self.path)))
        self.path.unlink()
        return series


class Witness:
    """Sees when a CPU of this machine stands still: a virtual one does, while the machine below
    runs something else. Sees nothing where no program may have real-time priority."""

    def __init__(self, seconds):
        self._child = process.spawn([program("witness"), "-t", int(seconds) + 1])

    def finish(self):
        """Ends; the times, pairs of (begin, end) in ns of CLOCK_MONOTONIC."""
        self._child.send_signal(signal.SIGTERM)
        said, _ = self._child.communicate(timeout=10)
        found = re.findall(r"^\d+ (\d+) (\d+)$", said, re.MULTILINE)
        return [(int(begin), int(end)) for begin, end in found]


@dataclasses.dataclass
class FloodResult:
    sent: int
    received: int
    duplicates: int

    @property
    def lost(self):
        return self.sent - self.received

    def __add__(self, other):
        return FloodResult(self.sent + other.sent, self.received + other.received,
                           self.duplicates + other.duplicates)


class Flood:
    """ping -f, at a stated spacing. It counts to a number, so that its last request is not
    mistaken for a lost one.

    Several ping in turn, each at an interval that it sleeps for. At one below its MIN_INTERVAL of
    10 ms ping spins: six floods would fill two CPUs, and stand in the way of what they measure."""

    PINGS = 10
    # What each says comes in one piece.
    _ALL = 'n=$1; shift; while [ $n -gt 0 ]; do echo "$("$@")" & n=$((n - 1)); done; wait'

    def __init__(self, host, target, seconds, interval_s=0.002, size=56):
        self.pair = (host.name, target.name)
        self._seconds = seconds
        ping = ["ping", "-n", "-q", "-f", "-i", f"{self.PINGS * interval_s:.3f}", "-W", "1",
                "-s", size, "-c", round(seconds / interval_s / self.PINGS), target.overlay]
        self._child = host.spawn("sh", "-c", self._ALL, "sh", self.PINGS, *ping)

    def is_running(self):
        return self._child.poll() is None

    def finish(self, grace):
        """Waits for as long as it should last, and `grace` s more."""
        said, _ = self._child.communicate(timeout=self._seconds + grace)
        found = re.findall(r"(\d+) packets transmitted, (\d+) received(?:, \+(\d+) dup)?", said)
        if len(found) != self.PINGS:
            raise process.CommandFailed(self._child.args, self._child.returncode, said)
        return FloodResult(*(sum(int(number or 0) for number in one) for one in zip(*found)))


class Iperf:
    """An iperf3 server on one host, and one run of a client on another; over the overlay, unless the
    server has another address."""

    def __init__(self, server, client, seconds, *options, address=None):
        address = address or server.overlay
        self._seconds = seconds
        self.rates = []  # in bit/s, second by second, once it has ended
        self._server = server.spawn("iperf3", "-s", "-1", "-B", address)
        process.wait_until(lambda: ":5201 " in server.run("ss", "-Hltn").stdout, 5,
                           "iperf3 listens")
        self._client = client.spawn("iperf3", "-J", "-c", address, "-t", seconds, *options)

    def finish(self):
        """The "end" part of what the client reports."""
        report = json.loads(process.finish(self._client, self._seconds + 15))
        process.stop(self._server)
        self.rates = [part["sum"]["bits_per_second"] for part in report["intervals"]]
        return report["end"]


class Load:
    """How busy the machine was between start and busy()."""

    def __init__(self):
        self._start = self._read()

    @staticmethod
    def _read():
        with open("/proc/stat", encoding="ascii") as stat:
            ticks = [int(word) for word in stat.readline().split()[1:9]]
        return sum(ticks), ticks[3] + ticks[4]

    def busy(self):
        """0..1 of all cores."""
        total, idle = (now - then for now, then in zip(self._read(), self._start))
        return 1 - idle / total if total else 0.0
