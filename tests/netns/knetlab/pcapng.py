# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Reads pcapng files strictly: whatever is not as the format says is an error."""

import struct

SECTION, IFACE, STATS, PACKET = 0x0A0D0D0A, 1, 5, 6
COMMENT = 1
ETHERNET, RAW = 1, 101


def _blocks(data):
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("=II", data, at)
        assert length % 4 == 0 and length >= 12 and at + length <= len(data), (at, length)
        assert struct.unpack_from("=I", data, at + length - 4)[0] == length
        yield kind, data[at + 8:at + length - 4]
        at += length


def _options(data):
    found = {}
    at = 0
    while True:
        code, length = struct.unpack_from("=HH", data, at)
        at += 4
        if code == 0:
            assert length == 0 and at == len(data)
            return found
        assert code not in found
        found[code] = data[at:at + length]
        padded = (length + 3) & ~3
        assert not any(data[at + length:at + padded])
        at += padded


class Interface:
    """Of the file; `stats` are those at its end, None if there are none."""

    def __init__(self, body):
        self.linktype, reserved, self.snaplen = struct.unpack_from("=HHI", body)
        options = _options(body[8:])
        assert reserved == 0 and options[9] == b"\x09"
        self.name = options[2].decode()
        self.filter = options.get(11, b"\0").decode()[1:]
        self.stats = None

    def take_stats(self, body):
        options = _options(body[12:])
        assert self.stats is None
        self.stats = {name: struct.unpack("=Q", options[code])[0] for name, code in
                      (("received", 4), ("dropped", 5), ("matched", 6), ("delivered", 8))}


class Packet:
    def __init__(self, body, interfaces):
        number, high, low, self.caplen, self.wirelen = struct.unpack_from("=IIIII", body)
        padded = (self.caplen + 3) & ~3
        options = _options(body[20 + padded:])
        flags = struct.unpack("=I", options[2])[0]
        self.interface = interfaces[number]
        self.time = (high << 32 | low) / 1e9
        self.data = body[20:20 + self.caplen]
        self.is_out = {1: False, 2: True}[flags & 3]
        self.reception = flags >> 2 & 7
        self.comment = options.get(COMMENT, b"").decode()


class Capture:
    """A whole file; `is_whole` False: it may lack its end."""

    def __init__(self, path, is_whole=True):
        self.data = path.read_bytes()
        self.interfaces = []
        self.packets = []
        self.comments = []
        for kind, body in _blocks(self.data):
            if kind == SECTION:
                assert body[:16] == struct.pack("=IHHq", 0x1A2B3C4D, 1, 0, -1)
                self.comments.append(_options(body[16:])[COMMENT].decode())
                first = len(self.interfaces)
            elif kind == IFACE:
                self.interfaces.append(Interface(body))
            elif kind == PACKET:
                self.packets.append(Packet(body, self.interfaces[first:]))
            else:
                assert kind == STATS, kind
                self.interfaces[first + struct.unpack_from("=I", body)[0]].take_stats(body[0:])
        assert not is_whole or all(i.stats for i in self.interfaces)

    def of(self, name):
        """Packets of an interface."""
        return [packet for packet in self.packets if packet.interface.name == name]
