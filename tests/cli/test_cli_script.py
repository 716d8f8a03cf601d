# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Kronosnet developers
"""The contract with scripts: exit codes, what goes to stdout and what to stderr, silence."""

import json
import signal
import subprocess

import pytest

from conftest import CLIENT


def test_words_are_a_command(knet):
    done = knet("show", "2")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout == "Id  Name    Links\n 0  even ?  0,2\n 1  odd     0,2\n"


def test_one_word_is_a_line(knet):
    assert knet("show 5 | count").stdout == "5\n"


def test_text(knet):
    assert knet("show", "text").stdout == "first line\nsecond line\n"


def test_json_pipe_and_option_agree(knet):
    by_pipe = knet("show", "3", "|", "json")
    by_option = knet("-j", "show", "3")
    assert by_pipe.stdout == by_option.stdout
    doc = json.loads(by_pipe.stdout)
    assert doc["schema"] == "rows/1"
    assert doc["generation"] == 1
    assert doc["rows"][2] == {"id": 2, "name": "even ?", "links": [0, 2], "rtt_us": None}


def test_text_has_a_json_form(knet):
    doc = json.loads(knet("-j", "show", "text").stdout)
    assert doc == {"schema": "text/1", "generation": 1,
                   "rows": [{"line": "first line"}, {"line": "second line"}]}


def test_no_rows_is_valid_json(knet):
    assert json.loads(knet("-j", "show", "0").stdout)["rows"] == []


def test_many_rows(knet):
    doc = json.loads(knet("-j", "show", "20000").stdout)
    assert [row["id"] for row in doc["rows"]] == list(range(20000))


def test_exit_1_command_failed(knet):
    done = knet("show", "fail")
    assert done.returncode == 1
    assert done.stdout == "before it failed\n"
    assert done.stderr == "% it failed\n"


def test_exit_2_syntax(knet):
    done = knet("nonsense")
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0] == "  nonsense"
    assert lines[1] == "  ^"
    assert lines[2] == "% Invalid input detected at '^' marker: 'nonsense'"


@pytest.mark.parametrize("args", [["show 1 | nonsense"], ["-T", "x", "show"], ["--color", "red"],
                                  ["-c", "show 1", "show", "2"], ["--no-such-option"]])
