// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The archive on the disk: FILE.archive/generation-N, beside the startup configuration FILE, so
 * that what can be rolled back to outlives the daemon. Formatting and writing are the scribe's: a
 * commit waits for neither, and a daemon that is killed at once may have lost its last generation
 * from the archive, never from the startup configuration. At the start only the heads are kept; the
 * configurations are read when somebody asks for them.
 *
 * A damaged file is left alone and left out, with one line in the log, and its number is not given
 * away again. Control thread only.
 */
#include "knetd/txn/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <qb/qblog.h>

#include "knetd/cmd/kcl.h"
#include "knetd/scribe.h"
#include "knetd/txn/store.h"

#define NAME           "generation-"
#define GENERATION_MAX 999999999     /* that `rollback` takes */
#define SUMMED_MAX     (64ULL << 20) /* bytes whose sums are looked at when the daemon starts */

static char *path_of(const struct knd_txn *txn, uint64_t generation)
{
	char *path = NULL;

	if (asprintf(&path, "%s.archive/" NAME "%llu", txn->path, (unsigned long long)generation) <
	    0)
		return NULL;
	return path;
}

/* In the scribe's thread. */
static char *entry_format(const void *of, size_t *len)
{
	const struct knd_txn_entry *entry = of;

	return knd_store_format(entry, entry->config, len);
}

static void entry_release(void *of)
{
	struct knd_txn_entry *entry = of;

	kcl_config_free(entry->config);
	free(entry);
}

/* One of its own, that shares the configuration; NULL without memory. */
static struct knd_txn_entry *entry_copy(const struct knd_txn_entry *from)
{
	struct knd_txn_entry *entry = malloc(sizeof(*entry));

	if (!entry)
		return NULL;
	*entry = *from;
	entry->config = kcl_config_copy(from->config);
	if (entry->config)
		return entry;
	free(entry);
	return NULL;
}

void knd_shelf_put(struct knd_txn *txn, const struct knd_txn_entry *entry)
{
	const struct knd_script script = {
		.format = entry_format, .release = entry_release, .of = entry_copy(entry)};

	if (!script.of ||
	    knd_scribe_write(txn->scribe, path_of(txn, entry->generation), &script) < 0)
		qb_log(LOG_WARNING,
		       "config: generation %llu is only archived until the daemon ends",
		       (unsigned long long)entry->generation);
}

void knd_shelf_drop(struct knd_txn *txn, uint64_t generation)
{
	if (knd_scribe_remove(txn->scribe, path_of(txn, generation)) < 0)
		qb_log(LOG_WARNING, "config: generation %llu stays on the disk",
		       (unsigned long long)generation);
}

void knd_txn_mind(struct knd_txn *txn)
{
	struct knd_why why;

	if (knd_scribe_failure(txn->scribe, &why) < 0)
		qb_log(LOG_ERR, "config: the archive is only in memory: %s", why.text);
}

/* ---- reading one ----------------------------------------------------------------------------- */

static void error_log(void *arg, unsigned int number, const char *line, const struct kcl_error *err)
{
	(void)line;
	qb_log(LOG_ERR, "config: %s:%u: %s", (const char *)arg, number, err->message);
}

/* Its text, sound, and where the configuration begins. 0, or -errno. */
static int text_read(const char *path, char **text, size_t *len, size_t *body)
{
	struct knd_store_head head;
	struct knd_txn_entry entry;
	int rc = kcl_file_read(path, text, len);

	if (rc == 0)
		rc = knd_store_parse(*text, *len, &entry, &head);
	if (rc == 0 && !knd_store_is_sound(&head, *text, *len))
		rc = -EBADMSG;
	if (rc == 0)
		*body = knd_store_body(&head, *text, *len);
	return rc;
}

struct kcl_config *knd_shelf_get(const struct knd_txn *txn, uint64_t generation,
				 struct knd_why *why)
{
	char *path = path_of(txn, generation), *text = NULL;
	const struct kcl_load how = {.is_unchecked = true, .report = error_log, .arg = path};
	struct kcl_config *config = NULL;
	size_t len, body;
	int rc = path ? text_read(path, &text, &len, &body) : -ENOMEM;

	if (rc == 0)
		rc = kcl_config_read(&how, text, len, &config);
	if (rc < 0)
		knd_why_say(why, rc, "Generation %llu cannot be read: %s: %s",
			    (unsigned long long)generation, path ? path : "",
			    rc == -EBADMSG ? "the file is damaged" : strerror(-rc));
	free(text);
	free(path);
	return rc < 0 ? NULL : config;
}

