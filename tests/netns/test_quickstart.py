# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""docs/quickstart.md, typed key by key at the prompts of two real daemons.

    alpha                                      beta
      u0 ----------- [ net0 ] --------------- u0
      u1 ----------- [ net1 ] --------------- u1
"""

import re
import shutil
import socket
import time
from pathlib import Path

import pexpect

from knetlab.process import wait_until
from knetlab.programs import program
from knetlab.screen import drawn

DOCUMENT = Path(__file__).parents[2] / "docs" / "quickstart.md"
PROMPT = re.compile(r"^(alpha|beta)(\(config[^)]*\))?[#>] ?")
TAB = "\u21e5"
LINES_MAX = 10
LATE_S = 5


class Terminal:
    """A client at a dumb terminal of 200 columns, and what stands on it."""

    def __init__(self, host, words):
        self.host, self.words = host, words
        self.child = pexpect.spawn(str(program("knet")), ["-s", str(host.socket), "--no-pager"],
                                   encoding="utf-8", timeout=10, dimensions=(500, 200),
                                   env={"TERM": "dumb", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin",
                                        "HOME": str(host.lab.directory)})
        self.text = ""

    def read(self, quiet_s=0.15):
        """Takes what comes until nothing comes for a while."""
        last = time.monotonic()
        while time.monotonic() - last < quiet_s:
            try:
                self.text += self.child.read_nonblocking(4096, timeout=0.05)
                last = time.monotonic()
            except pexpect.TIMEOUT:
                pass

    def read_until(self, is_there):
        """Takes what comes until it is there, but not for ever: a busy machine is slow."""
        until = time.monotonic() + LATE_S
        self.read()
        while not is_there() and time.monotonic() < until:
            self.read()

    def screen(self):
        """The lines as they look: carriage returns and backspaces done, in the document's words."""
        return [self.translate(line.rstrip()) for line in drawn(self.text)]

    def translate(self, line):
        for ours, theirs in self.words.items():
            line = line.replace(theirs, ours)
        return re.sub(rf"^{re.escape(socket.gethostname())}(?=[(#>])", self.host.name, line)

    def type(self, keys):
        for ours, theirs in self.words.items():
            keys = keys.replace(ours, theirs)
        self.child.send(keys)


def blocks():
    """(host, lines) of each transcript of the document."""
    found = re.findall(r"<!-- (\w+) -->\n```\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    return [(host, text.splitlines()) for host, text in found]


def steps(lines):
    """Of a transcript: (prompt, what is typed, what is answered)."""
    result = []
    for line in lines:
        prompt = PROMPT.match(line)
        if prompt:
            result.append((prompt.group(0), line[prompt.end():], []))
        else:
            result[-1][2].append(line)
    return result


def keys_of(typed):
    """What is pressed: behind TAB, up to the blank, comes by itself."""
    return re.sub(rf"{TAB}\S* ?", "\t", typed)


def squeeze(line):
    return " ".join(line.split())


def matches(wanted, got):
    """Lines against lines; `...` is any number of them, or the rest of one."""
    if not wanted:
        return not got
    if wanted[0].strip() == "...":
        return any(matches(wanted[1:], got[i:]) for i in range(len(got) + 1))
    if not got:
        return False
    want, have = squeeze(wanted[0]), squeeze(got[0])
    same = have.startswith(want[:-3].strip()) if want.endswith("...") else want == have
    return same and matches(wanted[1:], got[1:])


def play(terminal, lines):
    """Types a transcript; returns how many lines were entered."""
    entered, before = 0, ""
    for prompt, typed, answer in steps(lines):
        assert typed.startswith(before) or not before
        rest = typed[len(before):]
        asks = rest.endswith("?")
        shown = typed.replace(TAB, "").rstrip("?")
        for part in re.findall(r"[^\t]+\t?|\t", keys_of(rest.rstrip("?"))):
            terminal.type(part)
            terminal.read(0.1)

        def is_typed():
            return squeeze(terminal.screen()[-1]) == squeeze(prompt + shown)

        terminal.read_until(is_typed)
        assert is_typed(), (prompt + shown, terminal.screen()[-3:])
        begin = len(terminal.screen())
        terminal.type("?" if asks else "\r")

        def got():
            return [line for line in terminal.screen()[begin:-1] if line]

        terminal.read_until(lambda: len(terminal.screen()) > begin and matches(answer, got()))
        assert matches(answer, got()), (typed, got())
        before = shown if asks else ""
        entered += not asks
    return entered


def test_the_transcript_is_true(make_scene, request):
    """What the document shows is what two new hosts do, in at most ten lines each."""
    hosts = {host.name: host for host in make_scene(2).hosts}
    entered = dict.fromkeys(hosts, 0)
    terminals = {}
    for host in hosts.values():
        host.secret = host.directory / "net.secret"
        host.start()
        words = {"/etc/kronosnet/net.secret": str(host.secret),
                 "/etc/kronosnet/startup-config": str(host.config)}
        for number in (1, 2):
            words[f"192.0.2.{number}"] = f"10.66.0.{number}"
            words[f"198.51.100.{number}"] = f"10.67.0.{number}"
        terminals[host.name] = Terminal(host, words)
        terminals[host.name].read(0.5)
        request.addfinalizer(lambda shell=terminals[host.name]: shell.child.close(force=True))
    for name, lines in blocks():
        if name == "beta":
            shutil.copy(hosts["alpha"].secret, hosts["beta"].secret)
        if all(entered.values()):
            wait_until(lambda: hosts["alpha"].is_up_with([hosts["beta"]]), 20, "both links")
        entered[name] += play(terminals[name], lines)
    assert all(0 < count <= LINES_MAX for count in entered.values()), entered
    assert "received" in hosts["alpha"].run("ping", "-c", "2", "-i", "0.2", "10.9.0.2").stdout
    for host in hosts.values():
        assert "peer" in host.config.read_text(encoding="utf-8")
