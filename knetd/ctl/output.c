// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Command output: rows and lines become frames.
 *
 * One struct knd_out serves one step of one request, in the control thread. It fills the session's
 * scratch frame and queues it when it is full or when rows and lines alternate; knd_out_flush()
 * queues the rest. What outlives a step (row count, was the schema sent, the error) is kept in the
 * request's knd_out_progress.
 *
 * Handlers build a row through typed calls. Numbers and plain strings are written as they come,
 * because lists are long; jansson does the JSON of everything else. A row that does not fit a whole
 * frame is the one thing that cannot be sent: it is replaced by an error, so that the user learns
 * that the list is incomplete.
 */
#include "knetd/ctl/output_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_ROWS 256

const struct kcp_schema knd_text_schema = {
	.id = "text/1",
	.legend = "",
	.column_cnt = 1,
	.columns = {{.key = "line", .title = "Line", .fmt = KCP_FMT_TEXT}},
};

static void frame_open(struct knd_out *out, uint16_t type)
{
	if (out->frame_type == type)
		return;
	knd_out_flush(out);
	kcp_frame_begin(&out->buf, type, 0, out->req);
	out->frame_type = type;
	out->frame_rows = 0;
}

void knd_out_flush(struct knd_out *out)
{
	if (out->frame_type != 0)
		knd_outq_add(out->q, out->buf.data, kcp_frame_end(&out->buf));
	out->frame_type = 0;
}

static void schema_send(struct knd_out *out)
{
	struct kcp_schema schema;
	char legend[256];

	if (out->progress->schema_sent)
		return;
	out->progress->schema_sent = true;
	schema = *out->schema;
	if (out->run && out->run->command->legend &&
	    out->run->command->legend(out->run, legend, sizeof(legend)))
		schema.legend = legend;
	knd_out_flush(out);
	knd_outq_add(out->q, out->buf.data,
		     kcp_pack_schema(&out->buf, out->req, out->generation, &schema));
}

void knd_out_init(struct knd_out *out, uint8_t *scratch)
{
	out->buf = (struct kcp_buf){.data = scratch, .cap = KCP_FRAME_MAX};
	if (!out->schema)
		out->schema = &knd_text_schema;
	if (out->schema != &knd_text_schema || out->wants_rows)
		schema_send(out);
}

bool knd_out_wants_rows(const struct knd_out *out)
{
	return out->wants_rows;
}

bool knd_out_full(const struct knd_out *out)
{
	return out->step_rows >= STEP_ROWS;
}

void knd_out_error(struct knd_out *out, enum kcp_status status, const char *fmt, ...)
{
	struct knd_out_progress *progress = out->progress;
	va_list ap;

	if (progress->status != KCP_OK)
		return;
	progress->status = status;
	va_start(ap, fmt);
	vsnprintf(progress->message, sizeof(progress->message), fmt, ap);
	va_end(ap);
}

/* Appends to a frame of `type`, starting another one if the bytes do not fit any more. */
static void frame_append(struct knd_out *out, uint16_t type, const char *data, size_t len)
{
	frame_open(out, type);
	if (len > out->buf.cap - out->buf.len) {
		knd_out_flush(out);
		frame_open(out, type);
	}
	if (len > out->buf.cap - out->buf.len) {
		knd_out_error(out, KCP_FAILED, "an entry of %zu bytes is too long to send", len);
		return;
	}
	kcp_put_raw(&out->buf, data, len);
	out->step_rows++;
	if (++out->frame_rows == KCP_ROWS_MAX)
		knd_out_flush(out);
}

static void line_send(struct knd_out *out, char *line, size_t len)
{
	if (out->wants_rows) {
		knd_row_begin(out);
		knd_row_str(out, "line", line);
		knd_row_end(out);
		return;
	}
	line[len] = '\n';
	frame_append(out, KCP_TEXT, line, len + 1);
}

void knd_out_line(struct knd_out *out, const char *fmt, ...)
{
	char *line;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (len < 0) {
		out->q->failed = true;
		return;
	}
	line_send(out, line, (size_t)len); /* the newline takes the place of the NUL */
	free(line);
}

void knd_out_bytes(struct knd_out *out, const void *data, size_t len)
{
	const uint8_t *at = data;

	while (len > 0) {
		size_t room;

		frame_open(out, KCP_BYTES);
		room = out->buf.cap - out->buf.len;
		room = len < room ? len : room;
		kcp_put_raw(&out->buf, at, room);
		at += room;
		len -= room;
		if (out->buf.len == out->buf.cap)
			knd_out_flush(out);
	}
}

