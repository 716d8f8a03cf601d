# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""Where the built programs are: KNET_BUILD (or KNET_BUILDDIR, as check.sh says), or ./build."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

WHERE = {
    "knetd": ("knetd/knetd",),
    "knet": ("kronosnetd-cli/kronosnetd-cli",),
    "knet-keygen": ("knetd/knet-keygen", "knetd/keygen/knet-keygen"),
    "prober": ("tests/tools/prober",),
    "replay": ("tests/tools/replay",),
    "verify": ("tests/tools/verify",),
    "udpgarbage": ("tests/tools/udpgarbage",),
    "witness": ("tests/tools/witness",),
    "clockshim.so": ("tests/tools/.libs/clockshim.so",),
}


def build_directory():
    name = os.environ.get("KNET_BUILD") or os.environ.get("KNET_BUILDDIR") or "build"
    return Path(name).resolve()


@functools.lru_cache(maxsize=None)
def program(name):
    """The full path of one of our programs, as built; else as installed."""
    for place in WHERE[name]:
        path = build_directory() / place
        if path.exists():
            return str(path)
    installed = shutil.which(name)
    if installed:
        return installed
    raise FileNotFoundError(f"{name} is neither built in {build_directory()} nor installed")


@functools.lru_cache(maxsize=None)
def is_sanitized():
    """Whether knetd was built with AddressSanitizer."""
    path = Path(program("knetd"))
    binary = path.parent / ".libs" / path.name
    symbols = subprocess.run(["nm", "-D", binary if binary.exists() else path],
                             capture_output=True, text=True, check=False).stdout
    return "__asan_init" in symbols
