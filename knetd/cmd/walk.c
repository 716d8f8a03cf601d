// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * One walk down the tree serves execution, completion, help and errors, so that they cannot
 * disagree: word by word, exact keyword before the name of something that exists, before a keyword
 * that begins so, before any other value. Of several keywords that begin so, the next word may say
 * which it is: `sh run` where there is `shutdown`, too. What the role may not do is not there,
 * except that naming it says so.
 *
 * A loop over the words of one line, bounded by line length, count of words and depth of the tree.
 * The words of an alias, which may be the first one of a command, are read in its place; they stand
 * where it stands.
 */
#include "knetd/cmd/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct kcl_config *kcl_env_config(const struct kcl_env *env)
{
	return env->candidate ? env->candidate : env->running;
}

bool kcl_walk_allows(const struct kcl_walk *walk, const struct kcl_node *node)
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
		if (kcl_walk_allows(walk, k))
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

bool kcl_keyword_is_expected(const struct kcl_walk *walk, const char *text)
{
	const struct kcl_node *k = kcl_node_child(walk->node);

	while (k && (k->type || strcmp(k->text, text) != 0))
		k = kcl_node_next(k);
	return k != NULL;
}

static const char *suggestion(const struct kcl_walk *walk, const char *text)
{
	const struct kcl_node *k = kcl_node_child(walk->node);
	const char *best = NULL;
	unsigned int best_cost = 3;
	size_t len;

	for (; k; k = kcl_node_next(k)) {
		unsigned int cost;

		if (k->type || !kcl_walk_allows(walk, k))
			continue;
		len = strlen(k->text);
		cost = edit_distance(text, k->text);
		/* SHOW */
		if (strcasecmp(text, k->text) == 0)
			return k->text;
		/* `debugging` for `debug` */
		if (cost == best_cost && !best && len > 3 && strncmp(text, k->text, len) == 0)
			best = k->text;
		/* Two wrong letters of three are another word. */
		if (cost < best_cost && 2 * cost < strlen(k->text) && 2 * cost < strlen(text)) {
			best = k->text;
			best_cost = cost;
		}
	}
	return best;
}

/* The first keyword that the word abbreviates. */
static const struct kcl_node *keyword_begun(const struct kcl_walk *walk,
					    const struct kcl_token *tok)
{
	const struct kcl_node *k = kcl_node_child(walk->node);

	while (k && !(kcl_node_begins(k, tok) && kcl_walk_allows(walk, k)))
		k = kcl_node_next(k);
	return k;
}

static int fail_invalid(const struct kcl_walk *walk, const struct kcl_token *tok,
			struct kcl_error *err)
{
	const struct kcl_node *whole = walk->env->strict ? keyword_begun(walk, tok) : NULL;
	char hint[128];
	const char *instead = whole ? whole->text : hint;

	if (!whole && !kcl_hint(walk, tok, hint, sizeof(hint)))
		instead = suggestion(walk, tok->text);

	if (instead && *instead == '!')
		kcl_error_say(err, KCL_INVALID, tok->off, tok->len,
			      "Invalid input detected at '^' marker: '%.64s': %s", tok->text,
			      instead + 1);
	else if (instead && *instead)
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

bool kcl_node_begins(const struct kcl_node *node, const struct kcl_token *tok)
{
	return !node->type && strncmp(node->text, tok->text, tok->text_len) == 0;
}

/* True if the word is the keyword, or may stand for it. */
static bool stands_for(const struct kcl_node *node, const struct kcl_token *tok)
{
	return kcl_node_begins(node, tok) && (!node->is_full || !node->text[tok->text_len]);
}

static int fail_ambiguous(const struct kcl_walk *walk, const struct kcl_token *tok,
			  struct kcl_error *err)
{
	const struct kcl_node *k = kcl_node_child(walk->node);
	char could[512] = "";
	size_t used = 0;

	for (; k && used < sizeof(could); k = kcl_node_next(k))
		if (stands_for(k, tok) && kcl_walk_allows(walk, k))
			used += (size_t)snprintf(could + used, sizeof(could) - used, "%s%s",
						 used ? " | " : "", k->text);
	kcl_error_say(err, KCL_AMBIGUOUS, tok->off, tok->len,
		      "Ambiguous command: '%.64s' could be: %s", tok->text, could);
	for (k = kcl_node_child(walk->node); k; k = kcl_node_next(k))
		if (stands_for(k, tok) && kcl_walk_allows(walk, k))
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

