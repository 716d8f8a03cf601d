# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""As many peers as there can be: 65,534 of them at one host, one of them there at most.

What each takes is bounded, with room for a machine that is busy with other tests; what was measured
on one that is not is printed.
"""

import json
import statistics
import subprocess
import threading
import time

import pexpect
import pytest

from knetlab import process
from knetlab.host import wait_all_up
from knetlab.process import wait_until
from knetlab.programs import is_sanitized, program
from test_every_line import different, filled

PEERS = 65534
PASTED = PEERS if not is_sanitized() else 20000  # sanitizers make a terminal slow
LOAD_MAX_S = 30 if is_sanitized() else 9  # 3 on a machine of its own
TAB_MAX_S = 1 if is_sanitized() else 0.1  # 0.01 on a machine of its own
SHOW_MAX_S = 1.5  # 0.4 on a machine of its own
LOSS_MAX = 0.25  # 0.03 on a machine of its own


def lines(host, peers=PEERS):
    """The configuration of a host with so many peers, one line each."""
    yield "interface knet0"
    yield " node-id 1"
    yield f" network-secret file {host.secret}"
    for peer in range(2, peers + 2):
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


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer has a speed of its own")
def test_a_long_list_beside_traffic(make_scene):
    """`show peers | json` of 65,534 peers while iperf3 fills the overlay: the list comes soon, the
    traffic hardly notices, and the daemon does not grow by what it says."""
    scene = make_scene(2)
    scene.configure()
    alpha, beta = scene.hosts
    scene.start()
    many = "".join(f" peer host-{peer:05} {peer}\n" for peer in range(3, PEERS + 2))
    process.run([program("knet"), "-s", alpha.socket, "-f", "-"], timeout=60,
                stdin=f"interface knet0\n{many}exit\n")
    wait_all_up(scene.hosts)
    server = beta.spawn("iperf3", "-s")
    time.sleep(0.5)
    client = alpha.spawn("iperf3", "-c", beta.overlay, "-t", "7", "-i", "0.5", "-J")
    time.sleep(1)
    before, waits, shown = alpha.resident_kib(), [], set()
    began = time.monotonic() - 1
    for second in (2, 4, 6):
        time.sleep(max(0, began + second - time.monotonic()))
        begin = time.monotonic()
        with open("/dev/null", "wb") as nowhere:
            subprocess.run([program("knet"), "-s", alpha.socket, "show", "peers", "|", "json"],
                           stdout=nowhere, check=True, timeout=20)
        waits.append(time.monotonic() - begin)
        shown.update(range(int(2 * (begin - began)), int(2 * (time.monotonic() - began)) + 1))
    grown = alpha.resident_kib() - before
    rates = [interval["sum"]["bits_per_second"]
             for interval in json.loads(client.communicate(timeout=30)[0])["intervals"]]
    process.stop(server)
    calm = [rate for at, rate in enumerate(rates) if at not in shown and at > 0]
    loss = 1 - statistics.mean(rates[1:]) / statistics.mean(calm)
    print(f"show peers | json: {1000 * statistics.median(waits):.0f} ms, iperf3 "
          f"{statistics.mean(calm) / 1e6:.0f} Mbit/s less {100 * loss:.1f} %, {grown} KiB more")
    assert statistics.median(waits) < SHOW_MAX_S
    assert loss < LOSS_MAX
    assert grown < 4096


def every_show_is_begun(host):
    """Each `show` that the grammar has, cut off behind its first line: none holds the daemon up.
    Differences to the file are left out: each reads all of it again."""
    lines = {line.replace("beta", "host-40000") for line in
             (filled(line, 0, host.directory) for line in
              different(host.knet("list permutations").stdout.splitlines()))
             if line.startswith("show ") and "configuration diff" not in line}
    assert len(lines) > 50
    host.knet("write")
    script = "".join(f"{line} | first 1\n" for line in sorted(lines))
    done = process.run([program("knet"), "-s", host.socket, "-e", "-f", "-"], check=False,
                       stdin=f"{script}show version | count\n", timeout=60)
    assert done.stdout.endswith("\n2\n"), done.stdout[-500:]
    faults = [line for line in done.stderr.splitlines() if "There is no" not in line]
    assert not faults, faults


def test_all_peers_load_and_complete(alone, tmp_path):
    """A file of 65,534 peers applies at once, all can be asked about, a name completes at once, and
    all can be left."""
    file = tmp_path / "many.conf"
    file.write_text("\n".join(lines(alone)) + "\n", encoding="utf-8")
    knet = [program("knet"), "-s", alone.socket]
    took = timed(lambda: process.run([*knet, "-f", file], timeout=60))
    print(f"load of {PEERS} peers: {took:.2f} s")
    assert took < LOAD_MAX_S
    assert alone.rows("show peers summary")[0]["configured"] == PEERS

    took = timed(lambda: every_show_is_begun(alone))
    print(f"the first line of every show: {took:.2f} s")

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


def test_all_peers_are_pasted(alone, tmp_path):
    """All or, with sanitizers, many at a terminal, with the marks of a paste: one transaction."""
    shell = pexpect.spawn(str(program("knet")), ["-s", str(alone.socket)], timeout=60,
                          env={"TERM": "xterm", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    shell.delaybeforesend = None
    shell.expect_exact("# ")
    text = "\r".join(["configure", *lines(alone, PASTED), "end", ""])
    took = timed(lambda: (shell.send(f"\x1b[200~{text}\x1b[201~"),
                          shell.expect_exact("exit\r"), shell.expect_exact("# ")))
    print(f"paste of {PASTED} peers: {took:.2f} s")
    assert took < LOAD_MAX_S
    assert alone.rows("show peers summary")[0]["configured"] == PASTED
    assert not (tmp_path / ".local/state/knet/history").exists()
    shell.close(force=True)


def test_lines_cost_the_same_beside_many_peers(alone, tmp_path):
    """Lines that come one by one, without the marks of a paste, are commits of their own: what each
    costs does not depend on how many peers there are. One in error is named, the others are in
    force, and so is what the archive says."""
    count = 300
    shell = pexpect.spawn(str(program("knet")), ["-s", str(alone.socket)], timeout=120,
                          env={"TERM": "dumb", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)})
    shell.delaybeforesend = None
    shell.expect_exact("# ")

    def typed(first):
        peers = [f"peer host-{peer:05} {peer} 10.66.{peer >> 8}.{peer & 255}"
                 for peer in range(first, first + count)]
        peers[count // 2] = f"peer bad-{first} 70000"
        text = "\r".join(["configure", "interface knet0", *peers, "end", ""])
        # the terminal takes no more while nobody reads what it says
        sender = threading.Thread(target=shell.send, args=(text,))
        sender.start()
        shell.expect_exact(f"bad-{first} 70000\r\n")
        shell.expect_exact("^")
        shell.expect_exact(f"peer host-{first + count // 2 + 1:05}")
        shell.expect_exact("# end\r\n")
        shell.expect_exact("# ")
        sender.join()

    process.run([program("knet"), "-s", alone.socket, "-f", "-"], timeout=60,
                stdin="\n".join([*lines(alone, 1), ""]))
    alone_s = timed(lambda: typed(60000))
    many = "".join(f" peer host-{peer:05} {peer}\n" for peer in range(3, 30002))
    process.run([program("knet"), "-s", alone.socket, "-f", "-"], timeout=60,
                stdin=f"interface knet0\n{many}exit\n")
    crowd_s = timed(lambda: typed(61000))
    shell.close(force=True)
    print(f"a line: {1000 * alone_s / count:.2f} ms, beside 30,000 peers "
          f"{1000 * crowd_s / count:.2f} ms")
    assert crowd_s < 4 * alone_s  # 25 if each is checked and formatted whole
    assert alone.rows("show peers summary")[0]["configured"] == 30000 + 2 * (count - 1)
    history = alone.rows("show configuration history")
    assert all(row["added"] == 1 for row in history) and len(history) == 50
    newest = max(row["generation"] for row in history)
    archive = alone.config.with_name(alone.config.name + ".archive")
    wait_until((archive / f"generation-{newest}").exists, 20, "the newest is on the disk")
    assert alone.stop(timeout=60) == 0
    assert len(list(archive.iterdir())) == 50
