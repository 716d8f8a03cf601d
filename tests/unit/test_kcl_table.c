// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Every row of the table, one after another: what it sets is written, read again and taken back;
 * values at and beyond their limits are taken or refused where they stand; operators change
 * nothing. A new row is tested by being there.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tests/unit/kcl_lines.h"

static const char sample[] =
	"alias a9 show version\npeer-group g0\npeer-group g1\npeer-group g9\n"
	"interface if0\n node-id 1\n network-secret file /s\n address 10.99.0.1/24\n"
	" peer n1 21 192.0.2.1 192.0.2.9\n peer n3 23 192.0.2.3\n peer n9 29\n"
	"  link 0 remote 192.0.2.7\n  link 1 remote 192.0.2.8\n  description x\n exit\n"
	" mac-table static 52:54:00:00:00:07 peer n1\n"
	"interface if1\n node-id 9\n network-secret file /s\n";

static struct kcl_config *load(const char *text)
{
	struct kcl_config *config;

	assert_int_equal(kcl_config_load(text, strlen(text), kcl_lines_ignore, NULL, &config), 0);
	return config;
}

/* An object of each mode, so that its lines have something to be about. */
static struct kcl_place place_in(unsigned int mode)
{
	struct kcl_place place = {.mode = (uint8_t)mode, .peer_id = 29, .iface = "if0"};

	if (mode == KCL_MODE_GROUP)
		memcpy(place.name, "g9", 3);
	return place;
}

static int any_diff(void *arg, const struct kcl_diff *diff)
{
	(void)arg;
	(void)diff;
	return 1;
}

static bool differ(const struct kcl_config *a, const struct kcl_config *b)
{
	return kcl_config_diff(a, b, any_diff, NULL) != 0;
}

/* ---- a walk over all lines of the tree ------------------------------------------------------- */

struct tour {
	unsigned int mode;
	void (*visit)(struct tour *tour, const struct kcl_node *const *path, unsigned int depth);
	const struct kcl_node *path[KCL_DEPTH_MAX];
	struct kcl_config *base;
	bool was_set[512]; /* by number of the entry */
	unsigned int lines;
};

static void node_visit(struct tour *tour, const struct kcl_node *node, unsigned int depth)
{
	if (node->entry)
		tour->visit(tour, tour->path, depth);
	for (const struct kcl_node *k = kcl_node_child(node); k; k = kcl_node_next(k)) {
		if ((k->type && k->type->flags & KCL_TYPE_COMMAND) || depth == KCL_DEPTH_MAX)
			continue;
		tour->path[depth] = k;
		node_visit(tour, k, depth + 1);
	}
}

static void tour_all(struct tour *tour)
{
	for (unsigned int mode = 0; mode < KCL_MODE_COUNT; mode++) {
		tour->mode = mode;
		node_visit(tour, kcl_tree(mode), 0);
	}
}

/* The line of a path; argument `special` is `value`, the others are plain. */
static void line_make(const struct kcl_node *const *path, unsigned int depth, unsigned int special,
		      const char *value, char *line, size_t size, size_t *special_off)
{
	size_t used = 0;

	line[0] = '\0';
	for (unsigned int i = 0; i < depth; i++) {
		char word[512];

		if (!path[i]->type)
			snprintf(word, sizeof(word), "%s", path[i]->text);
		else if (i == special)
			snprintf(word, sizeof(word), "%s", value);
		else if (strcmp(path[i]->type->name, "text") == 0)
			snprintf(word, sizeof(word), "show version");
		else
			kcl_lines_value(path[i], 9, word, sizeof(word));
		used += (size_t)snprintf(line + used, size - used, "%s", i ? " " : "");
		if (i == special)
			*special_off = used;
		used += (size_t)snprintf(line + used, size - used, "%s", word);
	}
}

/* ---- items ----------------------------------------------------------------------------------- */

static void text_line(void *arg, const char *line)
{
	fprintf(arg, "%s\n", line);
}

static void written_is_read(const struct kcl_config *config, const char *line)
{
	struct kcl_config *again = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	kcl_config_write(config, text_line, to);
	fclose(to);
	/* what a single line leaves need not be a whole configuration; then it is not compared */
	if (kcl_config_load(text, len, kcl_lines_ignore, NULL, &again) == 0 &&
	    differ(config, again))
		fail_msg("'%s' is not what was written:\n%s", line, text);
	kcl_config_free(again);
	free(text);
}

