// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Between the TAP and the way out: a queue that is short in bytes and long in frames.
 *
 * The kernel's queue of a TAP counts frames, and one may be 64 bytes or 64 KiB. Short enough for
 * bulk TCP, of which every super-frame is 100 us of delay, it loses small frames as soon as the
 * packet thread does not run for a moment; long enough for those, TCP fills it, as it sees no
 * other limit than loss. So the kernel's queue is long, and the packet thread sees to it that there
 * are not many bytes in it. Nobody tells how many there are but by reading them: it is sounded now
 * and then, read empty. Frames are kept up to a number of bytes, and beyond that the small ones,
 * and most of the others up to three times as many. One that is dropped tells TCP enough. If all
 * that come in a moment were, what TCP sends again would be among them, and only its timer would
 * start it again.
 *
 * Between two soundings no more is read than leaves at once: a super-frame is sealed while it is in
 * the cache, and the receiver gets to work while the next one is read.
 *
 * Packet thread only.
 */
#include "path/intake.h"

#include <errno.h>
#include <stdlib.h>

#define INTAKE_LEN (512 * 1024)  /* beyond it one is dropped, */
#define GAP_LEN    (256 * 1024)  /* after each so much more another one, */
#define MOST_LEN   (1536 * 1024) /* and beyond this all; and the frame that exceeds it */
#define SMALL_LEN  2048          /* kept all the same */
#define SOUND_LEN  (1024 * 1024) /* read since the queue was last seen empty: time to look */
#define PART_LEN   (48 * 1024)   /* enough to go on with, until then */
#define DROP_MAX   256           /* in one go: nobody shall keep us here */
#define ALIGN      64
#define ROOM_LEN   (KN_FRAME_HEADROOM + KN_SUPER_MAX + ALIGN)
#define AREA_LEN   (MOST_LEN + 2 * ROOM_LEN + KN_INTAKE_CNT * (SMALL_LEN + 2 * ALIGN))

int kn_intake_init(struct kn_intake *q)
{
	q->cnt = 0;
	q->at = 0;
	q->unsounded = 0;
	/* Not cleared: what no frame reaches is never touched. */
	q->area = malloc(AREA_LEN);
	return q->area == NULL ? -ENOMEM : 0;
}

void kn_intake_fini(struct kn_intake *q)
{
	free(q->area);
	q->area = NULL;
}

/* Where the next frame beyond the limit is dropped, after one that was at `used`. */
static size_t drop_next(size_t used)
{
	return used + GAP_LEN < MOST_LEN ? used + GAP_LEN : MOST_LEN;
}

bool kn_intake_fill(struct kn_intake *q, const struct kn_tap *tap, unsigned int queue,
		    struct kn_counters *counters)
{
	unsigned int dropped = 0;
	size_t drop_at = INTAKE_LEN;
	bool is_sounding = q->unsounded >= SOUND_LEN;

	if (!kn_intake_is_empty(q))
		return true;
	q->cnt = 0;
	q->at = 0;
	q->used = 0;
	while (q->cnt < KN_INTAKE_CNT && dropped < DROP_MAX &&
	       (is_sounding || q->used < PART_LEN)) {
		struct kn_frame *f = &q->frame[q->cnt];
		int err = kn_tap_read(tap, queue, q->area + q->used, f);

		if (err == -EBADMSG) {
			kn_count(counters, KN_C_TX_BAD_OFFLOAD, 1);
			dropped++;
		} else if (err != 0) {
			q->unsounded = 0;
			return false;
		} else if (q->used >= drop_at && f->len > SMALL_LEN) {
			kn_count(counters, KN_C_TX_QUEUE_FULL, 1);
			dropped++;
			drop_at = drop_next(q->used);
		} else {
			q->used += (KN_FRAME_HEADROOM + f->len + ALIGN - 1) / ALIGN * ALIGN;
			q->cnt++;
		}
	}
	q->unsounded = is_sounding ? 0 : q->unsounded + q->used;
	return true;
}

struct kn_frame *kn_intake_next(struct kn_intake *q)
{
	return kn_intake_is_empty(q) ? NULL : &q->frame[q->at++];
}
