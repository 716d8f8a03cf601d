# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A configuration that is wrong: where, why, and nothing half applied.

    alpha (one host, or two where a running one is changed)
"""

import re

import pytest

from knetlab import process
from knetlab.programs import program

# (the line, the word at which the caret must stand)
MISTAKES = [
    ("node-id 65536", "65536"),
    ("node-id zero", "zero"),
    ("address 10.99.0.1/33", "10.99.0.1/33"),
    ("address 10.99.0.300/24", "10.99.0.300/24"),
    ("port 0", "0"),
    ("policy pasive", "pasive"),
    ("timers ping 100 timout 500", "timout"),
    ("link 8 local 10.66.0.1", "8"),
    ("link 0 lokal 10.66.0.1", "lokal"),
    ("peer beta 2 public-key AAAA 10.66.0.2", "AAAA"),
    ("peer beta 2 10.66.0.2:99999", "10.66.0.2:99999"),
    ("no-such-thing 1", "no-such-thing"),
]


def check(path):
    return process.run([program("knetd"), "-n", "-c", path], check=False)


def one_line_config(tmp_path, line):
    path = tmp_path / "config"
    path.write_text(f"hostname alpha\ninterface knet0\n {line}\nexit\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("line, word", MISTAKES, ids=[line for line, _ in MISTAKES])
def test_a_mistake_is_pointed_at(tmp_path, line, word):
    path = one_line_config(tmp_path, line)
    done = check(path)
    assert done.returncode == 2, done.stderr
    column = (" " + line).index(word) + 1
    assert f"{path}:3:{column}" in done.stderr
    said = done.stderr.splitlines()
    caret = next(i for i, text in enumerate(said) if text.strip() == "^")
    assert said[caret].index("^") == said[caret - 1].index(line) + line.index(word)


def test_a_wrong_word_is_answered_with_the_right_ones(tmp_path):
    done = check(one_line_config(tmp_path, "policy pasive"))
    assert "passive" in done.stderr and "active" in done.stderr


def test_a_file_that_is_right_is_accepted(make_scene):
    scene = make_scene(2)
    scene.configure()
    for host in scene.hosts:
        done = check(host.config)
        assert done.returncode == 0, done.stderr


def test_a_file_that_is_missing_is_not_an_empty_one(tmp_path):
    assert check(tmp_path / "nothing").returncode != 0


def test_the_daemon_starts_without_a_mistake(make_scene):
    """A line in error costs what it says and no more; it is logged, kept aside, not deleted."""
    scene = make_scene(1)
    alpha = scene.hosts[0]
    text = alpha.config_text([]) + "interface knet1\n node-id x\nexit\n"
    alpha.config.write_text(text, encoding="utf-8")
    alpha.start()
    assert re.search(rf"{re.escape(str(alpha.config))}:\d+:10", alpha.log())
    assert alpha.config.read_text(encoding="utf-8") == text
    aside = alpha.config.with_name(alpha.config.name + ".rejected")
    assert " node-id x\n" in aside.read_text(encoding="utf-8")
    running = alpha.knet("show running-config").stdout
    assert "interface knet0" in running and "interface knet1" in running
    assert "node-id x" not in running
    # Into a running daemon it does not go: all or nothing.
    done = alpha.knet("reload daemon yes", check=False)
    assert done.returncode == 5 and "nothing is changed" in done.stderr
    # The same start once more adds nothing to what is aside.
    before = aside.read_bytes()
    alpha.stop()
    alpha.start()
    assert aside.read_bytes() == before


def test_a_rejected_line_changes_nothing_at_run_time(make_scene):
    scene = make_scene(2)
    scene.configure()
    scene.start()
    alpha, beta = scene.hosts
    before = alpha.knet("show running-config").stdout
    # the last line is wrong: the lines before it belong to the same transaction
    script = ("configure\ninterface knet0\naddress 10.98.0.1/24\npeer gamma 3 10.66.0.3\n"
              "policy pasive\n")
    done = alpha.knet("-f -", stdin=script, check=False)
    assert done.returncode == 2, done.stderr
    assert "pasive" in done.stderr
    assert running(alpha) == lines_of(before)
    assert "10.98.0.1" not in alpha.ip("addr show dev knet0")
    assert [row["peer"] for row in alpha.rows("show peers")] == ["beta"]
    assert alpha.ping(beta.overlay) == (3, 3)


def lines_of(text):
    """Without the heading, which has a date."""
    return [line for line in text.splitlines() if not line.startswith("!")]


def running(host):
    return lines_of(host.knet("show running-config").stdout)


def test_lines_take_effect_at_run_time_and_their_no_form_undoes_it(make_scene):
    scene = make_scene(3)
    alpha, beta, gamma = scene.hosts
    scene.configure()
    alpha.configure([beta])
    for host in scene.hosts:
        host.start()
    process.wait_until(lambda: alpha.is_up_with([beta]), 15, "alpha and beta are up")
    before = running(alpha)
    alpha.knet("-f -", stdin=f"configure\ninterface knet0\n{alpha.peer_line(gamma)}\n"
               "address 10.98.0.1/24\nend\n")
    process.wait_until(lambda: alpha.is_up_with([beta, gamma]), 15, "gamma is up, too")
    assert alpha.ping(gamma.overlay) == (3, 3)
    assert "10.98.0.1/24" in alpha.ip("addr show dev knet0")
    alpha.knet("configure", "interface knet0", "no peer gamma", "no address 10.98.0.1/24", "end")
    assert running(alpha) == before
    assert "10.98.0.1/24" not in alpha.ip("addr show dev knet0")
    assert [row["peer"] for row in alpha.rows("show peers")] == ["beta"]


def test_what_is_written_starts_again(make_scene):
    scene = make_scene(2)
    scene.configure()
    scene.start()
    alpha, beta = scene.hosts
    alpha.knet("configure", "interface knet0", "timers ping 50 timeout 250", "end", "write")
    assert "timers ping 50 timeout 250" in alpha.config.read_text(encoding="utf-8")
    before = running(alpha)
    assert alpha.stop() == 0
    alpha.start()
    assert running(alpha) == before
    process.wait_until(lambda: alpha.is_up_with([beta]), 20, "up again")
