# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The real command language through the real session, without an engine (tests/ctl/lang_knetd)."""

import json
import subprocess

import pytest

from conftest import BUILD, CLIENT

CONFIG = """\
hostname alpha
interface knet0
 node-id 1
 address 10.99.0.1/24
 network-secret file /etc/kronosnet/knet0.secret
 port 50000
 policy passive
 timers ping 100 timeout 500
 link 0 local 10.66.0.1
 link 1 local 10.67.0.1 priority 10
 peer beta 2 10.66.0.2 10.67.0.2
 peer gamma 3
  public-key vJ0nq5xkV3mS7mUQ7o0W9wq0y1y8bJt0c3Q4m3wq2xk=
  link 0 remote 10.66.0.3
  link 1 remote 10.67.0.3
 exit
exit
"""


@pytest.fixture
def server_program():
    return BUILD / "tests" / "ctl" / "lang_knetd"


@pytest.fixture
def configured(knet):
    done = knet("-f", "-", stdin=CONFIG)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return knet


def running(knet):
    return knet("show running-config").stdout


def test_file_is_loaded_and_shown_again(configured, knet):
    text = running(configured)
    for line in ("hostname alpha", "interface knet0", "node-id 1", "peer beta 2 10.66.0.2 10.67.0.2",
                 "peer gamma 3 public-key vJ0nq5xkV3mS7mUQ7o0W9wq0y1y8bJt0c3Q4m3wq2xk= 10.66.0.3 10.67.0.3"):
        assert line in text
    assert knet("-f", "-", stdin=text).returncode == 0
    assert running(knet) == text


def test_peers_as_json(configured):
    doc = json.loads(configured("show", "peers", "|", "json").stdout)
    assert doc["generation"] == 2
    assert [(row["peer"], row["id"]) for row in doc["rows"]] == [("beta", 2), ("gamma", 3)]


def test_abbreviations_and_strict(configured):
    assert configured("sh", "peers").returncode == 0
    done = configured("--strict", "sh", "peers")
    assert done.returncode == 2 and "Did you mean 'show'?" in done.stderr


def test_error_names_the_place(knet):
    done = knet("-f", "-", stdin=CONFIG.replace("port 50000", "port 500000"))
    assert done.returncode == 2
    assert "stdin:6:7: " in done.stderr
    assert "knet0" not in running(knet)


def test_refused_by_the_check(knet):
    done = knet("-f", "-", stdin=CONFIG.replace("peer beta 2", "peer beta 1"))
    assert done.returncode == 5
    assert "knet0" not in running(knet)


def test_lines_and_their_no_form(configured):
    before = running(configured)
    done = configured("-c", "configure", "-c", "interface knet0", "-c", "timers ping 50 timeout 250")
    assert done.returncode == 0
    assert "timers ping 50 timeout 250" in running(configured)
    assert configured("-c", "configure", "-c", "interface knet0", "-c", "no timers",
                      "-c", "timers ping 100 timeout 500").returncode == 0
    assert running(configured) == before
    assert configured("-c", "configure", "-c", "interface knet0",
                      "-c", "no peer beta").returncode == 0
    assert "beta" not in running(configured)


def test_incomplete_and_ambiguous(configured):
    incomplete = configured("clear")
    assert incomplete.returncode == 2
    assert "% Incomplete command" in incomplete.stderr
    assert "% Ambiguous command" in configured("c").stderr


@pytest.mark.parametrize("lines,says", [
    (("show interfaces knet 0",), "'0'. Did you mean 'knet0'?"),
    (("conf t", "int knet 0"), "'0'. Did you mean 'knet0'?"),
    (("conf t", "no interface knet 0"), "'0'. Did you mean 'knet0'?"),
    (("conf t", "int knet0", "link0 local 10.66.0.1"), "'link0'. Did you mean 'link 0'?"),
    (("conf t", "int knet0", "peer beta shutdown"), "`peer NAME` alone, then that line below it"),
    (("conf t", "int knet0", "storm-guard 0"), "Did you mean 'off'?"),
    (("conf t", "int knet0", "peer 2"), "not digits alone"),
    (("conf t", "alias exec sp show peers"), "expected `alias sp show peers`"),
    (("conf t", "int knet0", "link 1 local 10.66.0.1:50000"), "in one `configure session`"),
])
def test_what_others_type(configured, lines, says):
    done = configured(*[word for line in lines for word in ("-c", line)])
    assert done.returncode != 0 and says in done.stderr


def test_help_says_where_a_line_belongs(configured, shell):
    sh = shell()
    sh.prompt("alpha# ")
    sh.run("configure", "alpha(config)# ")
    sh.child.send("no link ?")
    sh.child.expect_exact("belongs into an interface: expected `interface NAME` first")


def test_default_empties_what_no_removes(configured):
    assert configured("-c", "conf t", "-c", "interface knet0",
                      "-c", "default peer beta").returncode == 0
    assert " peer beta 2\n" in running(configured)
    lines = ("conf t", "default interface knet0", "interface knet0", "node-id 7",
             "network-secret file /x")
    assert configured(*[word for line in lines for word in ("-c", line)]).returncode == 0
    assert running(configured).endswith(
        "\ninterface knet0\n node-id 7\n network-secret file /x\nexit\n")
    assert configured("-c", "conf t", "-c", "no interface knet0").returncode == 0
    assert "interface" not in running(configured)
    for line in ("default interface knet0", "default peer-group lan"):
        assert "There is no " in configured("-c", "conf t", "-c", line).stderr


