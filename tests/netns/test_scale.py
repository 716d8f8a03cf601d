# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""As many peers as there can be: 65,534 of them at one host, none of them there.

What each takes is bounded, with room for a machine that is busy with other tests; what was measured
on one that is not is printed.
"""

import statistics
import time

import pexpect
import pytest

from knetlab import process
from knetlab.programs import program

PEERS = 65534
LOAD_MAX_S = 9  # 3 on a machine of its own
TAB_MAX_S = 0.1  # 0.01 on a machine of its own


def lines(host):
    """The configuration of a host with all the peers there can be, one line each."""
    yield "interface knet0"
    yield " node-id 1"
    yield f" network-secret file {host.secret}"
    for peer in range(2, PEERS + 2):
        yield f" peer host-{peer:05} {peer} 10.66.{peer >> 8}.{peer & 255}"
    yield "exit"


@pytest.fixture
def alone(make_scene):
    """Alpha, running, with nothing configured."""
    host = make_scene(1).hosts[0]
    host.start()
    return host


def timed(function):
    begin = time.monotonic()
    function()
    return time.monotonic() - begin


def test_all_peers_load_and_complete(alone, tmp_path):
    """A file of 65,534 peers applies at once, a name completes at once, and all can be left."""
    file = tmp_path / "many.conf"
    file.write_text("\n".join(lines(alone)) + "\n", encoding="utf-8")
    knet = [program("knet"), "-s", alone.socket]
    took = timed(lambda: process.run([*knet, "-f", file], timeout=60))
    print(f"load of {PEERS} peers: {took:.2f} s")
    assert took < LOAD_MAX_S
    assert alone.rows("show peers summary")[0]["configured"] == PEERS

    shell = pexpect.spawn(str(program("knet")), ["-s", str(alone.socket)], encoding="utf-8",
                          timeout=20, env={"TERM": "dumb", "PATH": "/usr/bin:/bin",
                                           "HOME": str(tmp_path)})
    shell.expect("# ")
    shell.delaybeforesend = None
    waits = []
    for peer in (65535, 2, 40000, 54321, 12345):
        shell.send(f"show peers host-{peer:05}"[:-1])
        shell.expect_exact(f"host-{peer:05}"[:-1])
        # the last digit is ambiguous: all ten are looked up, none is inserted
        shell.send(f"{peer % 10}")
        shell.expect_exact(f"{peer % 10}")
        waits.append(timed(lambda: (shell.send("\t"), shell.expect_exact(" "))))
        shell.send("\x03")
        shell.expect("# ")
    shell.close(force=True)
    print(f"TAB on a peer: {1000 * statistics.median(waits):.1f} ms")
    assert statistics.median(waits) < TAB_MAX_S

    took = timed(lambda: process.run([*knet, "-c", "configure", "-c", "no interface knet0"],
                                     timeout=60))
    print(f"removal: {took:.2f} s")
    assert took < LOAD_MAX_S
