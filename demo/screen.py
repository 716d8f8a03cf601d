# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What the demonstration says: for a person at a terminal, or plain lines for a file."""

import sys
import time

GREEN, RED, BOLD, DIM = "32", "31", "1", "2"

COLUMNS = (("cut", 34), ("sent", 7), ("lost", 5), ("probes lost", 11), ("longest gap", 11),
           ("detected", 9), ("carried by", 10), ("", 0))


class Screen:
    def __init__(self):
        self._is_terminal = sys.stdout.isatty()
        self._start = time.monotonic()

    def paint(self, text, code):
        return f"\x1b[{code}m{text}\x1b[0m" if self._is_terminal else text

    def step(self, text):
        """What is being done now."""
        elapsed = f"[{time.monotonic() - self._start:5.1f} s]"
        print(f"{self.paint(elapsed, DIM)} {text}", flush=True)

    def line(self, text=""):
        print(text, flush=True)

    def heading(self):
        self.line()
        self.line(self.paint(self._format([title for title, _ in COLUMNS]), BOLD))

    def row(self, row):
        """One Row of the table of cuts, and why it is wrong if it is."""
        verdict = self.paint("kept", GREEN) if not row.broken else self.paint("BROKEN", RED)
        self.line(self._format([*row.cells(), verdict]))
        for what in row.broken:
            self.line(self.paint(f"    {what}", RED))

    @staticmethod
    def _format(cells):
        words = []
        for index, (cell, (_, width)) in enumerate(zip(cells, COLUMNS)):
            words.append(f"{cell:<{width}}" if index == 0 or not width else f"{cell:>{width}}")
        return "  ".join(words).rstrip()
