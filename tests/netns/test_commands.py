# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What commands answer of a live network, and what lines that speak for many come to.

    alpha                                      beta
      u0 ----------- [ net0 ] --------------- u0
      u1 ----------- [ net1 ] --------------- u1
"""

import json
import re

import pexpect
import pytest

from knetlab import process
from knetlab.host import wait_all_up
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


def knet(host, *words, check=True):
    return process.run([program("knet"), "-s", host.socket, *words], check=check)


def rows(host, *words):
    return json.loads(knet(host, *words, "|", "json").stdout)["rows"]


def test_groups_reach_the_engine(calm):
    """A change of a group changes what its members do, and a member that leaves goes back."""
    alpha, _ = calm
    before = [row["priority"] for row in rows(alpha, "show", "links")]
    configure(alpha, "peer-group core", "policy active", "link 1 priority 77",
              "interface knet0", "peer beta", "group core")
    peer = rows(alpha, "show", "peers", "beta")[0]
    assert peer["policy"] == "active"
    assert [row["priority"] for row in rows(alpha, "show", "links")] == [before[0], 77]
    configure(alpha, "peer-group core", "no policy")
    assert rows(alpha, "show", "peers", "beta")[0]["policy"] == "passive"
    configure(alpha, "peer-group core", "shutdown")
    wait_until(lambda: rows(alpha, "show", "peers", "beta")[0]["state"] != "up", 10, "shutdown")
    configure(alpha, "interface knet0", "peer beta", "no group")
    wait_until(lambda: rows(alpha, "show", "peers", "beta")[0]["state"] == "up", 20, "service")
    assert [row["priority"] for row in rows(alpha, "show", "links")] == before


def test_ranges_are_one_transaction(calm):
    alpha, _ = calm
    configure(alpha, "interface knet0", "peer web1 101 10.66.0.101", "peer web2 102 10.66.0.102",
              "peer range web*", "description shop", "policy active")
    assert {row["policy"] for row in rows(alpha, "show", "peers") if "web" in row["peer"]} == \
        {"active"}
    assert rows(alpha, "show", "peers", "beta")[0]["policy"] == "passive"
    done = configure(alpha, "interface knet0", "peer range web*,nobody", "shutdown", check=False)
    assert done.returncode != 0
    configure(alpha, "interface knet0", "no peer web1", "no peer web2")


def test_counters_are_filtered_and_cleared(calm):
    alpha, beta = calm
    alpha.ping(beta.overlay)
    every = rows(alpha, "show", "counters")
    assert {row["where"] for row in every} >= {"knet0", "peer beta", "peer beta link 0"}
    assert {row["where"] for row in rows(alpha, "show", "counters", "interface")} == {"knet0"}
    of_name = rows(alpha, "show", "counters", "interface", "knet0")
    assert [row["counter"] for row in of_name] == [row["counter"] for row in every
                                                   if row["where"] == "knet0"]
    assert all("link" in row["where"] for row in rows(alpha, "show", "counters", "link"))
    assert all(row["error"] for row in rows(alpha, "show", "counters", "errors"))
    assert all(row["value"] for row in rows(alpha, "show", "counters", "nonzero"))
    # Rates are those of interfaces.
    assert all((row["per_s"] is None) == row["where"].startswith("peer") for row in every)
    wait_until(lambda: any(row["per_s"] > 0 for row in rows(alpha, "show", "counters", "interface")
                           if row["counter"] == "tap_rx_frames"), 5, "a rate of what was pinged")
    assert knet(alpha, "show", "counters", "interface").stdout.split()[:4] == [
        "Where", "Counter", "Total", "/s"]
    assert "/s" not in knet(alpha, "show", "counters", "peer", "beta").stdout
    of_peer = rows(alpha, "show", "counters", "peer", "beta", "nonzero")
    frames = [row["value"] for row in of_peer if row["counter"] == "tx_frames"][0]
    assert frames >= 3

    def values(where, counter):
        return [row["value"] for row in rows(alpha, "show", "counters")
                if row["where"] == where and row["counter"] == counter][0]
    before = values("knet0", "tap_rx_frames") if any(
        row["counter"] == "tap_rx_frames" for row in every) else None
    knet(alpha, "clear", "counters", "peer", "beta", "link", "0")
    assert values("peer beta", "tx_frames") >= frames
    knet(alpha, "clear", "counters", "peer", "beta")
    assert values("peer beta", "tx_frames") < frames
    if before is not None:
        assert values("knet0", "tap_rx_frames") >= before
    for line in ("clear counters peer nobody", "clear counters interface nobody",
                 "show counters interface nobody", "show counters interface nobody rates",
                 "monitor counters interface nobody", "monitor links peer nobody"):
        done = knet(alpha, line, check=False)
        assert done.returncode == 1 and "There is no" in done.stderr and done.stdout == "", line


def test_macs_are_filtered_and_cleared(calm):
    alpha, beta = calm
    alpha.ping(beta.overlay)
    configure(alpha, "interface knet0", "mac-table static 52:54:00:00:00:99 peer beta")
    dynamic = rows(alpha, "show", "mac-table", "dynamic")
    assert dynamic and all(row["type"] == "dynamic" for row in dynamic)
    assert [row["mac"] for row in rows(alpha, "show", "mac-table", "static")] == \
        ["52:54:00:00:00:99"]
    mac = dynamic[0]["mac"]
    assert [row["mac"] for row in rows(alpha, "show", "mac-table", "address", mac)] == [mac]
    count = rows(alpha, "show", "mac-table", "count")[0]
    assert (count["static"], count["limit"]) == (1, 65536) and count["dynamic"] >= 1
    assert len(rows(alpha, "show", "mac-table", "peer", "beta")) >= 2
    assert "1 address forgotten" in knet(alpha, "clear", "mac-table", "address", mac).stdout
    knet(alpha, "clear", "mac-table", "peer", "beta")
    assert rows(alpha, "show", "mac-table", "static")
    configure(alpha, "interface knet0", "no mac-table static 52:54:00:00:00:99")


def test_frames_of_each_mac_are_counted(calm):
    """Two addresses behind one peer, in turns: together they are what the peer has sent."""
    alpha, beta = calm

    def counted():
        return {row["mac"]: row["packets"] for row in rows(alpha, "show", "mac-table", "dynamic")}

    def difference():
        of_peer = rows(alpha, "show", "counters", "peer", "beta")
        return sum(counted().values()) - next(row["value"] for row in of_peer
                                              if row["counter"] == "rx_frames")
    beta.ip("link add second link knet0 type macvlan mode bridge")
    beta.ip("link set second up")
    beta.ip("addr add 10.99.0.200/24 dev second")
    macs = beta.mac(), beta.mac("second")

    def ping_in_turns():
        beta.run("ping", "-c", "2", "-i", "0.1", alpha.overlay)
        beta.run("ping", "-c", "2", "-i", "0.1", "-I", "second", alpha.overlay)
    ping_in_turns()
    before, same = counted(), difference()
    for _ in range(3):
        ping_in_turns()
    after = counted()
    wait_until(lambda: difference() == same, 5, "no frame is missed")
    beta.ip("link del second")
    assert all(after[mac] - before[mac] >= 6 for mac in macs), (macs, before, after)


def test_running_config_in_parts(calm):
    alpha, _ = calm
    whole = knet(alpha, "show", "running-config").stdout
    title, rest = whole.split("\n", 1)
    assert re.fullmatch(r"! knet-config 1, generation \d+, \S+Z by \w+", title), title
    part = knet(alpha, "show", "running-config", "interface", "knet0").stdout.split("\n", 1)
    assert part[0] == title and part[1] in rest
    of_peer = knet(alpha, "show", "running-config", "peer", "beta").stdout.splitlines()
    assert of_peer[0] == "interface knet0" and " peer beta" in of_peer[1]
    section = knet(alpha, "show", "running-config", "section", "interface knet0").stdout
    assert section.splitlines()[0] == "interface knet0" and section in whole
    everything = knet(alpha, "show", "running-config", "all").stdout
    for line in (" pong-count 3", " mtu auto", " timers ping 100 timeout 500", " no shutdown"):
        assert line in everything.splitlines()
    # what is default may be said, and changes nothing
    process.run([program("knet"), "-s", alpha.socket, "-f", "-"], stdin=everything)
    assert knet(alpha, "show", "running-config").stdout == whole


def test_the_other_host_is_generated(calm, tmp_path):
    """The lines for beta that alpha prints are a configuration that beta's daemon takes."""
    alpha, _ = calm
    lines = knet(alpha, "generate", "peer-config", "beta").stdout
    file = tmp_path / "beta.conf"
    file.write_text(lines, encoding="utf-8")
    process.run([program("knetd"), "-n", "-c", file])
    assert "hostname beta" in lines and f" peer {alpha.name} 1" in lines
    assert f"link 0 remote {alpha.underlay(0)}" in lines


