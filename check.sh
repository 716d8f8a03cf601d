#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
#
# Checks everything: unit tests, simulation, fuzzers, the distribution tarball, lint, races between
# threads, and stories between real network namespaces. All of it happens on a copy of the tree
# below ./build-check; the logs stay there. The last line is the sum: "N passed, N failed".
#
#   sudo ./check.sh            everything
#   sudo ./check.sh --quick    without the stories
#
# KNET_FUZZ_SECONDS: how long each fuzzer runs (default 5).
set -u

top=$(cd "$(dirname "$0")" && pwd) || exit 1
work=$top/build-check
fuzz_seconds=${KNET_FUZZ_SECONDS:-5}
quick=no
builder=
calm=
# Stories that do not care how busy the machine is: they run beside the fuzzers.
calm_stories='commands config_errors daemon identity init quickstart settings show tools transactions'

die()
{
    echo "check.sh: $*" >&2
    exit 1
}

# ---- results: one file for each stage, "passed failed" --------------------------------------

result()
{
    echo "$2 $3" >"$work/results/$1"
    printf '%-28s %5d passed, %d failed\n' "$1" "$2" "$3"
}

# stage_failed NAME LOG: a stage that could not do its work, with the end of its log
stage_failed()
{
    result "$1" 0 1
    echo "---- end of $2"
    tail -n 40 "$2"
    echo "----"
}

# run NAME COMMAND...: a stage that counts as one
run()
{
    local name=$1
    shift
    if "$@" >"$work/log/$name.log" 2>&1; then
        result "$name" 1 0
    else
        stage_failed "$name" "$work/log/$name.log"
        return 1
    fi
}

