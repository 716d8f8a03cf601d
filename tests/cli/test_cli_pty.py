# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The prompt, at a real pseudo-terminal."""

import os
import re
import signal
import stat
import time
from pathlib import Path

import pexpect
import pytest

from conftest import CLIENT

PASTE_BEGIN = "\x1b[200~"
PASTE_END = "\x1b[201~"


def test_prompts_follow_the_mode(shell):
    sh = shell()
    sh.prompt()
    sh.run("configure", "alpha(config)# ")
    sh.run("interface knet0", "alpha(config-if-knet0)# ")
    sh.run("exit", "alpha(config)# ")
    sh.run("hostname beta", "beta(config)# ")
    sh.run("end", "beta# ")


def test_operator_prompt(shell):
    sh = shell("-r")
    sh.prompt("alpha> ")
    assert "% Permission denied" in sh.run("configure", "alpha> ")


def test_exit_leaves(shell):
    sh = shell()
    sh.prompt()
    sh.child.sendline("exit")
    sh.child.expect(pexpect.EOF)
    sh.child.close()
    assert sh.child.exitstatus == 0


def test_error_has_its_caret_under_the_word(shell):
    sh = shell()
    sh.prompt()
    out = sh.run("nonsense").splitlines()
    assert out[1] == " " * len("alpha# ") + "^"
    assert out[2] == "% Invalid input detected at '^' marker: 'nonsense'"


def test_help_key_is_immediate_and_keeps_the_line(shell):
    sh = shell()
    sh.prompt()
    sh.child.send("con?")
    sh.child.expect_exact("configure")
    sh.child.expect_exact("A word")
    sh.prompt("alpha# con")
    sh.child.send("figure\r")
    sh.prompt("alpha(config)# ")


def test_help_key_is_literal_in_quotes_and_after_ctrl_v(shell):
    sh = shell()
    sh.prompt()
    sh.child.send('x "a?b"\r')
    assert "'x \"a?b\"'" in sh.prompt()
    sh.child.send("y\x16?z\r")
    assert "'y?z'" in sh.prompt()


def test_tab_completes_and_lists(shell):
    sh = shell()
    sh.prompt()
    sh.child.send("con\t\r")
    sh.prompt("alpha(config)# ")
    sh.child.send("\t\t")
    sh.child.expect_exact("hostname")
    sh.child.expect_exact("interface")
    sh.child.expect_exact("end")


def test_tab_completes_pipes(shell):
    sh = shell()
    sh.prompt()
    sh.child.send("show 4 | cou\t\r")
    assert sh.prompt().splitlines()[-1] == "4"


def test_ctrl_z_is_end(shell):
    sh = shell()
    sh.prompt()
    sh.run("configure", "alpha(config)# ")
    sh.run("interface knet0", "alpha(config-if-knet0)# ")
    sh.child.send("some text\x1a")
    sh.prompt("alpha# ")


def test_ctrl_d_goes_up_and_out(shell):
    sh = shell()
    sh.prompt()
    sh.run("configure", "alpha(config)# ")
    sh.child.send("\x04")
    sh.prompt("alpha# ")
    sh.child.send("\x04")
    sh.child.expect(pexpect.EOF)
    sh.child.close()
    assert sh.child.exitstatus == 0


def test_ctrl_c_drops_the_line(shell):
    sh = shell()
    sh.prompt()
    sh.child.send("nonsense")
    sh.child.expect_exact("nonsense")
    sh.child.send("\x03")
    sh.prompt()
    assert "%" not in sh.run("show 1")


def test_ctrl_c_stops_a_command(shell):
    sh = shell("--no-pager")
    sh.prompt()
    sh.child.sendline("show 900000")
    sh.child.expect_exact("even ?")
    sh.child.send("\x03")
    assert sh.prompt().endswith("\n")  # behind the ^C
    assert sh.run("show 3 | count").splitlines()[-1] == "3"


def test_pager_pages_lines_and_quits(shell):
    sh = shell(rows=10)
    sh.prompt()
    sh.child.sendline("show 900000")
    sh.child.expect_exact("--More--")
    assert "7  odd" in sh.child.before and "8  even" not in sh.child.before
    sh.child.send("\r")
    sh.child.expect_exact("--More--")
    assert "8  even" in sh.child.before and "9  odd" not in sh.child.before
    sh.child.send(" ")
    sh.child.expect_exact("--More--")
    assert "17  odd" in sh.child.before and "18  even" not in sh.child.before
    sh.child.send("q")
    sh.prompt()
    assert sh.run("show 3 | count").splitlines()[-1] == "3"


def test_pager_quit_cancels(server, shell):
    """The daemon hears of it, and what nobody wants to see is not even made."""
    sh = shell(rows=10)
    sh.prompt()
    sh.child.sendline("show 900000")
    sh.child.expect_exact("--More--")
    sh.child.send("q")
    sh.prompt()
    said = server.log.read_text(encoding="utf-8")
    [rows] = re.findall(r"cancelled after (\d+) rows", said)
    assert 8 <= int(rows) < 100000


