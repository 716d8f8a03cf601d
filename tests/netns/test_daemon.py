# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The daemon and its machine: what changes while it runs, what it waits for, what it gives up.

    alpha                                      beta
      u0 ----------- [ net0 ] --------------- u0
      u1 ----------- [ net1 ] --------------- u1
"""

import json
import resource
import signal
import stat
import time

import pytest

from knetlab import process
from knetlab.host import secret_make, wait_all_up
from knetlab.process import wait_until
from knetlab.programs import program


@pytest.fixture
def calm(pair):
    """Alpha and beta with all links up."""
    wait_all_up(pair.hosts, 30)
    return pair.hosts


def configure(host, *lines, check=True):
    """One transaction; lines of several modes follow each other as in a file."""
    return process.run([program("knet"), "-s", host.socket, "-f", "-"], check=check,
                       stdin="\n".join(["configure", *lines, "end"]) + "\n")


def overlay_addresses(host):
    """What the kernel says of the TAP: MTU, alias, addresses."""
    link = json.loads(host.run("ip", "-j", "-d", "addr", "show", "knet0").stdout)[0]
    addresses = {f"{a['local']}/{a['prefixlen']}" for a in link["addr_info"]
                 if a["scope"] == "global"}
    return link["mtu"], link.get("ifalias"), addresses


def test_addresses_mtu_and_description_at_run_time(calm):
    alpha, _ = calm
    mtu, _, before = overlay_addresses(alpha)
    configure(alpha, "interface knet0", "address 10.98.0.1/24", "address fd98::1/64", "mtu 1280",
              "description rack 7")
    assert overlay_addresses(alpha) == (1280, "rack 7", before | {"10.98.0.1/24", "fd98::1/64"})
    # The longest that there may be is longer than what the kernel takes.
    configure(alpha, "interface knet0", "description " + 253 * "x" + "é")
    assert overlay_addresses(alpha)[1] == 253 * "x"
    configure(alpha, "interface knet0", "no address 10.98.0.1/24", "no address fd98::1/64",
              "no mtu", "no description")
    assert overlay_addresses(alpha) == (mtu, None, before)


def test_mtu_follows_the_underlay(calm):
    alpha, _ = calm
    mtu, _, _ = overlay_addresses(alpha)
    alpha.ip("link set u1 mtu 1400")
    wait_until(lambda: overlay_addresses(alpha)[0] == mtu - 100, 3, "a smaller MTU")
    alpha.ip("link set u1 mtu 1500")
    wait_until(lambda: overlay_addresses(alpha)[0] == mtu, 3, "the former MTU")


def test_a_new_peer_leaves_the_others_alone(calm):
    alpha, beta = calm
    before = alpha.links(beta)
    configure(alpha, "interface knet0", "peer gamma 3 10.77.0.3")
    assert alpha.peer(beta)["state"] == "up"
    gamma = next(row for row in alpha.rows("show peers") if row["peer"] == "gamma")
    assert (gamma["state"], gamma["links"], gamma["rtt_us"]) == ("never", 1, None)
    configure(alpha, "interface knet0", "no peer gamma")
    assert len(alpha.rows("show peers")) == 1
    after = alpha.links(beta)
    for number, link in before.items():
        assert after[number]["down_count"] == link["down_count"]
        assert after[number]["rx_datagrams"] >= link["rx_datagrams"]


REFUSED = [
    # (lines, what the reason must name)
    (["peer gamma 3 10.99.0.3"], "peer gamma link 0: remote 10.99.0.3"),
    (["link 5 local 10.99.0.1"], "link 5: local address 10.99.0.1"),
    (["network-secret file /nonexistent/secret"], "/nonexistent/secret: No such file"),
    (["link 0 local {own0}:{taken}"], "{own0}:{taken}: address and port are in use"),
]


@pytest.mark.parametrize("lines, reason", REFUSED, ids=["tunnel in tunnel", "local in tunnel",
                                                        "no secret", "port in use"])
def test_what_cannot_be_done_changes_nothing(calm, lines, reason):
    """A good line before it is undone, too."""
    alpha, beta = calm
    words = {"own0": alpha.underlay(0), "taken": 50777}
    blocker = alpha.spawn(
        "/usr/bin/python3", "-c", "import socket,time; s=socket.socket(2,2); "
        f"s.bind(('{words['own0']}',{words['taken']})); print('bound',flush=True); time.sleep(20)")
    time.sleep(0.5)
    config = alpha.knet("show running-config").stdout
    kernel = overlay_addresses(alpha)
    down_count = [link["down_count"] for link in alpha.links(beta).values()]
    done = configure(alpha, "interface knet0", "address 10.98.0.1/24",
                     *(line.format(**words) for line in lines), check=False)
    process.stop(blocker, signal.SIGKILL, 5)
    assert done.returncode == 5, done.stderr
    assert reason.format(**words) in done.stderr
    assert alpha.knet("show running-config").stdout == config
    assert overlay_addresses(alpha) == kernel
    assert [link["down_count"] for link in alpha.links(beta).values()] == down_count
    assert alpha.ping(beta.overlay) == (3, 3)


def test_a_secret_that_others_may_read_is_refused(calm, tmp_path):
    alpha, _ = calm
    loose = secret_make(tmp_path / "loose")
    loose.chmod(0o644)
    done = configure(alpha, "interface knet0", f"network-secret file {loose}", check=False)
    assert done.returncode == 5
    assert "0600" in done.stderr


def test_a_lost_tap_is_made_again(calm):
    alpha, beta = calm
    alpha.ip("link del knet0")
    wait_until(lambda: alpha.has_device() and alpha.ping(beta.overlay, check=False)[1], 10,
               "the overlay works again")
    wait_all_up(calm, 20)


def test_reload_takes_the_difference(calm):
    alpha, beta = calm
    text = alpha.config.read_text()
    down_count = [link["down_count"] for link in alpha.links(beta).values()]
    alpha.config.write_text(text.replace("priority 20", "priority 5"))
    alpha.daemon.send_signal(signal.SIGHUP)
    wait_until(lambda: alpha.links(beta)[0]["priority"] == 5, 5, "the new priority")
    alpha.config.write_text(text + "nonsense\n")
    alpha.daemon.send_signal(signal.SIGHUP)
    wait_until(lambda: alpha.log_lines("is not loaded"), 5, "a complaint")
    assert alpha.log_lines(r"startup-config:\d+:1: .*nonsense")
    assert alpha.links(beta)[0]["priority"] == 5
    alpha.config.write_text(text)
    alpha.daemon.send_signal(signal.SIGHUP)
    wait_until(lambda: alpha.links(beta)[0]["priority"] == 20, 5, "the old priority")
    assert [link["down_count"] for link in alpha.links(beta).values()] == down_count


def test_counters_of_peers_and_links_can_be_cleared(calm):
    alpha, beta = calm
    alpha.ping(beta.overlay)
    rows = alpha.rows("show counters")
    assert {"knet0", "peer beta", "peer beta link 0", "peer beta link 1"} <= {
        row["where"] for row in rows}
    frames = {row["counter"]: row["value"] for row in rows if row["where"] == "peer beta"}
    assert frames["rx_frames"] >= 3
    alpha.knet("clear counters")
    after = {(row["where"], row["counter"]): row["value"] for row in alpha.rows("show counters")}
    assert after["peer beta", "rx_frames"] < frames["rx_frames"]
    assert after["knet0", "tap_rx_frames"] < 3


def test_it_has_few_rights(calm):
    alpha, _ = calm
    status = process.status(alpha.daemon.pid)
    net_admin, net_bind_service, sys_nice = 1 << 12, 1 << 10, 1 << 23
    # Without the right to raise its limit it keeps the one to go ahead, where there is one.
    realtime, _ = resource.prlimit(alpha.daemon.pid, resource.RLIMIT_RTPRIO)
    there_are = int(process.status("self")["CapBnd"], 16)
    rights = net_admin | net_bind_service | (0 if realtime else sys_nice & there_are)
    assert realtime <= 1
    assert int(status["CapEff"], 16) == rights
    assert int(status["CapBnd"], 16) == rights
    assert status["NoNewPrivs"] == "1"


def test_what_is_written_is_for_root_alone(calm):
    alpha, _ = calm
    alpha.config.chmod(0o644)
    alpha.knet("write")
    assert stat.S_IMODE(alpha.config.stat().st_mode) == 0o600
    assert alpha.config.read_text().startswith("! knet-config 1\n")
    left = {path.name for path in alpha.directory.glob("startup-config*")}
    assert left <= {"startup-config", "startup-config.archive"}


def test_it_waits_for_its_addresses(make_scene):
    """Both are missing at the start; they come one after the other."""
    scene = make_scene(2)
    scene.configure()
    alpha, beta = scene.hosts
    for network in range(2):
        alpha.ip(f"addr flush dev u{network}")
    for host in scene.hosts:
        host.start()
    trouble = {link["link"]: link["trouble"]
               for link in alpha.rows("show interfaces")[0]["local_links"]}
    assert trouble == {n: f"waiting for address {alpha.underlay(n)}" for n in range(2)}
    alpha.ip(f"addr add {alpha.underlay(1)}/24 dev u1")
    wait_until(lambda: alpha.links(beta)[1]["state"] == "up", 10, "link 1 is up")
    assert alpha.links(beta)[0]["state"] == "down"
    alpha.ip(f"addr add {alpha.underlay(0)}/24 dev u0")
    wait_all_up(scene.hosts, 10)


COME_AND_GO = """
import subprocess, sys
print("ready", flush=True)
while True:
    batch = "".join(f"link {what} dev {sys.argv[1]}{i} type bridge\\n" for i in range(50) for what in ("add", "del"))
    subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
