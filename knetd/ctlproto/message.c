// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Messages of the control socket: one pack and one unpack function per frame type, the only place
 * that knows the order of fields in a body.
 *
 * Pure functions; any thread may enter. Unpacked strings are borrowed from the frame and live as
 * long as the caller's receive buffer. What a count or an enumeration may be is checked here; what
 * it means (is this request number in use, is this role allowed) is the session's business.
 */
#include "knetd/ctlproto/ctlproto.h"

#include <errno.h>
#include <string.h>

#define FILTER_INSN_LEN 8 /* code, two jumps, and a number */

static int reader_verdict(const struct kcp_reader *rd)
{
	return rd->bad ? -EBADMSG : 0;
}

int kcp_pack_hello(struct kcp_buf *buf, const struct kcp_hello_client *msg)
{
	kcp_frame_begin(buf, KCP_HELLO, 0, 0);
	kcp_put_u16(buf, msg->major_min);
	kcp_put_u16(buf, msg->major_max);
	kcp_put_u16(buf, msg->flags);
	kcp_put_str(buf, msg->build);
	return kcp_frame_end(buf);
}

int kcp_unpack_hello(const struct kcp_frame *frame, struct kcp_hello_client *msg)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	msg->major_min = kcp_get_u16(&rd);
	msg->major_max = kcp_get_u16(&rd);
	msg->flags = kcp_get_u16(&rd);
	msg->build = kcp_get_str(&rd);
	if (msg->major_min > msg->major_max)
		return -EBADMSG;
	return reader_verdict(&rd);
}

int kcp_pack_hello_ok(struct kcp_buf *buf, const struct kcp_hello_server *msg)
{
	kcp_frame_begin(buf, KCP_HELLO_OK, 0, 0);
	kcp_put_u16(buf, msg->major);
	kcp_put_u8(buf, msg->role);
	kcp_put_u16(buf, msg->flags);
	kcp_put_u32(buf, msg->grammar_hash);
	kcp_put_str(buf, msg->hostname);
	kcp_put_str(buf, msg->build);
	return kcp_frame_end(buf);
}

int kcp_unpack_hello_ok(const struct kcp_frame *frame, struct kcp_hello_server *msg)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	msg->major = kcp_get_u16(&rd);
	msg->role = kcp_get_u8(&rd);
	msg->flags = kcp_get_u16(&rd);
	msg->grammar_hash = kcp_get_u32(&rd);
	msg->hostname = kcp_get_str(&rd);
	msg->build = kcp_get_str(&rd);
	return reader_verdict(&rd);
}

int kcp_pack_mode(struct kcp_buf *buf, uint32_t req, const struct kcp_mode *msg)
{
	kcp_frame_begin(buf, KCP_MODE, 0, req);
	kcp_put_u16(buf, msg->depth);
	kcp_put_u16(buf, msg->flags);
	kcp_put_u8(buf, msg->role);
	kcp_put_str(buf, msg->hostname);
	kcp_put_str(buf, msg->tag);
	return kcp_frame_end(buf);
}

int kcp_unpack_mode(const struct kcp_frame *frame, struct kcp_mode *msg)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	msg->depth = kcp_get_u16(&rd);
	msg->flags = kcp_get_u16(&rd);
	msg->role = kcp_get_u8(&rd);
	msg->hostname = kcp_get_str(&rd);
	msg->tag = kcp_get_str(&rd);
	return reader_verdict(&rd);
}

int kcp_pack_exec(struct kcp_buf *buf, uint32_t req, uint16_t flags, const char *line)
{
	kcp_frame_begin(buf, KCP_EXEC, flags, req);
	kcp_put_str(buf, line);
	return kcp_frame_end(buf);
}

int kcp_unpack_exec(const struct kcp_frame *frame, const char **line)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	*line = kcp_get_str(&rd);
	if (strlen(*line) > KCP_LINE_MAX)
		return -EBADMSG;
	return reader_verdict(&rd);
}

void kcp_exec_begin(struct kcp_buf *buf, uint32_t req, uint16_t flags, const char *line)
{
	kcp_frame_begin(buf, KCP_EXEC, flags, req);
	kcp_put_str(buf, line);
}

void kcp_put_filter(struct kcp_buf *buf, const void *insns, uint16_t cnt)
{
	kcp_put_u16(buf, cnt);
	if (cnt > 0)
		kcp_put_raw(buf, insns, cnt * (size_t)FILTER_INSN_LEN);
}

