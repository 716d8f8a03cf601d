// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Whole configurations. What is taken is written, read again, and must be the same; what is not
 * taken comes with an error and leaves nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/kcl.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void error_count(void *arg, unsigned int number, const char *line,
			const struct kcl_error *err)
{
	unsigned int *cnt = arg;

	++*cnt;
	must(err->code != KCL_OK && err->message[0]);
	must(!line || (number > 0 && err->off <= strlen(line)));
}

static int no_diff(void *arg, const struct kcl_diff *diff)
{
	(void)arg;
	(void)diff;
	return 1;
}

static void line_write(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

static void written_is_same(const struct kcl_config *config)
{
	struct kcl_config *again = NULL;
	unsigned int errors = 0;
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return;
	kcl_config_write(config, line_write, to);
	fclose(to);
	must(kcl_config_load(text, len, error_count, &errors, &again) == 0);
	must(kcl_config_diff(config, again, no_diff, NULL) == 0);
	kcl_config_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kcl_config *config = NULL;
	unsigned int errors = 0;
	const int rc = kcl_config_load((const char *)data, len, error_count, &errors, &config);

	must((rc == 0) == (config != NULL));
	must((rc == 0) == (errors == 0));
	if (config)
		written_is_same(config);
	kcl_config_free(config);
	return 0;
}
