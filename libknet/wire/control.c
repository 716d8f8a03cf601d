// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/* Byte offsets of control messages (docs/protocol.md, section 5). No state, any thread. */
#include "wire/control.h"

#include <errno.h>
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
