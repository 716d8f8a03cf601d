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
# KNET_FUZZ_SECONDS: how long each fuzzer runs (default 3).
set -u

top=$(cd "$(dirname "$0")" && pwd) || exit 1
work=$top/build-check
fuzz_seconds=${KNET_FUZZ_SECONDS:-3}
quick=no
busy=
workers=()
# Stories, by what they ask of the machine; the longest first. Those that do not care how busy it is are
# told beside builds and fuzzers, those that count seconds two at a time, those that count milliseconds
# or megabits one by one.
calm_stories=(
    cli/test_cli_pty netns/test_transactions netns/test_commands netns/test_identity
    cli/test_cli_script netns/test_show cli/test_cli_server netns/test_daemon netns/test_settings
    netns/test_quickstart cli/test_cli_screen netns/test_tools netns/test_l2 netns/test_threads
    netns/test_scale netns/test_basic netns/test_config_errors netns/test_every_line
    netns/test_parked netns/test_init cli/test_keygen cli/test_cli_lang cli/test_cli_drivers
    cli/test_cli_golden cli/test_bash_completion cli/test_cli_docs
)
paired_stories=(
    netns/test_offloads netns/test_mtu netns/test_netlink netns/test_replay netns/test_capture
    netns/test_roaming
)

die()
{
    echo "check.sh: $*" >&2
    exit 1
}

# ---- results: one file for each stage, "passed failed" --------------------------------------

result()
{
    echo "$2 $3" >"$work/results/$1"
    printf '%4d s  %-28s %5d passed, %d failed\n' $((SECONDS - started)) "$1" "$2" "$3"
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

# Does what nobody else has taken.
work_on()
{
    local command=$1 item
    shift
    for item in "$@"; do
        [ ! -e "$work/taken/over" ] || return
        mkdir "$work/taken/$command-${item//\//-}" 2>/dev/null || continue
        "$command" "$item"
    done
}

# each COUNT COMMAND ITEM...: COMMAND for each ITEM, so many at a time; wait for $workers
each()
{
    local count=$1
    shift
    mkdir -p "$work/taken"
    workers=()
    while [ "$count" -gt 0 ]; do
        work_on "$@" &
        workers+=($!)
        count=$((count - 1))
    done
}

# The stories clean up after an interrupt; compilers may just end.
interrupted()
{
    trap '' INT TERM
    local story
    mkdir -p "$work/taken/over"
    for story in "$work"/stories/*; do
        [ ! -e "$story" ] || kill -INT "$(cat "$story")"
    done
    [ -z "$busy" ] || kill -TERM -- "-$busy"
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

# Line numbers suffice for what a sanitizer has to say: -g1 is quicker.
configure_all()
{
    local pids=() pid
    configure_in san --prefix="$work/root" --enable-sanitizers --enable-werror CFLAGS='-O1 -g1' &
    pids+=($!)
    configure_in fuzz CC=clang --enable-fuzzers --enable-werror CFLAGS='-O1 -g1' &
    pids+=($!)
    configure_in tsan --enable-sanitizers=thread --enable-werror CFLAGS='-O1 -g1' &
    pids+=($!)
    configure_in plain --without-ipsec-mb --without-systemd &
    pids+=($!)
    for pid in "${pids[@]}"; do
        wait "$pid" || return 1
    done
}

build_sanitized()
{
    rm -rf "$work/root"
    copy_sources && bootstrap_copy && configure_all &&
        make -C "$work/san" -j"$(nproc)" all &&
        make -C "$work/san" -j"$(nproc)" check-programs &&
        make -C "$work/san" install
}

build_fuzzers()
{
    make -C "$work/fuzz" -j"$(nproc)" fuzz-programs
}

# Only what has threads, or gives them work.
build_threads()
{
    make -C "$work/tsan" -j"$(nproc)" all &&
        make -C "$work/tsan" -j"$(nproc)" thread-programs
}

# ---- stages ---------------------------------------------------------------------------------

# count_cases NAME CODE TREE: the result of a `make check` that has ended with CODE, as it counts itself
count_cases()
{
    local log=$work/log/$1.log passed failed
    passed=$(awk '$1 == "#" && $2 == "PASS:" { n += $3 } END { print n + 0 }' "$log")
    failed=$(awk '$1 == "#" && $2 ~ /^(FAIL|ERROR|XPASS):$/ { n += $3 } END { print n + 0 }' "$log")
    if [ "$passed" -eq 0 ] || { [ "$2" -ne 0 ] && [ "$failed" -eq 0 ]; }; then
        stage_failed "$1" "$log"
        return
    fi
    result "$1" "$passed" "$failed"
    grep -E '^(SKIP|FAIL|ERROR|XPASS):' "$log"
    [ "$failed" -eq 0 ] || find "$3" -name test-suite.log -exec cat {} +
}

# Unit tests, simulation and the corpora of the fuzzers.
stage_unit()
{
    make -C "$work/san" -k check >"$work/log/unit.log" 2>&1
    count_cases unit $? "$work/san"
}

# Proves that the tarball is complete, and that the other AEAD back end carries all alone. What is
# installed on the way is kept: it has no sanitizer.
stage_without_options()
{
    rm -rf "$work/kept"
    KNET_KEEP=$work/kept make -C "$work/plain" -j"$(nproc)" distcheck AM_DISTCHECK_CONFIGURE_FLAGS="\
            --without-ipsec-mb --without-systemd --enable-werror CFLAGS=-O1" \
        >"$work/log/without-ipsec-mb.log" 2>&1
    count_cases without-ipsec-mb $? "$work/plain"
}

fuzz_run()
{
    local program=$1 name=$2
    mkdir -p "$work/corpus/$name"
    "$work/fuzz/$program" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$work/corpus/$name-" \
        "$work/corpus/$name" "$work/src/tests/fuzz/corpus/$name"
}

fuzz_one()
{
    local name=${1##*/fuzz_}
    run "fuzz-$name" fuzz_run "$1" "$name"
}

