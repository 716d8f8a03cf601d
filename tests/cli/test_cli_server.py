# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The server's door: who may enter, how many, and what happens to those who misbehave."""

import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from conftest import CLIENT, FAKE_SERVER, Server

HELLO, EXEC, HELLO_OK, ERR, DONE = 1, 2, 0x81, 0x84, 0x89
NOBODY = 65534


def connect(server):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(10)
    sock.connect(server.socket)
    return sock


def text(value):
    data = value.encode()
    return struct.pack("=H", len(data)) + data + b"\0"


def frame(kind, req=0, body=b""):
    return struct.pack("=IHHII", 16 + len(body), kind, 0, req, 0) + body


def hello():
    return frame(HELLO, 0, struct.pack("=HHH", 1, 1, 0) + text("test"))


def kind_of(record):
    return struct.unpack_from("=IH", record)[1]


def greeted(server):
    sock = connect(server)
    sock.send(hello())
    assert kind_of(sock.recv(65536)) == HELLO_OK
    return sock


def memory_kib(server):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])


def test_cap_per_user(server, knet):
    held = [greeted(server) for _ in range(8)]
    done = knet("show", "1")
    assert done.returncode == 3
    assert "Cannot connect" in done.stderr
    held.pop().close()
    time.sleep(0.2)
    assert knet("show", "1").returncode == 0
    for sock in held:
        sock.close()


def test_silent_client_is_cut_off(server):
    started = time.monotonic()
    sock = connect(server)
    sock.settimeout(20)
    assert sock.recv(65536) == b""
    assert 9 < time.monotonic() - started < 15


@pytest.mark.parametrize("record", [
    b"x",
    b"\xff" * 40,
    struct.pack("=IHHII", 17, EXEC, 0, 1, 0),
    frame(EXEC, 1, text("show 1")),
    frame(HELLO, 0, struct.pack("=HHH", 2, 9, 0) + text("the future")),
    frame(HELLO, 0, b"\x01"),
], ids=["short", "noise", "wrong-length", "exec-before-hello", "other-major", "cut-hello"])
def test_broken_protocol(server, knet, record):
    with connect(server) as sock:
        sock.send(record)
        assert kind_of(sock.recv(65536)) == ERR
        assert sock.recv(65536) == b""
    assert knet("show", "1").returncode == 0


def test_oversized_record(server, knet):
    with greeted(server) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        sock.send(struct.pack("=IHHII", 40000, EXEC, 0, 1, 0) + b"x" * (40000 - 16))
        assert kind_of(sock.recv(65536)) == ERR
    assert knet("show", "1").returncode == 0


def test_clients_that_do_not_read(server, knet):
    """Each has eight endless commands open; the daemon waits for them without growing, and others
    hardly notice."""
    def ten_others():
        started = time.monotonic()
        for _ in range(10):
            assert knet("show", "1000").returncode == 0
        return time.monotonic() - started

    assert knet("show", "70000").returncode == 0
    alone = ten_others()
    before = memory_kib(server)
    stalled = []
    for _ in range(6):
        sock = greeted(server)
        for req in range(1, 9):
            sock.send(frame(EXEC, req, text("show 900000")))
        stalled.append(sock)
    assert ten_others() < 5 + 10 * alone
    # A queue of 64 KiB and one step, for each; freed memory stays with a sanitizer for a while.
    # Unbounded, 48 commands of 900,000 rows would be gigabytes.
    sanitized = b"__asan_init" in FAKE_SERVER.read_bytes()
    assert memory_kib(server) - before < (128 if sanitized else 6) * 1024
    for sock in stalled:
        sock.close()
    assert knet("show", "1").returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_strangers_are_refused():
    # Not in pytest's directory, which is closed to others, with a client of its own.
    with tempfile.TemporaryDirectory(prefix="knet-test-") as name:
        os.chmod(name, 0o755)
        client = shutil.copy(CLIENT, name)
        server = Server(Path(name))
        server.start()

        def as_nobody():
            return subprocess.run([client, "-s", server.socket, "show", "1"], user=NOBODY,
                                  group=NOBODY, extra_groups=[], text=True, capture_output=True,
                                  timeout=20, check=False)

        try:
            assert os.stat(server.socket).st_mode & 0o777 == 0o660
            by_mode = as_nobody()
            # Even if the file's mode lets them in.
            os.chmod(server.socket, 0o666)
            by_server = as_nobody()
        finally:
            assert server.stop() == 0
        for done in (by_mode, by_server):
            assert (done.returncode, done.stdout) == (4, "")
            assert "Permission denied" in done.stderr
        assert "refused" in server.log.read_text(encoding="utf-8")


def test_second_server_does_not_steal_the_socket(server, knet):
    done = subprocess.run([FAKE_SERVER, server.socket], text=True, capture_output=True,
                          timeout=20, check=False)
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert knet("show", "1").returncode == 0


def test_stale_socket_is_replaced(server, knet):
    server.process.kill()
    server.process.wait()
    server.process.stdout.close()
    assert os.path.exists(server.socket)
    server.start()
    assert knet("show", "1").returncode == 0


def test_socket_is_removed_at_the_end(server):
    assert server.stop() == 0
    assert not os.path.exists(server.socket)


def test_changes_are_audited(server, knet):
    knet(stdin="configure\nhostname beta\nvalue 2000\n")
    knet("--each-line", "-f", "-", stdin="hostname gamma\n")
    log = server.log.read_text(encoding="utf-8")
    assert "(config) configuration block of 2 lines: commit" in log
    assert "(config) hostname gamma: ok" in log
    assert "root" in log
