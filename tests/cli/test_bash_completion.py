# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""bash completion of knet, against the real command language (tests/ctl/lang_knetd)."""

import subprocess
from pathlib import Path

import pytest

from conftest import BUILD, CLIENT

SCRIPT = Path(__file__).parents[2] / "man" / "bash" / "knet"
CONFIG = """\
interface knet0
 node-id 1
 network-secret file /etc/secret
 peer beta 2 10.66.0.2
 peer gamma 3 10.66.0.3
exit
"""


@pytest.fixture
def server_program():
    return BUILD / "tests" / "ctl" / "lang_knetd"


@pytest.fixture
def complete(server, tmp_path, knet):
    """complete("knet show pe"): what bash would offer for the last word."""
    assert knet("-f", "-", stdin=CONFIG).returncode == 0
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "knet").symlink_to(CLIENT)

    def run(line):
        words = line.replace("knet ", f"knet -s {server.socket} ", 1).split(" ")
        script = (f'source "{SCRIPT}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _knet; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, "bash", *words], text=True, timeout=20,
                              capture_output=True, check=True,
                              env={"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
        assert done.stderr == ""
        return [word for word in done.stdout.splitlines() if word]

    return run


def test_words_of_the_language(complete):
    assert complete("knet sho") == ["show"]
    assert "peers" in complete("knet show ")
    assert complete("knet sh inter") == ["interfaces"]
    assert complete("knet write ") and "memory" in complete("knet write ")


def test_names_that_the_daemon_has(complete):
    assert complete("knet show peers be") == ["beta"]
    assert {"beta", "gamma", "summary"} <= set(complete("knet show peers "))
    assert complete("knet clear peer ga") == ["gamma"]
    assert "knet0" in complete("knet show interfaces ")


def test_nothing_is_offered_where_nothing_can_be(complete):
    assert not complete("knet show version ")
    assert not complete("knet nonsense ")
    assert "--strict" in complete("knet --")
