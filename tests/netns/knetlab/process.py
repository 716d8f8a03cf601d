# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Children. Each is told by the kernel to end when we end, whatever ends us."""

import os
import signal
import subprocess
import time
from pathlib import Path

# A child must hear of our end, not of the interrupt that we are going to handle.
GUARD = ["setpriv", "--pdeathsig", "KILL", "--"]


class CommandFailed(Exception):
    """A command that should have succeeded, with what it said."""

    def __init__(self, argv, code, said):
        super().__init__(f"{' '.join(map(str, argv))}: exit {code}\n{said.strip()}")


def run(argv, timeout=30, check=True, stdin=None, env=None):
    """Runs a command to its end; returns a CompletedProcess with text."""
    done = subprocess.run(GUARD + [str(arg) for arg in argv], input=stdin, text=True, env=env,
                          stdin=subprocess.DEVNULL if stdin is None else None,
                          capture_output=True, timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise CommandFailed(argv, done.returncode, done.stdout + done.stderr)
    return done


def spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=None):
    """Starts a command that runs beside us, in a process group of its own."""
    return subprocess.Popen(GUARD + [str(arg) for arg in argv], stdin=subprocess.DEVNULL,
                            stdout=stdout, stderr=stderr, env=env, text=True,
                            start_new_session=True)


def stop(child, sig=signal.SIGTERM, timeout=5.0):
    """Ends a child that spawn() started, firmly if need be. Returns its exit code."""
    if child.poll() is None:
        child.send_signal(sig)
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdout:
        child.stdout.close()
    return child.returncode


def finish(child, timeout):
    """Waits for a child to end by itself; returns what it printed."""
    try:
        said, _ = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        child.kill()
        said, _ = child.communicate()
        raise CommandFailed(child.args, "none in time", said or "") from None
    if child.returncode != 0:
        raise CommandFailed(child.args, child.returncode, said or "")
    return said


def kill_all(pids):
    """SIGKILLs processes that are known to be ours, and waits until they are gone."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}/fd/0") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)


def wait_until(condition, timeout, what, step=0.05):
    """Returns the first true value of condition(); TimeoutError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout} s: {what}")
        time.sleep(step)


def status(pid):
    """What /proc says of a process ("self": of us), a text for each field."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def cpu_s(pid):
    """Of all threads of a process, to the nanosecond, where the kernel counts it."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9
