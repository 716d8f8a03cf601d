# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What a person sees: the real client and daemon (without interfaces), and a model of the screen."""

import os
import re
import subprocess
import time

import pexpect
import pyte
import pytest

from conftest import BUILD, CLIENT, Server

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="knetd needs root")


class Daemon(Server):
    """A knetd that has nothing but a name."""

    def start(self):
        config = self.log.parent / "startup-config"
        if not config.exists():
            config.write_text("hostname alpha\n", encoding="utf-8")
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [BUILD / "knetd" / "knetd", "-f", "-c", config, "-s", self.socket],
                stdout=subprocess.PIPE, stderr=log, text=True)
        deadline = time.monotonic() + 15
        while self.knet("show version").returncode != 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def knet(self, *words):
        return subprocess.run([CLIENT, "-s", self.socket, *words], text=True, capture_output=True,
                              timeout=20, check=False)


@pytest.fixture
def daemon(tmp_path):
    instance = Daemon(tmp_path)
    instance.start()
    yield instance
    if instance.process:
        instance.stop()


class Screen:
    """A terminal as wide and high as it is asked to be, with the client on it."""

    def __init__(self, socket, home, rows=24, cols=80, **env):
        self.screen = pyte.Screen(cols, rows)
        self.stream = pyte.Stream(self.screen)
        env = {"HOME": str(home), "TERM": "xterm", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
               "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", ""), **env}
        self.child = pexpect.spawn(str(CLIENT), ["-s", str(socket)], env=env, encoding="utf-8",
                                   dimensions=(rows, cols), codec_errors="replace")
        self.raw = ""

    def lines(self):
        return [line.rstrip() for line in self.screen.display]

    def text(self):
        return "\n".join(self.lines()).rstrip()

    def until(self, done, what, timeout=10):
        """Feeds the screen until a condition on it holds."""
        deadline = time.monotonic() + timeout
        while not done():
            assert time.monotonic() < deadline, f"{what}:\n{self.text()}"
            try:
                data = self.child.read_nonblocking(65536, 0.1)
            except pexpect.TIMEOUT:
                continue
            self.raw += data
            self.stream.feed(data)

    def sees(self, pattern, timeout=10):
        self.until(lambda: re.search(pattern, self.text(), re.M), pattern, timeout)

    def at_prompt(self, typed=""):
        self.sees(r"^alpha\S*[#>] ?" + re.escape(typed) + r"\Z")

    def run(self, line):
        self.screen.reset()
        self.child.send(line + "\r")
        self.at_prompt()
        return self.text().splitlines()[1:-1]

    def resize(self, rows, cols):
        self.child.setwinsize(rows, cols)
        self.screen.resize(rows, cols)


@pytest.fixture
def screen(daemon, tmp_path):
    made = []

    def start(**options):
        made.append(Screen(daemon.socket, tmp_path, **options))
        made[-1].at_prompt()
        return made[-1]

    yield start
    for one in made:
        one.child.close(force=True)


@needs_root
def test_log_line_while_typing(daemon, screen):
    """A line of the log stands above the line being edited, which is intact, cursor included."""
    sh = screen()
    sh.run("terminal monitor")
    sh.child.send("show vrsion\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D")
    sh.at_prompt("show vrsion")
    daemon.knet("-c", "configure", "-c", "logging level debug")
    sh.sees(r"^! \S+Z info config: generation 2 by root$")
    sh.at_prompt("show vrsion")
    sh.child.send("e\r")
    sh.sees(r"knetd .*protocol")
    sh.run("terminal no monitor")
    daemon.knet("-c", "configure", "-c", "no logging level")
    assert "generation 3" not in "\n".join(sh.run("show clock"))


@needs_root
def test_watch_draws_in_place_and_highlights(daemon, screen):
    sh = screen(rows=12)
    sh.child.send("watch 1 show events | last 3\r")
    sh.sees(r"every 1 s: show events \| last 3")
    daemon.knet("-c", "configure", "-c", "logging level debug")
    sh.sees(r"generation 2 by root")
    assert sh.text().count("every 1 s") == 1
    assert sh.raw.count("\033[7m") > 0
    sh.resize(20, 60)
    time.sleep(0.2)
    sh.until(lambda: max(map(len, sh.lines())) <= 60, "the new width")
    sh.child.send("q")
    sh.at_prompt()
    # the terminal is an ordinary one again: what is typed is seen
    sh.child.send("show cl")
    sh.at_prompt("show cl")


@needs_root
def test_refresh_ends_with_interrupt(screen):
    sh = screen()
    sh.child.send("show version | refresh 1\r")
    sh.sees(r"every 1 s: show version")
    sh.child.send("\x03")
    sh.at_prompt()


@needs_root
def test_terminal_length_and_width(screen):
    sh = screen(rows=30)
    sh.run("terminal length 5")
    sh.child.send("show memory\r")
    sh.sees("--More--")
    sh.child.send("q")
    sh.at_prompt()
    sh.run("terminal length 0")
    assert "--More--" not in "\n".join(sh.run("show memory"))
    sh.run("terminal width 40")
    assert max(map(len, sh.run("show threads"))) <= 40


