// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The session's view of libkcl: a place in the modes, and errors and candidates in the socket's
 * terms. Nothing is decided here.
 *
 * A place may name an interface or a peer that another session has removed; it is repaired before
 * each line is read. Control thread only.
 */
#include "knetd/ctl/lang.h"

#include <errno.h>
#include <stdlib.h>

#include "knetd/cmd/kcl.h"

struct knd_lang {
	struct kcl_place place;
};

_Static_assert((int)KCL_ROLE_OPERATOR == (int)KCP_ROLE_OPERATOR, "roles are the same");
_Static_assert((int)KCL_ROLE_ADMIN == (int)KCP_ROLE_ADMIN, "roles are the same");
_Static_assert((int)KCL_CAND_WORD == (int)KCP_CAND_WORD, "candidates are the same");
_Static_assert((int)KCL_CAND_VALUE == (int)KCP_CAND_VALUE, "candidates are the same");
_Static_assert((int)KCL_CAND_CR == (int)KCP_CAND_CR, "candidates are the same");
_Static_assert((int)KCL_CAND_FAULT == (int)KCP_CAND_FAULT, "candidates are the same");
_Static_assert(KCL_LINE_MAX == KCP_LINE_MAX, "lines are as long");
_Static_assert(KCL_EXPECTED_MAX <= KCP_EXPECTED_MAX, "an error fits its frame");

struct knd_lang *knd_lang_new(void)
{
	return calloc(1, sizeof(struct knd_lang));
}

void knd_lang_free(struct knd_lang *lang)
{
	free(lang);
}

uint32_t knd_lang_hash(void)
{
	return kcl_grammar_hash();
}

unsigned int knd_lang_depth(const struct knd_lang *lang)
{
	return kcl_place_depth(&lang->place);
}

void knd_lang_tag(const struct knd_lang *lang, const struct kcl_config *config, char *out,
		  size_t size)
{
	kcl_place_tag(&lang->place, config, out, size);
}

void knd_lang_copy(struct knd_lang *to, const struct knd_lang *from)
{
	*to = *from;
}

void knd_lang_enter_config(struct knd_lang *lang)
{
	lang->place = (struct kcl_place){.mode = KCL_MODE_CONFIG};
}

void knd_lang_leave(struct knd_lang *lang)
{
	lang->place = (struct kcl_place){.mode = KCL_MODE_EXEC};
}

bool knd_lang_repair(struct knd_lang *lang, const struct kcl_config *config)
{
	return kcl_place_repair(&lang->place, config);
}

const char *knd_lang_hostname(const struct kcl_config *config)
{
	return config->hostname;
}

void knd_lang_args_free(struct kcl_args *args)
{
	kcl_args_free(args);
}

void knd_lang_args_format(const struct kcl_args *args, char *out, size_t size)
{
	kcl_args_format(args, out, size);
}

struct kcl_config *knd_lang_config_new(void)
{
	return kcl_config_new();
}

void knd_lang_config_free(struct kcl_config *config)
{
	kcl_config_free(config);
}

static enum kcp_status status_of(enum kcl_code code)
{
	switch (code) {
	case KCL_INVALID:
		return KCP_SYNTAX;
	case KCL_AMBIGUOUS:
		return KCP_AMBIGUOUS;
	case KCL_INCOMPLETE:
		return KCP_INCOMPLETE;
	case KCL_DENIED:
		return KCP_PERMISSION;
	case KCL_REFUSED:
		return KCP_COMMIT;
	default:
		return KCP_FAILED;
	}
}

static void fault_fill(struct knd_fault *fault, const struct kcl_error *err)
{
	knd_fault_say(fault, status_of(err->code), "%s", err->message ? err->message : "");
	fault->err.tok_off = err->off;
	fault->err.tok_len = err->len;
	for (uint16_t i = 0; i < err->expected_cnt; i++)
		fault->err.expected[i] = knd_fault_keep(fault, err->expected[i]);
	fault->err.expected_cnt = err->expected_cnt;
}

static enum knd_turn_kind kind_of(enum kcl_turn_kind kind)
{
	switch (kind) {
	case KCL_TURN_COMMAND:
		return KND_TURN_COMMAND;
	case KCL_TURN_LEAVE:
		return KND_TURN_LEAVE;
	default:
		return KND_TURN_NONE;
	}
}

int knd_lang_line(struct knd_lang *lang, struct knd_lang_env *env, const char *line,
		  struct knd_turn *turn, struct knd_fault *fault)
{
	struct kcl_env kenv = {
		.running = env->running,
		.candidate = env->candidate,
		.role = env->role,
		.strict = env->strict,
	};
	const bool had_candidate = env->candidate != NULL;
	struct kcl_turn kturn = {0};
	struct kcl_error err = {0};
	int rc;

	kcl_place_repair(&lang->place, env->candidate ? env->candidate : env->running);
	rc = kcl_line(&lang->place, &kenv, line, &kturn, &err);
	env->candidate = kenv.candidate;
	if (!had_candidate && (rc < 0 || kturn.kind != KCL_TURN_EDITED)) {
		/* A copy of the running configuration is no change. */
		kcl_config_free(env->candidate);
		env->candidate = NULL;
	}
	if (rc < 0) {
		fault_fill(fault, &err);
		return rc;
	}
	*turn = (struct knd_turn){
		.kind = kind_of(kturn.kind),
		.command = kturn.command,
		.args = kturn.args,
		.is_audited = kturn.is_audited,
	};
	return 0;
}

void knd_lang_words(const struct knd_lang *lang, const struct knd_lang_env *env, const char *line,
		    char *out, size_t size)
{
	const struct kcl_env kenv = {
		.running = env->running,
		.candidate = env->candidate,
		.role = env->role,
		.strict = env->strict,
	};

	kcl_line_words(&lang->place, &kenv, line, out, size);
}

struct emit_arg {
	void (*emit)(void *arg, size_t word_off, const struct kcp_cand *cand);
	void *arg;
};

static void cand_pass(void *arg, size_t word_off, const struct kcl_cand *cand)
{
	const struct emit_arg *pass = arg;
	const struct kcp_cand out = {
		.kind = (uint8_t)cand->kind,
		.text = cand->text,
		.help = cand->help,
	};

	pass->emit(pass->arg, word_off, &out);
}

void knd_lang_complete(const struct knd_lang *lang, const struct knd_lang_env *env,
		       const struct kcp_complete *at,
		       void (*emit)(void *arg, size_t word_off, const struct kcp_cand *cand),
		       void *arg)
{
	const struct kcl_env kenv = {
		.running = env->running,
		.candidate = env->candidate,
		.role = env->role,
		.strict = env->strict,
	};
	struct emit_arg pass = {.emit = emit, .arg = arg};

	kcl_complete(&lang->place, &kenv, at->line, at->cursor, cand_pass, &pass);
}
