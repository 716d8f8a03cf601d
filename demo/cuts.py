# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The cuts, and what is promised about each.

All pairs of hosts are probed and flooded; a cut takes one cable of one host, which concerns the
three pairs that this host is part of. "Longest gap" is the longest time in which no reply came
in, of the worst of these pairs. See play.py for how a cut is carried out and judged.
"""

import dataclasses

CUT_S = 2.5  # from the cut to the end of its flood
FLAP_S = 5.0
LOSS_S = 6.0
MTU_S = 8.0
TURNS = 60
TURN_S = 1.0
TURN_DOWN_S = 0.7  # the rest of a turn both cables are whole
DEAD_S = 1.0

CARRIER_GAP_MS = 10
BLACK_HOLE_GAP_MS = 50
LOSS_GAP_MS = 100  # the other seven in ten pass while the loss is being noticed
LOSS_PERCENT = 30
MTU = 1280
MTU_PING = 1300  # bytes of payload: fits the TAP, and no longer the link
BACK_MS = 1000


@dataclasses.dataclass
class Cut:
    """`network`, in the functions, is the one in use when the cut begins."""
    name: str
    title: str
    host: int  # index
    apply: object  # functions of (underlay, host, network)
    restore: object
    gap_ms: int
    lasts_s: float = CUT_S
    ping_size: int = 56  # of the floods
    moves: bool = True  # all traffic has to be on the other link afterwards
    returns: bool = True  # watched until the link is in use again
    is_death: bool = False  # the host itself goes: nothing is promised to those who ping it


def _unplug(underlay, host, network):
    underlay.unplug(host.name, network)


def _plug(underlay, host, network):
    underlay.plug(host.name, network)


def _set_down(_, host, network):
    host.ip(f"link set u{network} down")


def _set_up(_, host, network):
    host.ip(f"link set u{network} up")


def _hole(to_host, from_host):
    def apply(underlay, host, network):
        underlay.black_hole(host.name, network, to_host, from_host)

    return apply


def _lossy(underlay, host, network):
    underlay.lossy(host.name, network, LOSS_PERCENT)


def _shrink(underlay, host, network):
    underlay.shrink(host.name, network, MTU)


def _heal(underlay, *_):
    underlay.heal()


def _flap(underlay, host, network):
    underlay.flap(host.name, network)


def _flap_end(underlay, *_):
    underlay.flap_end()


def _take_turns(underlay, host, network):
    underlay.take_turns(host.name, network, TURN_S, TURN_DOWN_S)


def _kill(_, host, __):
    host.kill()


def _start(_, host, __):
    host.start(wait=False)


CUTS = (
    Cut("carrier", "alpha's cable is pulled", 0, _unplug, _plug, CARRIER_GAP_MS),
    Cut("black-hole", "beta's frames vanish, both ways", 1, _hole(True, True), _heal,
        BLACK_HOLE_GAP_MS),
    Cut("set-down", "gamma's device is set down", 2, _set_down, _set_up, CARRIER_GAP_MS),
    Cut("inward", "frames to delta vanish", 3, _hole(True, False), _heal, BLACK_HOLE_GAP_MS),
    Cut("outward", "frames from alpha vanish", 0, _hole(False, True), _heal, BLACK_HOLE_GAP_MS),
    Cut("loss", "30 % of beta's frames are lost", 1, _lossy, _heal, LOSS_GAP_MS,
        lasts_s=LOSS_S),
    Cut("mtu", "gamma's path shrinks to 1280 bytes", 2, _shrink, _heal, BLACK_HOLE_GAP_MS,
        lasts_s=MTU_S, ping_size=MTU_PING, moves=False, returns=False),
    Cut("flapping", "beta's cable flaps every 500 ms", 1, _flap, _flap_end, CARRIER_GAP_MS,
        lasts_s=FLAP_S, returns=False),
    Cut("in-turn", "delta's cables, in turn each second", 3, _take_turns, _flap_end,
        BLACK_HOLE_GAP_MS, lasts_s=TURNS * TURN_S, moves=False, returns=False),
    Cut("kill", "alpha's daemon is killed, and started", 0, _kill, _start, BACK_MS,
        lasts_s=DEAD_S, moves=False, returns=False, is_death=True),
)
QUICK = ("carrier", "black-hole")