static void nothing_reported(void *arg, const struct kcl_iface *iface, const char *message)
{
	(void)arg;
	(void)iface;
	(void)message;
}

/* Takes the line back in both: what it had set may be as it was, or as it is by default. */
static void taken_back(struct tour *tour, const char *line, const struct kcl_config *after,
		       const char *undo)
{
	struct kcl_env env = {.candidate = kcl_config_copy(after), .role = KCL_ROLE_ADMIN};
	struct kcl_env bare = {.candidate = kcl_config_copy(tour->base), .role = KCL_ROLE_ADMIN};
	struct kcl_place place = place_in(tour->mode), other = place;
	struct kcl_error err;
	struct kcl_turn turn;
	char whole[1200];

	snprintf(whole, sizeof(whole), "%s %s", undo, line);
	if (kcl_line(&place, &env, whole, &turn, &err) < 0)
		fail_msg("%s: %s", whole, err.message);
	(void)!kcl_line(&other, &bare, whole, &turn, &err);
	if (differ(bare.candidate, env.candidate))
		fail_msg("'%s' does not take it back", whole);
	kcl_config_free(env.candidate);
	kcl_config_free(bare.candidate);
}

/* Lines that name what is there already change it: `no` then removes it, and restores nothing. */
static bool is_of_existing(const struct kcl_entry *entry)
{
	return entry->ops->enter != NULL;
}

static void item_visit(struct tour *tour, const struct kcl_node *const *path, unsigned int depth)
{
	const struct kcl_node *node = path[depth - 1];
	struct kcl_env env = {.candidate = kcl_config_copy(tour->base), .role = KCL_ROLE_ADMIN};
	struct kcl_place place = place_in(tour->mode);
	struct kcl_error err;
	struct kcl_turn turn;
	char line[1024];
	size_t off;

	line_make(path, depth, UINT32_MAX, NULL, line, sizeof(line), &off);
	if (node->entry->ops && node->form == KCL_FORM_SET && tour->mode != KCL_MODE_RANGE &&
	    kcl_line(&place, &env, line, &turn, &err) == 0) {
		tour->lines++;
		tour->was_set[node->entry - kcl_entries] = true;
		if (kcl_config_check(env.candidate, nothing_reported, NULL) == 0)
			written_is_read(env.candidate, line);
		if (differ(tour->base, env.candidate) && !is_of_existing(node->entry) &&
		    tour->mode != KCL_MODE_LINK) {
			taken_back(tour, line, env.candidate, "no");
			taken_back(tour, line, env.candidate, "default");
		}
	}
	kcl_config_free(env.candidate);
}

static void items_round_trip(void **state)
{
	static struct tour tour;

	(void)state;
	tour = (struct tour){.visit = item_visit, .base = load(sample)};
	assert_true(kcl_entry_cnt < 512);
	tour_all(&tour);
	for (size_t i = 0; i < kcl_entry_cnt; i++)
		if (kcl_entries[i].ops && !tour.was_set[i])
			fail_msg("no line of %s could be set", kcl_entries[i].name);
	assert_true(tour.lines > 100);
	kcl_config_free(tour.base);
}

/* ---- values at their limits ------------------------------------------------------------------ */

static void cand_ignore(void *arg, size_t off, const struct kcl_cand *cand)
{
	(void)cand;
	assert_true(off <= *(const size_t *)arg);
}

/* Reads the line; a refusal must point into it. Then completes it at its end. */
static int value_try(struct tour *tour, const char *line, struct kcl_error *err)
{
	struct kcl_env env = {.candidate = kcl_config_copy(tour->base), .role = KCL_ROLE_ADMIN};
	struct kcl_place place = place_in(tour->mode);
	struct kcl_turn turn;
	size_t len = strlen(line);
	const int rc = kcl_line(&place, &env, line, &turn, err);

	if (rc < 0)
		assert_true((size_t)err->off + err->len <= len && err->message[0]);
	kcl_args_free(turn.args);
	place = place_in(tour->mode);
	kcl_complete(&place, &env, line, len, cand_ignore, &len);
	kcl_config_free(env.candidate);
	tour->lines++;
	return rc;
}

