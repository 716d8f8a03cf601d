// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Commands that the client runs, because they are about its terminal or are tools of the user's own
 * machine. The daemon has read the line, with the one grammar there is, and hands it back as a name
 * and arguments; the table at the end leads from the name to a function.
 */
#include "kronosnetd-cli/local.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kronosnetd-cli/capture.h"
#include "kronosnetd-cli/load.h"
#include "kronosnetd-cli/monitor.h"
#include "kronosnetd-cli/shell.h"
#include "kronosnetd-cli/sink.h"
#include "kronosnetd-cli/support.h"
#include "kronosnetd-cli/watch.h"

void cli_local_copy(struct cli_local *local, const struct kcp_frame *frame)
{
	struct kcp_frame copy = *frame;

	cli_local_fini(local);
	local->body = malloc(frame->body_len + 1);
	if (!local->body)
		return;
	memcpy(local->body, frame->body, frame->body_len);
	copy.body = local->body;
	if (kcp_unpack_local(&copy, &local->msg) == 0)
		local->name = local->msg.name;
}

void cli_local_fini(struct cli_local *local)
{
	free(local->body);
	*local = (struct cli_local){0};
}

const char *cli_local_text(const struct cli_local *local, const char *name)
{
	const char *found = NULL;

	/* A keyword and the value behind it may have the same name: the value counts. */
	for (uint16_t i = 0; i < local->msg.cnt; i++)
		if (strcmp(local->msg.arg[i].name, name) == 0 && (!found || !found[0]))
			found = local->msg.arg[i].text;
	return found;
}

/* What a function gets. */
struct job {
	struct cli *cli;
	const struct cli_place *place;
	const char *line;
	const struct cli_local *local;
};

