// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Items of the daemon itself that are more than one plain member: where log lines go, what is worth
 * one in a subsystem, when an idle session ends.
 *
 * Every setter checks all that it can refuse before it changes anything.
 */
#include "knetd/cmd/item.h"

#include <errno.h>
#include <string.h>

static const char *const target_names[] = {"syslog", "journal", "stderr", "file"};
static const char *const subsystem_names[] = {"audit", "config", "control", "daemon",  "handshake",
					      "link",  "local",  "mac",     "netlink", "peer"};

_Static_assert(sizeof(target_names) / sizeof(target_names[0]) == KCL_LOG_TARGET_COUNT,
	       "each target has a name");
_Static_assert(sizeof(subsystem_names) / sizeof(subsystem_names[0]) == KCL_LOG_SUBSYSTEMS,
	       "each subsystem has a name");

const char *kcl_log_subsystem_name(unsigned int subsystem)
{
	return subsystem < KCL_LOG_SUBSYSTEMS ? subsystem_names[subsystem] : "?";
}

/* Which of the names is a word of the line; `cnt` if none. */
static unsigned int name_find(const struct kcl_args *args, const char *const *names,
			      unsigned int cnt)
{
	for (unsigned int k = 0; k < args->cnt; k++)
		for (unsigned int i = 0; i < cnt; i++)
			if (args->value[k].kind == KCL_VALUE_WORD &&
			    strcmp(args->value[k].name, names[i]) == 0)
				return i;
	return cnt;
}

/* The level of a name; KCL_LOG_INHERIT if it is none. */
static uint8_t level_find(const char *name)
{
	for (unsigned int i = 0; i <= KCL_LOG_DEBUG; i++)
		if (strcmp(name, kcl_log_level_name(i)) == 0)
			return (uint8_t)i;
	return KCL_LOG_INHERIT;
}

/* The last word of the line as a level; KCL_LOG_INHERIT if it is none. */
static uint8_t level_read(const struct kcl_args *args)
{
	const struct kcl_value *last = &args->value[args->cnt - 1];

	return last->kind == KCL_VALUE_WORD ? level_find(last->name) : KCL_LOG_INHERIT;
}

/* ---- logging {syslog|journal|stderr}, logging file PATH -------------------------------------- */

static int target_set(struct kcl_edit *edit)
{
	const unsigned int target = name_find(edit->args, target_names, KCL_LOG_TARGET_COUNT);
	const char *path = kcl_args_text(edit->args, "path");

	edit->config->log_target[target] =
		(struct kcl_log_target){.is_set = true, .level = level_read(edit->args)};
	if (path)
		snprintf(edit->config->log_path, sizeof(edit->config->log_path), "%s", path);
	return 0;
}

static int target_unset(struct kcl_edit *edit)
{
	const unsigned int target = name_find(edit->args, target_names, KCL_LOG_TARGET_COUNT);

	edit->config->log_target[target] = (struct kcl_log_target){.level = KCL_LOG_INHERIT};
	if (target == KCL_LOG_FILE)
		edit->config->log_path[0] = '\0';
	return 0;
}

static void target_write(const struct kcl_view *view, unsigned int target)
{
	const struct kcl_log_target *t = &view->config->log_target[target];
	char path[4 * KCL_PATH_MAX + 8] = "";

	if (!t->is_set)
		return;
	if (target == KCL_LOG_FILE)
		kcl_word_quote(view->config->log_path, path, sizeof(path));
	kcl_view_line(view, "logging %s%s%s%s%s", target_names[target], *path ? " " : "", path,
		      t->level == KCL_LOG_INHERIT ? "" : " level ",
		      t->level == KCL_LOG_INHERIT ? "" : kcl_log_level_name(t->level));
}

static void targets_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LOG_FILE; i++)
		target_write(view, i);
}

static void file_write(const struct kcl_view *view)
{
	target_write(view, KCL_LOG_FILE);
}

const struct kcl_ops kcl_ops_log_target = {
	.set = target_set, .unset = target_unset, .write = targets_write};
const struct kcl_ops kcl_ops_log_file = {
	.set = target_set, .unset = target_unset, .write = file_write};

/* ---- logging level all LEVEL: another way to say `logging level LEVEL`, which is written ------
 */

static int level_all_set(struct kcl_edit *edit)
{
	edit->config->log_level = level_read(edit->args);
	return 0;
}

static int level_all_unset(struct kcl_edit *edit)
{
	edit->config->log_level = level_find(edit->entry->preset);
	return 0;
}

/* One setting, one line: that of the item `logging level`. */
static void level_all_write(const struct kcl_view *view)
{
	(void)view;
}

const struct kcl_ops kcl_ops_log_level_all = {
	.set = level_all_set, .unset = level_all_unset, .write = level_all_write};

/* ---- logging level SUBSYSTEM LEVEL ----------------------------------------------------------- */

static int subsystem_set(struct kcl_edit *edit)
{
	const unsigned int i = name_find(edit->args, subsystem_names, KCL_LOG_SUBSYSTEMS);

	edit->config->log_subsystem[i] = level_read(edit->args);
	return 0;
}

static int subsystem_unset(struct kcl_edit *edit)
{
	const unsigned int i = name_find(edit->args, subsystem_names, KCL_LOG_SUBSYSTEMS);

	edit->config->log_subsystem[i] = KCL_LOG_INHERIT;
	return 0;
}

static void subsystems_write(const struct kcl_view *view)
{
	for (unsigned int i = 0; i < KCL_LOG_SUBSYSTEMS; i++)
		if (view->config->log_subsystem[i] != KCL_LOG_INHERIT)
			kcl_view_line(view, "logging level %s %s", subsystem_names[i],
				      kcl_log_level_name(view->config->log_subsystem[i]));
}

const struct kcl_ops kcl_ops_log_subsystem = {
	.set = subsystem_set, .unset = subsystem_unset, .write = subsystems_write};

void kcl_system_preset(struct kcl_config *config)
{
	for (unsigned int i = 0; i < KCL_LOG_TARGET_COUNT; i++)
		config->log_target[i].level = KCL_LOG_INHERIT;
	memset(config->log_subsystem, KCL_LOG_INHERIT, sizeof(config->log_subsystem));
}

bool kcl_system_equal(const struct kcl_config *a, const struct kcl_config *b)
{
	for (unsigned int i = 0; i < KCL_LOG_TARGET_COUNT; i++)
		if (a->log_target[i].is_set != b->log_target[i].is_set ||
		    a->log_target[i].level != b->log_target[i].level)
			return false;
	return strcmp(a->log_path, b->log_path) == 0 &&
	       memcmp(a->log_subsystem, b->log_subsystem, sizeof(a->log_subsystem)) == 0 &&
	       a->idle_s == b->idle_s;
}

/* ---- exec-timeout MINUTES [SECONDS] ---------------------------------------------------------- */

static int idle_set(struct kcl_edit *edit)
{
	edit->config->idle_s = (uint32_t)(kcl_args_uint(edit->args, "minutes", 0) * 60 +
					  kcl_args_uint(edit->args, "seconds", 0));
	return 0;
}

static int idle_unset(struct kcl_edit *edit)
{
	edit->config->idle_s = 0;
	return 0;
}

static void idle_write(const struct kcl_view *view)
{
	const uint32_t s = view->config->idle_s;

	if (s % 60)
		kcl_view_line(view, "exec-timeout %u %u", s / 60, s % 60);
	else if (s || view->all)
		kcl_view_line(view, "exec-timeout %u", s / 60);
}

const struct kcl_ops kcl_ops_exec_timeout = {
	.set = idle_set, .unset = idle_unset, .write = idle_write};
