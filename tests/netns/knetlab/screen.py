# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What a terminal shows of the bytes that a program sent it."""

import re

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\a")


def drawn(text):
    """The lines as they look: carriage returns and backspaces done, no colours."""
    lines = []
    for raw in ESCAPES.sub("", text).replace("\r\n", "\n").split("\n"):
        line, at = [], 0
        for char in raw:
            if char == "\r":
                at = 0
            elif char == "\b":
                at = max(0, at - 1)
            else:
                line[at:at + 1] = [char]
                at += 1
        lines.append("".join(line))
    return lines
