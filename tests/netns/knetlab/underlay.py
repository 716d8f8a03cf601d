# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The networks that the links of the overlay run over, and what can happen to their cables.

One namespace holds a bridge for each network, which are not connected to each other. The cable of
host `alpha` to network 0 is a veth pair: `u0` at the host, `alpha0` at the switch.

    alpha                switch                beta
      u0 ---------- alpha0 [net0] beta0 ---------- u0      10.66.0.0/24, fd66::/64
      u1 ---------- alpha1 [net1] beta1 ---------- u1      10.67.0.0/24, fd67::/64
"""

import json
import threading

from .process import run

NETWORKS = 2
# No NIC takes 64 KiB at once and puts them on the wire as they are.
NO_OFFLOADS = ["tso", "off", "gso", "off", "tx-udp-segmentation", "off", "tx", "off", "gro", "on"]


def address(network, number, family=4):
    """The address of host `number` (1..254) in a network."""
    return f"10.{66 + network}.0.{number}" if family == 4 else f"fd{66 + network}::{number:x}"


class Underlay:
    def __init__(self, lab):
        self.switch = lab.namespace("switch")
        self._flapping = []
        for network in range(NETWORKS):
            self.switch.ip(f"link add net{network} type bridge mcast_snooping 0")
            self.switch.ip(f"link set net{network} up")
        self.switch.run("nft", "add table bridge cuts; "
                        "add chain bridge cuts forward { type filter hook forward priority 0; }")

    def plug_in(self, namespace, host, number, networks=range(NETWORKS)):
        """Gives a host cables to the networks, as drawn above."""
        for network in networks:
            port, device = f"{host}{network}", f"u{network}"
            self.switch.ip(f"link add dev {port} type veth peer name {device} "
                           f"netns {namespace.name}")
            self.switch.run("ethtool", "-K", port, *NO_OFFLOADS)
            namespace.run("ethtool", "-K", device, *NO_OFFLOADS)
            self.switch.ip(f"link set {port} master net{network} up")
            namespace.ip(f"addr add {address(network, number)}/24 dev {device}")
            namespace.ip(f"addr add {address(network, number, 6)}/64 dev {device} nodad")
            namespace.ip(f"link set {device} up")

    def counters(self, host, network):
        """(packets, bytes) in both directions over one cable, as the switch counts them."""
        text = run(["ip", "-n", self.switch.name, "-s", "-j", "link", "show",
                    f"{host}{network}"]).stdout
        stats = json.loads(text)[0]["stats64"]
        return tuple(stats["rx"][what] + stats["tx"][what] for what in ("packets", "bytes"))

    # ---- cuts: each is a pair of functions, on and off ----------------------------------------

    def unplug(self, host, network):
        """The cable is pulled: the host sees that it has no carrier."""
        self.switch.ip(f"link set {host}{network} down")

    def plug(self, host, network):
        self.switch.ip(f"link set {host}{network} up")

    def black_hole(self, host, network, to_host=True, from_host=True):
        """Frames are silently lost, one way or both; the carrier stays."""
        port = f"{host}{network}"
        rules = []
        if from_host:
            rules.append(f"add rule bridge cuts forward iifname {port} drop")
        if to_host:
            rules.append(f"add rule bridge cuts forward oifname {port} drop")
        self.switch.run("nft", "; ".join(rules))

    def lossy(self, host, network, percent):
        """Frames of a host are lost by chance, in both directions."""
        port, chance = f"{host}{network}", f"numgen random mod 100 < {percent} drop"
        self.switch.run("nft", f"add rule bridge cuts forward iifname {port} {chance}; "
                        f"add rule bridge cuts forward oifname {port} {chance}")

    def shrink(self, host, network, mtu):
        """Packets longer than this silently vanish, in both directions; nobody is told."""
        port, long = f"{host}{network}", f"meta length > {mtu} drop"
        self.switch.run("nft", f"add rule bridge cuts forward iifname {port} {long}; "
                        f"add rule bridge cuts forward oifname {port} {long}")

    def limit(self, host, network, mbit):
        """Frames to a host leave the switch at so many Mbit/s, with a queue of 20 ms."""
        self.switch.run("tc", "qdisc", "replace", "dev", f"{host}{network}", "root", "tbf",
                        "rate", f"{mbit}mbit", "burst", "32kb", "latency", "20ms")

    def heal(self):
        """Ends all black holes, losses and limits."""
        self.switch.run("nft", "flush chain bridge cuts forward")

    def flap(self, host, network, period_s=0.5):
        """The cable is pulled and plugged in again every period, until flap_end()."""
        self._flapping.append(Flapping(self, host, network, period_s))

    def take_turns(self, host, first, period_s=1.0, down_s=0.7):
        """The cables are cut in turn, silently, a cable each period, until flap_end()."""
        self._flapping.append(Turns(self, host, first, period_s, down_s))

    def flap_end(self):
        while self._flapping:
            self._flapping.pop().end()


class Repeated:
    """A thread that does something to the cables of a host again and again; they end whole."""

    def __init__(self, *args):
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, args=args)
        self._thread.start()

    def _run(self, *args):
        while not self._over.is_set():
            self._round(*args)

    def _round(self, *args):
        raise NotImplementedError

    def end(self):
        self._over.set()
        self._thread.join()


class Flapping(Repeated):
    """One cable is pulled and plugged in."""

    def _round(self, underlay, host, network, period_s):
        underlay.unplug(host, network)
        self._over.wait(period_s)
        underlay.plug(host, network)
        self._over.wait(period_s)


class Turns(Repeated):
    """Each cable in its turn is a black hole for a while, then both are whole."""

    def _round(self, underlay, host, first, period_s, down_s):
        for network in (first, 1 - first):
            underlay.black_hole(host, network)
            self._over.wait(down_s)
            underlay.heal()
            self._over.wait(period_s - down_s)
