# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""One host: a namespace on the underlay, a configuration, knetd and its client."""

import json
import os
import re
import signal

from . import process
from .programs import program
from .underlay import NETWORKS, address

NAMES = ("alpha", "beta", "gamma", "delta")
OVERLAY_PREFIX = "10.99.0"
PORT = 50000


def secret_make(path):
    process.run([program("knet-keygen"), "--secret", path])
    return path


def key_make(path):
    """Makes a key file and returns the public key."""
    return process.run([program("knet-keygen"), "--key", path]).stdout.split()[-1]


class Host:
    """`family` maps a network to 4 or 6, the family of the addresses of that link."""

    def __init__(self, lab, underlay, number, secret, family=None):
        self.name = NAMES[number - 1]
        self.number = number
        self.lab = lab
        self.secret = secret
        self.family = family or {}
        self.namespace = lab.namespace(self.name)
        underlay.plug_in(self.namespace, self.name, number)
        self.directory = lab.directory / self.name
        self.directory.mkdir()
        self.config = self.directory / "startup-config"
        self.socket = self.directory / "knetd.sock"
        self.log_path = self.directory / "log"
        self.daemon = None

    # ---- addresses ------------------------------------------------------------------------

    @property
    def overlay(self):
        return f"{OVERLAY_PREFIX}.{self.number}"

    @property
    def overlay6(self):
        return f"fd99::{self.number:x}"

    def underlay(self, network):
        return address(network, self.number, self.family.get(network, 4))

    # ---- configuration --------------------------------------------------------------------

    def peer_line(self, peer):
        key = f" public-key {peer.public_key}" if getattr(peer, "public_key", None) else ""
        remotes = " ".join(peer.underlay(network) for network in range(NETWORKS))
        return f"peer {peer.name} {peer.number}{key} {remotes}"

    def config_text(self, peers, options=(), addresses=True):
        """Link 0 and link 1 have priorities, so that one of them is always the preferred one."""
        own = [f"node-id {self.number}", f"network-secret file {self.secret}", f"port {PORT}"]
        if addresses:
            own += [f"address {self.overlay}/24", f"address {self.overlay6}/64"]
        for network in range(NETWORKS):
            own.append(f"link {network} local {self.underlay(network)} "
                       f"priority {20 - 10 * network}")
        own += list(options) + [self.peer_line(peer) for peer in peers if peer is not self]
        lines = [f"hostname {self.name}", "interface knet0", *(f" {line}" for line in own), "exit"]
        return "\n".join(lines) + "\n"

    def configure(self, peers, options=(), addresses=True):
        self.config.write_text(self.config_text(peers, options, addresses), encoding="utf-8")

    # ---- the daemon -----------------------------------------------------------------------

    def start(self, wait=True, env=None, options=()):
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.daemon = self.lab.spawn(
                self.namespace, program("knetd"), "-f", "-c", self.config, "-s", self.socket,
                *options, stdout=log, env=env and {**os.environ, **env})
        if wait:
            process.wait_until(self.is_ready, 15, f"knetd of {self.name} answers")

    def is_ready(self):
        if self.daemon.poll() is not None:
            raise process.CommandFailed([f"knetd of {self.name}"], self.daemon.returncode,
                                        self.log())
        return self.socket.exists() and self.knet("show version", check=False).returncode == 0

    def stop(self, sig=signal.SIGTERM, timeout=10):
        """Ends knetd and returns its exit code (negative: the signal that it died of)."""
        code = process.stop(self.daemon, sig, timeout)
        self.daemon = None
        return code

    def kill(self):
        return self.stop(signal.SIGKILL)

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def log_lines(self, pattern):
        return [line for line in self.log().splitlines() if re.search(pattern, line, re.I)]

    def resident_kib(self):
        return int(process.status(self.daemon.pid)["VmRSS"].split()[0])

    # ---- its client -----------------------------------------------------------------------

    def knet(self, *lines, check=True, stdin=None):
        """One line is a one-shot command; several are one session (-c)."""
        if len(lines) == 1:
            words = lines[0].split()
        else:
            words = [word for line in lines for word in ("-c", line)]
        return process.run([program("knet"), "-s", self.socket, *words], check=check, stdin=stdin)

    def rows(self, line):
        """The rows of a show command."""
        return json.loads(self.knet(f"{line} | json").stdout)["rows"]

    def peer(self, peer):
        """The row of `show peers` for another host."""
        return next(row for row in self.rows("show peers") if row["peer"] == peer.name)

    def links(self, peer):
        """The rows of `show links` for another host, by link number."""
        return {row["link"]: row for row in self.rows("show links") if row["peer"] == peer.name}

    def active(self, peer):
        return self.peer(peer)["active_links"]

    def is_up_with(self, peers):
        """All links of these peers are up."""
        rows = {row["peer"]: row for row in self.rows("show peers")}
        return all(rows[peer.name]["state"] == "up" for peer in peers if peer is not self)

    def counters(self):
        """Sums of `show counters` over all places, by counter."""
        sums = {}
        for row in self.rows("show counters"):
            sums[row["counter"]] = sums.get(row["counter"], 0) + row["value"]
        return sums

    # ---- its namespace ----------------------------------------------------------------------

    def run(self, *argv, **options):
        return self.namespace.run(*argv, **options)

    def spawn(self, *argv, **options):
        return self.lab.spawn(self.namespace, *argv, **options)

    def ip(self, *words):
        return self.namespace.ip(*words)

    def mac(self, device="knet0"):
        return json.loads(self.run("ip", "-j", "link", "show", device).stdout)[0]["address"]

    def has_device(self, device="knet0"):
        return self.run("ip", "link", "show", device, check=False).returncode == 0

    def device_counter(self, what, device="knet0"):
        """rx_packets and so on, as the kernel counts them; rx is what knetd wrote into the TAP."""
        return int(self.run("cat", f"/sys/class/net/{device}/statistics/{what}").stdout)

    def ping(self, to, *options, count=3, check=True):
        """Returns (sent, received)."""
        done = self.run("ping", "-n", "-q", "-c", count, "-i", "0.05", "-W", "1", *options, to,
                        check=check, timeout=30 + count)
        found = re.search(r"(\d+) packets transmitted, (\d+) received", done.stdout)
        return (int(found[1]), int(found[2])) if found else (0, 0)


def start_all(hosts, timeout=20, env=None):
    """Starts all daemons and waits until each link of each pair is up."""
    for host in hosts:
        host.start(wait=False, env=env)
    for host in hosts:
        process.wait_until(host.is_ready, timeout, f"knetd of {host.name} answers")
    wait_all_up(hosts, timeout)


def wait_all_up(hosts, timeout=20):
    for host in hosts:
        process.wait_until(lambda host=host: host.is_up_with(hosts), timeout,
                           f"all links of {host.name} up")
