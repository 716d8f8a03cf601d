// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Regular expressions that users type. The C library writes out what repeats: `x+` is xx*, and
 * x{3} is xxx, so thirty `+` in a row or in each other are a billion copies of what they repeat.
 * Whoever types that means something else, and gets an answer instead of a machine without memory.
 */
#include "kronosnetd-cli/regex.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define DOUBLINGS_MAX 14 /* [0-9]{1,3} four times is 12 */

/* How often a repetition of up to n doubles what is before it, rounded up. */
static unsigned int doublings(unsigned long n)
{
	unsigned int cnt = 1;

	for (; n > 1 && cnt <= DOUBLINGS_MAX; n /= 2)
		cnt++;
	return cnt;
}

/* The larger number of "3}", "3,}" or "3,5}". */
static unsigned long bound_of(const char *text)
{
	char *end;
	unsigned long low = strtoul(text, &end, 10);
	unsigned long high = *end == ',' ? strtoul(end + 1, NULL, 10) : 0;

	return high > low ? high : low;
}

/* As if each stood in the other, which is the worst. What stands in brackets or behind a backslash
 * counts, too: few write so many of them. */
static bool repeats_too_much(const char *text)
{
	unsigned int cnt = 0;

	for (; *text != '\0' && cnt <= DOUBLINGS_MAX; text++) {
		if (*text == '+')
			cnt++;
		else if (*text == '{')
			cnt += doublings(bound_of(text + 1));
	}
	return cnt > DOUBLINGS_MAX;
}

int cli_regex_compile(regex_t *re, const char *text, struct cli_why *why)
{
	int rc;

	if (repeats_too_much(text))
		return cli_why_say(why, "too many repetitions; use * for some of + and {}");
	rc = regcomp(re, text, REG_EXTENDED | REG_NOSUB);
	if (rc == 0)
		return 0;
	regerror(rc, re, why->text, sizeof(why->text));
	return -EINVAL;
}
