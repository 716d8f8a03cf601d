# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What network automation makes of our prompts and errors. The expressions are of the kind that the
drivers for Cisco IOS use (Ansible's network_cli, netmiko): a prompt ends what a command says, some
texts mean that it failed. Here they meet the real client on a pseudo-terminal."""

import re

import pytest

from conftest import BUILD

PROMPT = re.compile(r"[\r\n]?[\w\+\-\.:\/\[\]]+(?:\([^\)]+\)){0,3}(?:[>#]) ?$")
ERRORS = [re.compile(text, re.M | flags) for text, flags in (
    (r"% ?Error", 0), (r"^% \w+", 0), (r"% ?Bad secret", 0), (r"[\r\n%] Bad passwords", 0),
    (r"invalid input", re.I), (r"(?:incomplete|ambiguous) command", re.I),
    (r"connection timed out", re.I), (r"[^\r\n]+ not found", 0),
    (r"'[^']' +returned error code: ?\d+", 0), (r"Bad mask", re.I),
    (r"% ?(\S+) ?overlaps with ?(\S+)", re.I), (r"[%\S] ?Error: ?[\s]+", re.I),
    (r"[%\S] ?Informational: ?[\s]+", re.I), (r"Command authorization failed", 0))]
CONFIG_MODE = re.compile(r"\)#")


@pytest.fixture
def server_program():
    return BUILD / "tests" / "ctl" / "lang_knetd"


@pytest.fixture
def configured(knet):
    config = ("hostname alpha-1.example\ninterface knet0\n node-id 1\n address 10.99.0.1/24\n"
              " network-secret file /etc/secret\n link 0 local 10.66.0.1\n"
              " peer beta 2 10.66.0.2\n")
    assert knet("-f", "-", stdin=config).returncode == 0
    return knet


def drive(shell):
    """As a driver does: no pager, no colours, a wide terminal."""
    child = shell(cols=511, term="vt100").child

    def send(line):
        child.sendline(line)
        child.expect(r"2004h([\w\-\.]+(?:\([^\)]+\))?[>#] )$")
        said = re.sub(r"\x1b\[\?2004[hl]?", "", child.before).replace("\r", "")
        said += "\n" + child.match.group(1)
        assert PROMPT.search(said), said
        return said

    child.expect(r"[>#] $")
    return send


def is_error(said):
    return any(expression.search(said) for expression in ERRORS)


def test_success_is_no_error(configured, shell):
    send = drive(shell)
    for line in ("terminal length 0", "terminal width 511", "show running-config",
                 "show peers", "show peers | include beta"):
        assert not is_error(send(line)), line


def test_every_kind_of_failure_is_an_error(configured, shell):
    send = drive(shell)
    for line in ("nonsense", "show", "c", "show peers | nonsense", "show peers | where x = 1"):
        assert is_error(send(line)), line


def test_modes_are_seen(configured, shell):
    send = drive(shell)
    for line in ("configure terminal", "interface knet0", "peer beta 2"):
        said = send(line)
        assert CONFIG_MODE.search(said.splitlines()[-1]) and not is_error(said), said
    said = send("end")
    assert not CONFIG_MODE.search(said.splitlines()[-1])
    assert said.splitlines()[-1].strip().endswith("#")
