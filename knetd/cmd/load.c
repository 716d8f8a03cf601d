// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Whole files: line by line into a configuration of their own, which the caller gets if there was
 * no error, and never a half of it. Reading goes on after an error, to report the others too.
 */
#include "knetd/cmd/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ERRORS_MAX    20
#define FILE_SIZE_MAX (64u << 20)

struct loader {
	struct kcl_env env;
	struct kcl_place place;
	const struct kcl_load *how;
	unsigned int number; /* of the line */
	unsigned int errors;
	bool is_skipping;                        /* lenient: the last line was left out, */
	bool has_skipped;                        /* and lines of its block after it */
	size_t skip_indent;                      /* and it was indented so far */
	unsigned int iface_line[KCL_IFACES_MAX]; /* where an interface was made, by its name: */
	char iface_name[KCL_IFACES_MAX][KCL_IFNAME_MAX + 1];
	unsigned int iface_cnt;
	struct kcl_error err;
	char line[KCL_LINE_MAX + 2];
};

static void error_report(struct loader *ld, unsigned int number, const char *line)
{
	if (ld->errors++ < ERRORS_MAX || ld->how->is_lenient)
		ld->how->report(ld->how->arg, number, line, &ld->err);
}

/* Remembers where interfaces begin, for errors that are about the whole. */
static void iface_note(struct loader *ld)
{
	unsigned int i = 0;

	if (ld->place.mode != KCL_MODE_IFACE)
		return;
	while (i < ld->iface_cnt && strcmp(ld->iface_name[i], ld->place.iface) != 0)
		i++;
	if (i < ld->iface_cnt || i == KCL_IFACES_MAX)
		return;
	memcpy(ld->iface_name[i], ld->place.iface, sizeof(ld->place.iface));
	ld->iface_line[i] = ld->number;
	ld->iface_cnt++;
}

/* ---- leaving out what is in error -------------------------------------------------------------
 */

/*
 * A peer without one of its lines may be less than the operator wanted to be sure of, a pinned key
 * for one: it stays, but out of service.
 */
static void peer_withdraw(struct loader *ld)
{
	const bool is_in_peer = ld->place.mode == KCL_MODE_PEER || ld->place.mode == KCL_MODE_LINK;
	struct kcl_iface *iface =
		is_in_peer ? kcl_iface_edit(ld->env.candidate, ld->place.iface) : NULL;
	struct kcl_peer *peer = iface ? kcl_peer_edit(iface, ld->place.peer_id) : NULL;

	if (peer)
		peer->is_shutdown = true;
}

static void skip_begin(struct loader *ld)
{
	if (!ld->how->is_lenient)
		return;
	peer_withdraw(ld);
	ld->is_skipping = true;
	ld->has_skipped = false;
	ld->skip_indent = strspn(ld->line, " \t");
}

