# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Changes of the configuration that must not go wrong: trials over the network that they are about,
rollback under traffic, a daemon that is killed, a disk that is full, sessions in each other's way.

    alpha knet0 ==== two links ==== knet0 beta
"""

import json
import random
import re
import signal
import socket
import stat
import subprocess
import time
from datetime import datetime

import pexpect
import pytest

from knetlab import process
from knetlab.host import wait_all_up
from knetlab.process import wait_until
from knetlab.programs import is_sanitized, program

# What an operator far away has on the host that he configures: a shell, here of one line.
RELAY = """
import socket, subprocess, sys
server = socket.create_server((sys.argv[1], 7777))
print("ready", flush=True)
while True:
    conn, _ = server.accept()
    lines = conn.makefile().readline().strip().split(";")
    words = [word for line in lines for word in ("-c", line)]
    done = subprocess.run([*sys.argv[2:], *words], capture_output=True, text=True)
    conn.sendall((done.stdout + done.stderr).encode())
    conn.close()
"""
ASK = """
import socket, sys
conn = socket.create_connection((sys.argv[1], 7777), timeout=float(sys.argv[2]))
conn.sendall((sys.argv[3] + "\\n").encode())
print(conn.makefile().read())
"""


def ask(host, other, lines, timeout=5):
    """Runs lines on the other host, over the overlay."""
    return host.run("/usr/bin/python3", "-c", ASK, other.overlay, timeout, ";".join(lines),
                    check=False, timeout=timeout + 10)


@pytest.fixture(scope="module")
def trial(make_shared_scene):
    """Alpha, whose change through the overlay cuts off whoever made it. It takes a minute to come
    back: the other stories of this file are told meanwhile."""
    scene = make_shared_scene(2)
    scene.configure()
    scene.start()
    alpha, beta = scene.hosts
    relay = alpha.spawn("/usr/bin/python3", "-c", RELAY, alpha.overlay, program("knet"), "-s",
                        alpha.socket)
    assert relay.stdout.readline() == "ready\n"
    done = ask(beta, alpha, ["configure session far", "interface knet0", "peer beta", "shutdown",
                             "commit confirmed 1 comment cut"])
    assert done.returncode != 0, "the answer should have been lost with the way"
    yield alpha, beta
    process.stop(relay)


@pytest.fixture
def calm(pair):
    wait_all_up(pair.hosts, 30)
    yield pair.hosts
    alpha = pair.hosts[0]
    alpha.knet("commit cancel", check=False)


def configure(host, *lines, check=True):
    return process.run([program("knet"), "-s", host.socket, "-f", "-"], check=check,
                       stdin="\n".join(["configure", *lines, "end"]) + "\n")


def generation(host):
    return json.loads(host.knet("show configuration history | json").stdout)["rows"][0]["generation"]


def beside(host, suffix):
    return host.config.with_name(host.config.name + suffix)


def test_a_trial_has_begun(trial):
    alpha, beta = trial
    assert not alpha.is_up_with([beta])
    rows = alpha.rows("show configuration history")
    assert re.fullmatch(r"confirm in 0\d:\d\d", rows[0]["state"])
    assert rows[0]["comment"] == "cut"
    assert beside(alpha, ".revert").exists()
    assert "on trial" in alpha.knet("write", check=False).stderr


def test_rollback_under_ping_loses_and_rekeys_nothing(calm):
    """Only what differs is applied: traffic and sessions of others do not notice."""
    alpha, beta = calm
    before, links = generation(alpha), alpha.links(beta)
    rekeys = alpha.rows("show crypto sessions")[0]
    ping = alpha.spawn("ping", "-n", "-q", "-i", "0.01", "-c", "200", beta.overlay)
    time.sleep(0.3)
    configure(alpha, "interface knet0", "peer gamma 3 10.77.0.3", "description busy",
              "timers ping 90 timeout 450")
    time.sleep(0.3)
    done = alpha.knet(f"rollback {before}")
    assert "Committed generation" in done.stdout
    out, _ = ping.communicate(timeout=20)
    assert re.search(r"200 packets transmitted, 200 received", out), out
    for number, link in alpha.links(beta).items():
        assert link["down_count"] == links[number]["down_count"]
    after = alpha.rows("show crypto sessions")[0]
    assert after["rekeys"] == rekeys["rekeys"] and after["key_age_s"] >= rekeys["key_age_s"]
    assert "no difference" not in alpha.knet(
        f"show configuration diff running archive {before}").stdout
    assert alpha.knet(f"show configuration diff running archive {before}").stdout == \
        "0 changed, 0 added, 0 removed; re-handshakes: none; traffic impact: none\n"


def test_difference_tells_what_a_change_would_do(calm):
    alpha, _ = calm
    said = alpha.knet("configure session look", "interface knet0", "timers ping 50 timeout 250",
                      "peer nodeE 5 192.0.2.5", "show configuration diff", "abort").stdout
    assert said.splitlines()[:5] == [
        " interface knet0",
        "- timers ping 100 timeout 500            (default)",
        "+ timers ping 50 timeout 250",
        "+ peer nodeE 5 192.0.2.5",
        "1 changed, 1 added, 0 removed; re-handshakes: none; traffic impact: none"]
    said = alpha.knet("configure session look", "interface knet0", "suite aes128-gcm",
                      "show configuration diff", "abort").stdout
    assert "re-handshakes: 1 peer of knet0" in said
    assert generation(alpha) == max(row["generation"] for row in
                                    alpha.rows("show configuration history"))


def test_two_sessions_commit(calm):
    """Different things are merged; the same thing is a conflict, shown, and nothing happens."""
    alpha, _ = calm
    alpha.knet("configure session a", "interface knet0", "description one")
    alpha.knet("configure session b", "interface knet0", "mac-table aging 200")
    rows = {row["name"]: row for row in alpha.rows("show configuration sessions")}
    assert rows["a"]["change"] == "+1 ~0 -0" and rows["a"]["session"] is None
    assert "Committed" in alpha.knet("configure session a", "commit").stdout
    assert "Committed" in alpha.knet("configure session b", "commit").stdout
    running = alpha.knet("show running-config").stdout
    assert " description one\n" in running and " mac-table aging 200\n" in running
    alpha.knet("configure session a", "interface knet0", "description two")
    alpha.knet("configure session b", "interface knet0", "description three")
    alpha.knet("configure session a", "commit")
    before = generation(alpha)
    done = alpha.knet("configure session b", "commit", check=False)
    assert done.returncode == 5
    assert "conflict: interface knet0: here `description three`, meanwhile `description two`" \
        in done.stdout
    assert generation(alpha) == before
    alpha.knet("configure session b", "abort")
    configure(alpha, "interface knet0", "no description", "no mac-table aging")
    assert alpha.rows("show configuration sessions") == []


def shell(host):
    child = pexpect.spawn(str(program("knet")), ["-s", str(host.socket)], encoding="utf-8",
                          timeout=10, env={"HOME": str(host.directory), "TERM": "dumb",
                                           "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
    child.expect_exact("alpha# ")
    return child


def test_lock_dies_with_its_holder(calm):
    alpha, _ = calm
    child = shell(alpha)
    child.sendline("configure exclusive")
    child.expect_exact("(config-s-exclusive)# ")
    done = configure(alpha, "hostname other", check=False)
    assert done.returncode == 5
    assert re.search(r"locked by root \(pid \d+, pts/\d+, session \d+\) for 00:00:0\d",
                     done.stderr), done.stderr
    assert alpha.rows("show configuration lock")[0]["pid"] == child.pid
    child.kill(signal.SIGKILL)
    child.close(force=True)
    wait_until(lambda: not alpha.rows("show configuration lock"), 5, "the lock is gone")
    configure(alpha, "logging level debug")
    configure(alpha, "no logging level")


def test_prompt_tells_of_candidate_and_trial(calm):
    alpha, _ = calm
    child = shell(alpha)
    child.sendline("configure session x")
    child.expect_exact("alpha(config-s-x)# ")
    child.sendline("interface knet0")
    child.expect_exact("alpha(config-s-x-if-knet0)# ")
    child.sendline("description y")
    child.expect_exact("alpha(config-s-x*-if-knet0)# ")
    child.sendline("commit confirmed 5")
    child.expect_exact("Reverts in 5 min unless `commit`")
    child.expect_exact("alpha(config-s-x!-if-knet0)# ")
    child.sendline("commit cancel")
    child.expect_exact("alpha(config-s-x-if-knet0)# ")
    child.sendline("end")
    child.expect_exact("alpha# ")
    child.sendline("configure revert-in 5")
    child.expect_exact("alpha(config-!)# ")
    child.sendline("interface knet0")
    child.expect_exact("# ")
    child.sendline("description safe")
    child.expect_exact("alpha(config-!-if-knet0)# ")
    assert " description safe\n" in alpha.knet("show running-config").stdout
    child.close(force=True)
    wait_until(lambda: " description safe\n" not in alpha.knet("show running-config").stdout, 5,
               "what the dead session changed is undone")


def test_files_go_in_and_out(calm):
    alpha, _ = calm
    alpha.knet("write file kept")
    kept = alpha.directory / "kept"
    assert kept.read_text(encoding="utf-8").startswith("! knet-config 1\n")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    configure(alpha, "interface knet0", "description away")
    assert "Committed" in alpha.knet("configure replace kept").stdout
    assert "description away" not in alpha.knet("show running-config").stdout
    # Nothing of a file with an error, which is listed with its place.
    bad = alpha.directory / "bad"
    bad.write_text("interface knet0\n description x\n mtu none\n", encoding="utf-8")
    done = alpha.knet("copy bad running-config", check=False)
    assert done.returncode == 5 and f"{bad}:3:6" in done.stdout
    assert "description x" not in alpha.knet("show running-config").stdout
    # A secret is no place for a configuration, and no configuration either.
    done = alpha.knet(f"write file {alpha.secret}", check=False)
    assert done.returncode == 5 and "no configuration" in done.stderr
    assert alpha.knet(f"copy {alpha.secret} running-config", check=False).returncode == 5


def test_load_from_the_terminal(calm):
    """Typed or pasted lines are one transaction from the top, errors with their lines, ^C drops
    them; in a script they are the lines behind the command, and with -c those of stdin."""
    alpha, _ = calm
    before = generation(alpha)
    child = shell(alpha)
    child.sendline("configure")
    child.expect_exact("(config)# ")
    child.sendline("interface knet0")
    child.expect_exact("(config-if-knet0)# ")
    child.sendline("load terminal")
    child.expect_exact("^C drops them")
    child.send("".join(f"interface knet0\r peer p{i} {i} 192.0.2.{i}\r" for i in range(50, 250)))
    child.send("\x04")
    child.expect_exact("! 400 lines loaded")
    child.expect_exact("(config-if-knet0)# ")
    assert generation(alpha) == before + 1
    assert alpha.knet("show running-config").stdout.count("\n peer p") == 200
    child.sendline("load merge terminal")
    child.expect_exact("^C drops them")
    child.send("hostname gamma\rrubbish\r\x04")
    child.expect_exact("terminal:2:1: Invalid input")
    child.expect_exact("alpha(config-if-knet0)# ")
    child.sendline("load terminal")
    child.expect_exact("^C drops them")
    child.send("hostname gamma\r\x03")
    child.expect_exact("Nothing loaded")
    child.expect_exact("alpha(config-if-knet0)# ")
    child.close(force=True)
    assert generation(alpha) == before + 1
    # Replaced, in a session; the text is what is in force, so that nothing is left to commit.
    text = alpha.knet("show running-config").stdout
    done = process.run([program("knet"), "-s", alpha.socket, "-c", "configure session r", "-c",
                        "load replace terminal", "-c", "show configuration diff", "-c", "abort"],
                       stdin=text.replace("hostname alpha", "hostname replaced"))
    assert "1 changed, 0 added, 0 removed" in done.stdout, done.stdout
    script = "configure\nload terminal\ninterface knet0\n description typed\n\x04\nend\nshow clock\n"
    done = process.run([program("knet"), "-s", alpha.socket, "-f", "-"], stdin=script)
    assert "T" in done.stdout
    assert " description typed\n" in alpha.knet("show running-config").stdout
    done = process.run([program("knet"), "-s", alpha.socket, "-f", "-"], check=False,
                       stdin="configure\nload terminal\ninterface knet0\n description no\n mtu x\n")
    assert done.returncode == 2 and "stdin:5:" in done.stderr, done.stderr
    assert alpha.knet("configure", "load terminal", check=False).returncode == 2
    alpha.knet(f"rollback {before}")


def test_killed_in_a_trial_boots_what_was_before(make_scene):
    """Even if the change was saved by hand in the meantime; and it may still be confirmed."""
    scene = make_scene(1)
    scene.configure()
    alpha = scene.hosts[0]
    alpha.start()
    alpha.knet("configure session s", "hostname tried", "commit confirmed 5")
    alpha.config.write_text(alpha.knet("show running-config").stdout, encoding="utf-8")
    alpha.daemon.kill()
    alpha.daemon.wait(5)
    alpha.start()
    assert "hostname alpha\n" in alpha.knet("show running-config").stdout
    assert alpha.rows("show configuration lock")[0]["kind"] == "trial"
    alpha.knet("commit confirm")
    assert "hostname tried\n" in alpha.knet("show running-config").stdout
    assert not beside(alpha, ".revert").exists() and not beside(alpha, ".trial").exists()


def test_archive_outlives_the_daemon(make_scene):
    """However it ends: what was there before can be seen, compared and rolled back to, numbers go
    on, secrets are named and not told, and a damaged file is left out with one line."""
    scene = make_scene(1)
    scene.configure()
    alpha = scene.hosts[0]
    archive = beside(alpha, ".archive")
    alpha.start()
    alpha.knet("configure session s", "hostname two", "commit comment the second")
    configure(alpha, "hostname three")
    alpha.knet("write")
    alpha.stop()
    assert stat.S_IMODE(archive.stat().st_mode) == 0o700
    for path in archive.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert alpha.secret.read_text(encoding="utf-8").strip() not in \
            path.read_text(encoding="utf-8")
    alpha.start()
    rows = {row["generation"]: row for row in alpha.rows("show configuration history")}
    assert sorted(rows) == [1, 2, 3] and rows[2]["comment"] == "the second"
    assert rows[3]["state"] == "saved" and rows[2]["user"] == "root"
    assert "-hostname three\n+hostname two\n" in \
        alpha.knet("show configuration rollback 2").stdout
    assert "Committed generation 4" in alpha.knet("rollback 2").stdout
    wait_until((archive / "generation-4").exists, 5, "the disk has it")
    alpha.daemon.kill()
    alpha.daemon.wait(5)
    spoiled = archive / "generation-2"
    spoiled.write_text("! knet-config 1\nrubbish\n", encoding="utf-8")
    alpha.start()
    rows = {row["generation"]: row for row in alpha.rows("show configuration history")}
    assert sorted(rows) == [1, 3, 4, 5] and rows[5]["via"] == "startup"
    assert len(re.findall(r"generation-2 is left out of the archive", alpha.log())) == 1
    assert alpha.knet("rollback 2", check=False).returncode == 5
    assert "Committed generation 6" in alpha.knet("configure replace archive 4").stdout
    assert "hostname two\n" in alpha.knet("show running-config").stdout


def test_killed_while_saving(make_scene):
    """Whenever it dies: the old configuration or the new one, whole."""
    scene = make_scene(1)
    scene.configure()
    alpha = scene.hosts[0]
    peers = [f"peer p{i} {i} 11.{i >> 8}.{i & 255}.7" for i in range(1000, 2500)]
    alpha.start()
    configure(alpha, "interface knet0", *peers)
    alpha.knet("write")
    saved = "hostname alpha"
    for turn in range(6):
        configure(alpha, f"hostname h{turn}")
        saving = subprocess.Popen([program("knet"), "-s", alpha.socket, "write"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, 0.03))
        alpha.daemon.kill()
        alpha.daemon.wait(5)
        saving.wait(10)
        done = process.run([program("knetd"), "-n", "-c", alpha.config], check=False)
        assert done.returncode == 0, done.stderr
        text = alpha.config.read_text(encoding="utf-8")
        assert text.count("\n peer p") == len(peers) and text.endswith("\nexit\n")
        [name] = re.findall(r"^hostname .*$", text, re.M)
        assert name in (saved, f"hostname h{turn}")
        saved = name
        alpha.start()
        assert f"{saved}\n" in alpha.knet("show running-config").stdout


def test_disk_is_full(make_scene):
    """Nothing is lost, nothing half written, and no trial begins without a way back."""
    scene = make_scene(1)
    scene.configure()
    alpha = scene.hosts[0]
    small = alpha.directory / "small"
    small.mkdir()
    process.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", small])
    try:
        config = small / "startup-config"
        config.write_text(alpha.config.read_text(encoding="utf-8"), encoding="utf-8")
        before = config.read_bytes()
        alpha.config = config
        alpha.start()
        with open(small / "filler", "wb") as filler:
            try:
                filler.write(b"x" * 65536)
                filler.flush()
            except OSError:
                pass
        configure(alpha, "hostname full")
        done = alpha.knet("write", check=False)
        assert done.returncode != 0 and "No space left" in done.stderr
        assert config.read_bytes() == before
        done = alpha.knet("configure session s", "hostname trial", "commit confirmed 5",
                          check=False)
        assert done.returncode == 5 and "way back" in done.stderr
        assert "hostname full\n" in alpha.knet("show running-config").stdout
        assert sorted(path.name for path in small.iterdir()) == [
            "filler", "startup-config", "startup-config.archive"]
        wait_until(lambda: "the archive is only in memory" in alpha.log(), 5, "that is told")
        (small / "filler").unlink()
        alpha.knet("write")
        assert b"hostname full\n" in config.read_bytes()
        alpha.stop()
    finally:
        process.run(["umount", "-l", small], check=False)


def state_of(host):
    """All that a command could have changed, as text."""
    return "\n".join([host.knet("show running-config all", check=False).stdout,
                      host.knet("show startup-config").stdout,
                      host.knet("show debug").stdout,
                      host.knet("show configuration history").stdout,
                      host.knet("show configuration sessions").stdout,
                      host.knet("show configuration lock").stdout,
                      *sorted(path.name for path in host.directory.iterdir())])


LASTING = ("watch", "monitor", "ping host", "ping <address>", "traceroute", "show tech-support",
           "show history")
VALUES = {"<interface>": "knet0", "<peer>": "beta", "<mac>": "02:00:00:00:00:01",
          "<ifname>": "knet0", "<duration>": "5m", "<text>": "x", "<host>": "127.0.0.1", "<address>": "127.0.0.1",
          "<generation>": "1"}


def is_long_ping(line):
    """Five requests, a second apart; with a count of one it is the same command."""
    return line.startswith("ping peer") and " count " not in line


def filled(line):
    """A line of `list permutations` with values for its arguments."""
    line = re.sub(r"<(\d+)-\d+>", r"\1", line)
    return re.sub(r"<[^>]+>", lambda match: VALUES.get(match[0], "x"), line)


def test_operator_changes_nothing(calm):
    """Every command that the role may run, and every one that it may not."""
    alpha, _ = calm
    before = state_of(alpha)
    own = alpha.knet("-r list permutations").stdout.splitlines()
    everything = alpha.knet("list permutations").stdout.splitlines()
    assert len(own) > 100 and set(own) < set(everything)
    lines = [filled(line) for line in own if not line.startswith((*LASTING, "exit", "quit", "enable"))
             and not is_long_ping(line)]
    done = process.run([program("knet"), "-r", "-e", "-s", alpha.socket, "-f", "-"], check=False,
                       stdin="show clock\n" + "\n".join(lines) + "\n", timeout=60)
    assert done.returncode in (0, 1, 2), done.stderr
    denied = [filled(line) for line in everything if line not in set(own)]
    done = process.run([program("knet"), "-r", "-e", "-s", alpha.socket, "-f", "-"], check=False,
                       stdin="show clock\n" + "\n".join(denied) + "\n", timeout=60)
    assert done.stderr.count("Permission denied") == len(denied), done.stderr
    assert state_of(alpha) == before
    # What was tried is written down.
    assert alpha.rows("show audit last 1")[0]["result"] == "permission"


def test_disable_gives_up_what_enable_takes_back(calm):
    alpha, _ = calm
    done = alpha.knet("disable", "show privilege", "configure", check=False)
    assert "operator" in done.stdout and done.returncode == 4
    # What was given up at the start is given up for good.
    assert alpha.knet("-r enable", check=False).returncode == 4
    done = alpha.knet("disable", "enable", "show privilege | json")
    assert json.loads(done.stdout)["rows"][0]["role"] == "admin"


def test_all_the_peers_there_can_be_in_one_block(make_scene):
    """65,534 lines: quick, in bounded memory, and all of them or none."""
    scene = make_scene(1)
    scene.configure()
    alpha = scene.hosts[0]
    alpha.start()
    peers = [f"peer p{i} {i} 11.{i >> 8}.{i & 255}.7" for i in range(2, 65536)]
    before = alpha.resident_kib()
    done = configure(alpha, "interface knet0", *peers[:60000], "peer wrong", *peers[60000:],
                     check=False)
    assert done.returncode != 0 and "stdin:60003" in done.stderr
    assert alpha.rows("show peers") == []
    began = time.monotonic()
    configure(alpha, "interface knet0", *peers)
    took = time.monotonic() - began
    assert took < (30 if is_sanitized() else 3), took
    grown = (alpha.resident_kib() - before) / 1024
    print(f"{took:.2f} s, {grown:.0f} MiB")
    assert grown < (2000 if is_sanitized() else 300), grown
    began = time.monotonic()
    alpha.knet("-T 25 rollback 1")
    took = time.monotonic() - began
    print(f"rollback {took:.2f} s")
    assert alpha.rows("show peers") == []


def test_a_trial_that_cuts_off_its_maker_is_undone_on_time(trial):
    alpha, beta = trial
    wait_until(lambda: not alpha.rows("show configuration lock"), 63, "the trial is over", step=0.5)
    reverted, tried = (datetime.fromisoformat(row["time"].rstrip("Z"))
                       for row in alpha.rows("show configuration history")[:2])
    assert 59 < (reverted - tried).total_seconds() < 63
    wait_all_up([alpha, beta], 15)
    history = ask(beta, alpha, ["show configuration history"]).stdout
    assert "revert" in history and "not confirmed" in history, history
    assert not beside(alpha, ".revert").exists()


def test_strangers_and_groups(calm):
    """The socket lets in whom the configuration names, and the kernel says who it is."""
    alpha, _ = calm
    with open("/etc/group", encoding="utf-8") as groups:
        gid = next(int(line.split(":")[2]) for line in groups if line.startswith("games:"))
    probe = ["setpriv", f"--reuid=65534", f"--regid={gid}", "--clear-groups", program("knet"),
             "-s", alpha.socket]
    done = process.run([*probe, "show", "privilege"], check=False)
    assert done.returncode in (3, 4), done.stderr
    configure(alpha, "management group operator games")
    process.run(["chmod", "o+x", alpha.directory, alpha.directory.parent])
    done = process.run([*probe, "show", "privilege", "|", "json"])
    assert json.loads(done.stdout)["rows"][0]["role_max"] == "operator"
    assert process.run([*probe, "configure"], check=False).returncode == 4
    configure(alpha, "no management group operator games", "management group admin games")
    done = process.run([*probe, "-c", "configure", "-c", "hostname alpha"])
    # Not root: files of one directory, and no secrets.
    done = process.run([*probe, "copy", "running-config", "/etc/motd"], check=False)
    assert done.returncode == 4 and "only root" in done.stderr
    done = process.run([*probe, "copy", str(alpha.secret), "running-config"], check=False)
    secret = alpha.secret.read_text(encoding="utf-8").strip()
    assert done.returncode == 4 and secret not in done.stdout + done.stderr
    configure(alpha, "no management group admin games")
    assert process.run([*probe, "show", "privilege"], check=False).returncode in (3, 4)
