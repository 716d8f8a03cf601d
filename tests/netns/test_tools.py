# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The tools inside: what they report is what the underlay does.

    alpha knet0 ==== two links ==== knet0 beta
"""

import json
import re
import signal
import time

import pytest

from knetlab.process import wait_until
from knetlab.programs import program


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


def test_ping_of_any_size(pair, hosts):
    """In fragments, there and back, all of it."""
    alpha = hosts[0]
    for size in (0, 1101, 1444, 1445, 9000, 65000):
        before = pair.underlay.counters("alpha", 1)
        rows, _ = ping(alpha, f"link 1 count 3 interval 10 size {size}")
        after = pair.underlay.counters("alpha", 1)
        assert [row["event"] for row in rows] == ["answer"] * 3, size
        assert after[1] - before[1] >= 2 * 3 * size


def test_ping_that_is_not_to_be_fragmented(pair, hosts):
    """On a path that has become narrow, it finds out what others would have been cut for."""
    alpha = hosts[0]
    assert ping(alpha, "link 1 count 2 interval 10 size 1400 df")[1]["lost"] == 0
    rows, _ = ping(alpha, "link 1 count 1 size 2000 df", check=False)
    assert "longer than the interface" in rows[0]["reason"]
    pair.underlay.shrink("beta", 1, 1400)
    for host, peer in ((alpha, "beta"), (hosts[1], "alpha")):
        found = {row["link"]: row for row in host.rows(f"test peer {peer} mtu")}
        assert 1380 <= found[1]["mtu"] <= 1400
    assert ping(alpha, "link 1 count 2 interval 10 size 1400")[1]["lost"] == 0
    assert ping(alpha, "link 1 count 2 interval 10 size 1400 df", check=False)[1]["lost"] == 2
    assert ping(alpha, "link 1 count 2 interval 10 size 1300 df")[1]["lost"] == 0
    pair.underlay.heal()
    assert ping(alpha, "link 1 count 2 interval 10 size 1400 df")[1]["lost"] == 0, "counts again"
    assert alpha.links(hosts[1])[1]["state"] == "up"


def test_ping_says_what_is_wrong(hosts):
    alpha = hosts[0]
    assert "link" in json.dumps(ping(alpha, "link 5 count 1", check=False)[0])
    for words in ("interval 9", "size 65001", "count 0"):
        result = alpha.knet(f"ping peer beta {words}", check=False)
        assert "^" in result.stdout + result.stderr, words


def test_ping_in_text_ends_with_a_line(hosts):
    said = hosts[0].knet("ping peer beta count 2 interval 10").stdout
    assert re.fullmatch(r"Success rate is 100 percent \(2/2\), round-trip min/avg/max = "
                        r"[\d.]+/[\d.]+/[\d.]+ ms", said.splitlines()[-1])
    begun = time.monotonic()
    hosts[0].knet("ping peer beta count 1")
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("form", ["text", "json"])
def test_ping_that_is_interrupted_tells_what_came_of_it(hosts, form):
    """^C in the middle of many: the answers until then count, those under way do not."""
    client = hosts[0].spawn(program("knet"), "-s", hosts[0].socket, "ping", "peer", "beta", "count",
                            "100000", "interval", "20", *(["|", "json"] if form == "json" else []))
    lines = [client.stdout.readline() for _ in range(4)]
    client.send_signal(signal.SIGINT)
    lines += client.communicate(timeout=10)[0].splitlines()
    assert client.returncode == 130
    if form == "json":
        summary = json.loads(lines[-1])
        assert (summary["event"], summary["lost"], summary["lost_percent"]) == ("summary", 0, 0)
        assert summary["sent"] >= 4 and summary["rtt_avg_us"] > 0
    else:
        assert re.match(r"Success rate is 100 percent \((\d+)/\1\), round-trip", lines[-1]), lines


def test_failover_is_measured_and_undone(hosts):
    """The other link takes over, nothing is lost, and the link is back in use or on hold."""
    alpha, beta = hosts
    used = alpha.active(beta)[0]
    seen = alpha.rows("test peer beta failover seconds 1")[0]
    assert (seen["link"], seen["took_over"], seen["out_ms"]) == (used, [1 - used], 1000)
    assert seen["sent"] > 100 and seen["lost"] == 0 and 0 < seen["gap_us"] < 500_000
    wait_until(lambda: alpha.links(beta)[used]["state"] == "up", 10, "the link is back")


def test_failover_ends_with_its_client(hosts):
    """Whoever goes away in the middle leaves the link in service."""
    alpha, beta = hosts
    used = alpha.active(beta)[0]
    client = alpha.spawn(program("knet"), "-s", alpha.socket, "test", "peer", "beta", "failover",
                         "seconds", "60")
    wait_until(lambda: alpha.links(beta)[used]["state"] == "disabled", 5, "out of service")
    client.kill()
    client.wait()
    wait_until(lambda: alpha.links(beta)[used]["state"] == "up", 10, "the link is back")


def test_failover_needs_another_link(pair, hosts):
    alpha, beta = hosts
    other = 1 - alpha.active(beta)[0]
    pair.underlay.black_hole("beta", other)
    wait_until(lambda: alpha.links(beta)[other]["state"] == "down", 5, "one link is down")
    said = alpha.knet("test peer beta failover", check=False)
    assert "only one to peer beta" in said.stdout + said.stderr
    assert alpha.peer(beta)["active_links"] == [1 - other]


def test_mtu_is_found_anew(pair, hosts):
    """A path that has become narrow is measured when somebody asks."""
    alpha = hosts[0]
    pair.underlay.shrink("beta", 1, 1400)
    found = {row["link"]: row for row in alpha.rows("test peer beta mtu")}
    assert found[0]["mtu"] == 1500 and found[1]["local_mtu"] == 1500
    assert 1380 <= found[1]["mtu"] <= 1400
    assert not any(row["searching"] for row in found.values())
