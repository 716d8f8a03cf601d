// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Files of configurations that sessions name, for `load`, `copy`, `write file` and `configure
 * replace`. Administrators of the network need not be root, and the daemon must not lend them its
 * rights on the rest of the machine. Control thread only.
 */
#include "knetd/config_file.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "knetd/cmd/plural.h"
#include "knetd/save.h"

#define MARK "! knet-config"

static bool is_trusted(const struct knd_who *who)
{
	return who->uid == 0 || who->uid == geteuid();
}

/* The directory that both paths lead to is the same, whatever links are in between. */
static bool is_beside(const char *path, const char *startup)
{
	char one[PATH_MAX], two[PATH_MAX], *real_one, *real_two;
	bool same;

	snprintf(one, sizeof(one), "%s", path);
	snprintf(two, sizeof(two), "%s", startup);
	real_one = realpath(dirname(one), NULL);
	real_two = realpath(dirname(two), NULL);
	same = real_one && real_two && strcmp(real_one, real_two) == 0;
	free(real_one);
	free(real_two);
	return same;
}

/* Makes the path of a name, and asks whether this session may use it. */
static int path_make(const struct knd_config_file *file, char path[PATH_MAX], struct knd_why *why)
{
	const char *startup = file->startup, *name = file->name;
	const struct knd_who *who = file->who;
	char dir[PATH_MAX];
	struct stat st;

	snprintf(dir, sizeof(dir), "%s", startup);
	if (name[0] == '/')
		snprintf(path, PATH_MAX, "%s", name);
	else if (snprintf(path, PATH_MAX, "%s/%s", dirname(dir), name) >= PATH_MAX)
		return knd_why_say(why, -ENAMETOOLONG, "%s: %s", name, strerror(ENAMETOOLONG));
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !(S_ISLNK(st.st_mode) && is_trusted(who)))
		return knd_why_say(why, -EINVAL, "%s: expected a regular file", path);
	if (is_trusted(who) || is_beside(path, startup))
		return 0;
	return knd_why_say(why, -EACCES,
			   "%s: expected a file in the directory of %s (only root may name others)",
			   path, startup);
}

static bool has_mark(const char *text, size_t len)
{
	return len >= strlen(MARK) && memcmp(text, MARK, strlen(MARK)) == 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reading {
	const char *path;
	struct knd_out *out;
	unsigned int errors;
};

static void on_error(void *arg, unsigned int number, const char *line, const struct kcl_error *err)
{
	struct reading *reading = arg;
	char *text = NULL, *save = NULL;
	size_t size;
	FILE *file;

	reading->errors++;
	file = reading->out ? open_memstream(&text, &size) : NULL;
	if (!file)
		return;
	kcl_error_print_file(file, reading->path, number ? number : 1, line, err);
	if (fclose(file) == 0)
		for (char *part = strtok_r(text, "\n", &save); part;
		     part = strtok_r(NULL, "\n", &save))
			knd_out_line(reading->out, "%s", part);
	free(text);
}

int knd_config_file_read(const struct knd_config_file *file, const struct kcl_config *base,
			 struct knd_out *out, struct kcl_config **config, struct knd_why *why)
{
	char path[PATH_MAX], *text;
	struct reading reading = {.path = path, .out = out};
	const struct kcl_load how = {.base = base,
				     .is_unchecked = true,
				     .is_lenient = !out,
				     .report = on_error,
				     .arg = &reading};
	size_t len;
	int rc = path_make(file, path, why);

	*config = NULL;
	if (rc < 0)
		return rc;
	rc = kcl_file_read(path, &text, &len);
	if (rc < 0) {
		free(text);
		return knd_why_say(why, rc, "%s: %s", path, strerror(-rc));
	}
	if (!is_trusted(file->who) && !has_mark(text, len))
		rc = knd_why_say(why, -EACCES, "%s: expected a file that begins with `" MARK " 1`",
				 path);
	else
		rc = kcl_config_read(&how, text, len, config);
	free(text);
	if (rc == -EINVAL)
		return knd_why_say(why, rc, "%s has %u error%s: nothing is changed", path,
				   reading.errors, knd_plural(reading.errors));
	return rc < 0 && rc != -EACCES ? knd_why_say(why, rc, "%s: %s", path, strerror(-rc)) : rc;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* True if there is a file whose text somebody might miss. */
static bool is_precious(const char *path)
{
	FILE *file = fopen(path, "re");
	char head[sizeof(MARK)] = "";
	size_t len;

	if (!file)
		return errno != ENOENT;
	len = fread(head, 1, sizeof(head) - 1, file);
	fclose(file);
	return len > 0 && !has_mark(head, len);
}

int knd_config_file_write(const struct knd_config_file *file, const struct kcl_config *config,
			  struct knd_why *why)
{
	char path[PATH_MAX];
	int rc = path_make(file, path, why);

	if (rc == 0 && is_precious(path))
		rc = knd_why_say(why, -EEXIST,
				 "%s is there and no configuration: expected another name", path);
	return rc < 0 ? rc : knd_save(config, path, NULL, why);
}
