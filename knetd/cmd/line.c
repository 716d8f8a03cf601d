// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * One line, from its text to what it does: moves through the modes, edits the candidate, or is
 * handed back as a command. A line that its mode does not know is tried in the modes above, up to
 * the top of the configuration; if none knows it, the diagnosis of the one that understood most of
 * it is reported.
 *
 * Either everything that a line says is done or nothing is.
 */
#include "knetd/cmd/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- places ---------------------------------------------------------------------------------- */

unsigned int kcl_place_depth(const struct kcl_place *place)
{
	unsigned int depth = 0;

	for (unsigned int mode = place->mode; mode != KCL_MODE_EXEC; mode = kcl_modes[mode].parent)
		depth++;
	return depth;
}

static const struct kcl_peer *place_peer(const struct kcl_place *place,
					 const struct kcl_config *config)
{
	const struct kcl_iface *iface = kcl_iface_find(config, place->iface);

	return iface ? kcl_peer_find(iface, place->peer_id) : NULL;
}

void kcl_place_tag(const struct kcl_place *place, const struct kcl_config *config, char *out,
		   size_t size)
{
	const struct kcl_peer *peer = place_peer(place, config);
	const char *name = peer ? peer->name : "?";

	switch (place->mode) {
	case KCL_MODE_EXEC:
		snprintf(out, size, "%s", "");
		break;
	case KCL_MODE_IFACE:
		snprintf(out, size, "config-if-%s", place->iface);
		break;
	case KCL_MODE_GROUP:
		snprintf(out, size, "config-pg-%s", place->name);
		break;
	case KCL_MODE_RANGE:
		snprintf(out, size, "config-peer-range");
		break;
	case KCL_MODE_PEER:
		snprintf(out, size, "config-peer-%s", name);
		break;
	case KCL_MODE_LINK:
		snprintf(out, size, "config-link-%s-%u", name, place->link);
		break;
	default:
		snprintf(out, size, "config");
	}
}

static bool place_exists(const struct kcl_place *place, const struct kcl_config *config)
{
	const struct kcl_peer *peer;

	if (place->mode < KCL_MODE_IFACE)
		return true;
	if (place->mode == KCL_MODE_GROUP)
		return kcl_group_find(config->groups, place->name) != NULL;
	if (place->mode == KCL_MODE_IFACE || place->mode == KCL_MODE_RANGE)
		return kcl_iface_find(config, place->iface) != NULL;
	peer = place_peer(place, config);
	if (place->mode == KCL_MODE_PEER)
		return peer != NULL;
	return peer && kcl_peer_link_find(peer, place->link);
}