static void beyond_try(struct tour *tour, const struct kcl_node *const *path, unsigned int depth,
		       unsigned int at)
{
	struct kcl_error err;
	char line[2048], value[32];
	size_t off = 0;

	if (path[at]->max < UINT64_MAX) {
		snprintf(value, sizeof(value), "%llu", (unsigned long long)path[at]->max + 1);
		line_make(path, depth, at, value, line, sizeof(line), &off);
		assert_int_equal(value_try(tour, line, &err), -EINVAL);
		if (err.off != off && err.code != KCL_REFUSED)
			fail_msg("'%s': caret at %u, not %zu: %s", line, err.off, off, err.message);
	}
	if (path[at]->min > 0) {
		snprintf(value, sizeof(value), "%llu", (unsigned long long)path[at]->min - 1);
		line_make(path, depth, at, value, line, sizeof(line), &off);
		assert_int_equal(value_try(tour, line, &err), -EINVAL);
	}
	snprintf(value, sizeof(value), "%llu", (unsigned long long)path[at]->max);
	line_make(path, depth, at, value, line, sizeof(line), &off);
	if (value_try(tour, line, &err) < 0 && err.code == KCL_INVALID)
		fail_msg("'%s': %s", line, err.message);
}

static void value_visit(struct tour *tour, const struct kcl_node *const *path, unsigned int depth)
{
	static char long_word[300], quoted_long[300];
	const char *const strange[] = {"\"\"",
				       "\"a b\"",
				       "gr\xc3\xbc\xc3\x9f",
				       "\"\\\"\\\\\"",
				       "\"\\x41\\xff\"",
				       "\xff\xfe",
				       "\"open",
				       "-1",
				       "99999999999999999999",
				       long_word,
				       quoted_long};
	const unsigned int at = depth - 1;
	struct kcl_error err;
	char line[2048];
	size_t off;

	memset(long_word, 'a', 255);
	memset(quoted_long, 'a', 257);
	quoted_long[0] = quoted_long[256] = '"';
	/* the last word only: those before it are last words of shorter lines */
	if (!path[at]->type)
		return;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		line_make(path, depth, at, strange[i], line, sizeof(line), &off);
		(void)value_try(tour, line, &err);
	}
	if (strcmp(path[at]->type->name, "uint") == 0 || strcmp(path[at]->type->name, "size") == 0)
		beyond_try(tour, path, depth, at);
}

static void limits_are_kept(void **state)
{
	static struct tour tour;

	(void)state;
	tour = (struct tour){.visit = value_visit, .base = load(sample)};
	tour_all(&tour);
	assert_true(tour.lines > 1000);
	kcl_config_free(tour.base);
}

/* ---- operators ------------------------------------------------------------------------------- */

static const struct kcl_entry *entry_find(const char *name)
{
	for (size_t i = 0; i < kcl_entry_cnt; i++)
		if (strcmp(kcl_entries[i].name, name) == 0)
			return &kcl_entries[i];
	fail_msg("%s is not in the table", name);
	return NULL;
}

static void operator_visit(struct tour *tour, const struct kcl_node *const *path,
			   unsigned int depth)
{
	const struct kcl_entry *entry = path[depth - 1]->entry;
	struct kcl_env env = {.running = tour->base, .role = KCL_ROLE_OPERATOR};
	struct kcl_place place = place_in(tour->mode);
	struct kcl_error err;
	struct kcl_turn turn;
	char line[1024];
	size_t off;
	int rc;

	line_make(path, depth, UINT32_MAX, NULL, line, sizeof(line), &off);
	rc = kcl_line(&place, &env, line, &turn, &err);
	if (entry->role == KCL_ROLE_ADMIN && rc == 0)
		fail_msg("an operator may '%s'", line);
	if (rc == 0 && turn.command && entry_find(turn.command)->role != KCL_ROLE_OPERATOR)
		fail_msg("an operator runs %s by '%s'", turn.command, line);
	assert_null(env.candidate);
	tour->lines++;
	if (rc == 0)
		kcl_args_free(turn.args);
}

static void operators_change_nothing(void **state)
{
	static struct tour tour;
	struct kcl_config *before = load(sample);

	(void)state;
	tour = (struct tour){.visit = operator_visit, .base = load(sample)};
	tour_all(&tour);
	assert_true(tour.lines > 500);
	assert_false(differ(before, tour.base));
	kcl_config_free(before);
	kcl_config_free(tour.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_round_trip),
		cmocka_unit_test(limits_are_kept),
		cmocka_unit_test(operators_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
