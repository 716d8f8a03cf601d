// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Arguments of a command, as its handler looks at them: by the names that they have in
 * commands.def.
 */
#include "knetd/cmd/internal.h"

#include <stdlib.h>
#include <string.h>

const struct kcl_value *kcl_args_find(const struct kcl_args *args, const char *name)
{
	for (unsigned int i = 0; i < args->cnt; i++)
		if (args->value[i].kind != KCL_VALUE_WORD && strcmp(args->value[i].name, name) == 0)
			return &args->value[i];
	for (unsigned int i = 0; i < args->cnt; i++)
		if (strcmp(args->value[i].name, name) == 0)
			return &args->value[i];
	return NULL;
}

bool kcl_args_has(const struct kcl_args *args, const char *name)
{
	return kcl_args_find(args, name) != NULL;
}

const char *kcl_args_text(const struct kcl_args *args, const char *name)
{
	const struct kcl_value *value = kcl_args_find(args, name);

	return value && value->kind != KCL_VALUE_WORD ? value->text : NULL;
}

uint64_t kcl_args_uint(const struct kcl_args *args, const char *name, uint64_t otherwise)
{
	const struct kcl_value *value = kcl_args_find(args, name);

	return value && value->kind == KCL_VALUE_UINT ? value->number : otherwise;
}

void kcl_args_format(const struct kcl_args *args, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < args->cnt && used < size; i++) {
		const struct kcl_value *value = &args->value[i];
		const char *text = value->kind == KCL_VALUE_WORD ? value->name : value->text;
		char word[4 * 256 + 8];

		kcl_word_quote(text, word, sizeof(word));
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " " : "", word);
	}
}

void kcl_args_free(struct kcl_args *args)
{
	free(args);
}