def test_default_empties_a_group_and_keeps_its_members(configured):
    lines = ("conf t", "peer-group lan", "policy active", "interface knet0", "peer beta",
             "group lan", "top", "default peer-group lan")
    assert configured(*[word for line in lines for word in ("-c", line)]).returncode == 0
    assert "peer-group lan\nexit\n" in running(configured)
    assert "group lan\n" in running(configured).split("interface knet0")[1]


def test_prompts(configured, shell):
    sh = shell()
    sh.prompt("alpha# ")
    sh.run("configure", "alpha(config)# ")
    sh.run("interface knet0", "alpha(config-if-knet0)# ")
    sh.run("peer gamma 3", "alpha(config-peer-gamma)# ")
    sh.run("exit", "alpha(config-if-knet0)# ")
    assert "beta" in sh.run("do show peers", "alpha(config-if-knet0)# ")
    sh.run("end", "alpha# ")


def test_tab_and_help_know_live_names(configured, shell):
    sh = shell()
    sh.prompt("alpha# ")
    sh.child.send("show peers be\t")
    sh.child.expect_exact("show peers beta")
    sh.child.send("\x03")
    sh.prompt("alpha# ")
    sh.child.send("show ?")
    sh.child.expect_exact("running-config")
    sh.prompt("alpha# show ")


def test_pasted_peer_is_one_transaction(configured, shell):
    sh = shell()
    sh.prompt("alpha# ")
    sh.run("configure", "alpha(config)# ")
    sh.child.send("\x1b[200~interface knet0\r peer delta 4 10.66.0.4\r description \"a ? b\"\r"
                  "\x1b[201~")
    sh.prompt("alpha(config-if-knet0)# ")
    assert "delta" in running(configured)


def test_object_removed_by_another_session(configured, shell):
    sh = shell()
    sh.prompt("alpha# ")
    sh.run("configure", "alpha(config)# ")
    sh.run("interface knet0", "alpha(config-if-knet0)# ")
    assert configured("-c", "configure", "-c", "no interface knet0").returncode == 0
    sh.child.sendline("port 50001")
    sh.child.expect_exact("%")
    sh.prompt("alpha(config)# ")


@pytest.mark.parametrize("text,code", [(CONFIG, 0), (CONFIG + "rubbish\n", 2)])
def test_offline_check(tmp_path, text, code):
    path = tmp_path / "alpha.conf"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([CLIENT, "-n", "-f", path], text=True, capture_output=True, timeout=20,
                          check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert (f"{path}:18:1: " in done.stderr) == (code == 2)


SCRIPT = "! of a person who knows IOS\r\n{}\r\ninterface knet0\r\n description x\r\n!\r\n exit\r\n{}\r\n{}\r\n"


@pytest.mark.parametrize("first,last,then", [
    ("configure terminal", "end", "show peers"), ("conf t", "exit", "sh run | i description"),
    ("\ufeffconf t", "end", "exit"), ("show peers\nconf t", "do show peers\nend", "show peers")])
def test_scripts_are_read_as_a_session(configured, first, last, then):
    """By -f, by standard input and by -c; -n says the same and changes nothing."""
    script = SCRIPT.format(first, last, then)
    if first[0] == "\ufeff":
        script = first[0] + script.replace(first[0], "")
    before = running(configured)
    assert configured("-n", "-f", "-", stdin=script).returncode == 0
    assert running(configured) == before
    for args, stdin in ((("-f", "-"), script), ((), script),
                        (("-c", script.replace("\ufeff", "").replace("\r", "")), "")):
        done = configured(*args, stdin=stdin)
        assert (done.returncode, done.stderr) == (0, ""), args
        assert " description x" in running(configured)
        assert configured("-c", "conf t", "-c", "int knet0", "-c", "no description").returncode == 0


def test_rehearsed_script_says_where_it_is_wrong(configured):
    script = ("conf t\ninterface knet0\n peer beta 70000\nend\nshow pears\nconf t\nconf t\n")
    done = configured("-n", "-f", "-", stdin=script)
    assert done.returncode == 2
    assert [line[:10] for line in done.stderr.splitlines() if line.startswith("stdin")] == [
        "stdin:3:12", "stdin:5:6:", "stdin:7:1:"]
    assert "this is the configuration already" in done.stderr


def test_script_without_a_daemon_cannot_be_rehearsed(tmp_path):
    path = tmp_path / "script"
    path.write_text("configure terminal\nend\n", encoding="utf-8")
    done = subprocess.run([CLIENT, "-s", tmp_path / "none", "-n", "-f", path], text=True,
                          capture_output=True, timeout=20, check=False)
    assert done.returncode == 3 and "Cannot connect" in done.stderr


def test_configuration_with_commands_behind_its_end(configured, tmp_path):
    path = tmp_path / "alpha.conf"
    path.write_text("\ufeff" + CONFIG + "end\nshow peers | count\n", encoding="utf-8")
    assert configured("-n", "-f", str(path)).returncode == 0
    done = configured("-f", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    path.write_text(CONFIG + "end\nshow pears\n", encoding="utf-8")
    assert f"{path}:19:6: " in configured("-n", "-f", str(path)).stderr
