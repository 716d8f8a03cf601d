// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Frames and fields of the control socket: the header, and a bounded writer and reader for the
 * values inside a body.
 *
 * Pure functions over the caller's memory; any thread may enter. The daemon reads with this code
 * what any local user sends, so every length is checked here, at the door: a reader never steps
 * behind its end, and after the first malformed field it returns zeros and empty strings and stays
 * `bad`. The message code above can then read all fields in a row and look once at the end.
 * Writers work the same way with `overflow`.
 */
#include "knetd/ctlproto/ctlproto.h"

#include <errno.h>
#include <string.h>

struct header {
	uint32_t len;
	uint16_t type;
	uint16_t flags;
	uint32_t req;
	uint32_t status;
};
_Static_assert(sizeof(struct header) == KCP_HEADER_LEN, "the header is 16 bytes");

int kcp_frame_unpack(const void *data, size_t len, struct kcp_frame *out)
{
	struct header hdr;

	if (len < sizeof(hdr) || len > KCP_FRAME_MAX)
		return -EBADMSG;
	memcpy(&hdr, data, sizeof(hdr));
	if (hdr.len != len)
		return -EBADMSG;
	*out = (struct kcp_frame){
		.type = hdr.type,
		.flags = hdr.flags,
		.req = hdr.req,
		.status = hdr.status,
		.body = (const uint8_t *)data + sizeof(hdr),
		.body_len = len - sizeof(hdr),
	};
	return 0;
}

void kcp_put_raw(struct kcp_buf *buf, const void *data, size_t len)
{
	if (buf->overflow || len > buf->cap - buf->len) {
		buf->overflow = true;
		return;
	}
	if (len == 0)
		return;
	memcpy(buf->data + buf->len, data, len);
	buf->len += len;
}

void kcp_frame_begin(struct kcp_buf *buf, uint16_t type, uint16_t flags, uint32_t req)
{
	const struct header hdr = {.type = type, .flags = flags, .req = req};

	buf->len = 0;
	buf->overflow = false;
	kcp_put_raw(buf, &hdr, sizeof(hdr));
}

void kcp_frame_status(struct kcp_buf *buf, uint32_t status)
{
	if (buf->len >= sizeof(struct header))
		memcpy(buf->data + offsetof(struct header, status), &status, sizeof(status));
}

int kcp_frame_end(struct kcp_buf *buf)
{
	const uint32_t len = (uint32_t)buf->len;

	if (buf->overflow || buf->len < sizeof(struct header) || buf->len > KCP_FRAME_MAX)
		return -EMSGSIZE;
	memcpy(buf->data + offsetof(struct header, len), &len, sizeof(len));
	return (int)len;
}

void kcp_put_u8(struct kcp_buf *buf, uint8_t v)
{
	kcp_put_raw(buf, &v, sizeof(v));
}

void kcp_put_u16(struct kcp_buf *buf, uint16_t v)
{
	kcp_put_raw(buf, &v, sizeof(v));
}

void kcp_put_u32(struct kcp_buf *buf, uint32_t v)
{
	kcp_put_raw(buf, &v, sizeof(v));
}

void kcp_put_u64(struct kcp_buf *buf, uint64_t v)
{
	kcp_put_raw(buf, &v, sizeof(v));
}

void kcp_put_str(struct kcp_buf *buf, const char *s)
{
	const size_t len = s ? strlen(s) : 0;

	if (len > UINT16_MAX) {
		buf->overflow = true;
		return;
	}
	kcp_put_u16(buf, (uint16_t)len);
	kcp_put_raw(buf, s ? s : "", len + 1);
}

void kcp_reader_init(struct kcp_reader *rd, const struct kcp_frame *frame)
{
	*rd = (struct kcp_reader){.data = frame->body, .len = frame->body_len};
}

/* Copies the next `len` bytes, or zeros once the reader is bad. */
static void reader_take(struct kcp_reader *rd, void *out, size_t len)
{
	if (rd->bad || len > rd->len - rd->off) {
		rd->bad = true;
		memset(out, 0, len);
		return;
	}
	memcpy(out, rd->data + rd->off, len);
	rd->off += len;
}

uint8_t kcp_get_u8(struct kcp_reader *rd)
{
	uint8_t v;

	reader_take(rd, &v, sizeof(v));
	return v;
}

uint16_t kcp_get_u16(struct kcp_reader *rd)
{
	uint16_t v;

	reader_take(rd, &v, sizeof(v));
	return v;
}

uint32_t kcp_get_u32(struct kcp_reader *rd)
{
	uint32_t v;

	reader_take(rd, &v, sizeof(v));
	return v;
}

uint64_t kcp_get_u64(struct kcp_reader *rd)
{
	uint64_t v;

	reader_take(rd, &v, sizeof(v));
	return v;
}

const char *kcp_get_str(struct kcp_reader *rd)
{
	const size_t len = kcp_get_u16(rd);
	const char *s;

	if (rd->bad || len + 1 > rd->len - rd->off) {
		rd->bad = true;
		return "";
	}
	s = (const char *)rd->data + rd->off;
	/* The NUL must be the first one, so that strlen() and the length always agree. */
	if (memchr(s, '\0', len + 1) != s + len) {
		rd->bad = true;
		return "";
	}
	rd->off += len + 1;
	return s;
}

bool kcp_reader_more(const struct kcp_reader *rd)
{
	return !rd->bad && rd->off < rd->len;
}
