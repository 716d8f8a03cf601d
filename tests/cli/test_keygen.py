# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""knet-keygen's contract with scripts: files, output and exit codes."""

import base64
import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from conftest import BUILD

VECTORS = Path(__file__).parents[1] / "vectors"
KEYGEN = BUILD / "knetd" / "knet-keygen"


def keygen(*args):
    return subprocess.run([KEYGEN, *map(str, args)], capture_output=True, text=True, timeout=30,
                          check=False)


@pytest.mark.parametrize("option", ["--secret", "--key"])
def test_new_file_is_one_line_for_its_owner(tmp_path, option):
    path = tmp_path / "new"
    old = os.umask(0)
    try:
        assert keygen(option, path).returncode == 0
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert len(text) == 45 and text.endswith("\n")
    assert len(base64.b64decode(text, validate=False)) == 32


def test_two_secrets_differ(tmp_path):
    assert keygen("--secret", tmp_path / "a").returncode == 0
    assert keygen("--secret", tmp_path / "b").returncode == 0
    assert (tmp_path / "a").read_text() != (tmp_path / "b").read_text()


def test_secret_prints_nothing(tmp_path):
    result = keygen("--secret", tmp_path / "a")
    assert (result.stdout, result.stderr) == ("", "")


def test_public_key_is_that_of_the_file(tmp_path):
    path = tmp_path / "key"
    made = keygen("--key", path).stdout
    shown = keygen("--public", path)
    assert shown.returncode == 0
    assert shown.stdout == made
    assert made != path.read_text()


def test_public_key_of_known_keys(tmp_path):
    """The static keys of the handshake's vectors are given in both forms."""
    vectors = json.loads((VECTORS / "noise_ik.json").read_text())["vectors"]
    for number, vector in enumerate(vectors):
        path = tmp_path / str(number)
        path.write_text(base64.b64encode(bytes.fromhex(vector["resp_static"])).decode() + "\n")
        path.chmod(0o600)
        public = base64.b64decode(keygen("--public", path).stdout)
        assert public.hex() == vector["init_remote_static"]
    assert vectors


@pytest.mark.parametrize("option", ["--secret", "--key"])
def test_existing_file_is_left_alone(tmp_path, option):
    path = tmp_path / "old"
    path.write_text("precious\n")
    result = keygen(option, path)
    assert result.returncode == 1
    assert "exists already" in result.stderr
    assert result.stdout == ""
    assert path.read_text() == "precious\n"


def test_dangling_link_is_not_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert keygen("--secret", tmp_path / "link").returncode == 1
    assert not (tmp_path / "target").exists()


def test_no_directory(tmp_path):
    result = keygen("--secret", tmp_path / "no" / "file")
    assert result.returncode == 1
    assert "No such file" in result.stderr


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_key_that_others_may_read_is_refused(tmp_path, mode):
    path = tmp_path / "key"
    keygen("--key", path)
    path.chmod(mode)
    result = keygen("--public", path)
    assert result.returncode == 1
    assert "0600" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("text", ["", "\n", "A" * 43 + "\n", "A" * 44 + "\n", "A" * 43 + "=x\n",
                                  "A" * 43 + "=\n\n\n\n\n\n\n", "A" * 42 + "\0=\n"])
def test_file_that_is_no_key(tmp_path, text):
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    result = keygen("--public", path)
    assert result.returncode == 1
    assert "44 characters of base64" in result.stderr


@pytest.mark.parametrize("args", [(), ("--secret",), ("--nonsense",), ("--secret", "a", "b"),
                                  ("--secret", "a", "--key", "b"), ("file",)])
def test_wrong_usage(args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = keygen(*args)
    assert result.returncode == 2
    assert "Usage:" in result.stderr
    assert not list(tmp_path.iterdir())


def test_help_and_version():
    assert keygen("--help").returncode == 0
    assert "--secret FILE" in keygen("--help").stdout
    assert keygen("--version").stdout.startswith("knet-keygen ")
