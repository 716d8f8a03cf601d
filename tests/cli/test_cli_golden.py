# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Transcripts: what is typed (golden/NAME.in) and how the screen looks then (golden/NAME.out).

A file for each mode, typed key by key at a real client and daemon: a literal TAB completes, a `?` asks.
Behind each line comes the enter key, or ^C if the line ends with a `?`. The daemon has golden/startup,
which lacks a secret, so that nothing lives. What differs from run to run is a word in brackets.

    ... --update     writes the .out files anew; look at the difference before you commit it
"""

import os
import re
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

from conftest import BUILD, CLIENT, Server
from knetlab.screen import drawn

GOLDEN = Path(__file__).parent / "golden"
PROMPT = re.compile(r"^(alpha|beta|omega)(\([^)]*\))?[#>] ", re.M)
CHANGING = ((r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?", "<time>"),
            (r"pts/\d+ *", "<tty> "),
            (r"on \d+ CPUs", "on <n> CPUs"),
            (r"\bpid \d+", "pid <pid>"),
            (r"\bUp \d+d \d\d:\d\d:\d\d", "Up <time>"))

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="knetd needs root")


class Daemon(Server):
    """A knetd with the startup configuration of the transcripts."""

    def start(self):
        config = self.log.parent / "startup-config"
        config.write_bytes((GOLDEN / "startup").read_bytes())
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [BUILD / "knetd" / "knetd", "-f", "-c", config, "-s", self.socket],
                stdout=subprocess.PIPE, stderr=log, text=True)
        deadline = time.monotonic() + 15
        while not Path(self.socket).exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)


class Terminal:
    """The client at a dumb terminal, and all that came from it."""

    def __init__(self, server, home):
        env = {"HOME": str(home), "TERM": "dumb", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
               "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "")}
        self.child = pexpect.spawn(str(CLIENT), ["-s", server.socket, "--no-pager"], env=env,
                                   encoding="utf-8", timeout=10, dimensions=(1000, 100))
        self.raw = ""
        self.until_prompts(1)

    def take(self, wait_s):
        try:
            self.raw += self.child.read_nonblocking(65536, wait_s)
        except pexpect.TIMEOUT:
            return False
        return True

    def until_quiet(self):
        """For what has no end that can be seen."""
        while self.take(0.2):
            pass

    def until_prompts(self, count):
        deadline = time.monotonic() + 10
        while len(PROMPT.findall(self.text())) < count:
            assert time.monotonic() < deadline, self.text()
            self.take(0.1)

    def type(self, line):
        """Types a line of the transcript, to the next prompt. Keys wait for their turn; but a list
        that two TABs bring ends with a prompt, too."""
        *listing, rest = line.split("\t\t")
        for part in listing:
            self.child.send(part + "\t\t")
            self.until_quiet()
        for key in ("?", "\x03") if rest.endswith("?") else ("\r",):
            before = len(PROMPT.findall(self.text()))
            self.child.send(rest.removesuffix("?") + key)
            self.until_prompts(before + 1)
            rest = ""

    def text(self):
        """How the screen looks: carriage returns and backspaces done."""
        return "\n".join(drawn(self.raw))


def play(terminal, typed):
    for line in typed.splitlines():
        terminal.type(line)
    text = "\n".join(line.rstrip() for line in terminal.text().splitlines()) + "\n"
    for pattern, word in CHANGING:
        text = re.sub(pattern, word, text)
    return text


@pytest.fixture
def terminal(tmp_path):
    server = Daemon(tmp_path)
    server.start()
    made = Terminal(server, tmp_path)
    yield made
    made.child.close(force=True)
    assert server.stop() == 0


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.in")))
def test_transcript(terminal, request, name):
    got = play(terminal, (GOLDEN / f"{name}.in").read_text(encoding="utf-8"))
    path = GOLDEN / f"{name}.out"
    if request.config.getoption("--update"):
        path.write_text(got, encoding="utf-8")
    assert got == path.read_text(encoding="utf-8")