"""


def test_it_starts_while_devices_come_and_go(make_scene):
    """The kernel then says that what it has told of them may not be all: it is asked again."""
    host = make_scene(1).hosts[0]
    host.run("ip", "-batch", "-", stdin="".join(
        f"link add dev e{i} type bridge\n" for i in range(300)))
    others = [host.spawn("/usr/bin/python3", "-c", COME_AND_GO, name) for name in ("c", "d")]
    for other in others:
        assert other.stdout.readline() == "ready\n"
    for _ in range(3):
        host.start()
        assert host.stop() == 0
    for other in others:
        process.stop(other)


def test_a_machine_without_taps_is_told_so(make_scene):
    """Minimal kernels and containers have none; "No such device" would not say which."""
    alpha = make_scene(1).hosts[0]
    alpha.configure([])
    done = alpha.run("unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev/net && exec "$@"', "sh",
                     program("knetd"), "-f", "-c", alpha.config, "-s", alpha.socket, check=False)
    assert done.returncode == 1
    assert "interface knet0: this machine has no /dev/net/tun" in done.stdout + done.stderr


def test_a_want_of_descriptors_is_told_so(make_scene):
    """However few there are, it is not memory that is short."""
    alpha = make_scene(1).hosts[0]
    alpha.configure([])
    for limit in range(7, 64):
        done = alpha.run("timeout", "2", "prlimit", f"--nofile={limit}:{limit}", program("knetd"),
                         "-f", "-c", alpha.config, "-s", alpha.socket, check=False)
        if done.returncode != 1:
            break
        text = done.stdout + done.stderr
        assert "Too many open files" in text and "memory" not in text, (limit, text)
    assert 12 < limit < 63


def test_fewest_lines_find_their_local_addresses(make_scene):
    """No `link N local`: the route to the first peer decides."""
    scene = make_scene(2)
    for host in scene.hosts:
        peer = next(other for other in scene.hosts if other is not host)
        host.config.write_text(
            f"interface knet0 node-id {host.number} address {host.overlay}/24\n"
            f" network-secret file {host.secret}\n {host.peer_line(peer)}\n")
    scene.start()
    alpha, beta = scene.hosts
    for number, link in alpha.links(beta).items():
        assert link["local"].startswith(alpha.underlay(number) + ":")
    assert alpha.ping(beta.overlay) == (3, 3)


def test_an_unfinished_interface_waits_and_is_not_saved(make_scene):
    scene = make_scene(1)
    alpha = scene.hosts[0]
    alpha.config.write_text("hostname alpha\n")
    alpha.start()
    states = []
    for lines in (["interface knet0"], ["interface knet0", "node-id 1"],
                  ["interface knet0", f"network-secret file {alpha.secret}"],
                  ["interface knet0", f"peer beta 2 {alpha.underlay(0)[:-1]}9"]):
        configure(alpha, *lines)
        states.append(alpha.rows("show interfaces")[0]["state"])
        if len(states) == 2:
            assert alpha.knet("write", check=False).returncode == 1
            assert alpha.config.read_text() == "hostname alpha\n"
    assert states == ["waiting: no node-id", "waiting: no network-secret", "waiting: no peers",
                      "up"]
    alpha.knet("write")


def test_in_the_background(make_scene, tmp_path):
    scene = make_scene(1)
    alpha = scene.hosts[0]
    alpha.configure([])
    pid_file = tmp_path / "pid"
    words = [program("knetd"), "-c", alpha.config, "-s", alpha.socket, "-P", pid_file]
    alpha.run(*words)
    pid = int(pid_file.read_text())
    try:
        assert alpha.knet("show version").stdout.startswith("knetd ")
        second = alpha.run(*words, check=False)
        assert second.returncode == 1
        assert "another daemon" in second.stderr
    finally:
        alpha.run("kill", pid)
        wait_until(lambda: not pid_file.exists() and not alpha.socket.exists(), 10, "its end")
    # What is wrong is left out, and said.
    alpha.config.write_text("nonsense\n")
    done = alpha.run(*words)
    try:
        assert "startup-config.rejected" in done.stderr
    finally:
        alpha.run("kill", int(pid_file.read_text()))
        wait_until(lambda: not pid_file.exists(), 10, "its end")
