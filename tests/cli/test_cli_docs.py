# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What documentation says of the program is what the program says."""

import re
import subprocess
from pathlib import Path

from conftest import BUILD

DOCS = Path(__file__).parents[2] / "docs"


def written():
    return subprocess.run([BUILD / "knetd" / "knetd", "-S"], text=True, capture_output=True,
                          timeout=20, check=True).stdout


def test_schemas_are_documented():
    """If this fails: knetd -S >docs/schemas.md"""
    assert (DOCS / "schemas.md").read_text(encoding="utf-8") == written()


def test_keys_follow_the_rules():
    """snake_case, and numbers of bytes, times and shares say their unit."""
    keys = re.findall(r"^\| `([^`]*)` \| (\w+)", written(), re.M)
    assert len(keys) > 50
    for key, _ in keys:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", key), key
