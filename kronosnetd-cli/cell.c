// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Cells: raw values with the unit in their key become what people read. 1210000000000 bytes is
 * 1.21 TB, 420 us is 0.42ms, a span of 11565 seconds is 03:12:45.
 *
 * Pure functions, except that widths depend on LC_CTYPE. Numbers are formatted the same in every
 * locale: scripts and people compare screens.
 */
#include "kronosnetd-cli/cell.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static double json_as_real(const json_t *v)
{
	return json_number_value(v);
}

/* Of a number beyond 64 bits, the nearest one; 0 of what is no number. */
static json_int_t json_as_int(const json_t *v)
{
	const double real = json_number_value(v);

	if (json_is_integer(v))
		return json_integer_value(v);
	if (real >= 9.2e18)
		return INT64_MAX;
	if (real <= -9.2e18)
		return INT64_MIN;
	return (json_int_t)real;
}

static char *number_format(json_int_t value)
{
	char digits[24], out[32];
	const bool negative = value < 0;
	size_t len, o = 0;

	len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64,
			       negative ? -(uint64_t)value : (uint64_t)value);
	if (negative)
		out[o++] = '-';
	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[o++] = ',';
		out[o++] = digits[i];
	}
	out[o] = '\0';
	return strdup(out);
}

/* Three significant digits and an SI prefix: 812.3M is drawn 812M, 1.2M 1.20M. */
static char *si_format(double value, const char *unit)
{
	static const char prefixes[] = " kMGTPE";
	size_t p = 0;
	char *out;
	int decimals;
	int rc;

	while (value >= 999.5 && p + 1 < sizeof(prefixes) - 1) {
		value /= 1000;
		p++;
	}
	decimals = p == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	if (p == 0)
		rc = asprintf(&out, *unit ? "%.0f %s" : "%.0f%s", value, unit);
	else
		rc = asprintf(&out, *unit ? "%.*f %c%s" : "%.*f%c%s", decimals, value, prefixes[p],
			      unit);
	return rc < 0 ? NULL : out;
}

static char *us_format(double us)
{
	char *out;
	int rc;

	if (us < 1e6)
		rc = asprintf(&out, "%.*fms", us < 1e5 ? 2 : 1, us / 1e3);
	else
		rc = asprintf(&out, "%.2fs", us / 1e6);
	return rc < 0 ? NULL : out;
}

static char *seconds_format(int64_t s)
{
	char *out;
	int rc;

	if (s < 0)
		return strdup("-");
	if (s < 3600)
		rc = asprintf(&out, "%02" PRId64 ":%02" PRId64, s / 60, s % 60);
	else if (s < 86400)
		rc = asprintf(&out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60,
			      s % 60);
	else
		rc = asprintf(&out, "%" PRId64 "d%02" PRId64 "h", s / 86400, s / 3600 % 24);
	return rc < 0 ? NULL : out;
}

static char *percent_format(double value)
{
	char *out;

	return asprintf(&out, "%.1f %%", value) < 0 ? NULL : out;
}

char *cli_text_clean(char *text)
{
	for (unsigned char *c = (unsigned char *)text; c && *c; c++) {
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
		/* The second set of control characters, U+0080 to U+009F: c2 80 to c2 9f. */
		else if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
			c[0] = c[1] = '?';
	}
	return text;
}

static char *text_format(const json_t *v);

static char *list_format(const json_t *list)
{
	char *out = strdup(json_array_size(list) == 0 ? "-" : "");
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		char *item = text_format(v);
		char *longer = NULL;

		if (!item || !out || asprintf(&longer, "%s%s%s", out, i ? "," : "", item) < 0)
			longer = NULL;
		free(item);
		free(out);
		out = longer;
	}
	return out;
}

static char *text_format(const json_t *v)
{
	char *out;

	switch (json_typeof(v)) {
	case JSON_STRING:
		return cli_text_clean(strdup(json_string_length(v) ? json_string_value(v) : "-"));
	case JSON_INTEGER:
		return asprintf(&out, "%" JSON_INTEGER_FORMAT, json_integer_value(v)) < 0 ? NULL
											  : out;
	case JSON_REAL:
		return asprintf(&out, "%g", json_real_value(v)) < 0 ? NULL : out;
	case JSON_TRUE:
		return strdup("yes");
	case JSON_FALSE:
		return strdup("no");
	case JSON_ARRAY:
		return list_format(v);
	default:
		return strdup("-");
	}
}