stage_fuzz()
{
    local programs
    build_fuzzers >"$work/log/fuzz-build.log" 2>&1 || {
        stage_failed fuzz-build "$work/log/fuzz-build.log"
        return
    }
    read -ra programs < <(make -s -C "$work/fuzz" list-fuzzers)
    # As many at a time as there are cores: each has one thread.
    each "$(nproc)" fuzz_one "${programs[@]}"
    wait "${workers[@]}"
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

# run_pytest BUILD NAME REPORTS WHERE...: replaces this shell. BUILD: where it is built, or installed.
run_pytest()
{
    local build=$1 name=$2 reports=$3
    shift 3
    cd "$work/src" || exit 1
    export PATH="$work/$build/sbin:$work/$build/bin:$work/root/sbin:$work/root/bin:$PATH"
    export LD_LIBRARY_PATH="$work/$build/lib"
    export KNET_BUILDDIR=$work/$build PYTHONDONTWRITEBYTECODE=1
    export ASAN_OPTIONS="log_path=$reports/asan:detect_stack_use_after_return=1"
    export UBSAN_OPTIONS="log_path=$reports/ubsan:print_stacktrace=1"
    export TSAN_OPTIONS="log_path=$reports/tsan:suppressions=$work/src/tests/tsan/suppressions"
    exec timeout --foreground -s INT -k 30 1200 /usr/bin/python3 -m pytest -p no:cacheprovider \
        -q -rs --durations=5 --junit-xml="$work/log/$name.xml" "$@"
}

# stage_stories BUILD NAME WHERE...: stories below tests (san is installed, too). Whatever a sanitizer
# has to say, in any process that a story starts, is a failure of its own.
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

story()
{
    stage_stories san "${1##*/test_}" "tests/$1.py"
}

# What is in neither list: nobody has to be told of a new story.
list_lonely_stories()
{
    local file name
    for file in "$work"/src/tests/netns/test_*.py "$work"/src/tests/cli/test_*.py; do
        name=${file#"$work"/src/tests/}
        name=${name%.py}
        [[ " ${calm_stories[*]} ${paired_stories[*]} " == *" $name "* ]] || echo "$name"
    done
}

thread_test()
{
    TSAN_OPTIONS="suppressions=$work/src/tests/tsan/suppressions" "$work/tsan/$1"
}

thread_one()
{
    run "threads-${1##*/test_}" thread_test "$1"
}

# Under ThreadSanitizer: unit tests with more than one thread, then two hosts under load.
stage_threads()
{
    local programs
    build_threads >"$work/log/threads-build.log" 2>&1 || {
        stage_failed threads-build "$work/log/threads-build.log"
        return
    }
    read -ra programs < <(make -s -C "$work/tsan" list-thread-tests)
    each "$(nproc)" thread_one "${programs[@]}"
    [ "$quick" = yes ] || stage_stories tsan threads-story tests/netns/test_threads.py
    wait "${workers[@]}"
}

# All that only wants to have been done, both cores at work.
stages_busy()
{
    local builder
    # Stories beside it come first.
    renice -n 10 "$BASHPID" >/dev/null
    stage_without_options &
    builder=$!
    stage_unit
    run lint lint_tree
    wait "$builder"
    stage_fuzz
    stage_threads
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
rm -rf "$work/results" "$work/log" "$work/reports" "$work/stories" "$work/taken"
mkdir -p "$work/results" "$work/log" "$work/reports" "$work/stories"
trap interrupted INT TERM
started=$SECONDS

if ! run build build_sanitized; then
    sum_up
    exit 1
fi
# These stories mostly wait for something: what only wants to be done has the cores meanwhile.
spawn stages_busy
busy=$spawned
if [ "$quick" = no ]; then
    each 2 story "${calm_stories[@]}"
    wait "${workers[@]}"
fi
wait "$busy"
busy=
if [ "$quick" = no ]; then
    each 2 story "${paired_stories[@]}"
    wait "${workers[@]}"
    mapfile -t lonely < <(list_lonely_stories)
    work_on story "${lonely[@]}"
    # What a sanitizer is too slow for.
    stage_stories kept scale-beside-traffic tests/netns/test_scale.py -k beside_traffic
fi

[ -z "${SUDO_UID:-}" ] || chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$work"
echo "in $((SECONDS - started)) s; logs in $work/log"
sum_up
