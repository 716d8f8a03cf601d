# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""`capture`: what is in the file is what was sent, and nothing else.

    alpha knet0 ==== two links ==== knet0 beta
"""

import base64
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scapy.all import rdpcap
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether

from knetlab.pcapng import ETHERNET, RAW, Capture
from knetlab.process import wait_until
from knetlab.programs import program

PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
INSIDER = Path(__file__).parent / "insider.py"
PORT = 9123
COUNT = 40
OUTER_OVERHEAD = 20 + 8 + 32  # IPv4, UDP and ours, of a frame by itself: docs/protocol.md


@pytest.fixture(scope="module")
def hosts(make_shared_scene):
    """Nothing crosses the overlay but what a story sends."""
    scene = make_shared_scene(2)
    scene.configure()
    scene.start_silently()
    # Each knows where the other's address is: nothing goes to all for want of knowledge.
    scene.hosts[0].ping(scene.hosts[1].overlay)
    for host in scene.hosts:
        # Nor does the kernel complain of datagrams that nobody waits for.
        host.run("nft", "add table ip calm; add chain ip calm out { type filter hook output "
                 "priority 0; }; add rule ip calm out icmp type destination-unreachable drop")
    return scene.hosts


@pytest.fixture
def alpha(hosts):
    return hosts[0]


@pytest.fixture
def beta(hosts):
    return hosts[1]


class Running:
    """`capture WORDS | save FILE`, running."""

    def __init__(self, host, words, name="file.pcapng"):
        self.path = host.directory / name
        self.path.unlink(missing_ok=True)
        self.child = host.spawn(program("knet"), "-s", host.socket, "-c",
                                f"capture {words} | save {self.path}")
        # The file's head is there when the capture runs.
        wait_until(lambda: self.path.exists() and self.path.stat().st_size > 100, 10, "it runs")

    def wait(self):
        """Until it ends by itself."""
        said, _ = self.child.communicate(timeout=20)
        assert self.child.returncode == 0, said
        return Capture(self.path)

    def stop(self, sig=signal.SIGINT):
        """^C; returns the file."""
        self.child.send_signal(sig)
        said, _ = self.child.communicate(timeout=20)
        assert self.child.returncode == 130, said
        self.said = said
        return Capture(self.path)


def frames(alpha, beta, count=COUNT, kind="udp"):
    """Frames from alpha to beta, each another."""
    head = Ether(src=alpha.mac(), dst=beta.mac())
    if kind == "arp":
        head = Ether(src=alpha.mac(), dst="ff:ff:ff:ff:ff:ff")
        return [bytes(head / ARP(psrc="192.0.2.1", pdst=f"192.0.2.{i}")) for i in range(count)]
    ip = IP(src=alpha.overlay, dst=beta.overlay)
    return [bytes(head / ip / UDP(sport=PORT, dport=PORT) / (b"%d " % i * (10 + 10 * i)))
            for i in range(count)]


def send(host, what):
    child = subprocess.run(host.namespace.argv(PYTHON, INSIDER, "frames-send", "knet0"),
                           input="\n".join(frame.hex() for frame in what), text=True,
                           capture_output=True, timeout=30, check=False)
    assert child.returncode == 0, child.stderr


def fail(host, line):
    """(exit code, what it said)"""
    done = host.run(program("knet"), "-s", host.socket, "-c", line, check=False)
    return done.returncode, done.stderr


# ---- inner -------------------------------------------------------------------------------------


def test_inner_frames_are_exactly_those_sent(alpha, beta):
    """At both ends, in order, with direction, peer and interface; other programs read it, too."""
    sent = frames(alpha, beta)
    captures = [Running(host, f"inner count {COUNT} filter udp port {PORT}")
                for host in (alpha, beta)]
    begun = time.time()
    send(alpha, sent)
    out, came = (capture.wait() for capture in captures)
    for capture, peer, is_out in ((out, "beta", True), (came, "alpha", False)):
        assert [packet.data for packet in capture.packets] == sent
        assert {packet.is_out for packet in capture.packets} == {is_out}
        assert {packet.comment for packet in capture.packets} == {f"peer {peer}"}
        assert all(begun - 1 < packet.time < time.time() + 1 for packet in capture.packets)
        assert [(i.name, i.linktype, i.filter) for i in capture.interfaces] == [
            ("knet0", ETHERNET, f"udp port {PORT}")]
        stats = capture.interfaces[0].stats
        assert stats["matched"] == stats["delivered"] == COUNT and stats["dropped"] == 0
    assert {packet.reception for packet in came.packets} == {1}
    assert out.comments == [f'capture inner count {COUNT} filter "udp port {PORT}"']
    assert [bytes(frame) for frame in rdpcap(str(captures[0].path))] == sent


def test_the_standard_output_takes_it(alpha, beta):
    """And what is said beside goes to the standard error."""
    path = alpha.directory / "stdout.pcapng"
    with open(path, "wb") as file:
        child = alpha.spawn(program("knet"), "-s", alpha.socket, "capture", "inner", "count", "3",
                            stdout=file, stderr=subprocess.PIPE)
        wait_until(lambda: path.stat().st_size > 0, 10, "it runs")
        send(alpha, frames(alpha, beta, 3))
        _, said = child.communicate(timeout=10)
    assert child.returncode == 0
    assert said == "3 packets captured, 0 dropped for want of room\n"
    assert len(Capture(path).packets) == 3


def test_filters_see_what_is_inside_and_which_way(alpha, beta):
    running = {words: Running(alpha, f"inner filter {words}", f"{number}.pcapng")
               for number, words in enumerate(("icmp", "outbound and icmp", "inbound and icmp",
                                               "arp", "icmp or udp"))}
    assert alpha.ping(beta.overlay, count=4) == (4, 4)
    send(alpha, frames(alpha, beta, 5) + frames(alpha, beta, 2, "arp"))
    time.sleep(0.1)
    files = {words: capture.stop() for words, capture in running.items()}
    assert {words: len(file.packets) for words, file in files.items()} == {
        "icmp": 8, "outbound and icmp": 4, "inbound and icmp": 4, "arp": 2, "icmp or udp": 13}
    assert [Ether(p.data)[ICMP].type for p in files["icmp"].packets] == [8, 0] * 4
    assert all(packet.is_out for packet in files["outbound and icmp"].packets)
    assert {packet.comment for packet in files["arp"].packets} == {"to all peers"}


def test_only_one_peer(alpha, beta):
    """Frames to all are to it as well."""
    running = Running(alpha, f"inner peer beta filter udp port {PORT} or arp")
    send(alpha, frames(alpha, beta, 3) + frames(alpha, beta, 2, "arp"))
    time.sleep(0.1)
    assert [p.comment for p in running.stop().packets] == ["peer beta"] * 3 + ["to all peers"] * 2
    code, said = fail(alpha, f"capture inner peer gamma | save {running.path}")
    assert code == 1 and "no peer 'gamma'" in said


# ---- limits and ends ---------------------------------------------------------------------------


def test_limits(alpha, beta):
    """So many bytes, so long, and only the beginning of each packet."""
    by_bytes = Running(alpha, "inner bytes 5000 filter udp port 9123", "bytes.pcapng")
    by_time = Running(alpha, "inner snaplen 64 seconds 1 filter udp port 9123", "seconds.pcapng")
    begun = time.monotonic()
    sent = frames(alpha, beta)
    send(alpha, sent)
    file = by_bytes.wait()
    kept = [packet.data for packet in file.packets]
    assert 4000 < len(file.data) <= 5000 and kept == sent[:len(kept)] and len(kept) > 5
    file = by_time.wait()
    assert time.monotonic() - begun < 5
    assert [packet.data for packet in file.packets] == [frame[:64] for frame in sent]
    assert [packet.wirelen for packet in file.packets] == [len(frame) for frame in sent]


@pytest.mark.parametrize("line, code, word", [
    ("capture inner filter icmp and and", 2, "syntax error"),
    ("capture outer filter arp", 2, "filter"),
    ("capture inner | include x", 2, "save FILE"),
    ("capture inner | json", 2, "save FILE"),
    ("capture inner snaplen 1", 2, "snaplen|64"),
    ("capture inner link 1", 2, "link"),
    ("capture inner interface knet9", 1, "knet9"),
    ("capture inner | save /nowhere/file", 1, "No such file"),
])
def test_what_is_wrong_is_said(alpha, line, code, word):
    got, said = fail(alpha, line)
    assert got == code and re.search(word, said), said


def test_only_administrators_may(alpha):
    done = alpha.run(program("knet"), "-s", alpha.socket, "-r", "-c", "capture inner", check=False)
    assert done.returncode in (2, 4) and done.stdout == ""
    assert any("capture" in line for line in alpha.log_lines("audit"))


def test_the_daemon_forgets_a_client_that_is_gone(alpha, beta):
    """Killed, it leaves nothing behind: the next capture works, and packets cost nothing more."""
    running = Running(alpha, "inner")
    running.child.kill()
    running.child.wait()
    again = Running(alpha, f"inner count {COUNT}")
    send(alpha, frames(alpha, beta))
    assert len(again.wait().packets) == COUNT


# ---- outer -------------------------------------------------------------------------------------


def test_outer_datagrams_are_those_on_the_cables(alpha, beta):
    """What tcpdump sees of a link while packets pass is in the file, under that link, from and to
    the right addresses; other programs decode it, and nothing of the inside can be read."""
    cable = alpha.directory / "cable.pcap"
    # Else tcpdump sees as one what came in one go.
    alpha.run("ethtool", "-K", "u0", "gro", "off")
    dump = alpha.spawn("tcpdump", "-i", "u0", "-U", "--immediate-mode", "-s", "0", "-w", cable, "udp")
    wait_until(lambda: cable.exists() and cable.stat().st_size >= 24, 10, "tcpdump listens")
    running = Running(alpha, "outer")
    time.sleep(0.2)
    begun = time.time()
    send(alpha, frames(alpha, beta))
    assert alpha.ping(beta.overlay, count=3) == (3, 3)
    ended = time.time()
    time.sleep(0.2)
    file = running.stop()
    dump.terminate()
    dump.wait()
    assert [(i.name, i.linktype) for i in file.interfaces] == [
        ("knet0 link 0", RAW), ("knet0 link 1", RAW)]
    ends = {True: (alpha.underlay(0), beta.underlay(0)), False: (beta.underlay(0), alpha.underlay(0))}
    ours = set()
    for packet in file.of("knet0 link 0"):
        ip = IP(packet.data)
        assert (ip.src, ip.dst, ip.sport, ip.dport) == (*ends[packet.is_out], 50000, 50000)
        assert len(packet.data) == ip.len == packet.wirelen and packet.comment == "peer beta"
        again = IP(packet.data)
        del again.chksum, again[UDP].chksum
        assert bytes(again) == packet.data, "both checksums are right"
        ours.add((packet.is_out, bytes(ip[UDP].payload)))
    theirs = {(p[IP].src == alpha.underlay(0), bytes(p[UDP].payload)) for p in rdpcap(str(cable))
              if begun <= p.time <= ended}
    assert len(theirs) >= COUNT and theirs <= ours
    assert {IP(p.data).dport for p in file.of("knet0 link 1")} == {50001}
    assert b"39 39 39" not in file.data and frames(alpha, beta)[20][42:] not in file.data
    assert base64.b64decode(alpha.secret.read_text().split()[-1]) not in file.data


def test_outer_by_link_peer_and_filter(alpha, beta):
    files = {words: Running(alpha, f"outer {words}", f"{number}.pcapng")
             for number, words in enumerate((
                 "link 1 count 6", "peer beta count 1 filter udp[8] & 15 = 1", f"count 6 filter dst host {beta.underlay(1)}",
                 "count 6 filter inbound and udp port 50000"))}
    # Handshakes do not say whose they are: they go by address.
    alpha.knet("clear peer beta")
    by_link, by_peer, by_address, inbound = (running.wait() for running in files.values())
    wait_until(lambda: alpha.is_up_with([beta]), 10, "up again")
    assert {packet.interface.name for packet in by_link.packets} == {"knet0 link 1"}
    assert {packet.comment for packet in by_peer.packets} == {"peer beta"}
    assert {IP(packet.data).dst for packet in by_address.packets} == {beta.underlay(1)}
    assert {(p.is_out, p.interface.name) for p in inbound.packets} == {(False, "knet0 link 0")}


def test_inner_and_outer_beside_each_other(alpha, beta):
    """In one file, in the order in which they passed; arp is of the inside only."""
    running = Running(alpha, "peer beta filter arp or udp")
    send(alpha, frames(alpha, beta, 3, "arp"))
    time.sleep(0.1)
    file = running.stop()
    inner = file.of("knet0")
    # Whichever link it is that carries them, so soon after the peer was cleared.
    outer = [packet for packet in file.packets
             if packet.is_out and packet.wirelen == inner[0].wirelen + OUTER_OVERHEAD]
    assert len(inner) == len(outer) == 3
    assert all(-0.01 < carrier.time - frame.time < 0.05 for frame, carrier in zip(inner, outer))
    assert any(not packet.is_out for packet in file.of("knet0 link 0"))
    times = [packet.time for packet in file.packets]
    assert all(later - time > -0.01 for time, later in zip(times, times[1:]))


def test_super_frames_are_what_they_are(alpha, beta):
    """What TCP hands to the TAP at once is one packet, longer than the MTU, and says so."""
    with beta.spawn("iperf3", "-s", "-1") as server:
        wait_until(lambda: ":5201" in beta.run("ss", "-tln").stdout, 5, "iperf3 listens")
        running = Running(alpha, "inner filter outbound and tcp port 5201 and greater 3000")
        alpha.run("iperf3", "-c", beta.overlay, "-n", "20M")
        server.wait(10)
    file = running.stop()
    large = [packet for packet in file.packets if packet.caplen == packet.wirelen]
    assert large and all("super-frame" in packet.comment for packet in large)
    assert max(packet.wirelen for packet in large) > 10000
    assert all(IP(packet.data[14:]).len == packet.wirelen - 14 for packet in large)


def test_a_client_that_does_not_read_costs_only_its_packets(alpha, beta):
    """Its capture fills its memory and no more, drops are counted, and traffic does not notice;
    in the end the file says how many are missing."""
    path = alpha.directory / "stalled.pcapng"
    before = alpha.counters()["capture_dropped"]
    with open(path, "wb") as file, beta.spawn("iperf3", "-s", "-1") as server:
        child = alpha.namespace.spawn(program("knet"), "-s", alpha.socket, "-c", "capture inner",
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        head = child.stdout.buffer.read(100)
        child.send_signal(signal.SIGSTOP)
        wait_until(lambda: ":5201" in beta.run("ss", "-tln").stdout, 5, "iperf3 listens")
        resident = alpha.resident_kib()
        alpha.run("iperf3", "-c", beta.overlay, "-n", "200M")
        server.wait(10)
        assert alpha.ping(beta.overlay, count=5) == (5, 5)
        assert alpha.resident_kib() - resident < 24 * 1024
        dropped = alpha.counters()["capture_dropped"] - before
        assert dropped > 100
        child.send_signal(signal.SIGCONT)
        child.send_signal(signal.SIGINT)
        file.write(head + child.stdout.buffer.read())
        said = child.stderr.read()
        assert child.wait(10) == 130
    stats = Capture(path).interfaces[-1].stats
    assert stats["dropped"] >= dropped and stats["matched"] == stats["delivered"] + stats["dropped"]
    assert f"{stats['dropped']} dropped for want of room" in said


def test_several_interfaces_and_one_that_goes(alpha):
    """Each has its own in the file; the capture of one that is taken away ends and says so."""
    alpha.knet("configure", "interface knet1", "node-id 1", f"network-secret file {alpha.secret}",
               "port 50100", "peer zeta 9 10.66.0.9")
    wait_until(lambda: alpha.has_device("knet1"), 5, "knet1 is live")
    both = Running(alpha, "inner", "both.pcapng")
    running = Running(alpha, "inner interface knet1")
    code, said = fail(alpha, "capture inner interface knet1 peer zeta")
    assert code == 2, said
    alpha.knet("configure", "no interface knet1")
    said, _ = running.child.communicate(timeout=10)
    assert running.child.returncode == 1 and "not live any more" in said
    assert [i.name for i in Capture(running.path, is_whole=False).interfaces] == ["knet1"]
    both.child.send_signal(signal.SIGINT)
    both.child.communicate(timeout=10)
    file = Capture(both.path, is_whole=False)
    assert [(i.name, i.stats is None) for i in file.interfaces] == [
        ("knet0", False), ("knet1", True)]
