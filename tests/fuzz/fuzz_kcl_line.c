// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A session of lines at a prompt: the first byte chooses the role and strictness, then lines, each
 * also completed at its end. Whatever is typed: a refused line changes nothing, positions are
 * inside the line, all that is offered is taken.
 */
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/internal.h"
#include "tests/fuzz/fuzz.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct offer {
	const struct kcl_place *place;
	const struct kcl_env *env;
	const char *line;
	unsigned int cnt;
};

static void offer_check(void *arg, size_t off, const struct kcl_cand *cand)
{
	static struct kcl_args args;
	static struct kcl_error err;
	static char line[2 * KCL_LINE_MAX];
	struct offer *offer = arg;
	struct kcl_walk walk = {.env = offer->env, .mode = offer->place->mode, .args = &args};

	must(off <= strlen(offer->line) && cand->text && cand->help);
	if (cand->kind != KCL_CAND_WORD || offer->cnt++ > 4)
		return;
	snprintf(line, sizeof(line), "%.*s%s ", (int)off, offer->line, cand->text);
	walk.line = line;
	walk.len = strlen(line);
	walk.to_cursor = true;
	must(walk.len > KCL_LINE_MAX || kcl_walk(&walk, &err) == 0);
}

static int nothing(void *arg, const struct kcl_diff *diff)
{
	(void)arg;
	(void)diff;
	return 1;
}

static void line_type(struct kcl_place *place, struct kcl_env *env, const char *line)
{
	const struct kcl_place before = *place;
	struct offer offer = {.place = place, .env = env, .line = line};
	struct kcl_config *kept = env->candidate ? kcl_config_copy(env->candidate) : NULL;
	static struct kcl_error err;
	struct kcl_turn turn;
	char tag[128], words[KCL_LINE_MAX];

	kcl_complete(place, env, line, strlen(line), offer_check, &offer);
	if (kcl_line(place, env, line, &turn, &err) < 0) {
		must(err.code != KCL_OK && err.message[0] && err.off <= strlen(line));
		must(err.off + err.len <= strlen(line));
		must(memcmp(&before, place, sizeof(before)) == 0);
		must(!kept == !env->candidate);
		must(!kept || kcl_config_diff(kept, env->candidate, nothing, NULL) == 0);
	}
	must(env->role == KCL_ROLE_ADMIN || !env->candidate);
	if (turn.args)
		kcl_args_format(turn.args, words, sizeof(words));
	kcl_args_free(turn.args);
	kcl_config_free(kept);
	kcl_place_tag(place, kcl_env_config(env), tag, sizeof(tag));
	kcl_place_repair(place, kcl_env_config(env));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kcl_config *running = kcl_config_new();
	struct kcl_env env = {.running = running};
	struct kcl_place place = {0};
	char line[KCL_LINE_MAX + 32];

	if (!running || len < 1 || kcl_iface_add(running, "knet0") < 0 ||
	    kcl_peer_add(kcl_iface_edit(running, "knet0"), 2, "beta") < 0 ||
	    kcl_group_add(running, "core") < 0 ||
	    kcl_alias_set(running, "spd", "show peers down") < 0) {
		kcl_config_free(running);
		return 0;
	}
	env.role = data[0] & 1 ? KCL_ROLE_OPERATOR : KCL_ROLE_ADMIN;
	env.strict = data[0] & 2;
	data++;
	len--;
	while (len) {
		const uint8_t *end = memchr(data, '\n', len);
		const size_t step = end ? (size_t)(end - data) + 1 : len;
		const size_t kept = step < sizeof(line) ? step : sizeof(line) - 1;

		memcpy(line, data, kept);
		line[kept] = '\0';
		line[strcspn(line, "\n")] = '\0';
		line_type(&place, &env, line);
		data += step;
		len -= step;
	}
	kcl_config_free(env.candidate);
	kcl_config_free(running);
	return 0;
}