	if (!config || !(type->flags & KCL_TYPE_LIVE))
		return false;
	if (type->flags & KCL_TYPE_IFACES)
		return kcl_iface_find(config, text) != NULL;
	if (type->flags & KCL_TYPE_GROUPS)
		return kcl_group_find(config->groups, text) != NULL;
	if (type->flags & KCL_TYPE_ALIASES)
		return kcl_alias_find(config, text) != NULL;
	return kcl_peer_is_named(config, text);
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

/* Where a new name may stand, keywords are not shortened: `peer ra 7` is a peer called ra. */
static bool takes_new_name(const struct kcl_node *node)
{
	const struct kcl_node *k = kcl_node_child(node);

	while (k && !(k->type && k->type->flags & KCL_TYPE_NEW))
		k = kcl_node_next(k);
	return k != NULL;
}

/* The keyword that the word is, or begins. *cnt: how many it begins. */
static const struct kcl_node *match_keyword(const struct kcl_walk *walk,
					    const struct kcl_token *tok, unsigned int *cnt)
{
	const struct kcl_node *k = kcl_node_child(walk->node), *found = NULL, *hidden = NULL;
	const bool exact_only = takes_new_name(walk->node);

	*cnt = 0;
	for (; k && !tok->is_quoted; k = kcl_node_next(k)) {
		if (!stands_for(k, tok))
			continue;
		if (strlen(k->text) == tok->text_len) {
			*cnt = 1;
			return k;
		}
		if (exact_only)
			continue;
		if (!kcl_walk_allows(walk, k)) {
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

/* The line's words, and those of an alias while there are any. */
struct source {
	struct kcl_lexer line, alias;
	bool in_alias;
	size_t off, len; /* of the alias in the line */
};

static void token_next(struct source *src, bool rest, char *buf, struct kcl_token *tok)
{
	struct kcl_lexer *lx = src->in_alias ? &src->alias : &src->line;

	if (rest)
		kcl_lexer_rest(lx, buf, tok);
	else
		kcl_lexer_next(lx, buf, tok);
	if (!src->in_alias)
		return;
	if (tok->kind == KCL_TOKEN_END) {
		src->in_alias = false;
		src->line.tokens += src->alias.tokens;
		token_next(src, rest, buf, tok);
		return;
	}
	tok->off = src->off;
	tok->len = src->len;
}

/* True if the word may come behind the node. */
static bool may_follow(const struct kcl_walk *walk, const struct kcl_node *node,
		       const struct kcl_token *tok)
{
	const struct kcl_node *k = kcl_node_child(node);
	struct kcl_value value;

	for (; k; k = kcl_node_next(k)) {
		if (!kcl_walk_allows(walk, k))
			continue;
		if (k->type ? !k->type->parse || k->type->parse(k, tok->text, &value) == 0
			    : stands_for(k, tok))
			return true;
	}
	return false;
}

/* Of the keywords that a word may stand for, the only one that the next word may follow; or NULL.
 */
static const struct kcl_node *match_by_next(const struct kcl_walk *walk,
					    const struct kcl_token *tok, const struct source *src)
{
	const struct kcl_node *k = kcl_node_child(walk->node), *found = NULL;
	char buf[KCL_LINE_MAX + 1];
	struct source ahead = *src;
	struct kcl_token next;

	token_next(&ahead, false, buf, &next);
	if (next.kind != KCL_TOKEN_WORD)
		return NULL;
	for (; k; k = kcl_node_next(k)) {
		if (!stands_for(k, tok) || !kcl_walk_allows(walk, k) || !may_follow(walk, k, &next))
			continue;
		if (found)
			return NULL;
		found = k;
	}
	return found;
}

static int match(struct kcl_walk *walk, const struct kcl_token *tok, const struct source *src,
		 struct kcl_value *value, struct kcl_error *err)
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
		found = match_by_next(walk, tok, src);
	else if (!found || (walk->env->strict && !is_exact))
		found = match_value(walk, tok, false, value);
	if (!found && cnt > 1 && !walk->env->strict)
		return fail_ambiguous(walk, tok, err);
	if (!found)
		return fail_invalid(walk, tok, err);
	if (!kcl_walk_allows(walk, found))
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

/* True if the word is an alias: its words come next. */
static bool alias_enter(const struct kcl_walk *walk, struct source *src,
			const struct kcl_token *tok)
{
	const struct kcl_config *config = kcl_env_config(walk->env);
	const struct kcl_alias *alias;
	unsigned int cnt;

	if (src->in_alias || tok->is_quoted || walk->node != kcl_tree(KCL_MODE_EXEC) || !config)
		return false;
	alias = kcl_alias_find(config, tok->text);
	if (!alias || (match_keyword(walk, tok, &cnt) && cnt == 1 &&
		       match_keyword(walk, tok, &cnt)->text[tok->text_len] == '\0'))
		return false;
	/* Both together are no longer than a line. */
	if (walk->args->used + strlen(alias->line) + walk->len > KCL_LINE_MAX)
		return false;
	src->in_alias = true;
	src->off = tok->off;
	src->len = tok->len;
	kcl_lexer_init(&src->alias, alias->line, strlen(alias->line));
	return true;
}

static void walk_begin(struct kcl_walk *walk, struct kcl_error *err)
{
	kcl_error_clear(err);
	walk->node = kcl_tree(walk->mode);
	walk->is_done = false;
	walk->args->cnt = 0;
	walk->args->used = 0;
	walk->args->command = NULL;
}

int kcl_walk(struct kcl_walk *walk, struct kcl_error *err)
{
	struct source src = {.in_alias = false};
	struct kcl_token tok;
	int rc;

	walk_begin(walk, err);
	if (walk->len > KCL_LINE_MAX) {
		kcl_error_say(err, KCL_INVALID, KCL_LINE_MAX, 0, "The line is longer than %u bytes",
			      KCL_LINE_MAX);
		return -EINVAL;
	}
	kcl_lexer_init(&src.line, walk->line, walk->len);
	for (;;) {
		char *buf = walk->args->text + walk->args->used;
		struct kcl_value *value = &walk->args->value[walk->args->cnt];

		token_next(&src, takes_rest(walk->node), buf, &tok);
		if (tok.kind == KCL_TOKEN_END ||
		    (walk->to_cursor && !src.in_alias && tok.off + tok.len == walk->len))
			return end_judge(walk, &tok, err);
		if (tok.kind == KCL_TOKEN_BAD)
			return fail_bad(&tok, err);
		if (walk->args->cnt == KCL_ARGS_MAX)
			return fail_invalid(walk, &tok, err);
		if (alias_enter(walk, &src, &tok))
			continue;
		rc = match(walk, &tok, &src, value, err);
		if (rc < 0)
			return rc;
		value_add(walk, &tok, value);
		command_enter(walk);
	}
}
