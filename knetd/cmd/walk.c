// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * One walk down the tree serves execution, completion, help and errors, so that they cannot
 * disagree: word by word, exact keyword before the name of something that exists, before a keyword
 * that begins so, before any other value. What the role may not do is not there, except that
 * naming it says so.
 *
 * A loop over the words of one line, bounded by line length, count of words and depth of the tree.
 */
#include "knetd/cmd/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 1000

const struct kcl_config *kcl_env_config(const struct kcl_env *env)
{
	return env->candidate ? env->candidate : env->running;
}

static bool is_allowed(const struct kcl_walk *walk, const struct kcl_node *node)
{
	return node->role <= walk->env->role;
}

static const char *node_label(const struct kcl_node *node)
{
	return node->type ? node->metavar : node->text;
}

/* ---- diagnoses ------------------------------------------------------------------------------- */

static void expect_children(const struct kcl_walk *walk, struct kcl_error *err)
{
	const struct kcl_node *k = kcl_node_child(walk->node);

	for (; k; k = kcl_node_next(k))
		if (is_allowed(walk, k))
			kcl_error_expect(err, node_label(k));
	if (walk->node->entry)
		kcl_error_expect(err, "<cr>");
}

/* Edits (insert, delete, change, swap of neighbours) from a to b; 3 for "more than 2". */
static unsigned int edit_distance(const char *a, const char *b)
{
	unsigned int row[3][34] = {0};
	const size_t na = strlen(a), nb = strlen(b);

	if (na > 32 || nb > 32)
		return 3;
	for (size_t j = 0; j <= nb; j++)
		row[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned int *now = row[i % 3], *up = row[(i + 2) % 3], *upper = row[(i + 1) % 3];

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned int best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    upper[j - 2] + 1 < best)
				best = upper[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[na % 3][nb] < 3 ? row[na % 3][nb] : 3;
}

static const char *suggestion(const struct kcl_walk *walk, const char *text)
{
	const struct kcl_node *k = kcl_node_child(walk->node);
	const char *best = NULL;
	unsigned int best_cost = 3;

	for (; k; k = kcl_node_next(k)) {
		unsigned int cost;

		if (k->type || !is_allowed(walk, k))
			continue;
		cost = edit_distance(text, k->text);
		if (cost < best_cost && cost < strlen(k->text) && cost < strlen(text)) {
			best = k->text;
			best_cost = cost;
		}
	}
	return best;
}

static int fail_invalid(const struct kcl_walk *walk, const struct kcl_token *tok,
			struct kcl_error *err)
{
	const char *instead = suggestion(walk, tok->text);

	if (instead)
		kcl_error_say(err, KCL_INVALID, tok->off, tok->len,
			      "Invalid input detected at '^' marker: '%.64s'. Did you mean '%s'?",
			      tok->text, instead);
	else
		kcl_error_say(err, KCL_INVALID, tok->off, tok->len,
			      "Invalid input detected at '^' marker: '%.64s'", tok->text);
	expect_children(walk, err);
	return -EINVAL;
}

static int fail_bad(const struct kcl_token *tok, struct kcl_error *err)
{
	kcl_error_say(err, KCL_INVALID, tok->off, tok->len,
		      "Invalid input detected at '^' marker: %s", tok->text);
	return -EINVAL;
}

static bool begins_with(const struct kcl_node *node, const struct kcl_token *tok)
{
	return !node->type && strncmp(node->text, tok->text, tok->text_len) == 0;
}

static int fail_ambiguous(const struct kcl_walk *walk, const struct kcl_token *tok,
			  struct kcl_error *err)
{
	const struct kcl_node *k = kcl_node_child(walk->node);
	char could[512] = "";
	size_t used = 0;

	for (; k && used < sizeof(could); k = kcl_node_next(k))
		if (begins_with(k, tok) && is_allowed(walk, k))
			used += (size_t)snprintf(could + used, sizeof(could) - used, "%s%s",
						 used ? " | " : "", k->text);
	kcl_error_say(err, KCL_AMBIGUOUS, tok->off, tok->len,
		      "Ambiguous command: '%.64s' could be: %s", tok->text, could);
	for (k = kcl_node_child(walk->node); k; k = kcl_node_next(k))
		if (begins_with(k, tok) && is_allowed(walk, k))
			kcl_error_expect(err, k->text);
	return -EINVAL;
}

static int fail_incomplete(const struct kcl_walk *walk, size_t off, struct kcl_error *err)
{
	char want[512] = "";
	size_t used = 0;

	expect_children(walk, err);
	for (unsigned int i = 0; i < err->expected_cnt && used < sizeof(want); i++)
		used += (size_t)snprintf(want + used, sizeof(want) - used, "%s%s", i ? " | " : "",
					 err->expected[i]);
	kcl_error_say(err, KCL_INCOMPLETE, off, 0, "Incomplete command: expected %s", want);
	return -EINVAL;
}

static int fail_denied(const struct kcl_token *tok, struct kcl_error *err)
{
	kcl_error_say(err, KCL_DENIED, tok->off, tok->len,
		      "Permission denied: '%.64s' is for administrators", tok->text);
	return -EPERM;
}

/* ---- matching -------------------------------------------------------------------------------- */

static bool is_live_name(const struct kcl_walk *walk, const struct kcl_type *type, const char *text)
{
	const struct kcl_config *config = kcl_env_config(walk->env);

	if (!config || !(type->flags & (KCL_TYPE_IFACES | KCL_TYPE_PEERS)))
		return false;
	if (type->flags & KCL_TYPE_IFACES)
		return kcl_iface_find(config, text) != NULL;
	for (unsigned int i = 0; i < config->iface_cnt; i++)
		if (kcl_peer_find_name(config->iface[i], text))
			return true;
	return false;
}

static const struct kcl_node *match_value(const struct kcl_walk *walk, const struct kcl_token *tok,
					  bool live_only, struct kcl_value *value)
{
	const struct kcl_node *k = kcl_node_child(walk->node);

	for (; k; k = kcl_node_next(k)) {
		if (!k->type || !k->type->parse)
			continue;
		if (live_only && !is_live_name(walk, k->type, tok->text))
			continue;
		if (strlen(tok->text) == tok->text_len && k->type->parse(k, tok->text, value) == 0)
			return k;
	}
	return NULL;
}

/* The keyword that the word is, or begins. *cnt: how many it begins. */
static const struct kcl_node *match_keyword(const struct kcl_walk *walk,
					    const struct kcl_token *tok, unsigned int *cnt)
{
	const struct kcl_node *k = kcl_node_child(walk->node), *found = NULL, *hidden = NULL;

	*cnt = 0;
	for (; k && !tok->is_quoted; k = kcl_node_next(k)) {
		if (!begins_with(k, tok))
			continue;
		if (strlen(k->text) == tok->text_len) {
			*cnt = 1;
			return k;
		}
		if (!is_allowed(walk, k)) {
			hidden = k;
			continue;
		}
		found = k;
		++*cnt;
	}
	if (*cnt)
		return found;
	*cnt = hidden ? 1 : 0;
	return hidden;
}

static int match(struct kcl_walk *walk, const struct kcl_token *tok, struct kcl_value *value,
		 struct kcl_error *err)
{
	const struct kcl_node *found, *live = NULL;
	unsigned int cnt;
	bool is_exact;

	found = match_keyword(walk, tok, &cnt);
	is_exact = found && strlen(found->text) == tok->text_len;
	if (found && !is_exact)
		live = match_value(walk, tok, true, value);
	if (live)
		found = live;
	else if (cnt > 1 && !walk->env->strict)
		return fail_ambiguous(walk, tok, err);
	else if (!found || (walk->env->strict && !is_exact))
		found = match_value(walk, tok, false, value);
	if (!found)
		return fail_invalid(walk, tok, err);
	if (!is_allowed(walk, found))
		return fail_denied(tok, err);
	walk->node = found;
	return 0;
}

/* ---- the walk -------------------------------------------------------------------------------- */

static void value_add(struct kcl_walk *walk, const struct kcl_token *tok, struct kcl_value *value)
{
	struct kcl_args *args = walk->args;

	value->kind = walk->node->type ? walk->node->type->kind : KCL_VALUE_WORD;
	value->name = walk->node->text;
	value->text = tok->text;
	value->off = (uint16_t)tok->off;
	value->len = (uint16_t)tok->len;
	args->used += tok->text_len + 1;
	args->cnt++;
}

/* True if a value of the node's takes the rest of the line. */
static bool takes_rest(const struct kcl_node *node)
{
	const struct kcl_node *k = kcl_node_child(node);

	for (; k; k = kcl_node_next(k))
		if (k->type && k->type->flags & KCL_TYPE_REST)
			return true;
	return false;
}

/* `do`: what follows is a line of EXEC mode, and its words are all the arguments. */
static void command_enter(struct kcl_walk *walk)
{
	const struct kcl_node *k = kcl_node_child(walk->node);

	if (!k || !k->type || !(k->type->flags & KCL_TYPE_COMMAND))
		return;
	walk->node = kcl_tree(KCL_MODE_EXEC);
	walk->is_done = true;
	walk->args->cnt = 0;
}

static int end_judge(struct kcl_walk *walk, const struct kcl_token *tok, struct kcl_error *err)
{
	walk->is_blank = walk->args->cnt == 0 && !walk->is_done;
	walk->last = *tok;
	if (walk->is_blank || walk->to_cursor)
		return 0;
	if (!walk->node->entry)
		return fail_incomplete(walk, tok->off, err);
	if (walk->node->entry->role > walk->env->role) {
		const struct kcl_value *v = &walk->args->value[walk->args->cnt - 1];
		const struct kcl_token at = {.off = v->off, .len = v->len, .text = v->text};

		return fail_denied(&at, err);
	}
	walk->args->command = walk->node->entry->name;
	return 0;
}

int kcl_walk(struct kcl_walk *walk, struct kcl_error *err)
{
	struct kcl_lexer lx;
	struct kcl_token tok;
	int rc;

	kcl_error_clear(err);
	walk->node = kcl_tree(walk->mode);
	walk->args->cnt = 0;
	walk->args->used = 0;
	walk->args->command = NULL;
	if (walk->len > KCL_LINE_MAX) {
		kcl_error_say(err, KCL_INVALID, KCL_LINE_MAX, 0, "The line is longer than %u bytes",
			      KCL_LINE_MAX);
		return -EINVAL;
	}
	kcl_lexer_init(&lx, walk->line, walk->len);
	for (;;) {
		char *buf = walk->args->text + walk->args->used;
		struct kcl_value *value = &walk->args->value[walk->args->cnt];

		if (takes_rest(walk->node))
			kcl_lexer_rest(&lx, buf, &tok);
		else
			kcl_lexer_next(&lx, buf, &tok);
		if (tok.kind == KCL_TOKEN_END ||
		    (walk->to_cursor && tok.off + tok.len == walk->len))
			return end_judge(walk, &tok, err);
		if (tok.kind == KCL_TOKEN_BAD)
			return fail_bad(&tok, err);
		if (walk->args->cnt == KCL_ARGS_MAX)
			return fail_invalid(walk, &tok, err);
		rc = match(walk, &tok, value, err);
		if (rc < 0)
			return rc;
		value_add(walk, &tok, value);
		command_enter(walk);
	}
}

/* ---- completion ------------------------------------------------------------------------------ */

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

static void live_emit(struct completion *c, const char *name, const char *help)
{
	const struct kcl_token *tok = &c->walk->last;

	if (c->live == CANDIDATES_MAX || strncmp(name, tok->text, tok->text_len) != 0)
		return;
	c->live++;
	cand_emit(c, KCL_CAND_WORD, name, help);
}

static void names_emit(struct completion *c, const struct kcl_node *node)
{
	const struct kcl_config *config = kcl_env_config(c->walk->env);

	for (unsigned int i = 0; config && i < config->iface_cnt; i++) {
		const struct kcl_iface *iface = config->iface[i];
		const struct kcl_peer *peer = NULL;

		if (node->type->flags & KCL_TYPE_IFACES)
			live_emit(c, iface->name, node->help);
		if (!(node->type->flags & KCL_TYPE_PEERS))
			continue;
		while (c->live < CANDIDATES_MAX &&
		       (peer = kcl_peer_next(iface, peer ? peer->id : 0)))
			live_emit(c, peer->name, node->help);
	}
}

/* A value that is being typed is shown unless it can no longer become one. */
static void value_emit(struct completion *c, const struct kcl_node *node)
{
	if (node->type->flags & (KCL_TYPE_IFACES | KCL_TYPE_PEERS)) {
		c->live = 0;
		names_emit(c, node);
		if (c->live && !(node->type->flags & KCL_TYPE_NEW))
			return;
	}
	if (node->type->kind == KCL_VALUE_UINT &&
	    c->walk->last.text[strspn(c->walk->last.text, "0123456789")])
		return;
	cand_emit(c, KCL_CAND_VALUE, node->metavar, node->help);
}

void kcl_complete(const struct kcl_place *place, const struct kcl_env *env, const char *line,
		  size_t cursor,
		  void (*emit)(void *arg, size_t word_off, const struct kcl_cand *cand), void *arg)
{
	struct kcl_args *args = malloc(sizeof(*args));
	struct kcl_error err;
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
		free(args);
		return;
	}
	for (k = kcl_node_child(walk.node); k; k = kcl_node_next(k)) {
		if (!is_allowed(&walk, k))
			continue;
		if (k->type)
			value_emit(&c, k);
		else if (begins_with(k, &walk.last) && !walk.last.is_quoted)
			cand_emit(&c, KCL_CAND_WORD, k->text, k->help);
	}
	if (walk.node->entry && walk.last.text_len == 0 && walk.node->entry->role <= env->role)
		cand_emit(&c, KCL_CAND_CR, "<cr>", "");
	free(args);
}
