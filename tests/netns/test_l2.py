# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""It is an Ethernet: IPv6, VLAN tags, multicast, DHCP, and bridges behind the TAPs.

    alpha knet0 -------+-------- beta knet0
                       |
                  gamma knet0

    and with bridges:

    guest-a eth0 -- [ br0 -- knet0 ] alpha ======= beta [ knet0 -- br0 ] -- eth0 guest-b
"""

import json
import sys
import time
from pathlib import Path

import pytest

from knetlab.process import finish, stop, wait_until

PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
INSIDER = Path(__file__).parent / "insider.py"
GROUP = "239.1.2.3"


@pytest.fixture(scope="module")
def trio(make_shared_scene):
    scene = make_shared_scene(3)
    scene.configure()
    scene.start()
    return scene


def listen(host, *words):
    """Starts a listener inside a host and waits until it listens."""
    child = host.spawn(PYTHON, INSIDER, *words)
    assert child.stdout.readline() == "ready\n"
    return child


def test_ipv6_finds_its_neighbours(trio):
    alpha, beta, gamma = trio.hosts
    alpha.ip("-6 neigh flush dev knet0")
    for other in (beta, gamma):
        assert alpha.ping(other.overlay6, count=5) == (5, 5)
        assert other.overlay6 in alpha.ip("-6 neigh show dev knet0")


def test_multicast_reaches_everybody(trio):
    alpha, beta, gamma = trio.hosts
    listeners = [listen(host, "multicast-receive", GROUP, host.overlay, 20)
                 for host in (beta, gamma)]
    alpha.run(PYTHON, INSIDER, "multicast-send", GROUP, alpha.overlay, 20)
    for child in listeners:
        assert finish(child, 10).split() == [str(n) for n in range(20)]


def test_broadcast_reaches_everybody_once(trio):
    alpha, beta, gamma = trio.hosts
    listeners = [listen(host, "udp-receive", 20) for host in (beta, gamma)]
    alpha.run(PYTHON, INSIDER, "broadcast-send", "10.99.0.255", 20)
    for child in listeners:
        assert finish(child, 10).split() == [str(n) for n in range(20)]


@pytest.mark.parametrize("size", [64, 1000, 1400])
def test_vlan_tags_survive(trio, size):
    """Tagged with two priorities and VLANs, to one host and to all."""
    alpha, beta, _ = trio.hosts
    alpha.ping(beta.overlay, count=1)
    for tci, to in ((0x0064, beta.mac()), (0xA00F, beta.mac()), (0x0FFE, "ff:ff:ff:ff:ff:ff")):
        child = listen(beta, "vlan-receive", "knet0", 10)
        alpha.run(PYTHON, INSIDER, "vlan-send", "knet0", to, tci, size, 10)
        assert finish(child, 10).split() == [f"{tci:#06x}/{size}"] * 10


def test_dhcp(make_scene):
    """Beta gets its address from a server on alpha."""
    scene = make_scene(2)
    alpha, beta = scene.hosts
    alpha.configure(scene.hosts)
    beta.configure(scene.hosts, addresses=False)
    scene.start()
    where = scene.lab.directory
    server = alpha.spawn(
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root",
        "--pid-file=", "--interface=knet0", "--bind-interfaces", "--log-facility=-",
        f"--dhcp-leasefile={where}/leases", "--dhcp-range=10.99.0.100,10.99.0.120,255.255.255.0,1h")
    script = where / "dhclient-script"
    script.write_text('#!/bin/sh\n[ -z "$new_ip_address" ] || '
                      'ip addr replace "$new_ip_address/24" dev "$interface"\n', encoding="utf-8")
    script.chmod(0o755)
    try:
        beta.run("dhclient", "-1", "-4", "-v", "-sf", script, "-lf", where / "client-leases",
                 "-pf", where / "dhclient.pid", "knet0", timeout=30)
        assert "inet 10.99.0.1" in beta.ip("-4 addr show dev knet0")
        assert beta.ping(alpha.overlay, count=5) == (5, 5)
    finally:
        stop(server)


@pytest.fixture(scope="module")
def bridged(make_shared_scene):
    """Two guests, each behind a Linux bridge that the TAP is a port of."""
    scene = make_shared_scene(2)
    scene.configure(addresses=False)
    scene.start()
    guests = []
    for host in scene.hosts:
        guest = scene.lab.namespace(f"guest-{host.name}")
        host.ip("link add br0 type bridge")
        host.ip("link set knet0 master br0")
        host.ip("link add dev guest type veth peer name eth0 netns " + guest.name)
        host.ip("link set guest master br0 up")
        host.ip("link set br0 up")
        mtu = json.loads(host.run("ip", "-j", "link", "show", "knet0").stdout)[0]["mtu"]
        guest.ip(f"link set eth0 mtu {mtu} up")
        guest.ip(f"addr add 192.168.9.{host.number}/24 dev eth0")
        guest.ip(f"addr add fd09::{host.number}/64 dev eth0 nodad")
        guests.append(guest)
    return scene, guests


def test_guests_behind_bridges_meet(bridged):
    scene, (one, two) = bridged
    wait_until(lambda: one.run("ping", "-n", "-q", "-c", "1", "-W", "1", "192.168.9.2",
                               check=False).returncode == 0, 10, "the bridges forward")
    for address in ("192.168.9.2", "fd09::2"):
        said = one.run("ping", "-n", "-q", "-c", "10", "-i", "0.05", address).stdout
        assert "10 packets transmitted, 10 received" in said
    said = two.run("ping", "-n", "-q", "-c", "10", "-i", "0.05", "-s", "4000",
                   "192.168.9.1").stdout
    assert "10 packets transmitted, 10 received" in said
    mac = json.loads(two.run("ip", "-j", "link", "show", "eth0").stdout)[0]["address"]
    row = next(row for row in scene.hosts[0].rows("show mac-table") if row["mac"] == mac)
    assert row["peer"] == "beta"


def test_a_guest_that_moves_is_found(bridged):
    """The MAC and address of guest-b appear behind alpha: beta's side must learn that."""
    scene, (one, two) = bridged
    alpha, beta = scene.hosts
    mac = json.loads(two.run("ip", "-j", "link", "show", "eth0").stdout)[0]["address"]
    one.run("ping", "-n", "-q", "-c", "3", "-i", "0.05", "192.168.9.2")
    third = scene.lab.namespace("guest-moved")
    beta.ip("link set guest down")
    alpha.ip("link add dev moved type veth peer name eth0 netns " + third.name)
    alpha.ip("link set moved master br0 up")
    third.ip(f"link set eth0 address {mac} up")
    third.ip("addr add 192.168.9.2/24 dev eth0")
    fourth = scene.lab.namespace("guest-stays")
    beta.ip("link add dev stays type veth peer name eth0 netns " + fourth.name)
    beta.ip("link set stays master br0 up")
    fourth.ip("link set eth0 up")
    fourth.ip("addr add 192.168.9.4/24 dev eth0")
    began = time.monotonic()
    wait_until(lambda: fourth.run("ping", "-n", "-q", "-c", "1", "-W", "1", "192.168.9.2",
                                  check=False).returncode == 0, 15, "the moved guest answers")
    print(f"found after {time.monotonic() - began:.1f} s")
    assert any(row["mac"] == mac and row["peer"] == "alpha" for row in beta.rows("show mac-table"))
