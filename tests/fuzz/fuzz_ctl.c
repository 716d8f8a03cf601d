// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * A hostile client: any records in any order, read as slowly as it likes. The input is a list of
 * steps, `op, length, bytes`: a raw record, a frame with a correct header around the bytes, a step
 * of a running command, a read of what is queued, another session's commit.
 *
 * Besides the sanitizers it checks: every frame that comes out is one, the queue stays bounded,
 * each command that was opened is closed, a client that was cut off stays so, the daemon is told
 * once that the session is gone, and of leaving the configuration only if it was let in.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "knetd/ctl/session.h"
#include "tests/ctl/fake.h"

#define QUEUE_BYTES_MAX (512 * 1024)

enum { OP_RAW, OP_FRAME, OP_STEP, OP_DRAIN, OP_COMMIT, OP_REFRESH, OP_COUNT };

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void drain(struct knd_session *s)
{
	struct knd_outq *q = knd_session_outq(s);

	while (q->head) {
		struct kcp_frame frame;

		check(kcp_frame_unpack(q->head->data, q->head->len, &frame) == 0);
		check(frame.type >= KCP_HELLO_OK && frame.type <= KCP_BYTES);
		knd_outq_pop(q);
	}
	check(q->bytes == 0);
}

static int give_frame(struct knd_session *s, const uint8_t *data, size_t len)
{
	uint8_t mem[512];
	struct kcp_buf buf = {.data = mem, .cap = sizeof(mem)};
	int rc;

	if (len < 3)
		return 0;
	kcp_frame_begin(&buf, data[0], data[1], data[2]);
	kcp_put_raw(&buf, data + 3, len - 3);
	rc = kcp_frame_end(&buf);
	check(rc > 0);
	return knd_session_input(s, mem, (size_t)rc);
}

/* Returns the session's verdict. */
static int step(struct knd_session *s, struct fake_daemon *daemon, const uint8_t *data, size_t len)
{
	switch (data[0] % OP_COUNT) {
	case OP_RAW:
		return knd_session_can_read(s) ? knd_session_input(s, data + 2, len) : 0;
	case OP_FRAME:
		return knd_session_can_read(s) ? give_frame(s, data + 2, len) : 0;
	case OP_STEP:
		if (knd_session_can_step(s))
			knd_session_step(s);
		return 0;
	case OP_DRAIN:
		drain(s);
		return 0;
	case OP_REFRESH:
		if (knd_session_can_read(s) && !knd_session_is_busy(s))
			knd_session_refresh(s, 0);
		return 0;
	default:
		daemon->generation++;
		return 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct knd_who who = {.role = KCP_ROLE_ADMIN, .session = 1, .user = "root"};
	struct fake_daemon daemon;
	struct knd_session *s;

	check(fake_daemon_init(&daemon) == 0);
	s = knd_session_new(&fake_ops, &daemon, &who);
	check(s != NULL);
	while (len >= 2) {
		const size_t size = data[1] < len - 2 ? data[1] : len - 2;

		if (step(s, &daemon, data, size) < 0)
			break; /* the server would cut it off here */
		check(knd_session_outq(s)->bytes < QUEUE_BYTES_MAX);
		data += 2 + size;
		len -= 2 + size;
	}
	drain(s);
	knd_session_free(s);
	check(daemon.opened == daemon.closed);
	check(daemon.gone == 1 && daemon.faults == 0);
	fake_daemon_fini(&daemon);
	return 0;
}
