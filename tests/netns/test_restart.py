# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""A daemon dies without a word and comes back.

    alpha ------- two links ------- beta  (SIGKILL, start)
"""

import time

from knetlab.measure import Prober
from knetlab.process import wait_until

# Beta knows nothing of the old session, alpha has not yet noticed: beta begins at once.
HEALED_S = 2
ASKED_AGAIN_NS = 400_000_000  # the kernel's own questions are 1 s apart


def test_a_session_heals_after_a_crash(pair):
    alpha, beta = pair.hosts
    assert alpha.ping(beta.overlay) == (3, 3)
    beta.kill()
    assert not beta.has_device()
    beta.start()
    began = time.monotonic()
    wait_until(lambda: alpha.ping(beta.overlay, "-W", "0.2", count=1, check=False)[1], HEALED_S, "a ping passes")
    print(f"healed after {time.monotonic() - began:.1f} s")
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 10, "all up")
    assert alpha.ping(beta.overlay, count=20) == (20, 20)


def test_who_asked_too_early_is_answered(pair):
    """Beta's kernel asks for alpha's address before there is a session, and again a second later.
    The question is kept and reaches alpha with the first frames."""
    alpha, beta = pair.hosts
    prober = Prober(beta, [alpha], 10)
    beta.kill()
    time.sleep(0.5)
    beta.start()
    wait_until(lambda: beta.is_up_with(pair.hosts), 10, "all up")
    time.sleep(1.5)
    prober.end()
    ahead = time.time_ns() - time.monotonic_ns()
    moved = next(row["time_ns"] - ahead for row in beta.rows("show events") if row["kind"] == "failover")
    answers = prober.finish(10)[alpha.name].arrivals()
    first = next(when for when in answers if when > moved) - moved
    print(f"first answer {first / 1e6:.1f} ms after there was a link")
    assert first < ASKED_AGAIN_NS


def test_it_heals_after_a_long_absence(pair):
    """Alpha has called the peer down before it comes back."""
    alpha, beta = pair.hosts
    beta.kill()
    wait_until(lambda: alpha.peer(beta)["state"] == "down", 5, "alpha notices")
    time.sleep(2)
    beta.start()
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 10, "all up")
    assert alpha.ping(beta.overlay, count=20) == (20, 20)


def test_a_clean_stop_is_told_to_the_peer(pair):
    alpha, beta = pair.hosts
    assert beta.stop() == 0
    wait_until(lambda: alpha.peer(beta)["state"] == "down", 1, "alpha was told")
    beta.start()
    wait_until(lambda: alpha.is_up_with(pair.hosts) and beta.is_up_with(pair.hosts), 10, "all up")
