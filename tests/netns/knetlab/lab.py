# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""One run of anything in network namespaces.

Everything that a run makes outside its own processes carries its name, kn<pid>x<n>: a directory and a
lock below /run/knetlab, and network namespaces. close() removes all of it. What a run leaves that was
killed is found by its lock, which is free then, and removed by the next run.
"""

import fcntl
import itertools
import os
import shutil
import signal
from pathlib import Path

from . import process

HOME = Path("/run/knetlab")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_numbers = itertools.count(1)


class Namespace:
    """One network namespace, by name."""

    def __init__(self, name):
        self.name = name

    def argv(self, *argv):
        return ["ip", "netns", "exec", self.name, *argv]

    def run(self, *argv, **options):
        return process.run(self.argv(*argv), **options)

    def spawn(self, *argv, **options):
        return process.spawn(self.argv(*argv), **options)

    def ip(self, *words):
        """The ip command in this namespace; a string is split at blanks."""
        if len(words) == 1:
            words = words[0].split()
        return process.run(["ip", "-n", self.name, *words]).stdout

    def unanswered(self):
        """How many echo requests have been sent here, less the replies that have come."""
        names, values = [line.split()[1:] for line in
                         self.run("cat", "/proc/net/snmp").stdout.splitlines()
                         if line.startswith("Icmp: ")]
        icmp = dict(zip(names, map(int, values)))
        return icmp["OutEchos"] - icmp["InEchoReps"]

    def sysctl(self, **values):
        """sysctl(net__ipv4__ip_forward=1): two underscores are a dot."""
        self.run("sysctl", "-qw", *(f"{k.replace('__', '.')}={v}" for k, v in values.items()))

    def pids(self):
        found = process.run(["ip", "netns", "pids", self.name], check=False).stdout
        return [int(pid) for pid in found.split()]

    def delete(self):
        process.kill_all(self.pids())
        process.run(["ip", "netns", "del", self.name], check=False)


class Lab:
    """The namespaces and children of one run; a context manager."""

    def __init__(self):
        HOME.mkdir(mode=0o755, exist_ok=True)
        sweep()
        self.name = f"kn{os.getpid()}x{next(_numbers)}"
        self.directory = HOME / self.name
        self._lock = _lock_take(self.name)
        self.directory.mkdir(mode=0o755)
        self._namespaces = []
        self._children = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def namespace(self, name):
        full = f"{self.name}-{name}"
        process.run(["ip", "netns", "add", full])
        namespace = Namespace(full)
        self._namespaces.append(namespace)
        namespace.ip("link set lo up")
        # A ping with a raw socket has an identifier by chance, and is woken by replies to others. With
        # an ICMP socket the kernel sees to both.
        namespace.sysctl(net__ipv4__ping_group_range="0 0")
        return namespace

    def spawn(self, namespace, *argv, **options):
        """A child in a namespace that ends with the lab, if not before."""
        child = namespace.spawn(*argv, **options)
        self._children.append(child)
        return child

    def close(self):
        """Removes everything, and is not to be interrupted; may be called again."""
        ignored = {sig: signal.signal(sig, signal.SIG_IGN) for sig in ENDING}
        try:
            self._remove()
        finally:
            for sig, handler in ignored.items():
                signal.signal(sig, handler)

    def _remove(self):
        for child in reversed(self._children):
            process.stop(child, timeout=2)
        self._children.clear()
        while self._namespaces:
            self._namespaces.pop().delete()
        shutil.rmtree(self.directory, ignore_errors=True)
        if self._lock is not None:
            (HOME / f"{self.name}.lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def _lock_take(name):
    """The open lock file of a run, or None if that run is alive."""
    fd = os.open(HOME / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def sweep():
    """Removes what killed runs have left."""
    for lock in HOME.glob("*.lock"):
        name = lock.stem
        fd = _lock_take(name)
        if fd is None:
            continue
        listed = process.run(["ip", "netns", "list"]).stdout.split("\n")
        for line in listed:
            if line.startswith(name + "-"):
                Namespace(line.split()[0]).delete()
        shutil.rmtree(HOME / name, ignore_errors=True)
        lock.unlink(missing_ok=True)
        os.close(fd)
