# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Lists that somebody has begun to read and then left lying, while what they are about changes.

The daemon keeps the place of each, an id, and no copy: peers that go, that come and that come back
must neither crash it nor stand twice in a list.

    clients that read nothing ---- control socket ---- alpha knet0, some thousand peers, no answers
"""

import re

import pytest

from knetlab.client import WANTS_ROWS, Client

FIRST, LAST = 2, 5000
MIDDLE = 4000  # all lists are parked before this one: there is room for less than a tenth of each
LISTS = ("show peers", "show links", "show crypto sessions", "show counters link",
         "show running-config")


def line(number):
    return f"peer host-{number:05} {number} 10.66.{number >> 8}.{number & 255}"


@pytest.fixture
def host(make_scene):
    """With all peers that have an even number."""
    one = make_scene(1).hosts[0]
    one.start()
    change(one, "node-id 1", f"network-secret file {one.secret}",
           *(line(number) for number in range(FIRST, LAST, 2)))
    return one


def change(host, *lines):
    """All of it as one transaction."""
    host.knet("-f -", stdin="\n".join(["interface knet0", *lines, "exit", ""]))


def park(host, command):
    """Asks, and reads nothing: the daemon stops when the socket is full."""
    client = Client(host.socket)
    client.exec(1, command, flags=WANTS_ROWS)
    return client


def rest(client):
    """Reads all that is still to come. One user may have eight clients at a time."""
    rows = client.rows()
    client.socket.close()
    return rows


def until_silence(client):
    """The rows that a monitor has for us until now."""
    rows = []
    client.socket.settimeout(0.5)
    try:
        client.rows(rows)
    except TimeoutError:
        client.socket.close()
    return rows


def numbers(rows):
    """Of the peers that rows are about, in order; rows in a row about the same one count once."""
    found = []
    for row in rows:
        number = row.get("id") or re.search(r"host-(\d+)", row.get("line") or row.get("where")
                                            or row["peer"])
        number = number if isinstance(number, int) else int(number[1]) if number else None
        if number and (not found or found[-1] != number):
            found.append(number)
    return found


def test_peers_come_and_go_under_a_list(host):
    """Each list goes on behind where it was: what stayed stands in it once, nothing twice."""
    parked = {command: park(host, command) for command in LISTS}
    host.knet("show version")  # answered behind what the others could still send
    change(host, *(f"no peer host-{number:05}" for number in range(FIRST, MIDDLE, 2)),
           *(line(number) for number in range(FIRST + 1, LAST, 2)))
    change(host, *(line(number) for number in range(FIRST, MIDDLE, 4)))
    for command, client in parked.items():
        seen = numbers(rest(client))
        assert seen == sorted(set(seen)), command
        at = next(i for i, number in enumerate(seen) if number % 2)
        assert seen[:at] == list(range(FIRST, FIRST + 2 * at, 2)) and seen[at - 1] < MIDDLE, command
        now = [n for n in range(seen[at - 1] + 1, LAST)
               if n % 2 or n >= MIDDLE or (n - FIRST) % 4 == 0]
        assert seen[at:] == now, command
    assert len(host.rows("show peers")) == LAST - FIRST - (MIDDLE - FIRST) // 4


def test_the_interface_goes_under_a_list(host):
    """A list of what is there no more ends; one of what is there again has nothing twice."""
    ended = {command: park(host, command) for command in LISTS}
    monitors = [park(host, f"monitor {what}") for what in ("events", "counters")]
    host.knet("show version")
    host.knet("configure", "no interface knet0")
    for command, client in ended.items():
        seen = numbers(rest(client))
        assert seen == list(range(FIRST, FIRST + 2 * len(seen), 2)) and seen[-1] < MIDDLE, command
    again = {command: park(host, command) for command in LISTS}
    change(host, "node-id 1", f"network-secret file {host.secret}",
           *(line(number) for number in range(FIRST, LAST)))
    for command, client in again.items():
        seen = numbers(rest(client))
        assert seen == sorted(set(seen)), command
    told = [row["seq"] for row in until_silence(monitors[0])]
    assert told == sorted(set(told)) and len(told) >= 3
    counted = [(row["where"], row["counter"], row["value"]) for row in until_silence(monitors[1])]
    assert len(counted) == len(set(counted))
    assert len(host.rows("show links")) == LAST - FIRST
