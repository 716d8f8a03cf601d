// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Words of a line. Blanks separate; double quotes hold together, with \" \\ \xHH inside; `!` or `#`
 * where a word would begin starts a comment; `|` outside quotes ends the command (what follows is
 * the client's business). A word goes to the caller's buffer as it is meant, without quotes.
 *
 * Reads bytes that anybody may have sent: no recursion, one pass, bounded by the line.
 */
#include "knetd/cmd/internal.h"

#include <stdio.h>
#include <string.h>

void kcl_lexer_init(struct kcl_lexer *lx, const char *line, size_t len)
{
	*lx = (struct kcl_lexer){.line = line, .len = len};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void blanks_skip(struct kcl_lexer *lx)
{
	while (lx->pos < lx->len && is_blank(lx->line[lx->pos]))
		lx->pos++;
}

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* After a backslash. Returns the byte meant, or -1. */
static int escape_read(struct kcl_lexer *lx)
{
	const char *at = lx->line + lx->pos;
	const size_t left = lx->len - lx->pos;
	int hi, lo;

	if (left >= 1 && (*at == '"' || *at == '\\')) {
		lx->pos++;
		return (unsigned char)*at;
	}
	if (left < 3 || *at != 'x')
		return -1;
	hi = hex_value(at[1]);
	lo = hex_value(at[2]);
	if (hi < 0 || lo < 0 || (hi == 0 && lo == 0))
		return -1;
	lx->pos += 3;
	return hi << 4 | lo;
}

static void token_bad(struct kcl_lexer *lx, struct kcl_token *tok, const char *why)
{
	tok->kind = KCL_TOKEN_BAD;
	tok->text = why;
	tok->len = lx->pos - tok->off;
}

/* From after the opening quote to after the closing one. NULL, or what is wrong. */
static const char *quoted_read(struct kcl_lexer *lx, char *buf, size_t *used)
{
	while (lx->pos < lx->len) {
		int c = (unsigned char)lx->line[lx->pos++];

		if (c == '"')
			return NULL;
		if (c == '\\')
			c = escape_read(lx);
		if (c < 0)
			return "unknown escape, there are \\\" \\\\ and \\xHH";
		buf[(*used)++] = (char)c;
	}
	return "the closing quote is missing";
}

void kcl_lexer_next(struct kcl_lexer *lx, char *buf, struct kcl_token *tok)
{
	size_t used = 0;

	blanks_skip(lx);
	*tok = (struct kcl_token){.kind = KCL_TOKEN_END, .off = lx->pos, .text = buf};
	buf[0] = '\0';
	if (lx->pos == lx->len || (lx->line[lx->pos] && strchr("!#|", lx->line[lx->pos])))
		return;
	tok->kind = KCL_TOKEN_WORD;
	if (++lx->tokens > KCL_TOKENS_MAX) {
		token_bad(lx, tok, "too many words");
		return;
	}
	while (lx->pos < lx->len && !is_blank(lx->line[lx->pos]) && lx->line[lx->pos] != '|') {
		const char c = lx->line[lx->pos++];
		const char *why = c ? NULL : "a zero byte";

		if (c == '"') {
			tok->is_quoted = true;
			why = quoted_read(lx, buf, &used);
		} else {
			buf[used++] = c;
		}
		if (why) {
			token_bad(lx, tok, why);
			return;
		}
	}
	buf[used] = '\0';
	tok->text_len = used;
	tok->len = lx->pos - tok->off;
}

void kcl_lexer_rest(struct kcl_lexer *lx, char *buf, struct kcl_token *tok)
{
	struct kcl_lexer probe;
	size_t end = lx->len;

	blanks_skip(lx);
	probe = *lx;
	if (lx->pos < lx->len && lx->line[lx->pos] == '"') {
		kcl_lexer_next(&probe, buf, tok);
		blanks_skip(&probe);
		if (tok->kind != KCL_TOKEN_WORD || probe.pos == probe.len) {
			*lx = probe;
			return;
		}
	}
	while (end > lx->pos && is_blank(lx->line[end - 1]))
		end--;
	*tok = (struct kcl_token){.kind = end > lx->pos ? KCL_TOKEN_WORD : KCL_TOKEN_END,
				  .off = lx->pos,
				  .len = end - lx->pos,
				  .text = buf,
				  .text_len = end - lx->pos};
	memcpy(buf, lx->line + lx->pos, tok->len);
	buf[tok->len] = '\0';
	lx->pos = lx->len;
	if (memchr(buf, '\0', tok->len))
		token_bad(lx, tok, "a zero byte");
}

static void quote_always(const char *text, char *out, size_t size)
{
	size_t used = 0;

	out[used++] = '"';
	for (; *text && used + 6 < size; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			used += (size_t)snprintf(out + used, size - used, "\\%c", c);
		else if (kcl_is_control(*text))
			used += (size_t)snprintf(out + used, size - used, "\\x%02x", c);
		else
			out[used++] = (char)c;
	}
	out[used++] = '"';
	out[used] = '\0';
}

bool kcl_text_has_control(const char *text)
{
	for (; *text; text++)
		if (kcl_is_control(*text))
			return true;
	return false;
}

void kcl_text_quote(const char *text, char *out, size_t size)
{
	const size_t len = strlen(text);

	if (len && !kcl_text_has_control(text) && !strpbrk(text, "\"|") &&
	    !strchr(" !#", text[0]) && text[len - 1] != ' ')
		snprintf(out, size, "%s", text);
	else
		quote_always(text, out, size);
}

void kcl_word_quote(const char *text, char *out, size_t size)
{
	if (*text && !kcl_text_has_control(text) && !strpbrk(text, "\"| ") &&
	    !strchr("!#", text[0]))
		snprintf(out, size, "%s", text);
	else
		quote_always(text, out, size);
}
