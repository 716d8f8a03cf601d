// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Standard output and the pager. The pager is built in and small: blank for a page, Enter for a
 * line, q or ^C to stop. While it waits nobody reads from the daemon, whose command therefore
 * waits as well; stopping makes the client cancel it.
 */
#include "kronosnetd-cli/sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "kronosnetd-cli/cell.h"

#define KEY_INTERRUPT 3

size_t cli_terminal_cols(const struct cli *cli)
{
	struct winsize ws;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (cli->term.width > 0)
		return (size_t)cli->term.width;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0 || ws.ws_col == 0)
		return 80;
	return ws.ws_col;
}

size_t cli_terminal_rows(const struct cli *cli)
{
	struct winsize ws;

	if (cli->term.length >= 0)
		return (size_t)cli->term.length;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) < 0 || ws.ws_row < 2)
		return 0;
	return ws.ws_row;
}

bool cli_terminal_can_draw(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && term[0] && strcmp(term, "dumb") != 0;
}

/* Reads one key without echo, ^C included. Returns -1 at the end of input. */
static int key_read(void)
{
	struct termios before, raw;
	unsigned char key;
	ssize_t got;

	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return -1;
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0)
		return -1;
	do
		got = read(STDIN_FILENO, &key, 1);
	while (got < 0 && errno == EINTR);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
	return got == 1 ? key : -1;
}

/* Stops at the foot of a page. Returns false to end the output. */
static bool page_turn(struct cli_sink *sink)
{
	int key;

	fputs("--More--", stdout);
	fflush(stdout);
	do
		key = key_read();
	while (key != ' ' && key != '\r' && key != '\n' && key != 'q' && key != 'Q' &&
	       key != KEY_INTERRUPT && key != -1);
	fputs("\r        \r", stdout);
	fflush(stdout);
	if (key == ' ')
		sink->used = 0;
	else if (key == '\r' || key == '\n')
		sink->used--;
	else
		return false;
	return true;
}

static bool sink_line(struct cli_stage *stage, const struct cli_line *line)
{
	struct cli_sink *sink = stage->state;

	if (sink->paged) {
		const size_t width = cli_text_width(line->text);
		const size_t need = width == 0 ? 1 : (width + sink->cols - 1) / sink->cols;

		while (sink->used > 0 && sink->used + need > sink->rows - 1)
			if (!page_turn(sink))
				return false;
		sink->used += need;
	}
	if (fputs(line->text, stdout) >= 0 && fputc('\n', stdout) != EOF)
		return true;
	sink->failed = true;
	return false;
}

static int sink_end(struct cli_stage *stage)
{
	const struct cli_sink *sink = stage->state;

	if (fflush(stdout) != 0)
		return -errno;
	return sink->failed ? -EIO : 0;
}

static const struct cli_stage_ops sink_ops = {
	.name = "terminal",
	.line = sink_line,
	.end = sink_end,
};

void cli_sink_init(struct cli_sink *sink, const struct cli *cli, enum cli_paging paging)
{
	const bool wanted = paging == CLI_PAGE_ALWAYS ||
			    (paging == CLI_PAGE_AUTO && cli->interactive && !cli->opt.no_pager);

	*sink = (struct cli_sink){.stage = {.ops = &sink_ops, .state = sink}};
	sink->rows = cli_terminal_rows(cli);
	sink->cols = cli_terminal_cols(cli);
	sink->paged = wanted && isatty(STDIN_FILENO) && sink->cols > 0 && sink->rows > 1;
}