static long job_number(const struct job *job, const char *name, long otherwise)
{
	const char *text = cli_local_text(job->local, name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

/* ---- terminal -------------------------------------------------------------------------------- */

static int terminal_length(const struct job *job)
{
	job->cli->term.length = (int)job_number(job, "lines", 0);
	return CLI_EXIT_OK;
}

static int terminal_width(const struct job *job)
{
	job->cli->term.width = (int)job_number(job, "columns", 80);
	return CLI_EXIT_OK;
}

static int terminal_color(const struct job *job)
{
	if (cli_local_text(job->local, "auto"))
		job->cli->opt.color = cli_color_default();
	else
		job->cli->opt.color = cli_local_text(job->local, "on") != NULL;
	return CLI_EXIT_OK;
}

static int terminal_timestamps(const struct job *job)
{
	job->cli->term.timestamps = cli_local_text(job->local, "on") != NULL;
	return CLI_EXIT_OK;
}

static int terminal_history(const struct job *job)
{
	cli_history_limit((int)job_number(job, "lines", 1000));
	return CLI_EXIT_OK;
}

static int terminal_monitor(const struct job *job)
{
	/* Without a prompt nobody would read along; scripts have `monitor log`. */
	return job->cli->interactive ? cli_monitor_start(job->cli) : CLI_EXIT_OK;
}

static int terminal_no_monitor(const struct job *job)
{
	return cli_monitor_stop(job->cli);
}

/* ---- watch ----------------------------------------------------------------------------------- */

static int watch(const struct job *job)
{
	const char *inner = cli_local_text(job->local, "line");
	const char *bar = job->line + cli_pipe_find_bar(job->line);
	char *words;
	int code;

	if (!inner || asprintf(&words, "%s %s", inner, bar) < 0)
		return CLI_EXIT_FAILED;
	code = cli_watch_words(job->cli, job->place, words);
	free(words);
	return code;
}

/* ---- load terminal --------------------------------------------------------------------------- */

static int load_terminal(const struct job *job)
{
	const bool replaces = cli_local_text(job->local, "replace") != NULL;

	return cli_load_run(job->cli, job->place, replaces ? KCP_F_REPLACE : KCP_F_CONFIG);
}

/* ---- questions ------------------------------------------------------------------------------- */

static bool is_confirmed(const char *question)
{
	char answer[16] = "";

	printf("%s [y/N] ", question);
	fflush(stdout);
	if (!fgets(answer, sizeof(answer), stdin)) {
		clearerr(stdin);
		putchar('\n');
	}
	cli_interrupted = 0;
	return strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0;
}

/* What should not be done by accident: a person is asked, a script says --yes. */
static int confirm(const struct job *job)
{
	const char *question = cli_local_text(job->local, "question");
	const char *line = cli_local_text(job->local, "line");

	if (!question || !line)
		return CLI_EXIT_FAILED;
	if (!*question || job->cli->opt.yes)
		return cli_ask_line(job->cli, job->place, line);
	if (job->cli->interactive)
		return is_confirmed(question) ? cli_ask_line(job->cli, job->place, line)
					      : CLI_EXIT_OK;
	cli_error_say(job->place, KCP_FAILED, "%s Expected `%s`, or --yes", question, line);
	return CLI_EXIT_FAILED;
}

/* ---- show history ---------------------------------------------------------------------------- */

static int show_history(const struct job *job)
{
	struct cli_pipe pipe;
	struct cli_sink sink;
	int code = cli_parse_line(job->place, job->line, &pipe);

	if (code != CLI_EXIT_OK)
		return code;
	if (job->cli->opt.json && pipe.form == CLI_FORM_TABLE)
		pipe.form = CLI_FORM_JSON;
	cli_sink_init(&sink, job->cli, pipe.paging);
	code = cli_history_show(job->cli, &pipe, cli_pipe_connect(&pipe, &sink.stage));
	cli_pipe_fini(&pipe);
	return code;
}

/* ---- tools of the operating system ----------------------------------------------------------- */

/* Runs a program with these arguments and waits; ^C is for the program. */
static int tool_run(const struct job *job, char *const argv[])
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execvp(argv[0], argv);
		fprintf(stderr, "%% %s: %s\n", argv[0],
			errno == ENOENT ? "this program is not installed here" : strerror(errno));
		_exit(127);
	}
	if (pid < 0) {
		cli_error_say(job->place, KCP_FAILED, "%s: %s", argv[0], strerror(errno));
		return CLI_EXIT_FAILED;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CLI_EXIT_FAILED;
	if (cli_interrupted) {
		cli_interrupted = 0;
		return CLI_EXIT_INTERRUPTED;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CLI_EXIT_OK : CLI_EXIT_FAILED;
}

static int ping_host(const struct job *job)
{
	const char *host = cli_local_text(job->local, "host");
	const char *count = cli_local_text(job->local, "count");
	const char *size = cli_local_text(job->local, "size");
	char *argv[] = {"ping",
			"-c",
			(char *)(count ? count : "5"),
			"-s",
			(char *)(size ? size : "56"),
			"--",
			(char *)host,
			NULL};

	return host ? tool_run(job, argv) : CLI_EXIT_FAILED;
}

static int traceroute_host(const struct job *job)
{
	const char *host = cli_local_text(job->local, "host");
	char *argv[] = {"traceroute", "--", (char *)host, NULL};

	return host ? tool_run(job, argv) : CLI_EXIT_FAILED;
}

static int tech_support(const struct job *job)
{
	return cli_support_run(job->cli, job->place, job->line, job->local);
}

static int capture(const struct job *job)
{
	return cli_capture_run(job->cli, job->place, job->line, job->local);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(const struct job *job);
} jobs[] = {
	{"watch", watch},
	{"terminal_length", terminal_length},
	{"terminal_width", terminal_width},
	{"terminal_color", terminal_color},
	{"terminal_timestamps", terminal_timestamps},
	{"terminal_history", terminal_history},
	{"terminal_monitor", terminal_monitor},
	{"terminal_no_monitor", terminal_no_monitor},
	{"load_terminal", load_terminal},
	{"show_tech_support", tech_support},
	{"confirm", confirm},
	{"show_history", show_history},
	{"ping_host", ping_host},
	{"capture", capture},
	{"ping_address", ping_host},
	{"traceroute_address", traceroute_host},
	{"traceroute_host", traceroute_host},
};

int cli_local_run(struct cli *cli, const struct cli_place *place, const char *line,
		  const struct cli_local *local)
{
	const struct job job = {.cli = cli, .place = place, .line = line, .local = local};

	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		if (strcmp(jobs[i].name, local->name) == 0)
			return jobs[i].run(&job);
	cli_error_say(place, KCP_FAILED, "This client is too old for '%s'", local->name);
	return CLI_EXIT_FAILED;
}