struct compared {
	const char *text;
	size_t len;
	bool is_same;
};

static void line_compare(void *arg, const char *line)
{
	struct compared *cmp = arg;
	const size_t len = strlen(line);

	if (!cmp->is_same)
		return;
	cmp->is_same =
		cmp->len > len && memcmp(cmp->text, line, len) == 0 && cmp->text[len] == '\n';
	if (!cmp->is_same)
		return;
	cmp->text += len + 1;
	cmp->len -= len + 1;
}

bool knd_shelf_has(const struct knd_txn *txn, uint64_t generation, const struct kcl_config *config)
{
	char *path = path_of(txn, generation), *text = NULL;
	struct compared cmp = {.is_same = true};
	size_t len, body;

	if (path && text_read(path, &text, &len, &body) == 0) {
		cmp.text = text + body;
		cmp.len = len - body;
		kcl_config_write(config, line_compare, &cmp);
		cmp.is_same = cmp.is_same && cmp.len == 0;
	} else {
		cmp.is_same = false;
	}
	free(text);
	free(path);
	return cmp.is_same;
}

/* ---- reading all ----------------------------------------------------------------------------- */

/* The number in a name of ours, or 0. */
static uint64_t number_of(const char *name)
{
	char *end;
	unsigned long long number;

	if (strncmp(name, NAME, strlen(NAME)) != 0)
		return 0;
	name += strlen(NAME);
	if (*name < '1' || *name > '9')
		return 0;
	errno = 0;
	number = strtoull(name, &end, 10);
	return errno || *end || number > GENERATION_MAX ? 0 : number;
}

static int is_ours(const struct dirent *dirent)
{
	return number_of(dirent->d_name) != 0;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	const uint64_t one = number_of((*a)->d_name), two = number_of((*b)->d_name);

	return one < two ? -1 : one > two;
}

/* Reads the head, or all of it while `budget` lasts. 0, or -errno. */
static int head_read(const char *path, uint64_t *budget, struct knd_txn_entry *entry)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct knd_store_head head;
	char text[KND_STORE_HEAD_MAX];
	size_t len, body;
	struct stat st;
	ssize_t got;
	char *all = NULL;
	int rc = 0;

	if (fd < 0)
		return -errno;
	got = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, text, sizeof(text)) : -1;
	close(fd);
	if (got < 0 || knd_store_parse(text, (size_t)got, entry, &head) < 0 ||
	    (uint64_t)st.st_size != head.off + head.len)
		return -EBADMSG;
	if (head.len <= *budget) {
		*budget -= head.len;
		rc = text_read(path, &all, &len, &body);
		free(all);
	}
	return rc;
}

/* Takes one into the list, which is filled from its end. */
static void file_take(struct knd_txn *txn, uint64_t number, uint64_t *budget, size_t *at)
{
	struct knd_txn_entry entry = {0};
	char *path = path_of(txn, number);
	int rc = path ? head_read(path, budget, &entry) : -ENOMEM;

	if (rc == 0 && entry.generation != number)
		rc = -EBADMSG;
	if (rc == 0)
		txn->entry[--*at] = entry;
	else
		qb_log(LOG_ERR, "config: %s is left out of the archive: %s", path ? path : "",
		       rc == -EBADMSG ? "the file is damaged" : strerror(-rc));
	free(path);
}

void knd_shelf_open(struct knd_txn *txn)
{
	char dir[PATH_MAX];
	struct dirent **list = NULL;
	uint64_t budget = SUMMED_MAX;
	size_t at;
	int cnt;

	snprintf(dir, sizeof(dir), "%s.archive", txn->path);
	cnt = scandir(dir, &list, is_ours, by_number);
	if (cnt < 0 && errno != ENOENT)
		qb_log(LOG_ERR, "config: %s: %s: there is no archive", dir, strerror(errno));
	if (cnt <= 0) {
		free(list);
		return;
	}
	txn->entry = reallocarray(NULL, (size_t)cnt, sizeof(*txn->entry));
	txn->entry_cap = txn->entry ? (size_t)cnt : 0;
	txn->generation = number_of(list[cnt - 1]->d_name);
	at = txn->entry_cap;
	for (int i = cnt; i-- > 0;) { /* the newest first: its sum is the one that matters */
		if (txn->entry)
			file_take(txn, number_of(list[i]->d_name), &budget, &at);
		free(list[i]);
	}
	free(list);
	txn->entry_cnt = txn->entry_cap - at;
	if (txn->entry_cnt)
		memmove(txn->entry, txn->entry + at, txn->entry_cnt * sizeof(*txn->entry));
}