def test_keys_are_made_and_shown(calm, tmp_path):
    alpha, _ = calm
    path = tmp_path / "new.secret"
    knet(alpha, "crypto", "generate", "network-secret", str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    again = knet(alpha, "crypto", "generate", "network-secret", str(path), check=False)
    assert again.returncode == 1 and "exists already" in again.stderr
    public = knet(alpha, "crypto", "generate", "key", str(tmp_path / "key")).stdout.split()[2]
    assert len(public) == 44
    keys = {row["peer"]: row for row in rows(alpha, "show", "crypto", "keys")}
    assert len(keys["(this host)"]["public_key"]) == 44
    assert keys["beta"]["identity"] == "derived"


def test_about_the_daemon_itself(calm):
    alpha, _ = calm
    assert rows(alpha, "show", "clock")[0]["time"].endswith("Z")
    configure(alpha, "alias spd show peers down")
    assert rows(alpha, "show", "alias") == [{"alias": "spd", "line": "show peers down"}]
    assert not rows(alpha, "spd")
    configure(alpha, "no alias spd")
    listed = knet(alpha, "show", "commands", "all").stdout
    assert "peer-group <name>" in listed and "IFACE:" in listed
    assert "no interface <ifname>" in knet(alpha, "-c", "configure", "-c",
                                           "list permutations").stdout


def test_logging_goes_where_it_is_told(calm, tmp_path):
    """A file gets what its own level says, a subsystem may say more than the others."""
    alpha, _ = calm
    path, graver = tmp_path / "knetd.log", tmp_path / "grave.log"
    configure(alpha, f"logging file {path} level debug")
    knet(alpha, "clear", "counters")
    wait_until(lambda: "clear counters" in path.read_text(encoding="utf-8"), 5, "the audit")
    configure(alpha, f"logging file {graver} level error")
    knet(alpha, "clear", "counters")
    assert graver.read_text(encoding="utf-8") == ""
    configure(alpha, f"logging file {graver}", "logging level error", "logging level audit notice")
    knet(alpha, "clear", "counters")
    wait_until(lambda: "clear counters" in graver.read_text(encoding="utf-8"), 5, "the audit")
    done = configure(alpha, "logging file /nowhere/at/all", check=False)
    assert done.returncode == 5 and "/nowhere/at/all" in done.stderr
    configure(alpha, "no logging file", "no logging level", "no logging level audit")
    assert "logging" not in knet(alpha, "show", "running-config").stdout


def test_stop_and_reload_ask_first(make_scene):
    """A person is asked, a script has to say it; what is saved is loaded again without a word."""
    scene = make_scene(1)
    scene.configure()
    [alpha] = scene.hosts
    alpha.start()
    assert "is in force" in knet(alpha, "reload", "daemon").stdout
    configure(alpha, "hostname other")
    done = knet(alpha, "reload", "daemon", check=False)
    assert done.returncode == 1 and "--yes" in done.stderr
    knet(alpha, "--yes", "reload", "daemon")
    assert "hostname alpha\n" in knet(alpha, "show", "running-config").stdout
    assert knet(alpha, "stop", "daemon", check=False).returncode == 1
    shell = pexpect.spawn(str(program("knet")), ["-s", str(alpha.socket)], encoding="utf-8",
                          timeout=10, env={"HOME": str(alpha.directory), "TERM": "dumb",
                                           "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    shell.expect_exact("alpha# ")
    shell.sendline("stop daemon")
    shell.expect_exact("Stop the daemon? [y/N]")
    shell.sendline("no")
    shell.expect_exact("alpha# ")
    assert alpha.daemon.poll() is None
    shell.sendline("show history | last 1")
    shell.expect_exact("show history | last 1\r\nshow history | last 1\r\n")
    shell.sendline("stop daemon")
    shell.expect_exact("Stop the daemon? [y/N]")
    shell.sendline("yes")
    wait_until(lambda: alpha.daemon.poll() is not None, 10, "the end")
    assert alpha.daemon.returncode == 0
    assert "ends by command of root" in alpha.log()
    alpha.daemon = None
    shell.close(force=True)


SHOW = "show counters | json lines"


def test_clear_counters_for_one_session(calm):
    """A reader has zeros of its own: what others see does not change, nor what they clear."""
    alpha, beta = calm

    def lines(*more):
        done = knet(alpha, "-r", *[word for line in more for word in ("-c", line)])
        all_rows, sums = [json.loads(line) for line in done.stdout.splitlines()], [{}]
        for row in all_rows:
            place = (row["where"], row["counter"])
            if place in sums[-1]:
                sums.append({})
            sums[-1][place] = row["value"]
        return sums

    alpha.ping(beta.overlay, count=3)
    frames, sent = ("peer beta", "tx_frames"), ("peer beta link 0", "link_tx_datagrams")
    [before, after] = lines(SHOW, "clear counters session", SHOW)
    assert before[frames] >= 3 and after[frames] == 0
    assert before[sent] > 10 and after[sent] < 10
    [others] = lines(SHOW)
    assert others[frames] >= before[frames]
    [one] = lines("clear counters peer beta link 0 session", SHOW)
    assert one[sent] < 10 and one[frames] >= 3
    assert knet(alpha, "-r", "clear counters", check=False).returncode == 4


def test_events_are_kept_and_forgotten(calm):
    alpha, _ = calm
    every = rows(alpha, "show", "events")
    assert every
    configure(alpha, "events buffer 64")
    kept = rows(alpha, "show", "events")
    assert 0 < len(kept) <= 64 and kept[0]["seq"] >= every[0]["seq"]
    knet(alpha, "clear", "events")
    assert len(rows(alpha, "show", "events")) <= 1
    configure(alpha, "no events buffer")


def test_banner_and_idle_sessions(calm, tmp_path):
    """A terminal is greeted, a script is not; whoever does nothing for too long is shown out."""
    alpha, _ = calm
    (tmp_path / "motd").write_text("for members of the club\n", encoding="utf-8")
    configure(alpha, "banner motd line Welcome, stranger", f"banner motd file {tmp_path / 'motd'}",
              "exec-timeout 0 2")
    shell = pexpect.spawn(str(program("knet")), ["-s", str(alpha.socket)], encoding="utf-8", timeout=10)
    shell.expect_exact("Welcome, stranger")
    shell.expect_exact("for members of the club")
    shell.expect_exact("alpha# ")
    shell.expect_exact("This session was idle for too long")
    shell.close(force=True)
    assert "Welcome" not in knet(alpha, "show", "version").stderr
    configure(alpha, "no banner motd line", "no banner motd file", "no exec-timeout")


VALUES = {"<peer>": "beta", "<ifname>": "knet0", "<mac>": "52:54:00:00:00:01", "<text>": "knet",
          "<duration>": "1h", "<path>": "/nowhere", "<name>": "x", "<group>": "core"}


def filled(line):
    """A line of `list permutations` with values for its arguments."""
    return " ".join(VALUES.get(word, "1" if word.startswith("<") else word)
                    for word in line.split())


def test_every_show_has_a_schema(calm):
    """Each line of `list permutations` that begins with show answers with JSON of its own schema."""
    alpha, _ = calm
    lines = [line for line in knet(alpha, "list", "permutations").stdout.splitlines()
             if line.startswith("show ") and "tech-support" not in line]
    # of lines that differ in the order of their options only, one will do
    some = {tuple(sorted(line.split())): line for line in lines}.values()
    assert len(some) > 40
    script = "".join(f"{filled(line)}\n" for line in some)
    done = process.run([program("knet"), "-j", "-e", "-s", alpha.socket, "-f", "-"], check=False,
                       stdin=script, timeout=60)
    schemas, refused = [], [json.loads(line)["error"] for line in done.stderr.splitlines()]
    rest = done.stdout
    while rest:
        document, end = json.JSONDecoder().raw_decode(rest)
        schemas.append(document["schema"])
        rest = rest[end:].lstrip()
    assert len(schemas) + len(refused) == len(some)
    assert len(set(schemas)) >= 20 and all("/" in schema for schema in schemas), schemas
    # the values are made up: what there is not is no fault of the command
    assert all("There is no" in error["message"] for error in refused), refused


def test_links_that_share_a_source_are_told(make_scene):
    """Without `link` lines the routes decide; where they decide for one path, somebody says so."""
    host = make_scene(1).hosts[0]
    host.start()
    shell = pexpect.spawn(str(program("knet")), ["-s", str(host.socket)], encoding="utf-8",
                          timeout=10)
    shell.expect_exact("# ")
    for line in ("configure", "interface knet0 node-id 1 address 10.9.0.1/24",
                 f"network-secret file {host.secret}"):
        shell.sendline(line)
        shell.expect_exact("# ")
    shell.sendline("peer beta 2 10.66.0.2 10.66.0.3")
    shell.expect_exact("links 0 and 1 share source 10.66.0.1: no path diversity")
    assert "share source" in rows(host, "show", "interfaces")[0]["warning"]
    shell.sendline("peer beta 2 10.66.0.2 10.67.0.3")
    shell.expect_exact("# ")
    wait_until(lambda: rows(host, "show", "interfaces")[0]["warning"] is None, 5, "two sources")
    shell.close(force=True)


def test_one_link_begins_anew(calm):
    alpha, _ = calm

    def downs():
        return [row["down_count"] for row in rows(alpha, "show", "links")]
    first, second = downs()
    knet(alpha, "clear", "peer", "beta", "link", "1")
    wait_all_up([alpha], 20)
    wait_until(lambda: rows(alpha, "show", "links")[1]["state"] == "up", 20, "link 1")
    since = [row["since_s"] for row in rows(alpha, "show", "links")]
    assert since[1] <= since[0] and downs()[0] == first and downs()[1] >= second
    done = knet(alpha, "clear", "peer", "beta", "link", "7", check=False)
    assert done.returncode == 1 and "no such link" in done.stderr


def test_rates_are_measured(calm):
    alpha, beta = calm
    pings = alpha.spawn("ping", "-i", "0.1", "-w", "5", beta.overlay)
    moving = {row["counter"]: row["per_s"]
              for row in rows(alpha, "show", "counters", "peer", "beta", "rates")}
    pings.terminate()
    pings.wait()
    assert 3 <= moving["tx_frames"] <= 40
