// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What may stand at the cursor, after a walk up to the word that it touches: keywords, names that
 * exist, and what else a value looks like. Whatever is offered as a word, the walk takes.
 */
#include "knetd/cmd/internal.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 1000

struct completion {
	const struct kcl_walk *walk;
	void (*emit)(void *arg, size_t word_off, const struct kcl_cand *cand);
	void *arg;
	unsigned int live;
};

static void cand_emit(const struct completion *c, enum kcl_cand_kind kind, const char *text,
		      const char *help)
{
	const struct kcl_cand cand = {.kind = kind, .text = text, .help = help};

	c->emit(c->arg, c->walk->last.off, &cand);
}

/* Why nothing can stand here: an earlier word may be one of several, or is none. */
static void fault_emit(const struct completion *c, const struct kcl_error *err)
{
	const struct kcl_cand cand = {.kind = KCL_CAND_FAULT, .text = err->message, .help = ""};

	c->emit(c->arg, err->off, &cand);
}

static void live_emit(struct completion *c, const char *name, const char *help)
{
	const struct kcl_token *tok = &c->walk->last;

	if (c->live == CANDIDATES_MAX || strncmp(name, tok->text, tok->text_len) != 0)
		return;
	c->live++;
	cand_emit(c, KCL_CAND_WORD, name, help);
}

static void group_names_emit(struct completion *c, const struct kcl_node *node,
			     const struct kcl_config *config)
{
	const struct kcl_groups *groups = config->groups;

	for (uint32_t i = 0; groups && i < groups->cnt; i++)
		live_emit(c, groups->group[i].name,
			  groups->group[i].description ? groups->group[i].description : node->help);
}

static void aliases_emit(struct completion *c, const char *help)
{
	const struct kcl_config *config = kcl_env_config(c->walk->env);
	const struct kcl_aliases *aliases = config ? config->aliases : NULL;

	for (uint32_t i = 0; aliases && i < aliases->cnt; i++)
		live_emit(c, aliases->alias[i].name, help ? help : aliases->alias[i].line);
}

static void names_emit(struct completion *c, const struct kcl_node *node)
{
	const struct kcl_config *config = kcl_env_config(c->walk->env);

	if (config && node->type->flags & KCL_TYPE_GROUPS)
		group_names_emit(c, node, config);
	if (node->type->flags & KCL_TYPE_ALIASES)
		aliases_emit(c, node->help);
	for (unsigned int i = 0; config && i < config->iface_cnt; i++) {
		const struct kcl_iface *iface = config->iface[i];
		const struct kcl_peer *peer = NULL;

		if (node->type->flags & KCL_TYPE_IFACES)
			live_emit(c, iface->name, node->help);
		if (!(node->type->flags & KCL_TYPE_PEERS))
			continue;
		while (c->live < CANDIDATES_MAX &&
		       (peer = kcl_peer_next_named(iface, peer ? peer->id : 0, c->walk->last.text)))
			live_emit(c, peer->name, node->help);
	}
}

/* A value that is being typed is shown unless it can no longer become one. */
static void value_emit(struct completion *c, const struct kcl_node *node)
{
	const char *text = c->walk->last.text;
	struct kcl_value value;

	if (node->type->flags & KCL_TYPE_LIVE) {
		c->live = 0;
		names_emit(c, node);
		if (c->live && !(node->type->flags & KCL_TYPE_NEW))
			return;
	}
	if (node->type->kind == KCL_VALUE_UINT && !node->type->metavar &&
	    text[strspn(text, "0123456789")] && node->type->parse(node, text, &value) < 0)
		return;
	cand_emit(c, KCL_CAND_VALUE, node->metavar, node->help);
}

/* A line of a mode above is read here, too, though nothing is offered of it. */
static bool reads_above(struct kcl_walk walk, const struct kcl_place *place)
{
	struct kcl_error err;

	for (walk.mode = place->mode; walk.mode > KCL_MODE_CONFIG;) {
		walk.mode = kcl_modes[walk.mode].parent;
		if (kcl_walk(&walk, &err) == 0)
			return true;
	}
	return false;
}

void kcl_complete(const struct kcl_place *place, const struct kcl_env *env, const char *line,
		  size_t cursor,
		  void (*emit)(void *arg, size_t word_off, const struct kcl_cand *cand), void *arg)
{
	struct kcl_args *args = malloc(sizeof(*args));
	struct kcl_error err = {0};
	struct kcl_walk walk = {.env = env,
				.mode = place->mode,
				.line = line,
				.len = strnlen(line, cursor),
				.to_cursor = true,
				.args = args};
	struct completion c = {.walk = &walk, .emit = emit, .arg = arg};
	const struct kcl_node *k;

	if (!args || kcl_walk(&walk, &err) < 0 || walk.last.kind == KCL_TOKEN_BAD ||
	    (walk.last.kind == KCL_TOKEN_END && walk.last.off < walk.len)) {
		if (args && (err.code == KCL_AMBIGUOUS ||
			     (err.code == KCL_INVALID && !reads_above(walk, place)))) {
			if (err.code == KCL_INVALID)
				kcl_elsewhere_say(place, &walk, &err);
			fault_emit(&c, &err);
		}
		free(args);
		return;
	}
	for (k = kcl_node_child(walk.node); k; k = kcl_node_next(k)) {
		if (!kcl_walk_allows(&walk, k))
			continue;
		if (k->type)
			value_emit(&c, k);
		else if (kcl_node_begins(k, &walk.last) && !walk.last.is_quoted)
			cand_emit(&c, KCL_CAND_WORD, k->text, k->help);
	}
	if (walk.node == kcl_tree(KCL_MODE_EXEC) && !walk.last.is_quoted)
		aliases_emit(&c, NULL);
	if (walk.node->entry && walk.last.text_len == 0 && walk.node->entry->role <= env->role)
		cand_emit(&c, KCL_CAND_CR, "<cr>", "");
	free(args);
}
