# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A link is cut under load, and nothing is lost: what it swallowed is sent again.

    alpha                                      beta
      u0 ----------- [ net0 ] ---x/---------- u0      cut while 20,000 datagrams of 1,200 bytes a
      u1 ----------- [ net1 ] --------------- u1      second, 200 Mbit/s, cross it from alpha (with
                                                      sanitizers fewer)

The datagrams are numbered; beta's program has room for all of them, so that what it misses was lost
on the way. Each story proves that none is lost and none comes twice, and that without the failover
buffer some are lost, so that this can be seen at all.
"""

import json
import time

import pytest

from knetlab import process
from knetlab.measure import Flood
from knetlab.process import wait_until
from knetlab.programs import is_sanitized

SECONDS = 1.6
CUT_AT_S = 0.6
RATE = 20000
RATE_SANITIZED = 8000  # what a machine with two cores carries beside the programs here

SENDER = """
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 7000))
pad, number, begin = bytes(1192), 0, time.monotonic()
while (now := time.monotonic() - begin) < float(sys.argv[2]):
    while number < now * int(sys.argv[3]):
        s.send(struct.pack("!Q", number) + pad)
        number += 1
    time.sleep(0.0005)
print(number)
"""

RECEIVER = """
import json, socket, struct, sys
SO_RCVBUFFORCE = 33
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 256 << 20)
s.bind((sys.argv[1], 7000))
s.settimeout(5)
print("ready", flush=True)
seen, again, back, last = set(), 0, 0, -1
try:
    while True:
        number = struct.unpack_from("!Q", s.recv(2048))[0]
        s.settimeout(0.5)
        again += number in seen
        back += number < last
        seen.add(number)
        last = number
except socket.timeout:
    print(json.dumps({"seen": len(seen), "again": again, "back": back}))
"""


@pytest.fixture(scope="module")
def scene(make_shared_scene):
    made = make_shared_scene(2)
    # traffic stays where it went
    made.configure(["failover hold 60"])
    made.start()
    return made


@pytest.fixture
def used(scene):
    """The link in use, while both work."""
    alpha, beta = scene.hosts

    def is_settled():
        return (alpha.is_up_with(scene.hosts) and beta.is_up_with(scene.hosts) and
                len(alpha.active(beta)) == 1 and alpha.active(beta) == beta.active(alpha))

    wait_until(is_settled, 60, "settled")
    assert alpha.ping(beta.overlay) == (3, 3)
    link = alpha.active(beta)[0]
    yield link
    scene.underlay.heal()
    scene.underlay.plug("beta", link)


def stream(scene, cut):
    """Numbered datagrams from alpha to beta, and a cut among them: (sent, what was seen)."""
    alpha, beta = scene.hosts
    receiver = beta.spawn("/usr/bin/python3", "-c", RECEIVER, beta.overlay)
    assert receiver.stdout.readline().strip() == "ready"
    sender = alpha.spawn("/usr/bin/python3", "-c", SENDER, beta.overlay, SECONDS,
                         RATE_SANITIZED if is_sanitized() else RATE)
    time.sleep(CUT_AT_S)
    cut()
    sent = int(process.finish(sender, 20))
    return sent, json.loads(process.finish(receiver, 30))


def cut_of(scene, kind, used):
    if kind == "carrier":
        return lambda: scene.underlay.unplug("beta", used)
    return lambda: scene.underlay.black_hole("beta", used, from_host=kind == "silent")


def what_happened(scene):
    """For whoever has to find out why: what was dropped, and when what was done."""
    def of(host):
        return {"tap dropped": host.device_counter("tx_dropped"),
                "counters": {row["counter"]: row["value"] for row in host.rows("show counters nonzero")
                             if row["where"] == "knet0"},
                "events": [f"{row['time']} {row['subject']}: {row['text']}"
                           for row in host.rows("show events")[-12:]],
                "udp": host.run("nstat", "-az", "UdpRcvbufErrors", "UdpInErrors").stdout.split()}
    return json.dumps({host.name: of(host) for host in scene.hosts}, indent=1)


@pytest.mark.parametrize("kind", ["silent", "one-way", "carrier"])
def test_a_stream_loses_nothing(scene, used, kind):
    alpha, beta = scene.hosts
    before = alpha.peer(beta)
    sent, seen = stream(scene, cut_of(scene, kind, used))
    assert (seen["seen"], seen["again"]) == (sent, 0), f"{sent} {what_happened(scene)}"
    after = alpha.peer(beta)
    assert alpha.active(beta) == [1 - used]
    assert after["failover_overrun"] == before["failover_overrun"]
    if kind != "carrier":
        # what is sent in the time in which nothing is noticed
        assert after["failover_replayed"] > before["failover_replayed"]
    wait_until(lambda: alpha.peer(beta)["failover_kept"] == 0, 5, "all of it is confirmed")


def test_a_flood_of_pings_loses_nothing(scene, used):
    alpha, beta = scene.hosts
    flood = Flood(alpha, beta, SECONDS)
    time.sleep(CUT_AT_S)
    scene.underlay.black_hole("beta", used)
    seen = flood.finish(20)
    assert (seen.lost, seen.duplicates) == (0, 0), seen


def test_without_a_buffer_some_are_lost(scene, used):
    alpha, beta = scene.hosts
    for host in scene.hosts:
        host.knet("configure", "interface knet0", "failover buffer off", "end")
    sent, seen = stream(scene, cut_of(scene, "silent", used))
    assert seen["seen"] < sent
    assert alpha.peer(beta)["failover_kept"] == 0