/* True if the line belongs to the block of one that was left out. */
static bool line_is_skipped(struct loader *ld)
{
	const size_t indent = strspn(ld->line, " \t");
	const bool is_exit = strcmp(ld->line + indent, "exit") == 0;

	if (!ld->is_skipping || !ld->line[indent])
		return false;
	if (indent > ld->skip_indent) {
		ld->has_skipped = true;
		kcl_error_clear(&ld->err);
		kcl_error_say(&ld->err, KCL_INVALID, indent, strlen(ld->line + indent),
			      "Left out with the line that it belongs to");
		error_report(ld, ld->number, ld->line);
		return true;
	}
	ld->is_skipping = false;
	return is_exit && indent == ld->skip_indent && ld->has_skipped;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static int line_load(struct loader *ld)
{
	struct kcl_turn turn;
	int rc;

	if (line_is_skipped(ld))
		return 0;
	rc = kcl_line(&ld->place, &ld->env, ld->line, &turn, &ld->err);

	if (rc == -ENOMEM)
		return rc;
	if (rc == 0 && turn.kind == KCL_TURN_COMMAND) {
		const struct kcl_value *word = &turn.args->value[0];

		kcl_error_say(&ld->err, KCL_INVALID, word->off, word->len,
			      "Invalid input detected at '^' marker: '%s' is not a line of a "
			      "configuration",
			      word->text);
		error_report(ld, ld->number, ld->line);
		kcl_args_free(turn.args);
		skip_begin(ld);
	} else if (rc < 0) {
		error_report(ld, ld->number, ld->line);
		skip_begin(ld);
	}
	if (ld->place.mode == KCL_MODE_EXEC)
		ld->place.mode = KCL_MODE_CONFIG;
	iface_note(ld);
	return 0;
}

/* The line at `text`, of `len` bytes, into the buffer. False if it cannot be a line. */
static bool line_copy(struct loader *ld, const char *text, size_t len)
{
	const size_t kept = len > KCL_LINE_MAX ? KCL_LINE_MAX + 1 : len;

	memcpy(ld->line, text, kept);
	ld->line[kept] = '\0';
	if (strlen(ld->line) == kept)
		return true;
	kcl_error_clear(&ld->err);
	kcl_error_say(&ld->err, KCL_INVALID, strlen(ld->line), 1,
		      "Invalid input detected at '^' marker: a zero byte");
	error_report(ld, ld->number, ld->line);
	return false;
}

size_t kcl_mark_len(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static int lines_load(struct loader *ld, const char *text, size_t len)
{
	const size_t mark = kcl_mark_len(text, len);

	text += mark;
	len -= mark;
	while (len) {
		const char *end = memchr(text, '\n', len);
		const size_t line_len = end ? (size_t)(end - text) : len;
		const size_t step = line_len + (end != NULL);

		ld->number++;
		if (line_copy(ld, text, line_len) && line_load(ld) < 0)
			return -ENOMEM;
		text += step;
		len -= step;
	}
	return 0;
}

static void rule_report(void *arg, const struct kcl_iface *iface, const char *message)
{
	struct loader *ld = arg;
	unsigned int number = 0;

	for (unsigned int i = 0; iface && i < ld->iface_cnt; i++)
		if (strcmp(ld->iface_name[i], iface->name) == 0)
			number = ld->iface_line[i];
	kcl_error_clear(&ld->err);
	kcl_error_say(&ld->err, KCL_REFUSED, 0, 0, "%s", message);
	error_report(ld, number, NULL);
}

int kcl_config_read(const struct kcl_load *how, const char *text, size_t len,
		    struct kcl_config **out)
{
	struct loader *ld = calloc(1, sizeof(*ld));
	int rc = -ENOMEM;

	*out = NULL;
	if (!ld)
		return -ENOMEM;
	ld->how = how;
	ld->place.mode = KCL_MODE_CONFIG;
	ld->env.role = KCL_ROLE_ADMIN;
	ld->env.candidate = how->base ? kcl_config_copy(how->base) : kcl_config_new();
	if (ld->env.candidate)
		rc = lines_load(ld, text, len);
	if (rc == 0 && !how->is_unchecked && (!ld->errors || how->is_lenient))
		kcl_config_check(ld->env.candidate, rule_report, ld);
	if (rc == 0 && ld->errors && !how->is_lenient)
		rc = -EINVAL;
	if (rc == 0)
		*out = ld->env.candidate;
	else
		kcl_config_free(ld->env.candidate);
	free(ld);
	return rc;
}

int kcl_config_load(const char *text, size_t len, kcl_load_report_fn report, void *arg,
		    struct kcl_config **out)
{
	const struct kcl_load how = {.report = report, .arg = arg};

	return kcl_config_read(&how, text, len, out);
}

/* ---- files ----------------------------------------------------------------------------------- */

struct file_report {
	const char *path;
	FILE *to;
};

static void file_error(void *arg, unsigned int number, const char *line,
		       const struct kcl_error *err)
{
	const struct file_report *fr = arg;

	kcl_error_print_file(fr->to, fr->path, number ? number : 1, line, err);
}

int kcl_file_read(const char *path, char **text, size_t *len)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t room = 0;
	ssize_t n = 1;
	int rc = 0;

	*text = NULL;
	*len = 0;
	if (fd < 0)
		return -errno;
	while (n > 0 && *len <= FILE_SIZE_MAX) {
		if (room - *len < 65536) {
			char *grown = realloc(*text, room = 2 * room + 131072);

			if (!grown)
				break;
			*text = grown;
		}
		n = read(fd, *text + *len, room - *len);
		if (n > 0)
			*len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0)
		rc = -errno;
	else if (n > 0)
		rc = *len > FILE_SIZE_MAX ? -EFBIG : -ENOMEM;
	close(fd);
	return rc;
}

int kcl_config_load_named(const char *name, const char *text, size_t len, FILE *to,
			  struct kcl_config **out)
{
	struct file_report fr = {.path = name, .to = to};

	return kcl_config_load(text, len, file_error, &fr, out);
}

int kcl_config_load_file(const char *path, FILE *to, struct kcl_config **out)
{
	size_t len;
	char *text;
	int rc = kcl_file_read(path, &text, &len);

	*out = NULL;
	if (rc < 0)
		fprintf(to, "%s: %s\n", path, strerror(-rc));
	else
		rc = kcl_config_load_named(path, text, len, to, out);
	free(text);
	return rc;
}
