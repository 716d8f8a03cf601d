// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Words of a line: whatever the bytes, words are in order, inside the line, and no longer than what
 * they were written as; and a word that is quoted comes back as it was.
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

static void quote_round_trip(const char *text, bool is_rest)
{
	static char quoted[4 * KCL_LINE_MAX + 8], back[sizeof(quoted)];
	struct kcl_lexer lx;
	struct kcl_token tok;

	if (is_rest)
		kcl_text_quote(text, quoted, sizeof(quoted));
	else
		kcl_word_quote(text, quoted, sizeof(quoted));
	kcl_lexer_init(&lx, quoted, strlen(quoted));
	if (is_rest)
		kcl_lexer_rest(&lx, back, &tok);
	else
		kcl_lexer_next(&lx, back, &tok);
	must(tok.kind == KCL_TOKEN_WORD && strcmp(back, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char line[KCL_LINE_MAX + 1], buf[KCL_LINE_MAX + 1];
	struct kcl_lexer lx;
	struct kcl_token tok;
	size_t last = 0;

	if (len < 1 || len > KCL_LINE_MAX)
		return 0;
	memcpy(line, data, len);
	line[len] = '\0';
	kcl_lexer_init(&lx, line, len);
	do {
		const size_t before = lx.pos;

		if (data[0] & 1 && last)
			kcl_lexer_rest(&lx, buf, &tok);
		else
			kcl_lexer_next(&lx, buf, &tok);
		must(tok.off >= last && tok.off >= before && tok.off + tok.len <= len);
		must(tok.kind != KCL_TOKEN_WORD || (lx.pos > before && tok.text_len <= tok.len));
		last = tok.off + tok.len;
	} while (tok.kind == KCL_TOKEN_WORD);
	quote_round_trip(line, true);
	quote_round_trip(line, false);
	return 0;
}
