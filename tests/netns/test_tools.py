# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The tools inside: what they report is what the underlay does.

    alpha knet0 ==== two links ==== knet0 beta
"""

import json
import time

import pytest

from knetlab.process import wait_until


@pytest.fixture(scope="module")
def pair(make_shared_scene):
    scene = make_shared_scene(2)
    scene.configure()
    scene.start()
    return scene


@pytest.fixture
def hosts(pair):
    alpha, beta = pair.hosts
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 10, "up")
    yield alpha, beta
    pair.underlay.heal()


def ping(host, words, check=True):
    """Rows of the answers, and the summary."""
    said = host.knet(f"ping peer beta {words} | json", check=check).stdout
    rows = [json.loads(line) for line in said.splitlines()]
    assert rows[-1]["event"] == "summary"
    return rows[:-1], rows[-1]


def test_ping_takes_the_link_in_use(hosts):
    alpha, beta = hosts
    rows, summary = ping(alpha, "count 4 interval 10")
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert {row["link"] for row in rows} == set(alpha.active(beta))
    assert all(0 < row["rtt_us"] < 1e6 and row["size"] == 56 for row in rows)
    assert (summary["sent"], summary["lost"]) == (4, 0)
    assert summary["rtt_min_us"] <= summary["rtt_avg_us"] <= summary["rtt_max_us"]


@pytest.mark.parametrize("link", [0, 1])
def test_ping_takes_the_link_named(pair, hosts, link):
    """Datagrams of the size asked for, both ways, and on that link."""
    alpha = hosts[0]
    before = pair.underlay.counters("alpha", link)
    rows, _ = ping(alpha, f"link {link} count 50 interval 10 size 1100")
    after = pair.underlay.counters("alpha", link)
    assert {row["link"] for row in rows} == {link}
    assert after[1] - before[1] >= 2 * 50 * 1100


def test_ping_of_a_dead_link_fails_and_says_so(pair, hosts):
    alpha, beta = hosts
    dead = 1 - alpha.active(beta)[0]
    pair.underlay.black_hole("beta", dead)
    rows, summary = ping(alpha, f"link {dead} count 2 interval 10", check=False)
    assert [row["event"] for row in rows] == ["lost", "lost"]
    assert (summary["lost"], summary["rtt_avg_us"]) == (2, None)


def test_ping_says_what_is_wrong(hosts):
    alpha = hosts[0]
    assert "link" in json.dumps(ping(alpha, "link 5 count 1", check=False)[0])
    for words in ("interval 9", "size 1101", "count 0"):
        result = alpha.knet(f"ping peer beta {words}", check=False)
        assert "^" in result.stdout + result.stderr, words


def test_ping_in_text_ends_with_a_line(hosts):
    said = hosts[0].knet("ping peer beta count 2 interval 10").stdout
    assert "2 sent, 0 lost, rtt min" in said.splitlines()[-1]
    begun = time.monotonic()
    hosts[0].knet("ping peer beta count 1")
    assert time.monotonic() - begun < 1
