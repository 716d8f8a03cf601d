# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""What `make install` gives to systemd and to SysV init starts, watches and stops the daemon.

    +---- namespace ----+
    | lo   10.66.0.1/32 |     systemd does not run the machines on which tests run, so its part
    | knetd --- knet0   |     is played here: the daemon gets exactly the rights of the unit file
    +-------------------+     and a notify socket. The SysV script runs as it is, in a mount
                              namespace with a copy of /etc and an empty /run.
"""
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

# The paths in the unit and in the script are those of an installed tree.
pytestmark = pytest.mark.skipif(not shutil.which("knetd"),
                                reason="no installed knetd in PATH (check.sh provides one)")

CONFIG = """\
hostname alpha
interface knet0
 node-id 1
 address 10.99.0.1/24
 network-secret file {secret}
 link 0 local 10.66.0.1
 peer beta 2 10.66.0.2
exit
"""


def prefix():
    return Path(shutil.which("knetd")).parent.parent


def unit_path():
    return prefix() / "lib/systemd/system/knetd.service"


def unit_value(key):
    return re.search(rf"^{key}=(.*)$", unit_path().read_text(), re.M).group(1)


def run(*args, **kwargs):
    return subprocess.run(args, check=True, text=True, capture_output=True, **kwargs).stdout


@pytest.fixture
def namespace():
    name = f"kninit{os.getpid()}"
    run("ip", "netns", "add", name)
    run("ip", "-n", name, "link", "set", "lo", "up")
    run("ip", "-n", name, "address", "add", "10.66.0.1/32", "dev", "lo")
    yield name
    run("ip", "netns", "delete", name)


def has_tap(namespace):
    """Whether the interface is there with its address."""
    shown = subprocess.run(["ip", "-n", namespace, "-4", "address", "show", "dev", "knet0"],
                           text=True, capture_output=True, check=False)
    return "10.99.0.1/24" in shown.stdout


def write_config(directory):
    directory.mkdir(parents=True, exist_ok=True)
    secret = directory / "knet0.secret"
    run("knet-keygen", "--secret", str(secret))
    config = directory / "startup-config"
    config.write_text(CONFIG.format(secret=secret))
    return config


needs_systemd_analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"),
                                           reason="systemd-analyze is not installed")


@needs_systemd_analyze
def test_unit_file_is_valid():
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit_path())], text=True,
                          capture_output=True, check=False)
    assert "knetd.service" not in done.stderr
    assert done.returncode == 0
    assert unit_value("Documentation") == "man:knetd(8)"
    assert (prefix() / "share/man/man8/knetd.8").exists()


@needs_systemd_analyze
def test_unit_exposes_little():
    """On systemd's scale from 0, nothing, to 100, everything; up to 49 it says OK."""
    run("systemd-analyze", "security", "--offline=yes", "--threshold=30", str(unit_path()))


class Notified:
    """The receiving end of NOTIFY_SOCKET."""

    def __init__(self, path):
        self.path = str(path)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)

    def wait(self, word, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.sock], [], [], left)[0]:
                if word in self.sock.recv(4096).decode().split("\n"):
                    return True
        return False


def command_with_rights_of_unit(config, control_socket):
    caps = ",".join("+" + cap.removeprefix("CAP_").lower()
                    for cap in unit_value("CapabilityBoundingSet").split())
    return ["setpriv", "--no-new-privs", f"--bounding-set=-all,{caps}", f"--inh-caps=-all,{caps}",
            "--", shutil.which("knetd"), "-f", "-c", str(config), "-s", str(control_socket)]


def test_rights_of_the_unit_suffice_and_systemd_is_told(namespace, tmp_path):
    config = write_config(tmp_path)
    notified = Notified(tmp_path / "notify")
    env = dict(os.environ, NOTIFY_SOCKET=notified.path, WATCHDOG_USEC="400000")
    command = command_with_rights_of_unit(config, tmp_path / "knetd.sock")
    daemon = subprocess.Popen(["ip", "netns", "exec", namespace, *command], env=env)
    try:
        assert notified.wait("READY=1", 10)
        assert has_tap(namespace)
        for _ in range(5):
            assert notified.wait("WATCHDOG=1", 0.4)
        daemon.send_signal(signal.SIGTERM)
        assert notified.wait("STOPPING=1", 5)
        assert daemon.wait(10) == 0
        assert not has_tap(namespace)
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()


SYSV_STORY = r"""
set -u
mount --make-rprivate /
mount --bind "$1/etc" /etc
mount -t tmpfs tmpfs /run
script=$2

expect() {
    want=$1
    shift
    "$@" >>"$LOG" 2>&1
    got=$?
    [ "$got" -eq "$want" ] || { echo "$*: exit $got, not $want"; cat "$LOG"; exit 1; }
}
has_tap() { ip -4 address show dev knet0 | grep -q 10.99.0.1/24; }
pid() { cat /run/knetd/knetd.pid; }
LOG=$1/log

expect 3 "$script" status
expect 0 "$script" start
expect 0 has_tap
expect 0 "$script" status
expect 0 knet show version
first=$(pid)
expect 0 "$script" start
expect 0 [ "$(pid)" = "$first" ]
expect 0 "$script" restart
expect 0 has_tap
expect 1 [ "$(pid)" = "$first" ]
kill -9 "$(pid)"
while [ -e "/proc/$(pid)" ]; do sleep 0.1; done
expect 1 "$script" status
expect 0 "$script" start
expect 0 "$script" status
expect 0 "$script" stop
expect 3 "$script" status
expect 1 has_tap
expect 0 "$script" stop
expect 2 "$script" dance
"""


def test_sysv_script(namespace, tmp_path):
    shutil.copytree("/etc", tmp_path / "etc", symlinks=True, ignore_dangling_symlinks=True)
    config = write_config(tmp_path / "etc/kronosnet")
    config.write_text(CONFIG.format(secret="/etc/kronosnet/knet0.secret"))
    script = prefix() / "etc/init.d/knetd"
    done = subprocess.run(["ip", "netns", "exec", namespace, "unshare", "--mount", "timeout", "60",
                           "sh", "-c", SYSV_STORY, "sh", str(tmp_path), str(script)],
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
