# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Real traffic is recorded and sent again, byte for byte, from the address it came from.

    alpha ---- net0 ---- beta       recorded at the switch for 4 s (--long: a minute), then
          ---- net1 ----            played to beta on each of the two links
"""

import time

import pytest

from knetlab.host import PORT
from knetlab.measure import Iperf
from knetlab.process import finish, wait_until
from knetlab.programs import program

RECORDED_S = 4
RECORDED_LONG_S = 60
# Small enough for the recorder to miss nothing; what it misses would not be replayed.
RATE = "2M"
PLAYED_PER_SECOND = 3000


@pytest.fixture(scope="module")
def quiet(make_shared_scene):
    scene = make_shared_scene(2)
    scene.configure()
    scene.start_silently()
    return scene


@pytest.fixture(scope="module")
def recording(quiet, is_long):
    """What alpha sent to beta on link 0 while a stream of datagrams and pings crossed it."""
    alpha, beta = quiet.hosts
    path = quiet.lab.directory / "record.pcap"
    dump = quiet.lab.spawn(quiet.underlay.switch, "tcpdump", "-i", "beta0", "-w", path, "-s", "0",
                           "-B", "16384", "-Z", "root", f"udp and src host {alpha.underlay(0)}")
    time.sleep(0.7)
    seconds = RECORDED_LONG_S if is_long else RECORDED_S
    alpha.knet("clear peer beta")
    # Whichever link answered first is used until the hold time of link 0 is over.
    wait_until(lambda: alpha.active(beta) == [0], 10, "link 0 carries the traffic")
    sent = Iperf(beta, alpha, seconds, "-u", "-b", RATE, "-l", "500").finish()["sum"]
    alpha.ping(beta.overlay, count=20)
    dump.terminate()
    dump.wait(5)
    assert sent["packets"] > seconds * 400
    return path


def replay_drops(host):
    return host.counters()["rx_replay"]


@pytest.mark.parametrize("link", [0, 1], ids=["same-link", "other-link"])
def test_a_replay_delivers_nothing(quiet, recording, link):
    alpha, beta = quiet.hosts
    time.sleep(1)
    delivered, drops = beta.device_counter("rx_packets"), replay_drops(beta)
    down = {number: row["down_count"] for number, row in beta.links(alpha).items()}
    player = quiet.lab.spawn(
        quiet.underlay.switch, program("replay"), "-i", f"beta{link}", "-r", PLAYED_PER_SECOND,
        "-S", alpha.underlay(link), "-D", beta.underlay(link), "-P", PORT + link,
        "-M", beta.mac(f"u{link}"), recording)
    played = int(finish(player, 120))
    time.sleep(0.2)
    print(f"{played} datagrams played, {replay_drops(beta) - drops} counted as replayed")
    assert played > 1000
    assert beta.device_counter("rx_packets") == delivered
    # all but the handshake
    assert played - 5 <= replay_drops(beta) - drops <= played
    assert {number: row["down_count"] for number, row in beta.links(alpha).items()} == down
    assert beta.links(alpha)[link]["state"] == "up"
    assert alpha.ping(beta.overlay, count=10) == (10, 10)