size_t kcp_exec_rest(const struct kcp_frame *frame, const uint8_t **rest)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	(void)kcp_get_str(&rd);
	*rest = rd.data + rd.off;
	return rd.bad ? 0 : rd.len - rd.off;
}

int kcp_pack_complete(struct kcp_buf *buf, uint32_t req, const struct kcp_complete *msg)
{
	kcp_frame_begin(buf, KCP_COMPLETE, 0, req);
	kcp_put_u16(buf, msg->cursor);
	kcp_put_u8(buf, msg->help);
	kcp_put_str(buf, msg->line);
	return kcp_frame_end(buf);
}

int kcp_unpack_complete(const struct kcp_frame *frame, struct kcp_complete *msg)
{
	struct kcp_reader rd;
	size_t len;

	kcp_reader_init(&rd, frame);
	msg->cursor = kcp_get_u16(&rd);
	msg->help = kcp_get_u8(&rd) != 0;
	msg->line = kcp_get_str(&rd);
	len = strlen(msg->line);
	if (len > KCP_LINE_MAX || msg->cursor > len)
		return -EBADMSG;
	return reader_verdict(&rd);
}

int kcp_pack_error(struct kcp_buf *buf, uint32_t req, const struct kcp_error *msg)
{
	kcp_frame_begin(buf, KCP_ERR, 0, req);
	kcp_put_u32(buf, msg->line);
	kcp_put_u16(buf, msg->tok_off);
	kcp_put_u16(buf, msg->tok_len);
	kcp_put_u16(buf, msg->code);
	kcp_put_str(buf, msg->message);
	kcp_put_u16(buf, msg->expected_cnt);
	for (uint16_t i = 0; i < msg->expected_cnt; i++)
		kcp_put_str(buf, msg->expected[i]);
	return kcp_frame_end(buf);
}

int kcp_unpack_error(const struct kcp_frame *frame, struct kcp_error *msg)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	msg->line = kcp_get_u32(&rd);
	msg->tok_off = kcp_get_u16(&rd);
	msg->tok_len = kcp_get_u16(&rd);
	msg->code = kcp_get_u16(&rd);
	msg->message = kcp_get_str(&rd);
	msg->expected_cnt = kcp_get_u16(&rd);
	if (msg->expected_cnt > KCP_EXPECTED_MAX)
		return -EBADMSG;
	for (uint16_t i = 0; i < msg->expected_cnt; i++)
		msg->expected[i] = kcp_get_str(&rd);
	return reader_verdict(&rd);
}

int kcp_pack_schema(struct kcp_buf *buf, uint32_t req, uint64_t generation,
		    const struct kcp_schema *msg)
{
	if (msg->column_cnt > KCP_COLUMNS_MAX)
		return -EMSGSIZE;
	kcp_frame_begin(buf, KCP_SCHEMA, 0, req);
	kcp_put_u64(buf, generation);
	kcp_put_str(buf, msg->id);
	kcp_put_str(buf, msg->legend);
	kcp_put_u16(buf, (uint16_t)msg->column_cnt);
	for (size_t i = 0; i < msg->column_cnt; i++) {
		const struct kcp_column *col = &msg->columns[i];

		kcp_put_str(buf, col->key);
		kcp_put_str(buf, col->title);
		kcp_put_u8(buf, col->fmt);
	}
	kcp_put_u8(buf, msg->flags);
	return kcp_frame_end(buf);
}

int kcp_unpack_schema(const struct kcp_frame *frame, uint64_t *generation, struct kcp_schema *msg)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	*generation = kcp_get_u64(&rd);
	msg->id = kcp_get_str(&rd);
	msg->legend = kcp_get_str(&rd);
	msg->column_cnt = kcp_get_u16(&rd);
	if (msg->column_cnt > KCP_COLUMNS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < msg->column_cnt; i++) {
		struct kcp_column *col = &msg->columns[i];

		col->key = kcp_get_str(&rd);
		col->title = kcp_get_str(&rd);
		col->fmt = kcp_get_u8(&rd);
	}
	msg->flags = kcp_get_u8(&rd);
	return reader_verdict(&rd);
}

