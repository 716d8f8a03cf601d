// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Reading the startup configuration when the daemon starts. A host that is reached through its own
 * tunnel must not stay away because of one line, so what cannot be read is left out, logged with
 * its place, and kept aside in FILE.rejected; a peer that lacks a line, and an interface that
 * contradicts itself, are put out of service. The file itself is never touched here.
 *
 * Whoever loads it into a running daemon gets all of it or nothing: knd_startup_read_strict().
 */
#include "knetd/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <qb/qblog.h>

#include "knetd/cmd/kcl.h"
#include "knetd/save.h"

struct reading {
	const char *path;
	unsigned int rejects;
	char *known; /* what is aside already, "" if nothing */
	FILE *aside; /* what comes to it */
};

/* Logs what `text` holds, line by line, and frees it. */
static void text_log(char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		qb_log(LOG_ERR, "config: %s", line);
	free(text);
}

static void error_log(const char *path, unsigned int number, const char *line,
		      const struct kcl_error *err)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return;
	kcl_error_print_file(file, path, number, line, err);
	if (fclose(file) == 0)
		text_log(text);
}

static void on_reject(void *arg, unsigned int number, const char *line, const struct kcl_error *err)
{
	struct reading *reading = arg;
	char *entry = NULL;

	reading->rejects++;
	error_log(reading->path, number, line, err);
	if (!line || asprintf(&entry, "! line %u: %s\n%s\n", number, err->message, line) < 0)
		return;
	/* Every start would add the same again. */
	if (reading->aside && !strstr(reading->known, entry))
		fputs(entry, reading->aside);
	free(entry);
}

/* ---- what contradicts itself ------------------------------------------------------------------
 */

struct faulty {
	char name[KCL_IFACES_MAX][KCL_IFNAME_MAX + 1];
	unsigned int cnt;
	unsigned int others; /* complaints about no interface */
};

static void on_rule(void *arg, const struct kcl_iface *iface, const char *message)
{
	struct faulty *faulty = arg;

	if (iface && (!iface->node_id || !iface->secret_path))
		return; /* not complete: it waits */
	qb_log(LOG_ERR, "config: %s", message);
	if (!iface)
		faulty->others++;
	else if (faulty->cnt < KCL_IFACES_MAX)
		memcpy(faulty->name[faulty->cnt++], iface->name, sizeof(faulty->name[0]));
}

static int faulty_withdraw(struct kcl_config *config, unsigned int *rejects)
{
	struct faulty *faulty = calloc(1, sizeof(*faulty));
	int rc = 0;

	if (!faulty)
		return -ENOMEM;
	kcl_config_check(config, on_rule, faulty);
	for (unsigned int i = 0; i < faulty->cnt && rc == 0; i++) {
		struct kcl_iface *iface = kcl_iface_edit(config, faulty->name[i]);

		if (!iface) {
			rc = -ENOMEM;
		} else if (!iface->is_shutdown) {
			iface->is_shutdown = true;
			qb_log(LOG_ERR, "config: interface %s is taken out of service",
			       iface->name);
			(*rejects)++;
		}
	}
	free(faulty);
	return rc;
}

/* ---- the file aside ---------------------------------------------------------------------------
 */

static void aside_append(const char *path, const char *text, size_t len)
{
	const int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = 0;

	if (fd < 0)
		rc = -errno;
	else if (write(fd, text, len) != (ssize_t)len || fsync(fd) < 0)
		rc = errno ? -errno : -ENOSPC;
	if (fd >= 0)
		close(fd);
	if (rc == 0)
		rc = knd_directory_sync(path);
	if (rc == 0)
		qb_log(LOG_WARNING, "config: what was left out is kept in %s", path);
	else
		qb_log(LOG_ERR,
		       "config: %s: %s: what was left out is in the startup "
		       "configuration alone, do not save over it",
		       path, strerror(-rc));
}

static int config_read(struct reading *reading, const char *text, size_t len,
		       struct kcl_config **out)
{
	const struct kcl_load how = {
		.is_unchecked = true, .is_lenient = true, .report = on_reject, .arg = reading};
	char aside[PATH_MAX], *known = NULL, *added = NULL;
	size_t size = 0;
	int rc;

	snprintf(aside, sizeof(aside), "%s.rejected", reading->path);
	if (kcl_file_read(aside, &known, &size) < 0 || !known ||
	    !(reading->known = strndup(known, size)))
		reading->known = strdup("");
	free(known);
	size = 0;
	reading->aside = reading->known ? open_memstream(&added, &size) : NULL;
	rc = kcl_config_read(&how, text, len, out);
	if (rc == 0)
		rc = faulty_withdraw(*out, &reading->rejects);
	if (reading->aside && fclose(reading->aside) == 0 && size > 0)
		aside_append(aside, added, size);
	free(added);
	free(reading->known);
	return rc;
}

int knd_startup_read(const char *path, struct kcl_config **out, bool *is_whole)
{
	struct reading reading = {.path = path};
	char *text;
	size_t len;
	int rc = kcl_file_read(path, &text, &len);

	*out = NULL;
	*is_whole = true;
	if (rc == -ENOENT) {
		*out = kcl_config_new();
		return *out ? 0 : -ENOMEM;
	}
	if (rc == 0)
		rc = config_read(&reading, text, len, out);
	if (rc < 0)
		qb_log(LOG_ERR, "config: %s: %s", path, strerror(-rc));
	if (reading.rejects)
		qb_log(LOG_ERR,
		       "config: the daemon starts without what is wrong in %s, which is left as "
		       "it is",
		       path);
	*is_whole = !reading.rejects;
	free(text);
	return rc;
}

int knd_startup_read_strict(const char *path, struct kcl_config **out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	int rc;

	*out = NULL;
	if (!file)
		return -ENOMEM;
	rc = kcl_config_load_file(path, file, out);
	if (fclose(file) == 0)
		text_log(text);
	return rc;
}
