# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A daemon dies without a word and comes back.

    alpha ------- two links ------- beta  (SIGKILL, start)
"""

import time

from knetlab.process import wait_until

# Beta knows nothing of the old session, alpha has not yet noticed: beta begins at once.
HEALED_S = 2


def test_a_session_heals_after_a_crash(pair):
    alpha, beta = pair.hosts
    assert alpha.ping(beta.overlay) == (3, 3)
    beta.kill()
    assert not beta.has_device()
    beta.start()
    began = time.monotonic()
    wait_until(lambda: alpha.ping(beta.overlay, "-W", "0.2", count=1, check=False)[1], HEALED_S, "a ping passes")
    print(f"healed after {time.monotonic() - began:.1f} s")
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 20, "all up")
    assert alpha.ping(beta.overlay, count=20) == (20, 20)


def test_it_heals_after_a_long_absence(pair):
    """Alpha has called the peer down before it comes back."""
    alpha, beta = pair.hosts
    beta.kill()
    wait_until(lambda: alpha.peer(beta)["state"] == "down", 5, "alpha notices")
    time.sleep(2)
    beta.start()
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 30, "all up")
    assert alpha.ping(beta.overlay, count=20) == (20, 20)


def test_a_clean_stop_is_told_to_the_peer(pair):
    alpha, beta = pair.hosts
    assert beta.stop() == 0
    wait_until(lambda: alpha.peer(beta)["state"] == "down", 1, "alpha was told")
    beta.start()
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 30, "all up")
