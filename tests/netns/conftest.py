# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What the stories share: see knetlab for the words they are told in.

    sudo KNET_BUILD=build /usr/bin/python3 -m pytest tests/netns
    ... --long        the durations and numbers that are too long for every day
"""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from knetlab.host import Host, secret_make, start_all  # noqa: E402
from knetlab.lab import Lab  # noqa: E402
from knetlab.underlay import Underlay  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="long durations and large numbers")


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="network namespaces need root"))


def pytest_configure():
    def on_signal(*_):
        raise KeyboardInterrupt

    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, on_signal)


@pytest.fixture(scope="session")
def is_long(request):
    return request.config.getoption("--long")


class Scene:
    """Hosts on a common underlay, not started yet."""

    def __init__(self, lab, count, family=None):
        self.lab = lab
        self.underlay = Underlay(lab)
        self.secret = secret_make(lab.directory / "secret")
        self.hosts = [Host(lab, self.underlay, number, self.secret, family)
                      for number in range(1, count + 1)]

    def configure(self, options=(), addresses=True):
        for host in self.hosts:
            host.configure(self.hosts, options, addresses)

    def start(self, env=None):
        start_all(self.hosts, env=env)

    def start_silently(self, env=None):
        """Nothing will cross the overlay that no story has sent, no IPv6 and no ARP: each host knows
        the address of the other. Of two hosts."""
        for host in self.hosts:
            host.namespace.sysctl(net__ipv6__conf__default__disable_ipv6=1)
            text = host.config.read_text(encoding="utf-8")
            host.config.write_text(text.replace(f" address {host.overlay6}/64\n", ""),
                                   encoding="utf-8")
        self.start(env)
        for host, other in zip(self.hosts, reversed(self.hosts)):
            host.ip(f"neigh replace {other.overlay} dev knet0 nud permanent lladdr {other.mac()}")

    def logs(self):
        return "\n".join(f"---- {host.name}\n{host.log()[-4000:]}" for host in self.hosts
                         if host.log_path.exists())


def _scenes():
    """A function that makes scenes, until it is told to go on; then their end."""
    with_lab = []

    def make(count, **options):
        scene = Scene(Lab(), count, **options)
        with_lab.append(scene)
        return scene

    try:
        yield make
    finally:
        for scene in with_lab:
            # pytest prints it if the story has failed
            print(scene.logs())
            for host in scene.hosts:
                if host.daemon:
                    host.stop()
            scene.lab.close()


@pytest.fixture
def make_scene():
    """make_scene(COUNT): a scene for this story alone."""
    yield from _scenes()


@pytest.fixture(scope="module")
def make_shared_scene():
    """make_shared_scene(COUNT): a scene for all stories of a file."""
    yield from _scenes()


@pytest.fixture(scope="module")
def pair(make_shared_scene):
    """Alpha and beta with two links, running, for all stories of a file."""
    scene = make_shared_scene(2)
    scene.configure()
    scene.start()
    time.sleep(0.5)
    return scene