def test_exit_2_of_the_client(knet, args):
    done = knet(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr != ""


def test_exit_3_no_daemon(tmp_path):
    done = subprocess.run([CLIENT, "-s", tmp_path / "none", "show", "1"], text=True,
                          capture_output=True, timeout=20, check=False)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("% Cannot connect to knetd at ")


def test_exit_4_permission(knet):
    done = knet("-r", "configure")
    assert done.returncode == 4
    assert done.stderr == "% Permission denied\n"


def test_exit_5_refused_by_commit(knet):
    done = knet("-f", "-", stdin="hostname beta\nvalue 2000\n")
    assert done.returncode == 5
    assert done.stderr == "stdin: value 2000 is over 1000\n"
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 1


def test_exit_6_timeout(server, knet):
    server.process.send_signal(signal.SIGSTOP)
    try:
        done = knet("-T", "1", "show", "1")
    finally:
        server.process.send_signal(signal.SIGCONT)
    assert done.returncode == 6
    assert done.stdout == ""


def test_exit_130_interrupted(server):
    server.process.send_signal(signal.SIGSTOP)
    try:
        child = subprocess.Popen([CLIENT, "-s", server.socket, "show", "1"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=0.5)
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=10) == 130
    finally:
        server.process.send_signal(signal.SIGCONT)
        child.stdout.close()
        child.stderr.close()


def test_exit_130_within_a_long_answer(server):
    child = subprocess.Popen([CLIENT, "-s", server.socket, "show", "900000"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout.readline() != b""
    child.send_signal(signal.SIGINT)
    rows = len(child.communicate(timeout=10)[0].splitlines())
    assert child.returncode == 130
    assert rows < 500000


def test_errors_as_json(knet):
    done = knet("-j", "nonsense")
    assert done.returncode == 2
    assert done.stdout == ""
    error = json.loads(done.stderr)["error"]
    assert error["code"] == "syntax"
    assert error["position"] == 0
    assert error["expected"] == ["show"]


def test_file_is_one_transaction(knet):
    done = knet("-f", "-", stdin="! comment\nhostname beta\ninterface knet0\n value 3\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 2


def test_file_error_has_a_place_and_nothing_happens(knet, tmp_path):
    path = tmp_path / "alpha.conf"
    path.write_text("hostname beta\n\nrubbish\nvalue 3\nmore rubbish\n", encoding="utf-8")
    done = knet("-f", str(path))
    assert done.returncode == 2
    assert f"{path}:3:1: Invalid input" in done.stderr
    assert f"{path}:5:1: Invalid input" in done.stderr
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 1


def test_lines_behind_the_end_of_a_configuration_are_run(knet):
    """None is dropped without a word: the transaction ends there, the rest is a script."""
    done = knet("-f", "-", stdin="hostname beta\nend\nshow 2 | count\nshow fail\nshow text\n")
    assert (done.returncode, done.stdout) == (1, "2\nbefore it failed\n")
    assert done.stderr == "stdin:4: it failed\n"
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 2


def test_script_is_all_or_nothing_between_configure_and_end(knet):
    """A transaction for each `configure`: the first is in force, of the second nothing."""
    done = knet("-f", "-", stdin="configure\nhostname beta\nend\nshow 1 | count\nconfigure\n"
                                 "value 7\nrubbish\nend\nshow text\n")
    assert (done.returncode, done.stdout) == (2, "1\n")
    assert done.stderr.startswith("stdin:7:1: Invalid input")
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 2


def test_exit_ends_a_script(knet):
    done = knet(stdin="show 1 | count\nexit\nshow text\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_file_errors_are_bounded(knet):
    done = knet("-f", "-", stdin="rubbish\n" * 500)
    assert done.returncode == 2
    assert done.stderr.count("Invalid input") == 20


def test_file_each_line(knet):
    done = knet("--each-line", "-f", "-", stdin="hostname beta\nvalue 3\nvalue 2000\nvalue 4\n")
    assert done.returncode == 5
    assert done.stderr == "stdin:3: value 2000 is over 1000\n"
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 3


def test_file_each_line_keep_going(knet):
    done = knet("-e", "--each-line", "-f", "-", stdin="value 3\nvalue 2000\nvalue 4\n")
    assert done.returncode == 5
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 3


def test_large_file(knet):
    done = knet("-f", "-", stdin="".join(f"value {i % 1000}\n" for i in range(60000)))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 2


def test_script_on_stdin(knet):
    done = knet(stdin="show text\nconfigure\nhostname beta\nvalue 3\nend\nshow 1 | count\n")
    assert done.returncode == 0
    assert done.stdout == "first line\nsecond line\n1\n"


def test_script_stops_at_an_error(knet):
    done = knet(stdin="show fail\nshow text\n")
    assert done.returncode == 1
    assert "first line" not in done.stdout
    assert done.stderr == "stdin:1: it failed\n"


def test_commands_in_one_session(knet):
    done = knet("-c", "configure", "-c", "hostname beta", "-c", "value 7", "-c", "end",
                "-c", "show 2 | count")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 2


def test_command_inside_configure(knet):
    done = knet("-c", "configure", "-c", "value 7", "-c", "do show 2 | count", "-c", "value 8",
                "-c", "value 9")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    # Two transactions: what stands before the command and what stands behind it.
    assert json.loads(knet("-j", "show", "0").stdout)["generation"] == 3


def test_command_of_several_lines(knet):
    done = knet("-c", "configure\nvalue 7\nend\nshow 2 | count")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_commands_keep_going(knet):
    done = knet("-e", "-c", "nonsense", "-c", "show text")
    assert done.returncode == 2
    assert done.stdout == "first line\nsecond line\n"


def test_echo_goes_to_stderr(knet):
    done = knet("-x", "-c", "show 1 | count")
    assert done.stdout == "1\n"
    assert done.stderr == "+ show 1 | count\n"


def test_silent_off_a_terminal(knet):
    done = knet(stdin="configure\nend\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_color_only_on_request(knet):
    assert "\x1b" not in knet("show", "3").stdout


def test_head_closes_the_pipe(server):
    """The client dies of SIGPIPE like any filter, quietly, and the daemon lives on."""
    with subprocess.Popen([CLIENT, "-s", server.socket, "show", "200000"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout.readline() != ""
        child.stdout.close()
        assert child.wait(timeout=20) == -signal.SIGPIPE
        assert child.stderr.read() == ""
    assert server.process.poll() is None


def test_first_cancels_the_command(knet):
    done = knet("show 900000 | first 2", timeout=5)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 3


def test_full_disk_is_an_error(server):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([CLIENT, "-s", server.socket, "show", "10"], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "No space left" in done.stderr


def test_version_and_help_need_no_daemon():
    version = subprocess.run([CLIENT, "--version"], text=True, capture_output=True, check=True)
    assert version.stdout.startswith("knet ")
    usage = subprocess.run([CLIENT, "--help"], text=True, capture_output=True, check=True)
    for option in ("-s", "-c", "-f", "--each-line", "-n", "-e", "-j", "-x", "-r", "-T", "--strict",
                   "--no-pager", "--color"):
        assert option in usage.stdout


def test_a_file_that_cannot_be_written_is_no_syntax_error(knet):
    done = knet("show 0 | save /nonexistent/x")
    assert (done.returncode, done.stdout) == (1, "")
    assert "/nonexistent/x: No such file or directory" in done.stderr