int kcp_pack_local(struct kcp_buf *buf, uint32_t req, const struct kcp_local *msg)
{
	if (msg->cnt > KCP_LOCAL_MAX)
		return -EMSGSIZE;
	kcp_frame_begin(buf, KCP_LOCAL, 0, req);
	kcp_put_str(buf, msg->name);
	kcp_put_u16(buf, msg->cnt);
	for (uint16_t i = 0; i < msg->cnt; i++) {
		kcp_put_str(buf, msg->arg[i].name);
		kcp_put_str(buf, msg->arg[i].text);
	}
	return kcp_frame_end(buf);
}

int kcp_unpack_local(const struct kcp_frame *frame, struct kcp_local *msg)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	msg->name = kcp_get_str(&rd);
	msg->cnt = kcp_get_u16(&rd);
	if (msg->cnt > KCP_LOCAL_MAX)
		return -EBADMSG;
	for (uint16_t i = 0; i < msg->cnt; i++) {
		msg->arg[i].name = kcp_get_str(&rd);
		msg->arg[i].text = kcp_get_str(&rd);
	}
	return reader_verdict(&rd);
}

int kcp_pack_done(struct kcp_buf *buf, uint32_t req, uint32_t status, const struct kcp_done *msg)
{
	kcp_frame_begin(buf, KCP_DONE, 0, req);
	kcp_frame_status(buf, status);
	kcp_put_u64(buf, msg->rows);
	kcp_put_u64(buf, msg->generation);
	return kcp_frame_end(buf);
}

int kcp_unpack_done(const struct kcp_frame *frame, struct kcp_done *msg)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	msg->rows = kcp_get_u64(&rd);
	msg->generation = kcp_get_u64(&rd);
	return reader_verdict(&rd);
}

int kcp_pack_plain(struct kcp_buf *buf, uint16_t type, uint16_t flags, uint32_t req)
{
	kcp_frame_begin(buf, type, flags, req);
	return kcp_frame_end(buf);
}

int kcp_pack_notice(struct kcp_buf *buf, const char *text)
{
	kcp_frame_begin(buf, KCP_NOTICE, 0, 0);
	kcp_put_str(buf, text);
	return kcp_frame_end(buf);
}

int kcp_unpack_notice(const struct kcp_frame *frame, const char **text)
{
	struct kcp_reader rd;

	kcp_reader_init(&rd, frame);
	*text = kcp_get_str(&rd);
	return reader_verdict(&rd);
}

void kcp_lines_begin(struct kcp_buf *buf, uint32_t req, uint32_t first_line)
{
	kcp_frame_begin(buf, KCP_LINES, 0, req);
	kcp_put_u32(buf, first_line);
}

void kcp_cand_begin(struct kcp_buf *buf, uint32_t req, uint16_t word_off)
{
	kcp_frame_begin(buf, KCP_CAND, 0, req);
	kcp_put_u16(buf, word_off);
}

void kcp_put_cand(struct kcp_buf *buf, const struct kcp_cand *cand)
{
	kcp_put_u8(buf, cand->kind);
	kcp_put_str(buf, cand->text);
	kcp_put_str(buf, cand->help);
}

void kcp_get_cand(struct kcp_reader *rd, struct kcp_cand *cand)
{
	cand->kind = kcp_get_u8(rd);
	cand->text = kcp_get_str(rd);
	cand->help = kcp_get_str(rd);
}

static const struct {
	const char *name;
	int exit_code;
} statuses[] = {
	[KCP_OK] = {"ok", 0},
	[KCP_FAILED] = {"failed", 1},
	[KCP_SYNTAX] = {"syntax", 2},
	[KCP_AMBIGUOUS] = {"ambiguous", 2},
	[KCP_INCOMPLETE] = {"incomplete", 2},
	[KCP_PERMISSION] = {"permission", 4},
	[KCP_COMMIT] = {"commit", 5},
	[KCP_CANCELLED] = {"cancelled", 130},
	[KCP_BUSY] = {"busy", 1},
	[KCP_PROTOCOL] = {"protocol", 3},
};
_Static_assert(sizeof(statuses) / sizeof(statuses[0]) == KCP_STATUS_COUNT, "a name per status");

int kcp_exit_code(uint32_t status)
{
	return status < KCP_STATUS_COUNT ? statuses[status].exit_code : 1;
}

const char *kcp_status_name(uint32_t status)
{
	return status < KCP_STATUS_COUNT ? statuses[status].name : "failed";
}
