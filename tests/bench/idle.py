#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What peers cost that have nothing to say: `make bench-idle`.

    alpha                       crowd
      u0 ------- [ net0 ] ------- u0      daemons with up to 60 interfaces each, and each interface
      u1 ------- [ net1 ] ------- u1      is a host of its own that alpha has for a peer

All of it is real: sessions, links, probes, sockets. Nobody has an address on the overlay, so nothing
is sent there. Counts what leaves alpha in each 10 s, and alpha's time on the CPU, all threads, in the
first minute after the last peer has come up, and when the links have become dormant. Ends with 1 if
a promise is broken in either: for 1,000 peers, 1,000 datagrams in 10 s and 1 % of a core.

    --peers N           (1000)
    --seconds N         of the second measurement (60)
    --json FILE         all numbers
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "netns"))

# pylint: disable=wrong-import-position
import report  # noqa: E402
from knetlab import process  # noqa: E402
from knetlab.host import Host, secret_make  # noqa: E402
from knetlab.lab import Lab  # noqa: E402
from knetlab.programs import program  # noqa: E402
from knetlab.underlay import NETWORKS, Underlay, address  # noqa: E402

ALPHA_ID, CROWD = 65000, 2
FIRST_PORT = 20000
IFACES = 60
WINDOW_S = 10
DORMANT_S = 130  # after two minutes without users
SENT_MAX = 1.0  # datagrams per peer in a window
CPU_MAX = 0.01 / 1000  # of a core, per peer
CONFIG = """\
interface {name}
 node-id {number}
 network-secret file {secret}
 port {port}
 workers 1
 link 0 local {locals[0]} priority 20
 link 1 local {locals[1]} priority 10
"""


def port_of(peer):
    """Of the peer's link 0; that of link 1 is the next."""
    return FIRST_PORT + NETWORKS * peer


def interface(name, number, port, host, secret):
    return CONFIG.format(name=name, number=number, secret=secret, port=port,
                         locals=[address(network, host) for network in range(NETWORKS)])


def alpha_config(host, peers, secret):
    lines = [interface("knet0", ALPHA_ID, FIRST_PORT - NETWORKS, host.number, secret)]
    for peer in range(1, peers + 1):
        remotes = " ".join(f"{address(network, CROWD)}:{port_of(peer) + network}"
                           for network in range(NETWORKS))
        lines.append(f" peer p{peer} {peer} {remotes}\n")
    return "".join(lines)


def crowd_config(host, peers, secret):
    """A daemon with these peers of alpha's."""
    remotes = " ".join(f"{address(network, host.number)}:{FIRST_PORT - NETWORKS + network}"
                       for network in range(NETWORKS))
    return "".join(interface(f"k{peer}", peer, port_of(peer), CROWD, secret) +
                   f" peer alpha {ALPHA_ID} {remotes}\n" for peer in peers)


def crowd_start(lab, namespace, alpha, peers, secret):
    """One daemon after the other: the machine is to measure a crowd at rest, not its arrival."""
    for first in range(1, peers + 1, IFACES):
        config = lab.directory / f"crowd-{first}"
        members = range(first, min(first + IFACES, peers + 1))
        config.write_text(crowd_config(alpha, members, secret), encoding="utf-8")
        with open(lab.directory / f"crowd-{first}.log", "w", encoding="utf-8") as log:
            lab.spawn(namespace, program("knetd"), "-f", "-c", config, "-s",
                      lab.directory / f"crowd-{first}.sock", stdout=log)
        process.wait_until(lambda count=members[-1]: peers_up(alpha) >= count, 60,
                           f"{members[-1]} peers are up", step=0.2)


def peers_up(host):
    return host.rows("show peers summary")[0]["up"]


def sent(host):
    return sum(host.device_counter("tx_packets", f"u{network}") for network in range(NETWORKS))


def measure(what, host, peers, seconds):
    """The worst window, and the time on the CPU in all."""
    windows, began, cpu = [], time.monotonic(), process.cpu_s(host.daemon.pid)
    while time.monotonic() - began < seconds:
        before = sent(host)
        time.sleep(WINDOW_S)
        windows.append(sent(host) - before)
    row = {"what": what, "peers": peers, "sent": windows,
           "cpu": (process.cpu_s(host.daemon.pid) - cpu) / (time.monotonic() - began)}
    print(f"{what:<8} {peers} peers: at most {max(windows)} datagrams in {WINDOW_S} s, "
          f"{row['cpu']:.3%} of a core", flush=True)
    return row


def run(options):
    with Lab() as lab:
        underlay, secret = Underlay(lab), secret_make(lab.directory / "secret")
        alpha = Host(lab, underlay, 1, secret)
        crowd = lab.namespace("crowd")
        underlay.plug_in(crowd, "crowd", CROWD)
        for namespace in (alpha.namespace, crowd):
            namespace.sysctl(net__ipv6__conf__default__disable_ipv6=1)  # of TAPs to come
        alpha.config.write_text(alpha_config(alpha, options.peers, secret), encoding="utf-8")
        alpha.start()
        began = time.monotonic()
        crowd_start(lab, crowd, alpha, options.peers, secret)
        print(f"all {options.peers} peers are up after {time.monotonic() - began:.0f} s, alpha takes "
              f"{alpha.resident_kib() / 1024:.0f} MiB", flush=True)
        rows = [measure("new", alpha, options.peers, 60)]
        time.sleep(max(0, DORMANT_S - 60))
        rows.append(measure("dormant", alpha, options.peers, options.seconds))
        assert peers_up(alpha) == options.peers
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--json")
    options = parser.parse_args()
    rows = run(options)
    if options.json:
        report.numbers_write(Path(options.json), runs=rows)
    is_kept = all(max(row["sent"]) <= SENT_MAX * options.peers and
                  row["cpu"] <= CPU_MAX * options.peers for row in rows)
    print("kept" if is_kept else "BROKEN")
    return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
