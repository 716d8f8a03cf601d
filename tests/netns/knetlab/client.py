# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A client of the control socket that is driven frame by frame."""

import json
import socket
import struct

HELLO, EXEC = 1, 2
ROWS, DONE = 0x86, 0x89
WANTS_ROWS = 1


def frame(kind, req, body, flags=0):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, req, 0) + body


def text(value):
    return struct.pack("=H", len(value)) + value.encode() + b"\0"


class Client:
    """It reads only when it is told to."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(str(path))
        self.socket.settimeout(10)
        self.socket.send(frame(HELLO, 0, struct.pack("=HHH", 1, 1, 0) + text("test")))
        self.receive()

    def receive(self):
        data = self.socket.recv(1 << 16)
        return struct.unpack("=IHHII", data[:16])[1], data[16:]

    def exec(self, req, line, flags=0):
        self.socket.send(frame(EXEC, req, text(line), flags))

    def run(self, req, line):
        self.exec(req, line)
        while self.receive()[0] != DONE:
            pass

    def rows(self, rows=None):
        """What comes until the end of a request: all its rows, added to those given."""
        rows = [] if rows is None else rows
        while True:
            kind, body = self.receive()
            if kind == ROWS:
                rows += [json.loads(line) for line in body.decode().splitlines()]
            elif kind == DONE:
                return rows