def test_pager_only_if_needed(shell):
    sh = shell(rows=10)
    sh.prompt()
    assert "--More--" not in sh.run("show 8")
    assert "--More--" not in sh.run("show 80 | no-more")


def test_paste_is_one_transaction(shell):
    sh = shell()
    sh.prompt()
    sh.child.send(PASTE_BEGIN + "configure\rhostname beta\rinterface knet0\r value 3\r" + PASTE_END)
    sh.prompt("beta(config-if-knet0)# ")
    out = sh.run("end", "beta# ")
    assert "%" not in out
    assert '"generation":2' in sh.run("show 0 | json", "beta# ")


def test_paste_with_an_error_changes_nothing(shell):
    sh = shell()
    sh.prompt()
    sh.run("configure", "alpha(config)# ")
    sh.child.send(PASTE_BEGIN + "hostname beta\rrubbish\rvalue 3\r" + PASTE_END)
    sh.child.expect_exact("paste:2:1: Invalid input")
    sh.child.expect_exact("! Nothing of the paste from line 1 on took effect")
    sh.prompt("alpha(config)# ")


def test_paste_of_a_word_waits_for_enter(shell):
    sh = shell()
    sh.prompt()
    sh.child.send(PASTE_BEGIN + "show text" + PASTE_END)
    sh.child.expect_exact("show text")
    sh.child.send("\r")
    assert "second line" in sh.prompt()


def test_daemon_restart(server, shell):
    sh = shell()
    sh.prompt()
    sh.run("configure", "alpha(config)# ")
    assert server.stop() == 0
    sh.child.expect_exact("knetd is going down")
    sh.child.expect_exact("Connection to knetd lost, configuration mode left")
    sh.prompt("alpha# ")
    assert "% Cannot connect to knetd" in sh.run("show text")
    server.start()
    out = sh.run("show text")
    assert "! Connected to knetd again" in out
    assert "second line" in out


def test_daemon_killed_under_a_command(server, shell):
    sh = shell(rows=10)
    sh.prompt()
    sh.child.sendline("show 900000")
    sh.child.expect_exact("--More--")
    server.stop(signal.SIGKILL)
    while True:
        sh.child.send(" ")
        if sh.child.expect_exact(["--More--", "Connection to knetd lost"]) == 1:
            break
    sh.prompt()
    server.start()
    assert "second line" in sh.run("show text")


def test_notice_while_typing_keeps_the_line(server, shell):
    sh = shell()
    sh.prompt()
    sh.child.send("show te")
    sh.child.expect_exact("show te")
    server.notice()
    sh.child.expect_exact("! something happened")
    sh.prompt("alpha# show te")
    sh.child.send("xt\r")
    assert "second line" in sh.prompt()


def test_history_file(shell):
    sh = shell()
    sh.prompt()
    sh.run("show text")
    sh.run("show 1")
    sh.run("show text")
    mode = sh.history().stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    sh.child.sendline("exit")
    sh.child.expect(pexpect.EOF)
    again = shell()
    again.prompt()
    again.child.send("\x10\x10\x10\r")  # exit, show text, show 1: no line twice
    assert "odd" not in again.prompt() and "even" in again.child.before


def test_width_of_the_terminal(shell):
    wide = shell(cols=200)
    wide.prompt()
    narrow = shell(cols=40)
    narrow.prompt()
    for sh in (wide, narrow):
        for line in sh.run("show 3").splitlines()[1:]:
            assert len(line) <= 40


def test_resize(shell):
    sh = shell()
    sh.prompt()
    sh.child.setwinsize(12, 60)
    time.sleep(0.2)
    sh.child.sendline("show 100")
    sh.child.expect_exact("--More--")
    assert "9  odd" in sh.child.before and "10  even" not in sh.child.before
    sh.child.send("q")
    sh.prompt()


def test_dumb_terminal(shell):
    sh = shell(term="dumb")
    sh.prompt()
    assert "second line" in sh.run("show text")
    assert "\x1b" not in sh.child.before


def test_unsaved_configuration_is_mentioned(knet, shell):
    assert knet("-c", "configure", "-c", "value 1").returncode == 0
    assert "! The running configuration has not been saved" in shell().prompt()


@pytest.mark.parametrize("leave", ["^D", "SIGTERM"])
def test_terminal_is_restored(server, tmp_path, leave):
    """However it ends, ^Z and the rest work again in the shell that started it."""
    script = (f"stty -a >{tmp_path}/before; {CLIENT} -s {server.socket}; "
              f"stty -a >{tmp_path}/after; echo finished")
    child = pexpect.spawn("/bin/sh", ["-c", script], timeout=10, encoding="utf-8",
                          env={"HOME": str(tmp_path), "TERM": "xterm", "PATH": "/usr/bin:/bin"})
    child.expect_exact("alpha# ")
    if leave == "^D":
        child.send("\x04")
    else:
        [client] = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        os.kill(int(client), signal.SIGTERM)
    child.expect_exact("finished")
    child.close()
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()
