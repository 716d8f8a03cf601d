// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Byte offsets of control messages (docs/protocol.md, section 5). No state, any thread. */
#include "wire/control.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

void kn_probe_pack(uint8_t out[KN_PROBE_LEN], const struct kn_probe *p)
{
	memset(out, 0, KN_PROBE_LEN);
	out[0] = p->type;
	out[1] = p->heard;
	kn_put16(out + 2, p->want_ms);
	kn_put16(out + 4, p->accept_ms);
	out[6] = p->used;
	kn_put32(out + 8, p->seq);
	kn_put64(out + 12, p->stamp);
	kn_put64(out + 20, p->sent_cnt);
	kn_put64(out + 28, p->rcvd_cnt);
}

int kn_probe_unpack(const uint8_t *buf, size_t len, struct kn_probe *p)
{
	if (len < KN_PROBE_LEN || (buf[0] != KN_CONTROL_PROBE && buf[0] != KN_CONTROL_REPLY))
		return -EBADMSG;
	p->type = buf[0];
	p->heard = buf[1];
	p->want_ms = kn_get16(buf + 2);
	p->accept_ms = kn_get16(buf + 4);
	p->used = buf[6];
	p->seq = kn_get32(buf + 8);
	p->stamp = kn_get64(buf + 12);
	p->sent_cnt = kn_get64(buf + 20);
	p->rcvd_cnt = kn_get64(buf + 28);
	return 0;
}

void kn_size_pack(uint8_t out[KN_SIZE_LEN], const struct kn_size *s)
{
	out[0] = s->type;
	out[1] = 0;
	kn_put16(out + 2, s->len);
	kn_put32(out + 4, s->token);
}

int kn_size_unpack(const uint8_t *buf, size_t len, struct kn_size *s)
{
	if (len < KN_SIZE_LEN || (buf[0] != KN_CONTROL_SIZE && buf[0] != KN_CONTROL_SIZE_REPLY))
		return -EBADMSG;
	s->type = buf[0];
	s->len = kn_get16(buf + 2);
	s->token = kn_get32(buf + 4);
	return 0;
}

void kn_echo_pack(uint8_t out[KN_ECHO_LEN], const struct kn_echo *m)
{
	memset(out, 0, KN_ECHO_LEN);
	out[0] = m->type;
	out[1] = m->is_whole;
	kn_put32(out + 4, m->token);
}

int kn_echo_unpack(const uint8_t *buf, size_t len, struct kn_echo *m)
{
	if (len < KN_ECHO_LEN || (buf[0] != KN_CONTROL_ECHO && buf[0] != KN_CONTROL_ECHO_REPLY))
		return -EBADMSG;
	m->type = buf[0];
	m->is_whole = buf[1] & 1;
	m->token = kn_get32(buf + 4);
	return 0;
}

#define PROBE_TOPS_OFF 36

static size_t tops_pack(uint8_t *out, const struct kn_tops *t)
{
	for (unsigned int i = 0; i < t->cnt; i++, out += KN_TOP_LEN) {
		out[0] = t->top[i].lane;
		kn_put16(out + 1, (uint16_t)(t->top[i].counter >> 32));
		kn_put32(out + 3, (uint32_t)t->top[i].counter);
	}
	return (size_t)t->cnt * KN_TOP_LEN;
}

size_t kn_probe_tops_pack(uint8_t *out, const struct kn_tops *t)
{
	out[PROBE_TOPS_OFF] = t->cnt;
	return KN_PROBE_LEN + tops_pack(out + KN_PROBE_LEN, t);
}

size_t kn_confirm_pack(uint8_t *out, const struct kn_tops *t)
{
	out[0] = KN_CONTROL_CONFIRM;
	out[1] = t->cnt;
	return KN_CONFIRM_LEN + tops_pack(out + KN_CONFIRM_LEN, t);
}

int kn_tops_unpack(const uint8_t *buf, size_t len, struct kn_tops *t)
{
	bool is_confirm = len >= KN_CONFIRM_LEN && buf[0] == KN_CONTROL_CONFIRM;
	bool is_probe =
		len >= KN_PROBE_LEN && (buf[0] == KN_CONTROL_PROBE || buf[0] == KN_CONTROL_REPLY);
	const uint8_t *at = buf + (is_confirm ? KN_CONFIRM_LEN : KN_PROBE_LEN);

	if (!is_confirm && !is_probe)
		return -EBADMSG;
	unsigned int cnt = buf[is_confirm ? 1 : PROBE_TOPS_OFF];

	if (len - (size_t)(at - buf) < (size_t)cnt * KN_TOP_LEN)
		return -EBADMSG;
	t->cnt = (uint8_t)(cnt < KN_TOPS_MAX ? cnt : KN_TOPS_MAX);
	for (unsigned int i = 0; i < t->cnt; i++, at += KN_TOP_LEN)
		t->top[i] = (struct kn_top){.lane = at[0],
					    .counter = (uint64_t)kn_get16(at + 1) << 32 |
						       kn_get32(at + 3)};
	return 0;
}
