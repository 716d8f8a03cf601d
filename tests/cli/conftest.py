# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The client against a server without an engine (tests/ctl/fake_knetd).

The server's words: show N | show text | show fail | configure | exit; in configuration: hostname
WORD | value NUMBER (over 1000 is refused by the commit) | interface NAME | exit | end.

KNET_BUILD (or KNET_BUILDDIR, as check.sh says) is the build directory, by default ./build.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

# Behind ours: both directories have a conftest.
sys.path.append(str(Path(__file__).parents[1] / "netns"))

BUILD = Path(os.environ.get("KNET_BUILD") or os.environ.get("KNET_BUILDDIR") or "build").resolve()
CLIENT = BUILD / "kronosnetd-cli" / "kronosnetd-cli"
FAKE_SERVER = BUILD / "tests" / "ctl" / "fake_knetd"

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def pytest_addoption(parser):
    parser.addoption("--update", action="store_true", help="write the transcripts of golden/ anew")


class Server:
    """One fake_knetd on a socket of its own."""

    def __init__(self, directory, program=FAKE_SERVER):
        self.program = program
        self.socket = str(directory / "knetd.sock")
        self.process = None
        self.log = directory / "server.log"

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [self.program, self.socket], stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        self.process = None
        return code

    def notice(self):
        self.process.send_signal(signal.SIGUSR1)


@pytest.fixture
def server_program():
    """Overridden where another server is wanted."""
    return FAKE_SERVER


@pytest.fixture
def server(tmp_path, server_program):
    instance = Server(tmp_path, server_program)
    instance.start()
    yield instance
    if instance.process:
        assert instance.stop() == 0, instance.log.read_text(encoding="utf-8")


@pytest.fixture
def knet(server):
    """Runs the client off a terminal: knet(ARGS..., stdin=TEXT)."""

    def run(*args, stdin="", timeout=20):
        return subprocess.run([CLIENT, "-s", server.socket, *args], input=stdin, text=True,
                              capture_output=True, timeout=timeout, check=False)

    return run


class Shell:
    """The client at a terminal."""

    def __init__(self, server, directory, args=(), rows=24, cols=80, term="xterm"):
        self.home = directory / "home"
        self.home.mkdir(exist_ok=True)
        env = {"HOME": str(self.home), "TERM": term, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
               "UBSAN_OPTIONS": os.environ.get("UBSAN_OPTIONS", "")}
        self.child = pexpect.spawn(str(CLIENT), ["-s", server.socket, *args], env=env,
                                   encoding="utf-8", timeout=10, dimensions=(rows, cols))

    def prompt(self, text="alpha# "):
        """Waits for a prompt and returns what was printed before it, without escapes."""
        self.child.expect_exact(text)
        return ANSI.sub("", self.child.before).replace("\r", "")

    def run(self, line, prompt="alpha# "):
        self.child.sendline(line)
        return self.prompt(prompt)

    def history(self):
        return self.home / ".local" / "state" / "knet" / "history"


@pytest.fixture
def shell(server, tmp_path):
    shells = []

    def start(*args, **kwargs):
        shells.append(Shell(server, tmp_path, args, **kwargs))
        return shells[-1]

    yield start
    for one in shells:
        one.child.close(force=True)