void knd_out_local(struct knd_out *out, const struct kcp_local *msg)
{
	knd_out_flush(out);
	knd_outq_add(out->q, out->buf.data, kcp_pack_local(&out->buf, out->req, msg));
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Room for so many bytes at the row's end; NULL without memory: the connection cannot go on. */
static char *row_room(struct knd_out *out, size_t len)
{
	if (len > out->row_cap - out->row_len) {
		const size_t cap = (out->row_len + len) * 2 + 256;
		char *row = realloc(out->row, cap);

		if (!row) {
			out->q->failed = true;
			return NULL;
		}
		out->row = row;
		out->row_cap = cap;
	}
	return out->row + out->row_len;
}

static void row_put(struct knd_out *out, const char *data, size_t len)
{
	char *at = row_room(out, len);

	if (!at)
		return;
	memcpy(at, data, len);
	out->row_len += len;
}

static void row_puts(struct knd_out *out, const char *text)
{
	row_put(out, text, strlen(text));
}

void knd_row_begin(struct knd_out *out)
{
	out->row_len = 0;
	row_put(out, "{", 1);
}

/* Keys are names of our own: nothing in them needs an escape. */
static void key_put(struct knd_out *out, const char *key)
{
	const size_t len = strlen(key);
	char *at = row_room(out, len + 4);

	if (!at)
		return;
	if (out->row_len > 1)
		*at++ = ',';
	*at++ = '"';
	memcpy(at, key, len);
	at += len;
	*at++ = '"';
	*at++ = ':';
	out->row_len = (size_t)(at - out->row);
}

static void json_put(struct knd_out *out, json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));

	if (text)
		row_puts(out, text);
	else
		out->q->failed = true;
	free(text);
}

void knd_row_json(struct knd_out *out, const char *key, json_t *value)
{
	key_put(out, key);
	json_put(out, value);
	json_decref(value);
}

/* A copy in which every byte that is no ASCII is '?'. */
static json_t *string_repaired(const char *value)
{
	char *copy = strdup(value);
	json_t *res;

	if (!copy)
		return NULL;
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	res = json_string(copy);
	free(copy);
	return res;
}

/* The length of a string that stands in JSON as it is; SIZE_MAX of another. */
static size_t plain_len(const char *value)
{
	const unsigned char *c = (const unsigned char *)value;

	for (; *c; c++)
		if (*c < 0x20 || *c >= 0x7f || *c == '"' || *c == '\\')
			return SIZE_MAX;
	return (size_t)(c - (const unsigned char *)value);
}

void knd_row_str(struct knd_out *out, const char *key, const char *value)
{
	const size_t len = value ? plain_len(value) : 0;
	json_t *str;
	char *at;

	if (!value) {
		knd_row_null(out, key);
		return;
	}
	if (len == SIZE_MAX) {
		str = json_string(value);
		knd_row_json(out, key, str ? str : string_repaired(value));
		return;
	}
	key_put(out, key);
	at = row_room(out, len + 2);
	if (!at)
		return;
	*at = '"';
	memcpy(at + 1, value, len);
	at[len + 1] = '"';
	out->row_len += len + 2;
}

/* By hand: a list of 64k peers has a million numbers. */
static void int_put(struct knd_out *out, int64_t value)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		digits[--at] = '-';
	row_put(out, digits + at, sizeof(digits) - at);
}

void knd_row_int(struct knd_out *out, const char *key, int64_t value)
{
	key_put(out, key);
	int_put(out, value);
}

void knd_row_real(struct knd_out *out, const char *key, double value)
{
	/* No JSON number for a NaN or an infinity: such a value is unknown. */
	json_t *real = json_real(value);

	knd_row_json(out, key, real ? real : json_null());
}

void knd_row_bool(struct knd_out *out, const char *key, bool value)
{
	key_put(out, key);
	row_puts(out, value ? "true" : "false");
}

void knd_row_null(struct knd_out *out, const char *key)
{
	key_put(out, key);
	row_puts(out, "null");
}

void knd_row_bits(struct knd_out *out, const char *key, uint32_t mask)
{
	bool is_first = true;

	key_put(out, key);
	row_put(out, "[", 1);
	for (unsigned int bit = 0; bit < 32; bit++) {
		if (!(mask & (1U << bit)))
			continue;
		if (!is_first)
			row_put(out, ",", 1);
		int_put(out, bit);
		is_first = false;
	}
	row_put(out, "]", 1);
}

void knd_row_end(struct knd_out *out)
{
	row_put(out, "}\n", 2);
	if (out->q->failed)
		return;
	schema_send(out);
	frame_append(out, KCP_ROWS, out->row, out->row_len);
	out->progress->rows++;
}