bool kcl_place_repair(struct kcl_place *place, const struct kcl_config *config)
{
	if (place_exists(place, config))
		return false;
	place->mode = KCL_MODE_CONFIG;
	return true;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Modes below the top of the configuration, and how to come there. */
static const struct {
	uint8_t mode;
	const char *what, *how;
} below[] = {
	{KCL_MODE_IFACE, "an interface", "`interface NAME`"},
	{KCL_MODE_PEER, "a peer", "`interface NAME`, `peer NAME`"},
	{KCL_MODE_LINK, "a link of a peer", "`interface NAME`, `peer NAME`, `link NUMBER`"},
	{KCL_MODE_GROUP, "a group of peers", "`peer-group NAME`"},
};

/* True if EXEC mode reads the line, or would if it went on, or if a word behind `off` were longer.
 */
static bool reads_in_exec(struct kcl_walk *walk, uint16_t off)
{
	struct kcl_error why;

	walk->mode = KCL_MODE_EXEC;
	if (kcl_walk(walk, &why) == 0)
		return !walk->is_blank;
	return why.code == KCL_INCOMPLETE || (why.code == KCL_AMBIGUOUS && why.off > off);
}

/* True if the mode reads the line, or more of it than up to `off`. */
static bool reads_in(unsigned int mode, struct kcl_walk *walk, uint16_t off)
{
	struct kcl_error other;

	walk->mode = mode;
	if (kcl_walk(walk, &other) == 0)
		return !walk->is_blank;
	return other.off > off && other.code != KCL_DENIED;
}

/* An error that neither says nor suggests anything else. */
static bool is_plain(const struct kcl_error *err)
{
	return err->message[strlen(err->message) - 1] == '\'';
}

/* `configure`, where it has been said before. */
static bool is_entering(const struct kcl_walk *walk)
{
	const struct kcl_entry *entry = walk->node ? walk->node->entry : NULL;

	return entry && strncmp(entry->name, "configure", strlen("configure")) == 0 &&
	       strcmp(entry->name, "configure_replace") != 0;
}

void kcl_elsewhere_say(const struct kcl_place *place, struct kcl_walk *walk, struct kcl_error *err)
{
	const bool is_exec = place->mode == KCL_MODE_EXEC;
	const char *line = walk->line + strspn(walk->line, " \t");
	const char *what = NULL, *how = NULL;
	int len = (int)strlen(line);

	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	if (!is_exec && (reads_in_exec(walk, err->off) ||
			 (is_plain(err) && reads_in(KCL_MODE_EXEC, walk, err->off)))) {
		if (is_entering(walk)) {
			kcl_error_clear(err);
			kcl_error_say(err, KCL_INVALID, walk->args->value[0].off,
				      walk->args->value[0].len,
				      "Invalid input detected at '^' marker: this is the "
				      "configuration already, expected one of its lines, `top` or "
				      "`end`");
			return;
		}
		kcl_error_say(err, err->code, err->off, err->len,
			      "Invalid input detected at '^' marker: '%.*s'. Did you mean 'do "
			      "%.*s'?",
			      err->len < 64 ? err->len : 64, walk->line + err->off,
			      len < 200 ? len : 200, line);
		return;
	}
	if (is_exec && reads_in(KCL_MODE_CONFIG, walk, err->off)) {
		kcl_error_say(err, err->code, err->off, err->len,
			      "Invalid input detected at '^' marker: '%.*s' belongs into the "
			      "configuration: expected `configure` first",
			      err->len < 64 ? err->len : 64, walk->line + err->off);
		return;
	}
	for (size_t i = 0; !what && i < sizeof(below) / sizeof(below[0]); i++) {
		if (!reads_in(below[i].mode, walk, err->off))
			continue;
		what = below[i].what;
		how = below[i].how;
	}
	if (what)
		kcl_error_say(err, err->code, err->off, err->len,
			      "Invalid input detected at '^' marker: '%.*s' belongs into %s: "
			      "expected %s%s first",
			      err->len < 64 ? err->len : 64, walk->line + err->off, what,
			      is_exec ? "`configure`, " : "", how);
}

/* Walks in the place's mode, then in those above; moves the place to the one that took the line. */
static int line_walk(struct kcl_place *place, struct kcl_walk *walk, struct kcl_error *err)
{
	struct kcl_error other;
	struct kcl_place up = *place;
	int rc;

	walk->mode = place->mode;
	rc = kcl_walk(walk, err);
	while (rc < 0 && err->code == KCL_INVALID && up.mode > KCL_MODE_CONFIG) {
		up.mode = kcl_modes[up.mode].parent;
		walk->mode = up.mode;
		if (kcl_walk(walk, &other) == 0) {
			*place = up;
			return 0;
		}
		if (other.off > err->off || other.code == KCL_DENIED)
			kcl_error_copy(err, &other);
	}
	if (rc < 0 && err->code == KCL_INVALID)
		kcl_elsewhere_say(place, walk, err);
	return rc;
}

/* ---- doing ----------------------------------------------------------------------------------- */

static bool candidate_make(struct kcl_env *env)
{
	if (!env->candidate)
		env->candidate = env->running ? kcl_config_copy(env->running) : kcl_config_new();
	return env->candidate != NULL;
}

/* The line for one member of a range. 0 or -EINVAL, -ENOMEM with err said. */
static int member_apply(struct kcl_edit *edit, const struct kcl_place *range,
			const struct kcl_peer *peer, enum kcl_form form)
{
	struct kcl_place place = {.mode = KCL_MODE_PEER, .peer_id = peer->id};
	char name[KCL_NAME_MAX + 1], why[512];
	int rc;

	memcpy(place.iface, range->iface, sizeof(place.iface));
	memcpy(name, peer->name, sizeof(name));
	edit->place = &place;
	rc = kcl_item_apply(edit, form);
	if (rc == 0 && place.mode != KCL_MODE_PEER)
		return kcl_edit_refuse(edit, NULL,
				       "A range has no mode of its links: expected the whole line, "
				       "such as `link 0 priority 5`");
	if (rc == 0 || edit->err->code == KCL_NO_MEMORY)
		return rc;
	snprintf(why, sizeof(why), "%s", edit->err->message);
	kcl_error_say(edit->err, edit->err->code, edit->err->off, edit->err->len,
		      "Peer %s of the range: %s", name, why);
	return rc;
}

/* The line for each member, or for none. */
static int range_apply(struct kcl_edit *edit, const struct kcl_place *range, struct kcl_env *env,
		       enum kcl_form form)
{
	const struct kcl_iface *iface;
	uint16_t id = 0;
	int rc = 0;

	edit->config = kcl_config_copy(env->candidate);
	if (!edit->config)
		return kcl_edit_no_memory(edit);
	while (rc == 0 && (iface = kcl_iface_find(edit->config, range->iface))) {
		const struct kcl_peer *peer = kcl_range_next(iface, range->name, id);

		if (!peer)
			break;
		id = peer->id;
		rc = member_apply(edit, range, peer, form);
	}
	if (rc == 0 && !id)
		rc = kcl_edit_refuse(edit, NULL, "No peer of interface %s is in the range %s",
				     range->iface, range->name);
	kcl_config_free(rc < 0 ? edit->config : env->candidate);
	if (rc == 0)
		env->candidate = edit->config;
	return rc;
}

static int edit_do(struct kcl_place *place, struct kcl_env *env, const struct kcl_walk *walk,
		   struct kcl_turn *turn, struct kcl_error *err)
{
	const bool is_first = !env->candidate;
	const struct kcl_config *config = kcl_env_config(env);
	struct kcl_place to = *place;
	struct kcl_edit edit = {
		.place = &to, .entry = walk->node->entry, .args = walk->args, .err = err};
	int rc;

	turn->kind = KCL_TURN_MOVED;
	if (place->mode != KCL_MODE_RANGE && walk->node->form == KCL_FORM_SET &&
	    edit.entry->ops->enter && config && edit.entry->ops->enter(config, place, walk->args))
		return 0;
	turn->kind = KCL_TURN_EDITED;
	turn->is_audited = true;
	if (!candidate_make(env))
		return kcl_edit_no_memory(&edit);
	edit.config = env->candidate;
	if (place->mode == KCL_MODE_RANGE)
		rc = range_apply(&edit, place, env, walk->node->form);
	else
		rc = kcl_item_apply(&edit, walk->node->form);
	if (rc == 0) {
		*place = to;
		return 0;
	}
	if (is_first) {
		kcl_config_free(env->candidate);
		env->candidate = NULL;
	}
	return err->code == KCL_NO_MEMORY ? -ENOMEM : -EINVAL;
}

static int range_enter(struct kcl_place *place, const struct kcl_env *env,
		       const struct kcl_args *args, struct kcl_error *err)
{
	const struct kcl_value *range = &args->value[args->cnt - 1];
	const struct kcl_config *config = kcl_env_config(env);
	const struct kcl_iface *iface = config ? kcl_iface_find(config, place->iface) : NULL;

	if (!iface || !kcl_range_next(iface, range->text, 0)) {
		kcl_error_say(err, KCL_REFUSED, range->off, range->len,
			      "No peer of interface %s is in the range %s", place->iface,
			      range->text);
		return -EINVAL;
	}
	place->mode = KCL_MODE_RANGE;
	snprintf(place->name, sizeof(place->name), "%s", range->text);
	return 0;
}

static void local_do(struct kcl_place *place, const char *name, struct kcl_turn *turn)
{
	turn->kind = KCL_TURN_MOVED;
	if (strcmp(name, "configure") == 0)
		*place = (struct kcl_place){.mode = KCL_MODE_CONFIG};
	else if (strcmp(name, "top") == 0)
		*place = (struct kcl_place){.mode = KCL_MODE_CONFIG};
	else if (strcmp(name, "end") == 0)
		*place = (struct kcl_place){.mode = KCL_MODE_EXEC};
	else if (place->mode == KCL_MODE_EXEC)
		turn->kind = KCL_TURN_LEAVE;
	else
		place->mode = kcl_modes[place->mode].parent;
}

static int line_do(struct kcl_place *place, struct kcl_env *env, const struct kcl_walk *walk,
		   struct kcl_turn *turn, struct kcl_error *err)
{
	const struct kcl_entry *entry = walk->node->entry;

	turn->command = entry->name;
	if (entry->ops)
		return edit_do(place, env, walk, turn, err);
	if (!(entry->flags & KCL_ENTRY_LOCAL)) {
		turn->kind = KCL_TURN_COMMAND;
		turn->is_audited = entry->flags & KCL_ENTRY_AUDIT;
		return 0;
	}
	if (walk->is_done) {
		kcl_error_say(err, KCL_INVALID, walk->args->value[0].off, walk->args->value[0].len,
			      "Invalid input detected at '^' marker: '%s' changes the mode, "
			      "expected it without `do`%s",
			      entry->name, is_entering(walk) ? ", behind `end`" : "");
		return -EINVAL;
	}
	if (strcmp(entry->name, "peer_range") == 0) {
		turn->kind = KCL_TURN_MOVED;
		return range_enter(place, env, walk->args, err);
	}
	local_do(place, entry->name, turn);
	return 0;
}

int kcl_line(struct kcl_place *place, struct kcl_env *env, const char *line, struct kcl_turn *turn,
	     struct kcl_error *err)
{
	struct kcl_args *args = malloc(sizeof(*args));
	struct kcl_walk walk = {
		.env = env, .line = line, .len = strnlen(line, KCL_LINE_MAX + 1), .args = args};
	struct kcl_place at = *place;
	int rc;

	*turn = (struct kcl_turn){.kind = KCL_TURN_NONE};
	kcl_error_clear(err);
	if (!args) {
		kcl_error_say(err, KCL_NO_MEMORY, 0, 0, "Out of memory");
		return -ENOMEM;
	}
	args->place = *place;
	rc = line_walk(&at, &walk, err);
	if (rc == 0 && !walk.is_blank)
		rc = line_do(&at, env, &walk, turn, err);
	if (rc == 0 && (turn->kind == KCL_TURN_MOVED || turn->kind == KCL_TURN_EDITED))
		*place = at;
	if (rc == 0 && turn->kind == KCL_TURN_COMMAND)
		turn->args = args;
	else
		kcl_args_free(args);
	return rc;
}

void kcl_line_words(const struct kcl_place *place, const struct kcl_env *env, const char *line,
		    char *out, size_t size)
{
	struct kcl_args *args = malloc(sizeof(*args));
	struct kcl_walk walk = {
		.env = env, .line = line, .len = strnlen(line, KCL_LINE_MAX + 1), .args = args};
	struct kcl_place at = *place;
	struct kcl_error err;

	kcl_error_clear(&err);
	if (args && line_walk(&at, &walk, &err) == 0 && !walk.is_blank)
		kcl_args_format(args, out, size);
	else
		snprintf(out, size, "%s", line);
	kcl_args_free(args);
}
