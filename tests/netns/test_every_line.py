# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Every line that the grammar has, run by a daemon that carries traffic: whatever it answers, it
answers, stays alive, and what the lines of the configuration change is undone by one replacement.

    alpha                                      beta
      u0 ----------- [ net0 ] --------------- u0
      u1 ----------- [ net1 ] --------------- u1
"""

import re

import pytest

from knetlab import process
from knetlab.host import wait_all_up
from knetlab.process import wait_until
from knetlab.programs import program

# They last, end the session or the daemon, or take seconds; stories of their own run them.
LEFT_OUT = re.compile(r"watch|monitor|ping|traceroute|capture|test peer|show tech-support|show history"
                      r"|show counters.* rates|exit|quit|stop daemon|load.* terminal|disable|do |config-mode s")
VALUES = {"<ifname>": "knet0", "<peer>": "beta", "<mac>": "02:00:00:00:00:01", "<duration>": "5m",
          "<address/length>": "10.98.0.1/24", "<endpoint>": "10.66.0.77", "<address>": "10.66.0.77",
          "<generation>": "1", "<key>": "vJ0nq5xkV3mS7mUQ7o0W9wq0y1y8bJt0c3Q4m3wq2xk=",
          "<a-b,c>": "2,7-9", "<pattern>": "b*", "<group>": "core", "<host>": "127.0.0.1"}
MODES = {"config": (), "interface": ("interface knet0",),
         "peer": ("interface knet0", "peer beta"), "link": ("interface knet0", "peer beta", "link 0"),
         "group": ("peer-group core",), "range": ("interface knet0", "peer range b*")}


def filled(line, end, directory):
    """With values for its arguments: of numbers the least or the greatest."""
    line = re.sub(r"<(\d+)-(\d+)>", lambda match: match[1 + end], line)
    line = re.sub(r"<(path|file)>", str(directory / "some"), line)
    return re.sub(r"<[^>]+>", lambda match: VALUES.get(match[0], "x"), line)


def different(lines):
    """Without those that have the same words in another order."""
    return {tuple(sorted(line.split())): line for line in lines
            if not LEFT_OUT.match(line)}.values()


def script(host, lines, timeout=120):
    """Goes on after errors, as a person would. The lines, and what was answered."""
    return process.run([program("knet"), "-s", host.socket, "-e", "--each-line", "-f", "-"], check=False,
                       stdin="\n".join(lines) + "\n", timeout=timeout)


@pytest.fixture(name="pair", scope="module")
def made_pair(make_shared_scene):
    scene = make_shared_scene(2)
    scene.configure()
    scene.start()
    wait_all_up(scene.hosts)
    scene.hosts[0].knet("-f -", stdin="peer-group core\nexit\n")
    return scene


def generation(host):
    return host.rows("show configuration history")[0]["generation"]


def body(host):
    """The running configuration without its first line, which says which one it is."""
    return host.knet("show running-config").stdout.split("\n", 1)[1]


def still_there(pair, before, directory):
    """The daemon lives and goes back to what was in force."""
    alpha, beta = pair.hosts
    (directory / "before").write_text(before, encoding="utf-8")
    alpha.knet("commit cancel", check=False)
    alpha.knet("clear configuration lock", check=False)
    alpha.knet(f"configure replace {directory / 'before'}")
    assert body(alpha) == before
    wait_all_up(pair.hosts, 20)
    wait_until(lambda: alpha.ping(beta.overlay) == (3, 3), 10, "frames pass")


def test_every_command(pair, tmp_path):
    alpha = pair.hosts[0]
    before = body(alpha)
    lines = list(different(alpha.knet("list permutations").stdout.splitlines()))
    assert len(lines) > 150
    for end in (0, 1):
        wanted = [word for line in lines for word in (filled(line, end, tmp_path), "end")]
        done = script(alpha, ["show clock", *wanted, "show clock"])
        assert done.stdout.rstrip().endswith("Z)"), (done.stdout[-2000:], done.stderr[-2000:])
        still_there(pair, before, tmp_path)


@pytest.mark.parametrize("mode", MODES)
def test_every_line_of_the_configuration(pair, tmp_path, mode):
    """One by one in force, each on top of the others; then all at once undone."""
    alpha = pair.hosts[0]
    before, first = body(alpha), generation(alpha)
    enter = ["configure", *MODES[mode]]
    lines = alpha.knet(*enter, "list permutations").stdout.splitlines()
    lines = [line for line in different(lines) if not line.startswith("show")]
    lines.sort(key=lambda line: line.startswith(("no ", "default ")))
    assert len(lines) > 40
    wanted = []
    for at, line in enumerate(lines):
        wanted += [*enter, filled(line, at % 2, tmp_path), "end"]
    done = script(alpha, [*wanted, "show clock"])
    assert done.stdout.rstrip().endswith("Z)"), (done.stdout[-2000:], done.stderr[-2000:])
    assert generation(alpha) > first + 10
    still_there(pair, before, tmp_path)
