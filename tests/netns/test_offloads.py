# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Every byte arrives, at full rate, whatever the kernels do for us and the network does to us.

    alpha knet0 ======= beta knet0        two links

A checker (tests/tools/verify) sends streams and datagrams of known bytes. The receiver's kernel
judges headers and checksums, and counts what it refuses. Tags, options and flags that no socket makes
are the affair of tests/unit/test_super.c, test_coalesce.c and tests/fuzz/fuzz_super.c.
"""

import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from knetlab.process import finish, wait_until
from knetlab.programs import program

OFFLOADS = ("vnet-hdr", "tap-tso", "tap-uso", "tap-batch", "udp-segment", "udp-gro")
PORT = itertools.count(7000)
# A stream beside datagrams without end may get no further than its first window.
BYTES_MIN, DATAGRAMS_MIN = 65536, 1000
# In the switch: frames of a host are lost, and others come twice.
BAD_CABLE = """
table netdev bad-{port} {{
    chain in {{
        type filter hook ingress device "{port}" priority 0;
        udp length > 400 numgen random mod 50 == 0 drop
        udp length > 400 numgen random mod 40 == 0 dup to "{other}"
    }}
}}
"""


def csum_errors(host):
    """What the kernel has refused in the host's namespace."""
    said = host.run("nstat", "-asz").stdout
    return {name: int(value) for name, value in
            re.findall(r"^(\w*(?:CsumErrors|HdrErrors))\s+(\d+)", said, re.M)}


def is_on_one_link(host, other):
    return len(host.active(other)) == 1


def send_and_verify(source, target, address, seconds, length=1000, in_order=True):
    """One stream and one flow of datagrams. While traffic moves to another link, copies go by
    several, and one that replaces what was lost may come late. Beyond that a kernel mixes up a few
    when it moves a thread from one CPU to another: each has its own backlog. What is ours to keep in
    order is held to be so, frame by frame, by tests/fuzz/fuzz_super.c."""
    moves = len(source.log_lines("traffic moves"))
    port = str(next(PORT))
    receiver = target.spawn(program("verify"), "receive", address, port, seconds + 20)
    assert receiver.stdout.readline() == "ready\n"
    senders = [source.spawn(program("verify"), "send", kind, address, port, seconds, length)
               for kind in ("tcp", "udp")]
    sent_bytes, sent_datagrams = (int(finish(sender, seconds + 20)) for sender in senders)
    counted = json.loads(finish(receiver, seconds + 25))
    print(f"{sent_bytes} bytes, {sent_datagrams} datagrams sent; received {counted}")
    assert counted["wrong"] == 0 and counted["twice"] == 0
    assert counted["bytes"] == sent_bytes >= BYTES_MIN
    assert DATAGRAMS_MIN <= counted["datagrams"] <= sent_datagrams
    if in_order and len(source.log_lines("traffic moves")) == moves:
        assert counted["behind"] <= counted["datagrams"] / 50


def all_ways(scene, seconds, in_order):
    """IPv4 and IPv6, small and large, both directions."""
    alpha, beta = scene.hosts
    for source, target in ((alpha, beta), (beta, alpha)):
        for address in (target.overlay, target.overlay6):
            for length in (64, 1300):
                send_and_verify(source, target, address, seconds, length, in_order)


@pytest.fixture
def start(make_scene):
    """Two hosts; the first does without some offloads."""
    def begin(without=(), options=()):
        scene = make_scene(2)
        scene.configure(options)
        for host in scene.hosts:
            words = ("-W", ",".join(without)) if without and host.number == 1 else ()
            host.start(options=words)
        for host in scene.hosts:
            wait_until(lambda h=host: h.is_up_with(scene.hosts), 20, "all links up")
        for host, other in zip(scene.hosts, reversed(scene.hosts)):
            if "policy active" not in options:
                wait_until(lambda h=host, o=other: is_on_one_link(h, o), 20, "one link carries")
        return scene
    return begin


@pytest.mark.parametrize("offload", OFFLOADS)
def test_without_an_offload_all_arrives(start, offload):
    """A host whose kernel lacks the feature talks to one whose kernel has it; it says so."""
    scene = start(without=[offload])
    alpha, beta = scene.hosts
    in_force = alpha.rows("show interfaces")[0]["offloads"]
    assert offload not in in_force
    assert offload in beta.rows("show interfaces")[0]["offloads"]
    said = alpha.knet("show interfaces knet0").stdout
    assert re.search(rf"without:.* {offload}", said)
    assert len(alpha.log_lines(rf"does not do {offload} ")) == 1
    before = csum_errors(alpha), csum_errors(beta)
    for source, target in ((alpha, beta), (beta, alpha)):
        for address in (target.overlay, target.overlay6):
            send_and_verify(source, target, address, 0.4)
    assert (csum_errors(alpha), csum_errors(beta)) == before


def test_many_flows_at_once_harm_no_byte(start):
    """Datagrams of several flows take turns, so each goes to the TAP by itself: many with one call."""
    alpha, beta = start().hosts
    before = csum_errors(alpha), csum_errors(beta)
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda length: send_and_verify(alpha, beta, beta.overlay, 0.5, length),
                          (64, 200, 700, 1300)):
            pass
    assert (csum_errors(alpha), csum_errors(beta)) == before


@pytest.mark.parametrize("policy", ("passive", "active"))
def test_a_bad_network_harms_no_byte(start, is_long, policy):
    """Loss and copies on both links: nothing is wrong, nothing comes twice. With `active` the copy of
    what was lost comes by the other link, and may come later; otherwise nothing is overtaken."""
    scene = start(options=[f"policy {policy}"])
    alpha, beta = scene.hosts
    for network in (0, 1):
        for one, other in (("alpha", "beta"), ("beta", "alpha")):
            scene.underlay.switch.run("nft", "-f", "-", stdin=BAD_CABLE.format(
                port=f"{one}{network}", other=f"{other}{network}"))
    before = csum_errors(alpha), csum_errors(beta)
    all_ways(scene, 450 if is_long else 0.3, in_order=policy != "active")
    assert (csum_errors(alpha), csum_errors(beta)) == before
    counters = beta.counters()
    assert counters["rx_bad_tag"] == 0
    assert counters["rx_replay"] > 0 and counters["rx_super_parts"] > 0
