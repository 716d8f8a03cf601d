#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
#
# Shows what Kronosnet is for: four hosts in network namespaces, two underlay networks, pings
# between all of them, and cables that are cut meanwhile. Installs what is missing, builds below
# ./build-demo, measures, writes demo-report.html to the current directory, removes all that it has
# set up. Ends with 1 if something promised was not kept.
#
#   sudo ./demo.sh              all cuts, about four minutes
#   sudo ./demo.sh --quick      two of them, half a minute
#   sudo ./demo.sh --cuts A,B   these, by name: see --help
#   sudo ./demo.sh --keep       leaves the network up afterwards, to look around, until Ctrl-C
set -eu

top=$(cd "$(dirname "$0")" && pwd)
build=$top/build-demo

die()
{
    echo "demo.sh: $*" >&2
    exit 1
}

usage()
{
    sed -n 's/^#   //p' "$top/demo.sh"
}

is_value=no
for option; do
    case $is_value:$option in
        yes:*) is_value=no ;;
        no:--quick | no:--keep | no:--cuts=*) ;;
        no:--cuts) is_value=yes ;;
        no:-h | no:--help)
            usage
            echo "The cuts:"
            sed -n 's/^    Cut("\([a-z-]*\)", "\([^"]*\)".*/    \1: \2/p' "$top/demo/cuts.py"
            exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
done
[ "$(id -u)" -eq 0 ] || die "must be root to make network namespaces: sudo $0"
case $top in
    *[[:space:]]*) die "autoconf cannot build below a directory with a space in its name: $top" ;;
esac

bootstrap_is_due()
{
    [ -e "$top/configure" ] || return 0
    [ -n "$(find "$top" -path '*/build-*' -prune -o \
        \( -name '*.mk' -o -name configure.ac -o -name Makefile.am \) \
        -newer "$top/configure" -print -quit)" ]
}

build_all()
{
    # a tree that is configured in place cannot be built elsewhere
    [ ! -e "$top/config.status" ] || build=$top
    ! bootstrap_is_due || "$top/bootstrap" || return
    mkdir -p "$build"
    [ -e "$build/Makefile" ] || (cd "$build" && "$top/configure" -q) || return
    make -C "$build" -s -j"$(nproc)" all && make -C "$build" -s tests/tools/prober tests/tools/witness
}

echo "Installing what is missing ..."
"$top/build-aux/install-deps" || exit 1
echo "Building ..."
mkdir -p "$build"
if ! build_all >"$build/demo-build.log" 2>&1; then
    tail -n 30 "$build/demo-build.log" >&2
    die "the build failed; all of it is in $build/demo-build.log"
fi
[ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$build"

# -B: no __pycache__ of root's in the tree
KNET_BUILD=$build exec /usr/bin/python3 -B "$top/demo/demo.py" "$@"
