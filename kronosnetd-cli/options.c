// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The command line of the client itself. Options stand before the words of a one-shot command,
 * so that a command may contain anything behind them.
 */
#include "config.h"

#include "kronosnetd-cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_STRICT = 256, OPT_NO_PAGER, OPT_COLOR, OPT_EACH_LINE, OPT_YES };

static const struct option long_options[] = {
	{"socket", required_argument, NULL, 's'},
	{"command", required_argument, NULL, 'c'},
	{"file", required_argument, NULL, 'f'},
	{"each-line", no_argument, NULL, OPT_EACH_LINE},
	{"json", no_argument, NULL, 'j'},
	{"check", no_argument, NULL, 'n'},
	{"keep-going", no_argument, NULL, 'e'},
	{"echo", no_argument, NULL, 'x'},
	{"read-only", no_argument, NULL, 'r'},
	{"timeout", required_argument, NULL, 'T'},
	{"strict", no_argument, NULL, OPT_STRICT},
	{"no-pager", no_argument, NULL, OPT_NO_PAGER},
	{"yes", no_argument, NULL, OPT_YES},
	{"color", required_argument, NULL, OPT_COLOR},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static const char usage_text[] =
	"Usage: knet [OPTION]... [WORD...]\n"
	"Talk to knetd. Words form one command; without any, and on a terminal, a prompt opens.\n"
	"\n"
	"  -s, --socket SOCK     the daemon's socket (default " KCP_SOCKET_PATH ")\n"
	"  -c, --command LINE    run LINE; may be repeated, all in one session; lines inside\n"
	"                        'configure' take effect together or not at all\n"
	"  -f, --file FILE       run the lines of FILE ('-': standard input) as if typed; a file\n"
	"                        of configuration lines needs no 'configure' and is one\n"
	"                        transaction\n"
	"      --each-line       with -c or -f: every line is a transaction of its own\n"
	"  -n, --check           with -f: say what of FILE is in error and run nothing; only a\n"
	"                        script needs a daemon for that\n"
	"  -e, --keep-going      go on after a line that failed\n"
	"  -j, --json            answer with JSON, errors as JSON on standard error\n"
	"  -x, --echo            write each line to standard error as it is run\n"
	"  -r, --read-only       give up the right to change anything\n"
	"  -T, --timeout SEC     give up on a command after SEC seconds\n"
	"      --strict          refuse abbreviated commands\n"
	"      --no-pager        do not stop at full screens\n"
	"      --yes             do what a person would be asked to confirm\n"
	"      --color WHEN      auto, always or never\n"
	"  -h, --help            this text\n"
	"  -V, --version         the version\n"
	"\n"
	"Exit status: 0 ok, 1 command failed, 2 syntax, 3 cannot connect, 4 permission,\n"
	"5 configuration refused, 6 timeout, 130 interrupted.\n";

static int usage_error(const char *message, const char *value)
{
	fprintf(stderr, "knet: %s: '%s'\nTry 'knet --help'.\n", message, value);
	return CLI_EXIT_SYNTAX;
}

static int timeout_parse(struct cli_options *opt, const char *text)
{
	char *end;

	errno = 0;
	opt->timeout_s = strtol(text, &end, 10);
	if (errno || *end || end == text || opt->timeout_s < 1 || opt->timeout_s > 86400)
		return usage_error("-T wants seconds, 1 to 86400", text);
	return -1;
}

static int color_parse(struct cli_options *opt, const char *when)
{
	if (strcmp(when, "always") == 0)
		opt->color = true;
	else if (strcmp(when, "never") == 0)
		opt->color = false;
	else if (strcmp(when, "auto") != 0)
		return usage_error("--color wants auto, always or never", when);
	return -1;
}

bool cli_color_default(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && no_color[0]) && term &&
	       strcmp(term, "dumb") != 0;
}

/* True if a word must be quoted to stay one word of the command. */
static bool word_needs_quotes(const char *word)
{
	return word[0] != '|' && (word[0] == '\0' || strpbrk(word, " \t\"") != NULL);
}

static void word_write(FILE *f, const char *word)
{
	if (!word_needs_quotes(word)) {
		fputs(word, f);
		return;
	}
	fputc('"', f);
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			fputc('\\', f);
		fputc(*word, f);
	}
	fputc('"', f);
}

/* Joins the words of a one-shot command. A single word is a whole line: knet 'show peers'. */
static char *words_join(int cnt, char **words)
{
	char *line = NULL;
	size_t size;
	FILE *f;

	if (cnt == 1)
		return strdup(words[0]);
	f = open_memstream(&line, &size);
	if (!f)
		return NULL;
	for (int i = 0; i < cnt; i++) {
		if (i)
			fputc(' ', f);
		word_write(f, words[i]);
	}
	fclose(f);
	return line;
}

static int option_take(struct cli_options *opt, int key)
{
	switch (key) {
	case 's':
		opt->socket = optarg;
		return -1;
	case 'c':
		opt->commands[opt->command_cnt++] = optarg;
		return -1;
	case 'f':
		opt->file = optarg;
		return -1;
	case 'T':
		return timeout_parse(opt, optarg);
	case OPT_COLOR:
		return color_parse(opt, optarg);
	case 'j':
		opt->json = true;
		return -1;
	case 'n':
		opt->check_only = true;
		return -1;
	case 'e':
		opt->keep_going = true;
		return -1;
	case 'x':
		opt->echo = true;
		return -1;
	case 'r':
		opt->operator_role = true;
		return -1;
	case OPT_STRICT:
		opt->strict = true;
		return -1;
	case OPT_NO_PAGER:
		opt->no_pager = true;
		return -1;
	case OPT_YES:
		opt->yes = true;
		return -1;
	case OPT_EACH_LINE:
		opt->each_line = true;
		return -1;
	case 'h':
		fputs(usage_text, stdout);
		return CLI_EXIT_OK;
	case 'V':
		printf("knet %s\n", PACKAGE_VERSION);
		return CLI_EXIT_OK;
	default:
		fputs("Try 'knet --help'.\n", stderr);
		return CLI_EXIT_SYNTAX;
	}
}

/* Options that contradict each other. */
static int combination_check(const struct cli_options *opt)
{
	const int sources = (opt->words != NULL) + (opt->command_cnt > 0) + (opt->file != NULL);

	if (sources > 1)
		return usage_error("give only one of", "-c, -f, WORD...");
	if (opt->check_only && !opt->file)
		return usage_error("wants a file, -f FILE", "-n");
	return -1;
}

int cli_options_parse(struct cli_options *opt, int argc, char **argv)
{
	int key;

	*opt = (struct cli_options){.socket = KCP_SOCKET_PATH, .color = cli_color_default()};
	opt->commands = calloc((size_t)argc, sizeof(*opt->commands));
	if (!opt->commands)
		return CLI_EXIT_FAILED;
	while ((key = getopt_long(argc, argv, "+s:c:f:jnexrT:hV", long_options, NULL)) != -1) {
		const int code = option_take(opt, key);

		if (code >= 0)
			return code;
	}
	if (optind < argc) {
		opt->words = words_join(argc - optind, argv + optind);
		if (!opt->words)
			return CLI_EXIT_FAILED;
	}
	return combination_check(opt);
}

void cli_options_fini(struct cli_options *opt)
{
	free(opt->commands);
	free(opt->words);
}
