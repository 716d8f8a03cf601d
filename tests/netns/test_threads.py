# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Threads that tread on each other's toes: load in both directions over two and three workers, new
keys every second, and a configuration that never rests. check.sh tells this story twice, the second time to a build with
ThreadSanitizer; what that has to say is a failure of its own.

    alpha ------- two links ------- beta        iperf3 both ways for 8 s
"""

import itertools
import time

import pytest

from knetlab import process
from knetlab.measure import Iperf

SECONDS = 8

# Each is undone by the next but one or by the last; the load goes on below all of them.
CHANGES = (
    ("policy active",),
    ("peer beta", "link 0 shutdown"),
    ("timers ping 20 timeout 200", "workers 3"),
    ("peer beta", "no link 0 shutdown"),
    ("link 1 shutdown",),
    ("policy passive",),
    ("no link 1 shutdown",),
    ("no timers", "workers 2"),
    ("peer beta", "link 1 dynamic"),
    ("peer beta", "link 1 remote 10.67.0.2"),
)


@pytest.fixture(scope="module")
def scene(make_shared_scene):
    made = make_shared_scene(2)
    made.configure(["rekey seconds 1", "workers 2"])
    made.start()
    return made


def change(host, *lines):
    host.knet("configure", "interface knet0", *lines, "end")


def test_everything_at_once(scene):
    alpha, beta = scene.hosts
    before = alpha.counters()["hs_done"]
    load = Iperf(beta, alpha, SECONDS, "--bidir", "-u", "-b", "20M", "-l", "1000")
    # It opens each stream with one datagram, and waits for ever if that is lost to a change.
    process.wait_until(lambda: alpha.counters()["tx_frames"] > 1000, 5, "load in both directions")
    until = time.monotonic() + SECONDS - 2
    done = 0
    for lines in itertools.cycle(CHANGES):
        if time.monotonic() > until and done >= len(CHANGES):
            break
        change(alpha, *lines)
        if done % 10 == 5:
            alpha.knet("clear mac-table")
        for what in ("peers", "links", "mac-table", "counters", "crypto sessions", "events"):
            beta.rows(f"show {what}")
        done += 1
    # Wherever it stopped: iperf3 waits for the other side's word.
    change(alpha, "peer beta", "no link 0 shutdown", "exit", "no link 1 shutdown")
    end = load.finish()
    rekeys = alpha.counters()["hs_done"] - before
    print(f"{done} changes, {rekeys} rekeys, {end['sum']['packets']} datagrams")
    assert rekeys >= SECONDS // 2
    assert end["sum"]["packets"] > SECONDS * 1000


def test_a_peer_goes_and_comes(scene):
    """Under load, too: its sessions, links and addresses are freed while frames are under way."""
    alpha, beta = scene.hosts
    flood = alpha.spawn("ping", "-q", "-f", "-w", "4", beta.overlay)
    for _ in range(4):
        change(alpha, "no peer beta")
        change(alpha, alpha.peer_line(beta))
        time.sleep(0.4)
    process.stop(flood)
    process.wait_until(lambda: alpha.peer(beta)["state"] == "up", 10, "both are back")
    assert alpha.run("ping", "-q", "-c", "3", "-i", "0.2", beta.overlay).returncode == 0


def test_daemons_end_in_peace(scene):
    for host in scene.hosts:
        assert host.stop() == 0
