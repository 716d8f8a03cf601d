# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The hosts, and what is going on between them."""

from itertools import combinations, permutations

from knetlab import process
from knetlab.measure import Flood, Prober

SETTLE_S = 90.0


class Stage:
    """The hosts, and what is going on between them."""

    def __init__(self, hosts, underlay):
        self.hosts = hosts
        self.underlay = underlay
        self.pairs = list(combinations(hosts, 2))
        self.preferred = hosts[0].active(hosts[1])[0]

    def concerned(self, host):
        """Pairs in both orders that `host` is part of."""
        return [pair for pair in permutations(self.hosts, 2) if host in pair]

    def all_use(self, link, pairs):
        """Whether the first of each pair sends to the second on this link alone."""
        rows = {}
        for one, other in pairs:
            if one.name not in rows:
                rows[one.name] = {row["peer"]: row for row in one.rows("show peers")}
            if rows[one.name][other.name]["active_links"] != [link]:
                return False
        return True

    def settle(self):
        """Waits until all is as it was at the beginning."""
        everybody = list(permutations(self.hosts, 2))
        process.wait_until(lambda: all(host.is_up_with(self.hosts) for host in self.hosts) and
                           self.all_use(self.preferred, everybody), SETTLE_S,
                           "all links are up, and the preferred ones are used")

    def probers(self, seconds):
        """One process for each host, for all hosts after it."""
        return {host: Prober(host, self.hosts[at + 1:], int(seconds) + 1)
                for at, host in enumerate(self.hosts[:-1])}

    def floods(self, seconds, size=56):
        return [Flood(one, other, seconds, size=size) for one, other in self.pairs]

    def unanswered(self):
        """Echo requests of all hosts that have had no reply so far, less replies too many."""
        return sum(host.namespace.unanswered() for host in self.hosts)

    def unreachable(self):
        """Pairs between which no ping passes now."""
        pings = {(one, other): one.spawn("ping", "-n", "-q", "-c", "3", "-i", "0.05", "-W", "1",
                                         other.overlay)
                 for one, other in permutations(self.hosts, 2)}
        return [f"{one.name} does not reach {other.name}"
                for (one, other), ping in pings.items() if ping.wait(10) != 0]