sum_up()
{
    cat "$work"/results/* | awk '
        { passed += $1; failed += $2 }
        END {
            printf "%d passed, %d failed\n", passed, failed
            exit failed > 0 || passed == 0
        }'
}

# spawn COMMAND...: in the background, in a process group of its own, number in $spawned
spawn()
{
    set -m
    "$@" &
    spawned=$!
    set +m
}

# The stories clean up after an interrupt; compilers may just end.
interrupted()
{
    trap '' INT TERM
    local story
    for story in "$work"/stories/*; do
        [ ! -e "$story" ] || kill -INT "$(cat "$story")"
    done
    [ -z "$builder" ] || kill -TERM -- "-$builder"
    wait
    echo 0 1 >"$work/results/interrupted"
    sum_up
    exit 130
} 2>/dev/null

# ---- the copy and its builds ----------------------------------------------------------------

list_sources()
{
    if [ -e .git ]; then
        git -c safe.directory='*' ls-files -z -co --exclude-standard
    else
        find . -path './build-check*' -prune -o -type f \
            ! -name '*.l[ao]' ! -name '*.o' ! -name Makefile ! -name config.status \
            ! -path ./config.h ! -path ./init/knetd ! -path ./init/knetd.service \
            ! -path ./init/kronosnet.conf -print0
    fi | while IFS= read -r -d '' file; do
        [ ! -f "$file" ] || printf '%s\0' "$file"
    done
}

# A copy, because a tree that was configured in place cannot be built elsewhere at the same time.
copy_sources()
{
    mkdir -p "$work/src"
    (cd "$top" && list_sources | tar --null -T - -cf -) | tar -C "$work/src" --no-same-owner -xf -
}

bootstrap_copy()
{
    local newer
    newer=$(cd "$work/src" && find . \( -name '*.mk' -o -name configure.ac -o -name Makefile.am \) \
        -newer configure 2>/dev/null) || newer=all
    [ -n "$newer" ] || return 0
    "$work/src/bootstrap"
}

# configure_in DIR FLAGS...: configures once for the same flags
configure_in()
{
    local dir=$work/$1
    shift
    mkdir -p "$dir"
    if [ ! -e "$dir/Makefile" ] || [ "$*" != "$(cat "$dir/flags" 2>/dev/null)" ]; then
        (cd "$dir" && "$work/src/configure" -q "$@") || return 1
        echo "$*" >"$dir/flags"
    fi
}

build_sanitized()
{
    rm -rf "$work/root"
    copy_sources && bootstrap_copy &&
        configure_in san --prefix="$work/root" --enable-sanitizers --enable-werror CFLAGS='-O1 -g' &&
        make -C "$work/san" -j"$(nproc)" all &&
        make -C "$work/san" -j"$(nproc)" check-programs &&
        make -C "$work/san" install
}

build_fuzzers()
{
    configure_in fuzz CC=clang --enable-fuzzers --enable-werror CFLAGS='-O1 -g' &&
        make -C "$work/fuzz" -j"$(nproc)" fuzz-programs
}

# Only what has threads, or gives them work.
build_threads()
{
    configure_in tsan --enable-sanitizers=thread --enable-werror CFLAGS='-O1 -g' &&
        make -C "$work/tsan" -j"$(nproc)" all &&
        make -C "$work/tsan" -j"$(nproc)" thread-programs
}

# Also proves that the tarball is complete and that the other AEAD back end carries all alone.
build_without_options()
{
    configure_in plain --without-ipsec-mb --without-systemd &&
        make -C "$work/plain" -j"$(nproc)" distcheck \
            AM_DISTCHECK_CONFIGURE_FLAGS='--without-ipsec-mb --without-systemd --enable-werror'
}

# ---- stages ---------------------------------------------------------------------------------

# Unit tests, simulation and the corpora of the fuzzers, as `make check` counts them.
stage_unit()
{
    local log=$work/log/unit.log passed failed
    make -C "$work/san" -k check >"$log" 2>&1
    passed=$(awk '$1 == "#" && $2 == "PASS:" { n += $3 } END { print n + 0 }' "$log")
    failed=$(awk '$1 == "#" && $2 ~ /^(FAIL|ERROR|XPASS):$/ { n += $3 } END { print n + 0 }' "$log")
    if [ "$passed" -eq 0 ]; then
        stage_failed unit "$log"
        return
    fi
    result unit "$passed" "$failed"
    grep -E '^(SKIP|FAIL|ERROR|XPASS):' "$log"
    [ "$failed" -eq 0 ] || cat "$work/san/test-suite.log"
}

fuzz_one()
{
    local program=$1 name
    name=${program##*/fuzz_}
    mkdir -p "$work/corpus/$name"
    nice "$work/fuzz/$program" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$work/corpus/$name-" \
        "$work/corpus/$name" "$work/src/tests/fuzz/corpus/$name"
}

