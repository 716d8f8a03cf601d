// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Three texts, separated by NUL: a configuration and two changes of it, lines on top. They are read
 * leniently, which must never fail; compared, where nothing may differ from itself; and merged,
 * where a side that changed nothing leaves the other as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void error_look(void *arg, unsigned int number, const char *line,
		       const struct kcl_error *err)
{
	(void)arg;
	must(err->code != KCL_OK && err->message[0]);
	must(!line || (number > 0 && err->off <= strlen(line)));
}

static struct kcl_config *read_on(const struct kcl_config *base, const char *text, size_t len)
{
	const struct kcl_load how = {
		.base = base, .is_unchecked = true, .is_lenient = true, .report = error_look};
	struct kcl_config *config;

	must(kcl_config_read(&how, text, len, &config) == 0);
	must(config != NULL);
	return config;
}

static void change_count(void *arg, const char *line)
{
	must(line[0] == '-' || line[0] == '+' || line[0] == ' ');
	*(unsigned int *)arg += line[0] != ' ';
}

static unsigned int changes(const struct kcl_config *a, const struct kcl_config *b)
{
	unsigned int cnt = 0;
	struct kcl_delta d, counted;

	must(kcl_config_delta(a, b, change_count, &cnt, &d) == 0);
	/* The same counts, whether or not anybody reads the lines. */
	must(kcl_config_delta(a, b, NULL, NULL, &counted) == 0);
	must(d.added == counted.added && d.changed == counted.changed &&
	     d.removed == counted.removed);
	must((cnt > 0) == (d.added + d.changed + d.removed > 0));
	return cnt;
}

static void conflict_look(void *arg, const char *line)
{
	(*(unsigned int *)arg)++;
	must(line[0]);
}

static void merge_try(const struct kcl_config *base, const struct kcl_config *ours,
		      const struct kcl_config *theirs)
{
	struct kcl_config *out;
	unsigned int conflicts = 0;
	int rc = kcl_config_merge(base, ours, theirs, conflict_look, &conflicts, &out);

	must((rc == 0) == (out != NULL) && (rc == -EBUSY) == (conflicts > 0));
	kcl_config_free(out);
	/* One side alone. */
	conflicts = 0;
	rc = kcl_config_merge(base, base, theirs, conflict_look, &conflicts, &out);
	must(rc == 0 && changes(out, theirs) == 0);
	kcl_config_free(out);
	rc = kcl_config_merge(base, ours, base, conflict_look, &conflicts, &out);
	must(rc == 0 && changes(out, ours) == 0);
	kcl_config_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kcl_config *side[3] = {NULL};
	const char *text = (const char *)data;

	for (unsigned int i = 0; i < 3; i++) {
		const char *end = i < 2 && len ? memchr(text, '\0', len) : NULL;
		const size_t own = end ? (size_t)(end - text) : len;

		side[i] = read_on(side[0], text, own);
		text += own + (end != NULL);
		len -= own + (end != NULL);
	}
	must(changes(side[1], side[1]) == 0);
	changes(side[1], side[2]);
	merge_try(side[0], side[1], side[2]);
	for (unsigned int i = 0; i < 3; i++)
		kcl_config_free(side[i]);
	return 0;
}
