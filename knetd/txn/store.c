// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Texts of the archive:
 *
 *   ! knet-config 1
 *   ! knet-archive 1 generation N time NS changed N added N removed N length N sum HEX
 *   ! user root
 *   ! via pts/1
 *   ! comment why
 *   hostname alpha
 *   ...
 *
 * Length and sum are about all that is behind the second line. The sum is there to see that a disk
 * or an editor has changed something, not to keep anybody from doing so. Nothing here touches a
 * file. Control and scribe threads: what they are given is not changed meanwhile.
 */
#include "knetd/txn/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST  "! knet-config 1\n"
#define SECOND "! knet-archive 1 generation "
#define FORMAT \
	"%" SCNu64 " time %" SCNu64 " changed %u added %u removed %u length %zu sum %" SCNx64 "%n"

/* Three lines of it, each a comment. */
static const char *const labels[] = {"! user ", "! via ", "! comment "};
#define LABELS (sizeof(labels) / sizeof(labels[0]))

/* FNV-1a */
static uint64_t sum_of(const char *text, size_t len)
{
	uint64_t sum = 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)text[i]) * 0x100000001b3ULL;
	return sum;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void line_write(void *arg, const char *line)
{
	fputs(line, arg);
	fputc('\n', arg);
}

/* What somebody typed, as the rest of one line. */
static void label_write(FILE *file, const char *label, const char *text)
{
	fputs(label, file);
	for (; *text; text++)
		fputc(kcl_is_control(*text) ? '?' : *text, file);
	fputc('\n', file);
}

static char *rest_format(const struct knd_txn_entry *entry, const struct kcl_config *config,
			 size_t *len)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, len);

	if (!file)
		return NULL;
	label_write(file, labels[0], entry->user);
	label_write(file, labels[1], entry->via);
	label_write(file, labels[2], entry->comment);
	kcl_config_write(config, line_write, file);
	if (fclose(file) == 0)
		return text;
	free(text);
	return NULL;
}

char *knd_store_format(const struct knd_txn_entry *entry, const struct kcl_config *config,
		       size_t *len)
{
	size_t rest_len = 0;
	char *rest = rest_format(entry, config, &rest_len), *text = NULL;
	int head;

	if (!rest)
		return NULL;
	head = asprintf(&text,
			FIRST SECOND "%" PRIu64 " time %" PRIu64
				     " changed %u added %u removed %u length %zu sum %016" PRIx64
				     "\n%s",
			entry->generation, entry->real_ns, entry->changed, entry->added,
			entry->removed, rest_len, sum_of(rest, rest_len), rest);
	free(rest);
	*len = head < 0 ? 0 : (size_t)head;
	return head < 0 ? NULL : text;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The line at `off` without its newline, copied. Moves `off` behind it. False if there is none. */
static bool line_get(const char *text, size_t len, size_t *off, char *out, size_t size)
{
	const char *begin = text + *off;
	const char *end = memchr(begin, '\n', len - *off);
	const size_t line_len = end ? (size_t)(end - begin) : 0;

	if (!end || line_len >= size || memchr(begin, '\0', line_len))
		return false;
	memcpy(out, begin, line_len);
	out[line_len] = '\0';
	*off += line_len + 1;
	return true;
}

static int numbers_parse(const char *line, struct knd_txn_entry *entry, struct knd_store_head *head)
{
	int used = 0;

	if (strncmp(line, SECOND, strlen(SECOND)) != 0)
		return -EBADMSG;
	line += strlen(SECOND);
	if (sscanf(line, FORMAT, &entry->generation, &entry->real_ns, &entry->changed,
		   &entry->added, &entry->removed, &head->len, &head->sum, &used) != 7 ||
	    !used || line[used])
		return -EBADMSG;
	return entry->generation ? 0 : -EBADMSG;
}

static int labels_parse(const char *text, size_t len, size_t off, struct knd_txn_entry *entry)
{
	char *const to[LABELS] = {entry->user, entry->via, entry->comment};
	const size_t size[LABELS] = {sizeof(entry->user), sizeof(entry->via),
				     sizeof(entry->comment)};
	char line[256];

	for (size_t i = 0; i < LABELS; i++) {
		const size_t label_len = strlen(labels[i]);

		if (!line_get(text, len, &off, line, sizeof(line)) ||
		    strncmp(line, labels[i], label_len) != 0 || strlen(line + label_len) >= size[i])
			return -EBADMSG;
		memcpy(to[i], line + label_len, strlen(line + label_len) + 1);
	}
	return 0;
}

int knd_store_parse(const char *text, size_t len, struct knd_txn_entry *entry,
		    struct knd_store_head *head)
{
	char line[256];
	size_t off = strlen(FIRST);
	int rc;

	if (len < off || memcmp(text, FIRST, off) != 0 ||
	    !line_get(text, len, &off, line, sizeof(line)))
		return -EBADMSG;
	rc = numbers_parse(line, entry, head);
	head->off = off;
	return rc < 0 ? rc : labels_parse(text, len, off, entry);
}

bool knd_store_is_sound(const struct knd_store_head *head, const char *text, size_t len)
{
	return len >= head->off && len - head->off == head->len &&
	       sum_of(text + head->off, head->len) == head->sum;
}

size_t knd_store_body(const struct knd_store_head *head, const char *text, size_t len)
{
	size_t off = head->off;
	char line[256];

	for (size_t i = 0; i < LABELS; i++)
		if (!line_get(text, len, &off, line, sizeof(line)))
			return len;
	return off;
}
