# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Who may join: network secrets, pinned keys, and clocks that are wrong.

    alpha ------- two links ------- beta
"""

import os
import time

import pytest

from knetlab.host import key_make, secret_make
from knetlab.process import wait_until
from knetlab.programs import is_sanitized, program

# Several attempts of a handshake; links at peace are up in less than two seconds.
ATTEMPTS_S = 6
YEAR_S = 365 * 86400


def both_start(scene, envs=(None, None)):
    for host, env in zip(scene.hosts, envs):
        host.start(env=env)


def no_session(scene):
    """After several attempts nothing has come up, and no ping passes."""
    alpha, beta = scene.hosts
    time.sleep(ATTEMPTS_S)
    for host, other in ((alpha, beta), (beta, alpha)):
        row = host.peer(other)
        assert row["state"] == "never" and row["links_up"] == 0
    assert alpha.ping(beta.overlay, count=2, check=False)[1] == 0


def one_clear_line(host, pattern):
    """One line says why, however often it was tried."""
    lines = host.log_lines(pattern)
    assert len(lines) == 1, host.log()


def test_another_network_secret(make_scene):
    scene = make_scene(2)
    alpha, beta = scene.hosts
    beta.secret = secret_make(scene.lab.directory / "another-secret")
    scene.configure()
    both_start(scene)
    no_session(scene)
    one_clear_line(alpha, "warning .*peer beta: .*another network secret")
    one_clear_line(beta, "warning .*peer alpha: .*another network secret")


def test_another_key_than_the_pinned_one(make_scene):
    scene = make_scene(2)
    alpha, beta = scene.hosts
    for host in scene.hosts:
        host.key_file = scene.lab.directory / f"{host.name}.key"
        host.public_key = key_make(host.key_file)
    # alpha expects a key of beta's that beta does not have
    beta.public_key, right_key = key_make(scene.lab.directory / "other.key"), beta.public_key
    for host in scene.hosts:
        host.configure(scene.hosts, [f"key file {host.key_file}"])
    both_start(scene)
    no_session(scene)
    one_clear_line(alpha, "warning .*peer beta: .*public key is not the pinned one")
    one_clear_line(beta, "warning .*peer alpha: .*meant for another public key")
    # and with the right one at once
    beta.public_key = right_key
    alpha.knet("-f -", stdin=f"configure\ninterface knet0\npeer beta\n"
               f"public-key {right_key}\nend\n")
    wait_until(lambda: alpha.is_up_with([beta]), 40, "a session with the right key")


def test_pinned_keys_that_match(make_scene):
    scene = make_scene(2)
    for host in scene.hosts:
        host.key_file = scene.lab.directory / f"{host.name}.key"
        host.public_key = key_make(host.key_file)
    for host in scene.hosts:
        host.configure(scene.hosts, [f"key file {host.key_file}"])
    scene.start()
    alpha, beta = scene.hosts
    assert alpha.ping(beta.overlay) == (3, 3)


@pytest.mark.parametrize("offset", [YEAR_S, -YEAR_S], ids=["ahead", "behind"])
def test_a_clock_that_differs_by_a_year(make_scene, offset):
    """Also after that host has come back with its clock set right, which steps it back."""
    scene = make_scene(2)
    scene.configure()
    alpha, beta = scene.hosts
    env = {"LD_PRELOAD": program("clockshim.so"), "CLOCKSHIM_SECONDS": str(offset)}
    if is_sanitized():
        env["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    both_start(scene, (env, None))
    wait_until(lambda: alpha.is_up_with([beta]) and beta.is_up_with([alpha]), 20, "a session")
    assert alpha.ping(beta.overlay) == (3, 3)
    assert alpha.stop() == 0
    alpha.start()
    wait_until(lambda: alpha.is_up_with([beta]) and beta.is_up_with([alpha]), 20,
               "a session after the clock was set")
    assert alpha.ping(beta.overlay) == (3, 3)


@pytest.mark.parametrize("pinned", [False, True], ids=["derived", "pinned"])
def test_a_node_id_that_is_used_twice(make_scene, pinned):
    """Gamma is a copy of beta, with addresses of its own: alpha hears from both in turn."""
    scene = make_scene(3)
    alpha, beta, gamma = scene.hosts
    options = []
    if pinned:
        alpha.key_file, beta.key_file = (scene.lab.directory / f"{n}.key" for n in "ab")
        alpha.public_key, beta.public_key = key_make(alpha.key_file), key_make(beta.key_file)
        options = [f"key file {beta.key_file}"]
    alpha.configure([beta], [f"key file {alpha.key_file}"] if pinned else [])
    beta.configure([alpha], options)
    text = beta.config_text([alpha], options)
    for network in (0, 1):
        text = text.replace(f"local {beta.underlay(network)} ",
                            f"local {gamma.underlay(network)} ")
    gamma.config.write_text(text, encoding="utf-8")
    alpha.start()
    beta.start()
    wait_until(lambda: alpha.is_up_with([beta]), 20, "beta is up")
    time.sleep(3)
    assert not alpha.log_lines("used twice")
    gamma.start()
    wait_until(lambda: alpha.log_lines("used twice"), 20, "alpha wonders")
    time.sleep(10)
    line, = alpha.log_lines("used twice")
    print(line)
    assert "peer beta" in line and "is node-id 2 used twice?" in line
    assert any(beta.underlay(n) + ":" in line and gamma.underlay(n) + ":" in line for n in (0, 1))
