// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A command language of a dozen words in place of libkcl, so that the session can be tested and
 * fuzzed by itself: what is under test there is the order of frames, transactions and cursors, not
 * the grammar. The words:
 *
 *   EXEC     show N (N rows) | show text | show bytes | show fail | configure | exit
 *   config   hostname WORD | value NUMBER | interface NAME (enters) | exit | end
 *   if       value NUMBER | exit | end
 *   both     do LINE (an EXEC one)
 *   EXEC     session (enters) | abort (leaves) | disable | enable: commands that move the session
 */
#include "tests/ctl/fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/ctl/lang.h"

struct knd_lang {
	unsigned int depth;
	char ifname[16];
};

struct kcl_args {
	unsigned long number;
};

unsigned long fake_args_number(const struct kcl_args *args)
{
	return args ? args->number : 0;
}

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
	return 0x4b4e4554;
}

unsigned int knd_lang_depth(const struct knd_lang *lang)
{
	return lang->depth;
}

void knd_lang_tag(const struct knd_lang *lang, const struct kcl_config *config, char *out,
		  size_t size)
{
	(void)config;
	if (lang->depth == 2)
		snprintf(out, size, "config-if-%s", lang->ifname);
	else
		snprintf(out, size, "%s", lang->depth ? "config" : "");
}

void knd_lang_copy(struct knd_lang *to, const struct knd_lang *from)
{
	*to = *from;
}

void knd_lang_enter_config(struct knd_lang *lang)
{
	lang->depth = 1;
}

void knd_lang_leave(struct knd_lang *lang)
{
	lang->depth = 0;
}

void knd_lang_words(const struct knd_lang *lang, const struct knd_lang_env *env, const char *line,
		    char *out, size_t size)
{
	(void)lang;
	(void)env;
	snprintf(out, size, "%s", line);
}

const char *knd_lang_hostname(const struct kcl_config *config)
{
	return config->hostname;
}

void knd_lang_args_free(struct kcl_args *args)
{
	free(args);
}

bool knd_lang_repair(struct knd_lang *lang, const struct kcl_config *config)
{
	(void)lang;
	(void)config;
	return false; /* nothing is ever removed */
}

void knd_lang_args_format(const struct kcl_args *args, char *out, size_t size)
{
	snprintf(out, size, "show %lu", fake_args_number(args));
}

struct kcl_config *knd_lang_config_new(void)
{
	return calloc(1, sizeof(struct kcl_config));
}

void knd_lang_config_free(struct kcl_config *config)
{
	free(config);
}

static int syntax(struct knd_fault *fault, const char *line, size_t off)
{
	knd_fault_say(fault, KCP_SYNTAX, "Invalid input detected at '^' marker: '%s'", line + off);
	fault->err.tok_off = (uint16_t)off;
	fault->err.expected_cnt = 1;
	fault->err.expected[0] = knd_fault_keep(fault, "show");
	return -EINVAL;
}

static struct kcl_config *candidate(struct knd_lang_env *env)
{
	if (!env->candidate) {
		env->candidate = malloc(sizeof(*env->candidate));
		if (env->candidate)
			*env->candidate = *env->running;
	}
	return env->candidate;
}

static int exec_line(struct knd_lang *lang, struct knd_lang_env *env, const char *line,
		     struct knd_turn *turn, struct knd_fault *fault)
{
	turn->kind = KND_TURN_COMMAND;
	if (strcmp(line, "exit") == 0) {
		turn->kind = KND_TURN_LEAVE;
	} else if (strcmp(line, "configure") == 0) {
		if (env->role != KCP_ROLE_ADMIN) {
			knd_fault_say(fault, KCP_PERMISSION, "Permission denied");
			return -EPERM;
		}
		turn->kind = KND_TURN_NONE;
		lang->depth = 1;
	} else if (strcmp(line, "session") == 0 || strcmp(line, "abort") == 0) {
		if (env->role != KCP_ROLE_ADMIN) {
			knd_fault_say(fault, KCP_PERMISSION, "Permission denied");
			return -EPERM;
		}
		turn->command = line[0] == 's' ? "session" : "abort";
		turn->is_audited = true;
	} else if (strcmp(line, "disable") == 0 || strcmp(line, "enable") == 0) {
		turn->command = line[0] == 'd' ? "disable" : "enable";
	} else if (strcmp(line, "show text") == 0) {
		turn->command = "show_text";
	} else if (strcmp(line, "show bytes") == 0) {
		turn->command = "show_bytes";
	} else if (strcmp(line, "show fail") == 0) {
		turn->command = "show_fail";
	} else if (strncmp(line, "show ", 5) == 0 && line[5] >= '0' && line[5] <= '9') {
		turn->command = "show_rows";
		turn->args = calloc(1, sizeof(*turn->args));
		if (turn->args)
			turn->args->number = strtoul(line + 5, NULL, 10) % 1000000;
	} else {
		return syntax(fault, line, 0);
	}
	return 0;
}

static int config_line(struct knd_lang *lang, struct knd_lang_env *env, const char *line,
		       struct knd_fault *fault)
{
	struct kcl_config *config;
	unsigned long value;

	if (strcmp(line, "end") == 0) {
		lang->depth = 0;
		return 0;
	}
	if (strcmp(line, "exit") == 0) {
		lang->depth--;
		return 0;
	}
	if (lang->depth == 1 && sscanf(line, "interface %15s", lang->ifname) == 1) {
		lang->depth = 2;
		return 0;
	}
	config = candidate(env);
	if (!config)
		return -ENOMEM;
	if (lang->depth == 1 && sscanf(line, "hostname %63s", config->hostname) == 1)
		return 0;
	if (sscanf(line, "value %lu", &value) == 1) {
		config->value = value;
		return 0;
	}
	return syntax(fault, line, 0);
}

int knd_lang_line(struct knd_lang *lang, struct knd_lang_env *env, const char *line,
		  struct knd_turn *turn, struct knd_fault *fault)
{
	char trimmed[KCP_LINE_MAX + 1];
	size_t len;

	*turn = (struct knd_turn){.kind = KND_TURN_NONE};
	snprintf(trimmed, sizeof(trimmed), "%s", line + strspn(line, " "));
	for (len = strlen(trimmed); len > 0 && trimmed[len - 1] == ' '; len--)
		trimmed[len - 1] = '\0';
	if (!*trimmed || *trimmed == '!')
		return 0;
	if (lang->depth == 0)
		return exec_line(lang, env, trimmed, turn, fault);
	if (strncmp(trimmed, "do ", 3) == 0)
		return exec_line(lang, env, trimmed + 3, turn, fault);
	return config_line(lang, env, trimmed, fault);
}

void knd_lang_complete(const struct knd_lang *lang, const struct knd_lang_env *env,
		       const struct kcp_complete *at,
		       void (*emit)(void *arg, size_t word_off, const struct kcp_cand *cand),
		       void *arg)
{
	static const char *const words[2][3] = {{"show", "configure", "exit"},
						{"hostname", "interface", "end"}};

	(void)env;
	for (size_t i = 0; i < 3; i++) {
		const struct kcp_cand cand = {.text = words[lang->depth > 0][i], .help = "A word"};

		if (strncmp(cand.text, at->line, at->cursor) == 0)
			emit(arg, 0, &cand);
	}
}
