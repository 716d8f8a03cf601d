// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Regular expressions that users type, on PCRE2. The C library's need exponential time and memory
 * for some that are short: ((((a*)*)*)*)* to compile, (a+)+$ to match. PCRE2 compiles in time and
 * memory that grow with the length alone, and counts its steps while it matches, so that both can
 * be limited. Who reaches a limit is told so; a line is never left out in silence.
 *
 * PCRE2 counts anew for each character that a match may begin at. A line is therefore tried with
 * the steps divided among its characters, which is quick and nearly always enough; and if it is
 * not, with an expression that begins at the first character only and walks by itself.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "kronosnetd-cli/regex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcre2.h>

#define PATTERN_LEN_MAX 1024
#define NEST_MAX        32
/* A step takes some 30 ns: a line has a few milliseconds for each of the two tries. */
#define STEPS_MAX 100000
#define DEPTH_MAX 50000
#define HEAP_MAX  8192 /* KiB */

/* A pattern may leave a quotation open. */
#define WALKING_FMT ".*?(?:%s\\E)"

struct cli_regex {
	pcre2_code *quick, *walking;
	pcre2_match_data *found;
	pcre2_match_context *limits;
};

/* Fills `why` if the pattern is none. */
static pcre2_code *code_compile(const char *text, uint32_t nest_max, uint32_t flags,
				struct cli_why *why)
{
	/* The pattern may not ask for UTF-8, which a line need not be. */
	const uint32_t options = flags | PCRE2_DOTALL | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
	pcre2_compile_context *limits = pcre2_compile_context_create(NULL);
	pcre2_code *code = NULL;
	PCRE2_UCHAR reason[256] = "";
	PCRE2_SIZE at = 0;
	int error = PCRE2_ERROR_NOMEMORY;

	if (limits) {
		pcre2_set_parens_nest_limit(limits, nest_max);
		code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &at,
				     limits);
	}
	pcre2_compile_context_free(limits);
	if (code)
		return code;
	pcre2_get_error_message(error, reason, sizeof(reason));
	cli_why_say(why, "%s, at character %zu of '%.128s'", (const char *)reason, at + 1, text);
	return NULL;
}

/* Returns 0 or -EINVAL with `why`. */
static int pattern_compile(struct cli_regex *re, const char *text, struct cli_why *why)
{
	char walking[PATTERN_LEN_MAX + sizeof(WALKING_FMT)];

	if (strlen(text) > PATTERN_LEN_MAX)
		return cli_why_say(why, "a regular expression has at most %d bytes",
				   PATTERN_LEN_MAX);
	snprintf(walking, sizeof(walking), WALKING_FMT, text);
	re->quick = code_compile(text, NEST_MAX, 0, why);
	if (re->quick)
		re->walking = code_compile(walking, NEST_MAX + 1, PCRE2_ANCHORED, why);
	return re->walking ? 0 : -EINVAL;
}

/* Returns 0 or -EINVAL with `why`. */
static int limits_make(struct cli_regex *re, struct cli_why *why)
{
	/* Whether it matches is all that is wanted, not where. */
	re->found = pcre2_match_data_create(1, NULL);
	re->limits = pcre2_match_context_create(NULL);
	if (!re->found || !re->limits)
		return cli_why_say(why, "out of memory");
	pcre2_set_depth_limit(re->limits, DEPTH_MAX);
	pcre2_set_heap_limit(re->limits, HEAP_MAX);
	return 0;
}

struct cli_regex *cli_regex_new(const char *text, struct cli_why *why)
{
	struct cli_regex *re = calloc(1, sizeof(*re));

	if (!re) {
		cli_why_say(why, "out of memory");
		return NULL;
	}
	if (limits_make(re, why) == 0 && pattern_compile(re, text, why) == 0)
		return re;
	cli_regex_free(re);
	return NULL;
}

static int steps_match(const struct cli_regex *re, const pcre2_code *code, const char *text,
		       size_t len, uint32_t steps)
{
	pcre2_set_match_limit(re->limits, steps);
	return pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, re->found, re->limits);
}

int cli_regex_match(const struct cli_regex *re, const char *text)
{
	const size_t len = strlen(text);
	int rc = steps_match(re, re->quick, text, len, (uint32_t)(STEPS_MAX / (len + 1)));

	if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
		rc = steps_match(re, re->walking, text, len, STEPS_MAX);
	if (rc >= 0)
		return 1;
	return rc == PCRE2_ERROR_NOMATCH ? 0 : -E2BIG;
}

bool cli_regex_fits(const struct cli_regex *re, const char *text, struct cli_stage *stage)
{
	const int rc = cli_regex_match(re, text);

	if (rc < 0)
		stage->wrong = "the expression takes too long on a line; a simpler one is needed";
	return rc > 0;
}

void cli_regex_free(struct cli_regex *re)
{
	if (!re)
		return;
	pcre2_code_free(re->quick);
	pcre2_code_free(re->walking);
	pcre2_match_data_free(re->found);
	pcre2_match_context_free(re->limits);
	free(re);
}
