# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Datagrams at the port that no honest peer would send, beside a live session.

    alpha ------------------ beta        a session, with a prober
    mallory ------ net0 ------^          200,000 datagrams (--long: 10,000,000), random ones and
                                         mutations of what alpha has really sent
"""

import os
import time

import pytest

from knetlab.measure import Prober
from knetlab.process import finish
from knetlab.programs import is_sanitized, program
from knetlab.host import PORT

COUNT = 200_000
COUNT_LONG = 10_000_000
PER_SECOND = 50_000
PER_SECOND_LONG = 100_000
# What a healthy process may gain by touching memory for the first time.
GROWTH_KIB = 2048
# AddressSanitizer has its own stacks and lists to touch. It keeps what was freed, 256 MiB of it by
# default, if it is not told otherwise: that would be the growth seen.
GROWTH_SANITIZED_KIB = 6144
FORGETFUL = "quarantine_size_mb=0:thread_local_quarantine_size_kb=0"
GAP_MS = 250
MALLORY = 66
# Where a datagram that is dropped is counted, in one of them.
REASONS = ("rx_malformed", "rx_no_session", "rx_replay", "rx_bad_tag", "hs_bad_mac1",
           "hs_queue_full", "hs_rate_limited", "hs_bad_mac2", "hs_not_authentic", "hs_stale",
           "hs_copies", "hs_unexpected")


@pytest.fixture(scope="module")
def pair(make_shared_scene):
    scene = make_shared_scene(2)
    scene.configure()
    scene.start_silently({"ASAN_OPTIONS": f"{os.environ.get('ASAN_OPTIONS', '')}:{FORGETFUL}"})
    return scene


@pytest.fixture(scope="module")
def mallory(pair):
    """A host on the underlay that runs no knetd."""
    namespace = pair.lab.namespace("mallory")
    pair.underlay.plug_in(namespace, "mallory", MALLORY)
    return namespace


def record(pair, path, seconds):
    """What passes between alpha and beta on link 0, handshakes included."""
    alpha, beta = pair.hosts
    dump = pair.lab.spawn(pair.underlay.switch, "tcpdump", "-i", "beta0", "-w", path, "-U", "-s",
                          "0", "-Z", "root", "udp")
    time.sleep(0.7)
    alpha.knet("clear peer beta")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        alpha.ping(beta.overlay, "-s", "700", count=10, check=False)
    dump.terminate()
    dump.wait(5)
    assert path.stat().st_size > 1000


def test_garbage_is_dropped_and_disturbs_nobody(pair, mallory, is_long):
    alpha, beta = pair.hosts
    path = pair.lab.directory / "record.pcap"
    record(pair, path, 2)
    count, per_second = (COUNT_LONG, PER_SECOND_LONG) if is_long else (COUNT, PER_SECOND)
    # the first thousands touch what is allocated once: per-source buckets, for instance
    prober = Prober(alpha, [beta], 60)
    blast(pair, mallory, path, 60_000, per_second, seed=7)
    prober.stop()
    memory, received = beta.resident_kib(), beta.device_counter("rx_packets")
    downs, counted = beta.links(alpha)[0]["down_count"], beta.counters()
    prober = Prober(alpha, [beta], int(count / per_second * 3) + 10)
    began = time.monotonic()
    blast(pair, mallory, path, count, per_second, seed=1)
    took = time.monotonic() - began
    series = prober.stop()["beta"]
    gap = series.longest_gap_of_theirs()
    now = beta.counters()
    dropped = {reason: now[reason] - counted[reason] for reason in REASONS}
    print({reason: n for reason, n in dropped.items() if n})
    delivered = beta.device_counter("rx_packets") - received
    print(f"{count} datagrams in {took:.1f} s; {series.lost()} of {len(series.sent)} probes lost, "
          f"longest gap {gap:.1f} ms; {delivered} frames delivered; {memory} KiB before, "
          f"{beta.resident_kib()} KiB after")
    growth = beta.resident_kib() - memory
    assert growth <= (GROWTH_SANITIZED_KIB if is_sanitized() else GROWTH_KIB)
    assert series.lost() <= len(series.sent) * 0.001
    assert gap <= GAP_MS
    # it did come to the daemon, not only to a full buffer, and most ways to be wrong were tried
    assert 0.9 * count <= sum(dropped.values()) <= 1.01 * count
    for reason in ("rx_malformed", "rx_no_session", "rx_replay", "rx_bad_tag", "hs_bad_mac1"):
        assert dropped[reason] > 0.0002 * count, reason
    # nothing but the prober's requests came out of the TAP
    assert len(series.sent) - series.lost() <= delivered <= len(series.sent)
    assert beta.peer(alpha)["state"] == alpha.peer(beta)["state"] == "up"
    assert beta.links(alpha)[0]["down_count"] == downs


def blast(pair, mallory, path, count, per_second, seed):
    child = pair.lab.spawn(mallory, program("udpgarbage"), "-c", count, "-r", per_second, "-s",
                           seed, "-f", path, pair.hosts[1].underlay(0), PORT)
    assert int(finish(child, count / per_second * 4 + 20)) == count