stage_fuzz()
{
    local program pids=()
    build_fuzzers >"$work/log/fuzz-build.log" 2>&1 || {
        stage_failed fuzz-build "$work/log/fuzz-build.log"
        return
    }
    for program in $(make -s -C "$work/fuzz" list-fuzzers); do
        run "fuzz-${program##*/fuzz_}" fuzz_one "$program" &
        pids+=($!)
        # As many at a time as there are cores: each has one thread.
        [ ${#pids[@]} -lt "$(nproc)" ] || { wait "${pids[0]}"; pids=("${pids[@]:1}"); }
    done
    wait "${pids[@]}"
}

lint_tree()
{
    cd "$top" && build-aux/lint "$work/san/libknet/.libs/libknet-2.so"
}

junit_count()
{
    /usr/bin/python3 - "$1" <<'EOF'
import sys
import xml.etree.ElementTree as tree

suites = tree.parse(sys.argv[1]).getroot().iter("testsuite")
total = failed = skipped = 0
for suite in suites:
    total += int(suite.get("tests"))
    failed += int(suite.get("failures")) + int(suite.get("errors"))
    skipped += int(suite.get("skipped"))
print(total - failed - skipped, failed)
EOF
}

# run_pytest BUILD NAME REPORTS WHERE...: replaces this shell
run_pytest()
{
    local build=$1 name=$2 reports=$3
    shift 3
    cd "$top" || exit 1
    export PATH="$work/root/sbin:$work/root/bin:$PATH"
    export KNET_BUILDDIR=$work/$build PYTHONDONTWRITEBYTECODE=1
    export ASAN_OPTIONS="log_path=$reports/asan:detect_stack_use_after_return=1"
    export UBSAN_OPTIONS="log_path=$reports/ubsan:print_stacktrace=1"
    export TSAN_OPTIONS="log_path=$reports/tsan:suppressions=$top/tests/tsan/suppressions"
    exec timeout --foreground -s INT -k 30 1200 /usr/bin/python3 -m pytest -p no:cacheprovider \
        -q -rs --durations=12 --junit-xml="$work/log/$name.xml" "$@"
}

# stage_stories BUILD NAME WHERE...: stories below tests, on a sanitized build (san is installed, too).
# Whatever a sanitizer has to say, in any process that a story starts, is a failure of its own.
stage_stories()
{
    local build=$1 name=$2 log=$work/log/$2.log reports=$work/reports/$2 passed failed report
    shift 2
    mkdir -p "$reports"
    spawn run_pytest "$build" "$name" "$reports" "$@" >"$log" 2>&1
    echo "$spawned" >"$work/stories/$name"
    wait "$spawned"
    rm -f "$work/stories/$name"
    if ! read -r passed failed < <(junit_count "$work/log/$name.xml" 2>/dev/null); then
        stage_failed "$name" "$log"
        return
    fi
    for report in "$reports"/*; do
        [ -e "$report" ] || continue
        failed=$((failed + 1))
        head -n 30 "$report"
    done
    result "$name" "$passed" "$failed"
    grep '^SKIPPED' "$log"
    [ "$failed" -eq 0 ] || tail -n 80 "$log"
}

# list_stories yes|no: those between namespaces that are calm, or not
list_stories()
{
    local file name is_calm
    for file in "$top"/tests/netns/test_*.py; do
        name=${file##*/test_}
        is_calm=no
        [[ " $calm_stories " != *" ${name%.py} "* ]] || is_calm=yes
        [ "$is_calm" != "$1" ] || echo "tests/netns/${file##*/}"
    done
}

thread_test()
{
    TSAN_OPTIONS="suppressions=$top/tests/tsan/suppressions" "$work/tsan/$1"
}

# Under ThreadSanitizer: unit tests with more than one thread, then two hosts under load.
stage_threads()
{
    local program
    build_threads >"$work/log/threads-build.log" 2>&1 || {
        stage_failed threads-build "$work/log/threads-build.log"
        return
    }
    for program in $(make -s -C "$work/tsan" list-thread-tests); do
        run "threads-${program##*/test_}" thread_test "$program"
    done
    [ "$quick" = yes ] || stage_stories tsan threads tests/netns/test_threads.py
}

# ---- all of it ------------------------------------------------------------------------------

while [ $# -gt 0 ]; do
    case $1 in
        --quick) quick=yes ;;
        *) die "usage: sudo ./check.sh [--quick]" ;;
    esac
    shift
done
case $top in
    *[[:space:]]*) die "autoconf cannot build below a directory with a space in its name: $top" ;;
esac
[ "$(id -u)" -eq 0 ] || [ "$quick" = yes ] || die "must be root to make network namespaces: sudo $0"

"$top/build-aux/install-deps" || exit 1
rm -rf "$work/results" "$work/log" "$work/reports" "$work/stories"
mkdir -p "$work/results" "$work/log" "$work/reports" "$work/stories"
trap interrupted INT TERM
started=$SECONDS

if ! run build build_sanitized; then
    sum_up
    exit 1
fi
spawn run without-ipsec-mb build_without_options
builder=$spawned
stage_unit
run lint lint_tree
wait "$builder"
builder=
if [ "$quick" = no ]; then
    mapfile -t busy < <(list_stories no)
    mapfile -t quiet < <(list_stories yes)
    stage_stories san calm "${quiet[@]}" tests/cli &
    calm=$!
fi
stage_fuzz
build_threads >"$work/log/threads-build.log" 2>&1
[ -z "$calm" ] || wait "$calm"
stage_threads
[ "$quick" = yes ] || stage_stories san netns "${busy[@]}"

[ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$work"
echo "in $((SECONDS - started)) s; logs in $work/log"
sum_up
