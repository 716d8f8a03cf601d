# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Two hosts, the cables between them, and what is laid over them.

    host a  u0 ---- u0  host b      and u1, u2, if more links are asked for
    OVERLAY 10.99.0.1, 10.99.0.2

A cable is a veth pair of MTU 1500. Model "nic" lets no frame of more than 1,514 bytes pass: what is
longer is cut in software just above the device, and the receiver's kernel may merge again, as with a
network card that has checksum offload and nothing else. Model "default" is a veth as the kernel makes
it: 64 KiB at a time, which no wire does.
"""

import os

from knetlab import process
from knetlab.programs import build_directory, program

OVERLAY = {"a": "10.99.0.1", "b": "10.99.0.2"}
MODELS = ("nic", "default")
OFFLOADS_OFF = ("tso off gso off tx-udp-segmentation off tx-udp_tnl-segmentation off "
                "tx-udp_tnl-csum-segmentation off gro on").split()
VXLAN_MTU = 1450
COPY_MTU = 1458
COPY_PORT = 5555


def underlay(link, side):
    return f"10.66.{link}.{1 if side == 'a' else 2}"


class Pair:
    """Two hosts with cables; overlays are set up on them."""

    def __init__(self, lab, model, links=1):
        self.lab = lab
        self.side = {side: lab.namespace(side) for side in "ab"}
        self.links = links
        self.daemons = []
        for link in range(links):
            self._cable(link, model)

    def _cable(self, link, model):
        name = f"u{link}"
        self.side["a"].ip(f"link add {name} mtu 1500 type veth peer name {name} "
                          f"netns {self.side['b'].name}")
        for side, namespace in self.side.items():
            if model == "nic":
                namespace.run("ethtool", "-K", name, *OFFLOADS_OFF, check=False)
            namespace.ip(f"addr add {underlay(link, side)}/24 dev {name}")
            namespace.ip(f"link set {name} up")

    def daemon(self, side, argv):
        log = open(self.lab.directory / f"{side}.log", "w", encoding="utf-8")
        self.daemons.append(self.lab.spawn(self.side[side], *argv, stdout=log))

    def overlay(self, device, mtu=None):
        """Gives the overlay's devices their addresses, and waits until the overlay carries."""
        for side, namespace in self.side.items():
            process.wait_until(lambda n=namespace: device in n.ip("-o link show"), 20, device)
            if mtu:
                namespace.ip(f"link set {device} mtu {mtu}")
            namespace.ip(f"addr add {OVERLAY[side]}/24 dev {device}")
            namespace.ip(f"link set {device} up")
        process.wait_until(self.is_up, 30, "an answer over the overlay")

    def is_up(self):
        ping = self.side["a"].run("ping", "-n", "-c", "1", "-W", "1", OVERLAY["b"], check=False)
        return ping.returncode == 0


def raw(pair, _options):
    for side, namespace in pair.side.items():
        namespace.ip(f"addr add {OVERLAY[side]}/24 dev u0")


def vxlan(pair, _options):
    for side, other in ("ab", "ba"):
        pair.side[side].ip(f"link add x0 type vxlan id 7 local {underlay(0, side)} "
                           f"remote {underlay(0, other)} dstport 4789 dev u0")
    pair.overlay("x0", VXLAN_MTU)


def copyloop(pair, _options):
    for side, other in ("ab", "ba"):
        pair.daemon(side, [build_directory() / "tests/bench/copyloop", "t0", underlay(0, side),
                           underlay(0, other), COPY_PORT])
    pair.overlay("t0", COPY_MTU)


def peer_lines(number, others, links, side):
    """The other host, and idle peers that nothing is heard of."""
    remotes = " ".join(underlay(link, "b" if side == "a" else "a") for link in range(links))
    yield f" peer other {3 - number} {remotes}"
    for i in range(others):
        yield f" peer idle{i} {i + 3}"


def knetd(pair, options):
    """options: policy, idle (peers that are configured besides)."""
    secret = pair.lab.directory / "secret"
    process.run([program("knet-keygen"), "--secret", secret])
    for number, side in enumerate("ab", 1):
        config = pair.lab.directory / f"{side}.conf"
        lines = [f"hostname {side}", "interface knet0", f" node-id {number}",
                 f" network-secret file {secret}", f" policy {options.get('policy', 'passive')}"]
        lines += [f" link {link} local {underlay(link, side)}" for link in range(pair.links)]
        lines += peer_lines(number, options.get("idle", 0), pair.links, side)
        config.write_text("\n".join(lines) + "\nexit\n", encoding="utf-8")
        os.chmod(config, 0o600)
        pair.daemon(side, [program("knetd"), "-f", "-c", config,
                           "-s", pair.lab.directory / f"{side}.sock"])
    pair.overlay("knet0")


CONTENDERS = {"raw": raw, "vxlan": vxlan, "copyloop": copyloop, "knetd": knetd}
