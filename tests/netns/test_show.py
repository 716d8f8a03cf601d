# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What the daemon tells of itself: rows with the keys that are documented, monitors that follow and
cost nothing, the tools inside.

    alpha knet0 ==== two links ==== knet0 beta
"""

import calendar
import json
import re
import statistics
import time
from pathlib import Path

import pytest

from knetlab import process
from knetlab.client import ROWS, WANTS_ROWS, Client
from knetlab.process import wait_until
from knetlab.programs import is_sanitized, program

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas.md"
SHOWS = ("show version", "show interfaces", "show interfaces brief", "show peers",
         "show peers summary", "show peers detail", "show peers beta", "show links",
         "show links detail", "show mac-table", "show mac-table count", "show clock",
         "show crypto keys", "show counters", "show events", "show logging",
         "show crypto sessions", "show memory", "show threads", "show debug")


def documented():
    """Keys by schema."""
    schemas, keys = {}, None
    for line in SCHEMAS.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            keys = schemas[line[3:]] = []
        elif line.startswith("| `"):
            keys.append(line.split("`")[1])
    return schemas


@pytest.mark.parametrize("line", SHOWS)
def test_rows_have_the_documented_keys(pair, line):
    """Every row has all keys of its schema and no other, in summary and in detail."""
    alpha, beta = pair.hosts
    alpha.ping(beta.overlay, count=1)  # somebody for the MAC table
    doc = json.loads(alpha.knet(f"{line} | json").stdout)
    assert doc["rows"]
    for row in doc["rows"]:
        assert sorted(row) == sorted(documented()[doc["schema"]]), line


@pytest.mark.parametrize("line", SHOWS)
def test_csv_and_json_are_the_same(pair, line):
    alpha = pair.hosts[0]
    doc = json.loads(alpha.knet(f"{line} | json").stdout)
    head = alpha.knet(f"{line} | csv").stdout.splitlines()[0]
    assert sorted(head.split(",")) == sorted(documented()[doc["schema"]])


def test_one_peer_for_people(pair):
    """All of a peer on one page, its links as a table whose columns stand below their titles."""
    alpha = pair.hosts[0]
    alpha.knet("configure", "interface knet0", "peer beta", 'description "rack 7 spare"')
    said = alpha.knet("show peers beta").stdout.splitlines()
    assert re.fullmatch(r'Peer beta \(id 2\) on knet0: up for \d\d:\d\d:\d\d; policy passive; '
                        r'"rack 7 spare"', said[0]), said[0]
    assert re.search(r"MACs learned \d+; path MTU \d+ \(link [01]\)", said[1]), said[1]
    [head, *links] = said[-3:]
    assert head.split()[:4] == ["Link", "State", "Local", "Remote"]
    assert [line[2:8].split() for line in links] in ([["0", "*"], ["1"]], [["0"], ["1", "*"]])
    for title, pattern in (("State", r"up "), ("Local", r"10\.\S+:50000"),
                           ("Last change", r"\d\d:\d\d:\d\d ago")):
        assert re.match(pattern, links[0][head.index(title):]), (title, links[0])
    alpha.knet("configure", "interface knet0", "peer beta", "no description")


def test_counts_above_tables(pair):
    """They are no rows: neither counted nor in JSON."""
    alpha = pair.hosts[0]
    assert alpha.knet("show peers").stdout.startswith("1 peer, 1 up; ")
    assert alpha.knet("show links").stdout.startswith("2 links, 2 up; ")
    assert re.match(r"knet0: (1 entry|\d+ entries), limit 65536, aging 300 s\n",
                    alpha.knet("show mac-table").stdout)
    assert "lines kept, room for" in alpha.knet("show logging last 1").stdout
    assert alpha.knet("show links | count").stdout == "2\n"
    assert len(alpha.knet("show peers | csv").stdout.splitlines()) == 2


def test_outages_are_told(pair):
    """What is down since when, how often lately, and when it is tried again; the worst of all."""
    alpha, beta = pair.hosts
    [before] = alpha.rows("show peers summary")
    assert before["worst_rtt_peer"] == "beta" and before["worst_rtt_us"] > 0
    assert before["oldest_down_peer"] is None and before["oldest_down_s"] is None
    for link in (0, 1):
        pair.underlay.black_hole("beta", link)
    wait_until(lambda: alpha.peer(beta)["state"] == "down", 5, "all links are down")
    head, row, _ = alpha.knet("show links down").stdout.splitlines()[1:]
    assert re.split("  +", head) == ["Peer", "Link", "State", "Remote", "Since", "Reason",
                                     "Flaps 1h/24h", "Next probe"]
    assert re.match(r"beta +0  down   10\.\d+\.\d+\.2:50000 +00:0\d  probe \d+ unanswered", row), row
    for row in alpha.rows("show links down"):
        assert row["outages_hour"] == row["outages_day"] == row["down_count"] == 1
        assert 0 <= row["next_probe_us"] <= row["interval_ms"] * 1000
    [sums] = alpha.rows("show peers summary")
    assert (sums["oldest_down_peer"], sums["down"]) == ("beta", 1)
    assert sums["outages_hour"] == before["outages_hour"] + 2 and sums["worst_rtt_us"] is None
    pair.underlay.heal()
    wait_until(lambda: alpha.peer(beta)["state"] == "up", 10, "all links are up again")


def test_load_of_an_interface(pair):
    """Bits of a second while something passes, none soon after, over the interval that is set."""
    alpha, beta = pair.hosts
    alpha.knet("configure", "interface knet0", "load-interval 1")
    pings = alpha.spawn("ping", "-q", "-i", "0.02", "-s", "1000", beta.overlay)

    def load():
        row = alpha.rows("show interfaces brief")[0]
        assert row["load_interval_s"] == 1
        return row["rx_bits_per_s"], row["tx_bits_per_s"], row["rx_frames_per_s"]

    def is_right(rx, tx, frames):
        return 300_000 < rx < 450_000 and 300_000 < tx < 450_000 and 40 <= frames <= 60

    wait_until(lambda: is_right(*load()), 10, "50 of 1042 bytes each second")
    assert re.search(r"1 second rate: received \d+ bit/s, \d+ frames/s; sent \d+ bit/s",
                     alpha.knet("show interfaces knet0").stdout)
    head, row = alpha.knet("show interfaces brief").stdout.splitlines()
    assert re.search(r" \d+(\.\d+)?k", row[head.index("Links"):]), row
    process.stop(pings)
    wait_until(lambda: max(load()) < 20_000, 10, "silence")
    alpha.knet("configure", "interface knet0", "no load-interval")


def test_reason_on_this_host_comes_first(pair):
    """That a device is down here says more than that nobody answers; at the other end nobody does."""
    alpha, beta = pair.hosts
    assert alpha.log_lines("peer beta: traffic begins on link [01]: ")
    assert not alpha.log_lines("none|instead of 0.00 ms")
    alpha.ip("link set u1 down")
    wait_until(lambda: "down" == alpha.links(beta)[1]["state"] == beta.links(alpha)[1]["state"], 5,
               "link 1 is down at both ends")
    assert alpha.links(beta)[1]["reason"] == "here: u1 is down"
    assert "here" not in beta.links(alpha)[1]["reason"]
    assert alpha.knet("show links down").stdout.startswith("2 links, 1 up\n")
    alpha.ip("link set u1 up")
    wait_until(lambda: alpha.links(beta)[1]["state"] == "up", 5, "link 1 is up again")
    assert "here" not in alpha.links(beta)[1]["reason"]


def test_times_are_of_the_calendar(pair):
    alpha = pair.hosts[0]
    for line in ("show peers", "show links", "show version"):
        for row in alpha.rows(line):
            age = time.time() - calendar.timegm(time.strptime(row["since"], "%Y-%m-%dT%H:%M:%SZ"))
            assert abs(age - row.get("since_s", row.get("up_s"))) <= 2


def follow(host, *words):
    return host.lab.spawn(host.namespace, program("knet"), "-s", host.socket, *words)


def test_monitor_tells_events_as_they_happen(pair):
    alpha = pair.hosts[0]
    monitor = follow(alpha, "-j", "monitor", "events", "peer", "beta")
    time.sleep(0.5)
    alpha.knet("clear peer beta")
    row = json.loads(monitor.stdout.readline())
    process.stop(monitor)
    assert row["peer"] == "beta" and row["dropped"] == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["time"])
    assert sorted(row) == sorted(documented()["monitor-events/1"])


def test_monitor_counters_have_rates(pair):
    alpha = pair.hosts[0]
    monitor = follow(alpha, "-j", "monitor", "counters", "peer", "beta")
    row = json.loads(monitor.stdout.readline())
    process.stop(monitor)
    assert row["change"] > 0 and row["per_s"] > 0
    assert sorted(row) == sorted(documented()["monitor-counters/1"])


def test_stalled_monitor_costs_nothing(pair):
    """A client that follows the log and reads nothing: no memory, and it is told what it missed."""
    alpha = pair.hosts[0]
    stalled, busy = Client(alpha.socket), Client(alpha.socket)
    stalled.exec(1, "monitor log", flags=WANTS_ROWS)
    busy.run(1, "debug control")
    for req in range(2, 2000):
        busy.run(req, "show debug")
    before = alpha.resident_kib()
    for req in range(2000, 6000):
        busy.run(req, "show debug")
    if not is_sanitized():  # which keeps what was freed for a while
        assert alpha.resident_kib() - before < 1024
    dropped, rows = 0, 0
    while dropped == 0:
        kind, body = stalled.receive()
        if kind == ROWS:
            for line in body.decode().splitlines():
                rows += 1
                dropped = dropped or json.loads(line)["dropped"]
    assert dropped > 100 and rows > 10
    busy.run(6001, "no debug all")


def test_debug_ends_by_itself(pair):
    alpha = pair.hosts[0]
    alpha.knet("debug control debug for 1")
    [row] = [row for row in alpha.rows("show debug") if row["subsystem"] == "control"]
    assert row["level"] == "debug" and row["left_s"] == 1
    assert any("show debug" in row["text"] for row in alpha.rows("show logging last 5"))
    process.wait_until(
        lambda: all(row["left_s"] is None for row in alpha.rows("show debug")), 5, "debug ends")
    alpha.knet("show memory")
    assert "show memory" not in alpha.knet("show logging last 3").stdout


def test_tech_support_is_a_file(pair, tmp_path):
    alpha = pair.hosts[0]
    path = tmp_path / "support"
    alpha.knet(f"show tech-support file {path}")
    said = path.read_text(encoding="utf-8")
    for what in ("show version", "show running-config", "show threads", "knet-worker"):
        assert what in said
    # only the name of the secret's file is in it
    assert Path(alpha.secret).read_text(encoding="utf-8").strip() not in said
    # pipes see all of it at once
    alpha.knet(f"show tech-support | exclude nothing such | save {path}")
    again = path.read_text(encoding="utf-8")
    assert all(f"---- {what} ----" in again for what in ("show version", "show running-config"))
    assert int(alpha.knet("show tech-support | count").stdout) > 100
    assert alpha.knet("show tech-support | first 2").stdout.count("\n") == 2
    assert alpha.knet("show tech-support | where peer = beta", check=False).returncode == 2
    assert alpha.knet("show tech-support file /nonexistent/x", check=False).returncode == 1


def test_events_can_be_chosen(pair):
    alpha = pair.hosts[0]
    newest = alpha.rows("show events")[-1]["seq"]
    last = [row["seq"] for row in alpha.rows("show events last 3")]
    assert last[0] >= newest - 2 and last == list(range(last[0], last[0] + 3))
    assert all(row["peer"] == "beta" for row in alpha.rows("show events peer beta"))
    assert alpha.rows("show events since 1d")
    assert all(row["level"] in ("error", "warning")
               for row in alpha.rows("show events level warning"))


def test_os_tools_get_arguments_not_a_shell(pair):
    alpha = pair.hosts[0]
    said = alpha.run(program("knet"), "-s", alpha.socket, "ping", "host", alpha.overlay, "count",
                     "1").stdout
    assert "1 received" in said
    for host in ("-f", "a;reboot", "$(id)", "a b"):
        done = process.run([program("knet"), "-s", alpha.socket, f'ping host "{host}"'],
                           check=False)
        assert done.returncode == 2


# ---- many peers ---------------------------------------------------------------------------------

MANY = 65534
SECONDS = 3  # of which it takes a sixth on a machine that has nothing else to do
GROWTH_KIB = 1024


@pytest.fixture(scope="module")
def many(make_shared_scene):
    """One host that has 65,534 peers, whose addresses it does not know."""
    scene = make_shared_scene(1)
    scene.configure()
    host = scene.hosts[0]
    peers = "".join(f" peer host-{number} {number}\n" for number in range(2, MANY + 2))
    config = host.config.read_text(encoding="utf-8").replace("\nexit", f"\n{peers}exit")
    host.config.write_text(config, encoding="utf-8")
    host.start(wait=False)
    process.wait_until(host.is_ready, 60, "knetd with many peers answers")
    return host


def test_many_peers_as_json(many):
    if not is_sanitized():  # what only the first list takes
        many.knet("show peers | json")
    before = many.resident_kib()
    start = time.monotonic()
    said = many.knet("show peers | json").stdout
    took = time.monotonic() - start
    assert len(json.loads(said)["rows"]) == MANY
    if not is_sanitized():
        assert took < SECONDS
        assert many.resident_kib() - before < GROWTH_KIB


def test_few_of_many_peers_cancel_the_rest(many):
    start = time.monotonic()
    assert len(many.rows("show peers | first 3")) == 3
    assert time.monotonic() - start < SECONDS
    assert [row["peer"] for row in many.rows("show peers | where id = 400 | first 1")] == ["host-400"]


def test_version_is_quick_beside_many_peers(many):
    """It neither waits for a long list that somebody reads slowly, nor for the peers."""
    slow = Client(many.socket)
    slow.exec(1, "show peers", flags=WANTS_ROWS)
    took = []
    for _ in range(5):
        start = time.monotonic()
        many.knet("show version")
        took.append(time.monotonic() - start)
    assert statistics.median(took) < (1 if is_sanitized() else 0.1)