@needs_root
@pytest.mark.parametrize("cols", [40, 300])
def test_tables_fit(screen, cols):
    """At 40 columns what is left out is named; at 300 all is there."""
    sh = screen(cols=cols, rows=40)
    lines = sh.run("show threads")
    assert max(map(len, lines)) <= cols
    assert any("not shown" in line for line in lines) == (cols == 40)
    assert any("knetd" in line for line in lines)


@needs_root
def test_what_is_searched_is_not_broken(screen):
    """What a row says on two lines of a narrow screen is found as one."""
    sh = screen(cols=40, rows=40)
    assert not any(re.search("heap free.*next allocation", line) for line in sh.run("show memory"))
    assert any("heap free" in line for line in sh.run("show memory | include next allocation"))


@needs_root
def test_audit_is_whole_at_80_columns(screen):
    """When, what and all of the text, which may go on below."""
    text = "a" * 60
    sh = screen(rows=40)
    for line in ("configure", "interface knet0", f"description {text}", "end"):
        sh.run(line)
    out = sh.run("show audit")
    assert max(map(len, out)) <= 80 and not any("\u2026" in line for line in out)
    assert any(re.match(r"\d\d-\d\d \d\d:\d\d:\d\d  root ", line) for line in out)
    assert text in "".join(line.strip() for line in out)


def descriptions(daemon):
    """Wide, combining and invalid characters in what a table shows."""
    lines = ["configure", "interface knet0", "description 日本語のネットワーク e\u0301te\u0301"]
    assert daemon.knet(*[word for line in lines for word in ("-c", line)]).returncode == 0


@needs_root
@pytest.mark.parametrize("lang", ["C.UTF-8", "C"])
def test_wide_and_combining_characters(daemon, screen, lang):
    descriptions(daemon)
    sh = screen(LANG=lang, cols=100)
    [row] = [line for line in sh.run("show interfaces") if line.startswith("knet0")]
    assert max(map(len, sh.lines())) <= 100
    if lang == "C.UTF-8":
        assert "日" in row


@needs_root
def test_dumb_terminal_gets_no_escapes(screen):
    sh = screen(TERM="dumb")
    sh.child.send("show version\r")
    sh.sees("protocol")
    assert "\x1b" not in sh.raw


@needs_root
def test_tab_knows_columns_and_values_of_pipes(screen):
    sh = screen()
    sh.child.send("show threads | where sta\t")
    sh.at_prompt("show threads | where state")
    sh.child.send("\x15show threads | sort sys\t rev\t\r")
    sh.sees(r"sort system_ms +reverse")
    sh.at_prompt()
    sh.child.send("show threads | columns tid,na\t?")
    sh.at_prompt("show threads | columns tid,name")


@needs_root
def test_help_behind_a_bar_and_behind_watch(screen):
    sh = screen(rows=50)
    sh.child.send("show version | ?")
    sh.sees(r"where +Rows whose column is so")
    sh.child.send("\x15watch ?")
    sh.sees(r"show +Show information")
    sh.sees(r"<1-3600> +Seconds")


@needs_root
@pytest.mark.parametrize("word,ours", [("status", "show interfaces brief"),
                                       ("desc", "show interfaces brief"),
                                       ("counters", "show counters interface")])
def test_interfaces_of_others(daemon, word, ours):
    assert f"Did you mean '{ours}'?" in daemon.knet(f"show int {word}").stderr


@needs_root
def test_lists_have_no_words_of_the_inside(daemon):
    for line in ("list", "show commands all"):
        out = daemon.knet(line).stdout
        assert "terminal length <0-512>" in out and "show peers [summary|detail|down|<peer>]" in out
        assert ":uint" not in out and ":peer" not in out


@needs_root
def test_diff_with_the_last_time(daemon, screen):
    sh = screen()
    assert "nothing to compare" in "\n".join(sh.run("show running-config | diff"))
    assert daemon.knet("-c", "configure", "-c", "logging level debug").returncode == 0
    assert "+logging level debug" in sh.run("show running-config | diff")
    assert sh.run("show running-config | diff") == []


@needs_root
def test_restart_of_the_daemon_under_a_prompt(daemon, screen):
    """It says so, the line being typed stays, the mode is told to be lost, the log comes back."""
    sh = screen()
    sh.run("terminal monitor")
    sh.run("configure")
    sh.child.send("hostn")
    daemon.stop()
    sh.sees("Connection to knetd lost, configuration mode left")
    sh.at_prompt("hostn")
    daemon.start()
    sh.child.send("\x15show clock\r")
    sh.sees("Connected to knetd again")
    sh.at_prompt()
    daemon.knet("-c", "configure", "-c", "logging level debug")
    sh.sees(r"^! \S+Z info config: generation 2 by root$")


@needs_root
def test_paste_without_markers(screen):
    """Lines arrive one after the other, as typed: each is run, none is lost."""
    sh = screen(rows=40)
    sh.child.send("configure\rhostname beta\rhostname gamma\rend\r")
    sh.sees(r"^gamma#\Z")


def test_secrets_are_not_in_the_history(tmp_path):
    """No line holds one: the language takes secrets only as names of files."""
    config = tmp_path / "c"
    config.write_text("interface knet0\n network-secret 0123456789abcdef\n", encoding="utf-8")
    done = subprocess.run([CLIENT, "-n", "-f", config], text=True, capture_output=True, timeout=20,
                          check=False)
    assert done.returncode == 2