/* "2026-11-23T07:01:15.204Z" is drawn "2026-11-23 07:01:15.204Z". */
static char *time_format(const json_t *v)
{
	char *out = text_format(v);
	char *t = out ? strchr(out, 'T') : NULL;

	if (t)
		*t = ' ';
	return out;
}

static char *ratio_format(const json_t *row, const char *keys)
{
	const char *slash = strchr(keys, '/');
	char *out, *first = NULL;
	const json_t *a, *b;
	int rc;

	if (slash)
		first = strndup(keys, (size_t)(slash - keys));
	a = first ? json_object_get(row, first) : NULL;
	b = first ? json_object_get(row, slash + 1) : NULL;
	free(first);
	if (!json_is_integer(a) || !json_is_integer(b))
		return strdup("-");
	rc = asprintf(&out, "%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT, json_integer_value(a),
		      json_integer_value(b));
	return rc < 0 ? NULL : out;
}

static char *measure_format(const json_t *v, uint8_t fmt)
{
	switch (fmt) {
	case KCP_FMT_NUMBER:
		return number_format(json_as_int(v));
	case KCP_FMT_SI:
	case KCP_FMT_BITRATE:
		return si_format(json_as_real(v), "");
	case KCP_FMT_BYTES:
		return si_format(json_as_real(v), "B");
	case KCP_FMT_US:
		return us_format(json_as_real(v));
	case KCP_FMT_SECONDS:
		return seconds_format(json_as_int(v));
	case KCP_FMT_PERCENT:
		return percent_format(json_as_real(v));
	default:
		return text_format(v);
	}
}

char *cli_cell_format(const json_t *row, const struct kcp_column *col)
{
	const json_t *v = json_object_get(row, col->key);

	const uint8_t fmt = col->fmt & KCP_FMT_KIND;

	if (fmt == KCP_FMT_RATIO)
		return ratio_format(row, col->key);
	if (fmt == KCP_FMT_STAR)
		return strdup(json_is_true(v) ? "*" : " ");
	if (!v || json_is_null(v))
		return strdup("-");
	if (fmt == KCP_FMT_TIME)
		return time_format(v);
	return json_is_number(v) ? measure_format(v, fmt) : text_format(v);
}

bool cli_cell_is_right(const struct kcp_column *col)
{
	switch (col->fmt & KCP_FMT_KIND) {
	case KCP_FMT_TEXT:
	case KCP_FMT_STAR:
	case KCP_FMT_TIME:
	case KCP_FMT_RATIO:
		return false;
	default:
		return true;
	}
}

/* Steps over one character. Returns its bytes (at least 1) and its columns. */
static size_t char_step(const char *text, mbstate_t *state, size_t *columns)
{
	wchar_t wc;
	size_t bytes = mbrtowc(&wc, text, strlen(text), state);
	int width;

	if (bytes == 0 || bytes == (size_t)-1 || bytes == (size_t)-2) {
		memset(state, 0, sizeof(*state));
		*columns = 1;
		return 1;
	}
	width = wcwidth(wc);
	*columns = width < 0 ? 1 : (size_t)width;
	return bytes;
}

size_t cli_text_fit(const char *text, size_t width)
{
	mbstate_t state = {0};
	size_t off = 0, used = 0;

	while (text[off]) {
		size_t columns;
		const size_t bytes = char_step(text + off, &state, &columns);

		if (used + columns > width)
			break;
		used += columns;
		off += bytes;
	}
	return off;
}

size_t cli_text_wrap(const char *text, size_t width)
{
	const size_t fit = cli_text_fit(text, width);
	mbstate_t state = {0};
	size_t columns;

	if (fit == 0 && *text)
		return char_step(text, &state, &columns);
	if (!text[fit] || text[fit] == ' ')
		return fit;
	for (size_t len = fit; len > 1; len--)
		if (text[len - 1] == ' ' && text[len - 2] != ' ')
			return len - 1;
	return fit;
}

size_t cli_text_width_of(const char *text, size_t len)
{
	mbstate_t state = {0};
	size_t off = 0, used = 0;

	while (off < len && text[off]) {
		size_t columns;

		off += char_step(text + off, &state, &columns);
		used += columns;
	}
	return used;
}

size_t cli_text_width(const char *text)
{
	return cli_text_width_of(text, SIZE_MAX);
}
