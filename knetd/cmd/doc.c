// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Writes down the command language from its table: copies a template of prose from standard input
 * to standard output and puts in, at lines of their own,
 *
 *	@commands@   commands of EXEC mode, for mdoc
 *	@config@     lines of each mode of the configuration, for mdoc
 *	@words@      every line of EXEC mode with the words of the shell, one a line
 *	@prefixes@   the shortest unique form of each word, one a line
 *
 * A developer's tool: run by `make docs`, never installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "knetd/cmd/internal.h"

/* ---- syntax as people read it ---------------------------------------------------------------- */

static void syntax_print(const struct kcl_entry *entry)
{
	char whole[1024];

	kcl_syntax_format(entry, whole, sizeof(whole));
	for (const char *at = whole; *at; at++) {
		if (*at == '\\' || *at == '"')
			putchar('\\');
		putchar(*at);
	}
}

/* mdoc takes a leading dot or apostrophe, and quotes, as its own. */
static void text_print(const char *text, size_t len)
{
	if (len && (*text == '.' || *text == '\''))
		fputs("\\&", stdout);
	printf("%.*s\n", (int)len, text);
}

/* The next word or argument of a syntax; NULL at its end. */
static const char *atom_next(const char **syntax, char *out, size_t size)
{
	size_t len;

	*syntax += strspn(*syntax, " |[]{}()");
	if (!**syntax)
		return NULL;
	if (**syntax == '<') {
		*syntax = kcl_argument_format(*syntax, out, size);
		return out;
	}
	len = strcspn(*syntax, " |[]{}()<");
	snprintf(out, size, "%.*s", (int)len, *syntax);
	*syntax += len;
	return out;
}

/* The help of each word, in a list; words that others explained before are left out. */
static void words_print(const struct kcl_entry *entry)
{
	const char *syntax[] = {entry->syntax, entry->value ? entry->value : ""};
	const char *help = entry->help;
	char word[128];

	if (!strchr(entry->syntax, ' ') && !(entry->value && *entry->value)) {
		text_print(help, strlen(help));
		return;
	}
	puts(".Bl -tag -width 18n -compact");
	for (unsigned int i = 0; i < 2; i++) {
		while (atom_next(&syntax[i], word, sizeof(word))) {
			const size_t len = strcspn(help, "|");

			if (len) {
				printf(".It Li %s\n", word);
				text_print(help, len);
			}
			help += len + (help[len] == '|');
		}
	}
	puts(".El");
}

static void entry_print(const struct kcl_entry *entry)
{
	fputs(".It Li \"", stdout);
	syntax_print(entry);
	puts("\"");
	words_print(entry);
	if (entry->ops && *entry->preset && strcmp(entry->preset, "inherit") != 0 &&
	    entry->ops->field.kind != KCL_FIELD_FLAG && strcmp(entry->preset, "0") != 0)
		printf("The default is\n.Li %s .\n", entry->preset);
	if (!entry->ops && entry->role == KCL_ROLE_ADMIN)
		puts("For administrators.");
}

static void mode_print(unsigned int mode, bool of_all)
{
	puts(".Bl -tag -width Ds");
	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];
		const bool is_general = (entry->modes & (entry->modes - 1)) != 0;

		if (entry->modes & 1u << mode && is_general == of_all)
			entry_print(entry);
	}
	puts(".El");
}

static void commands_print(void)
{
	puts(".Ss Every mode");
	mode_print(KCL_MODE_CONFIG, true);
	puts(".Ss Commands");
	mode_print(KCL_MODE_EXEC, false);
}

static void config_print(void)
{
	static const struct {
		enum kcl_mode mode;
		const char *title;
	} modes[] = {
		{KCL_MODE_CONFIG, "The whole"},
		{KCL_MODE_IFACE, "Interfaces, below interface NAME"},
		{KCL_MODE_PEER, "Peers, below peer NAME"},
		{KCL_MODE_LINK, "Links to a peer, below link N of the peer"},
		{KCL_MODE_GROUP, "Groups of peers, below peer-group NAME"},
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		printf(".Ss %s\n", modes[i].title);
		mode_print(modes[i].mode, false);
	}
}

/* ---- lines and words ------------------------------------------------------------------------- */

static void line_print(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

static void words_of_shell_print(void)
{
	kcl_permutations_each(KCL_MODE_EXEC, KCL_ROLE_ADMIN, line_print, NULL);
}

/* How many letters of a word tell it from its siblings. */
static size_t shortest(const struct kcl_node *parent, const struct kcl_node *node)
{
	size_t len = 0;

	for (const struct kcl_node *k = kcl_node_child(parent); k; k = kcl_node_next(k)) {
		size_t same = 0;

		if (k == node || k->type || k->is_full)
			continue;
		while (k->text[same] && k->text[same] == node->text[same])
			same++;
		if (same + 1 > len)
			len = same + 1;
	}
	if (node->is_full)
		return strlen(node->text);
	return len && len < strlen(node->text) ? len : len ? strlen(node->text) : 1;
}

/* Of words one and two deep; below, words stand in sets and choices of one entry. */
static void prefixes_below(const char *mode, const struct kcl_node *parent, const char *before,
			   unsigned int depth)
{
	for (const struct kcl_node *k = kcl_node_child(parent); k; k = kcl_node_next(k)) {
		char path[256];

		if (k->type)
			continue;
		printf("%s %s%s%.*s = %s\n", mode, before, *before ? " " : "",
		       (int)shortest(parent, k), k->text, k->text);
		snprintf(path, sizeof(path), "%s%s%s", before, *before ? " " : "", k->text);
		if (depth && strcmp(k->text, "no") != 0 && strcmp(k->text, "default") != 0)
			prefixes_below(mode, k, path, depth - 1);
	}
}

static void prefixes_print(void)
{
	for (unsigned int mode = 0; mode < KCL_MODE_COUNT; mode++)
		if (mode != KCL_MODE_RANGE)
			prefixes_below(kcl_modes[mode].name, kcl_tree(mode), "", 1);
}

int main(void)
{
	static const struct {
		const char *marker;
		void (*print)(void);
	} parts[] = {{"@commands@", commands_print},
		     {"@config@", config_print},
		     {"@words@", words_of_shell_print},
		     {"@prefixes@", prefixes_print}};
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		bool is_part = false;

		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			const size_t len = strlen(parts[i].marker);

			if (strncmp(line, parts[i].marker, len) != 0 || line[len] != '\n')
				continue;
			parts[i].print();
			is_part = true;
		}
		if (!is_part)
			fputs(line, stdout);
	}
	return ferror(stdin) || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
