// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What a link is worth: round trip time, jitter, and loss in each direction, from the probes. Loss
 * comes from counts that both ends keep of all datagrams of the link, so it sees the loss of user
 * traffic, not only that of probes. Pure over struct kn_probing; control only.
 */
#include "live/quality.h"

#include <string.h>

#include "base/clock.h"

#define LOSS_WINDOW_NS     (2 * KN_SEC)
#define LOSS_WINDOW_MAX_NS (10 * KN_SEC)
#define LOSS_SAMPLE_MIN    20 /* datagrams, for a short window */
#define LOSSY_PERMILLE     50
#define CLEAN_PERMILLE     25
#define UNKNOWN            UINT16_MAX
#define PATIENCE_HALF_NS   (10 * KN_SEC) /* without late answers, half of it is forgotten */

void kn_quality_reset(struct kn_probing *q)
{
	struct kn_probing old = *q;

	memset(q, 0, sizeof(*q));
	q->loss_tx_permille = UNKNOWN;
	q->loss_rx_permille = UNKNOWN;
	q->seq = old.seq;
	q->down_cnt = old.down_cnt;
	q->suspect_cnt = old.suspect_cnt;
	q->since_ns = old.since_ns;
	q->flaps = old.flaps;
	q->down_since_ns = old.down_since_ns;
	q->load = old.load;
	q->class = old.class;
}

static uint32_t abs_diff(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

void kn_quality_on_rtt(struct kn_probing *q, uint32_t rtt_us)
{
	if (rtt_us == 0)
		rtt_us = 1; /* 0 stands for unknown */
	if (q->srtt_us == 0) {
		q->srtt_us = rtt_us;
		q->rttvar_us = rtt_us / 2;
		q->rtt_min_us = rtt_us;
		q->rtt_max_us = rtt_us;
	} else {
		q->rttvar_us = (3 * q->rttvar_us + abs_diff(q->srtt_us, rtt_us)) / 4;
		q->srtt_us = (7 * q->srtt_us + rtt_us) / 8;
		q->jitter_us = (15 * q->jitter_us + abs_diff(q->last_rtt_us, rtt_us)) / 16;
		if (rtt_us < q->rtt_min_us)
			q->rtt_min_us = rtt_us;
		if (rtt_us > q->rtt_max_us)
			q->rtt_max_us = rtt_us;
	}
	if (q->srtt_us == 0)
		q->srtt_us = 1;
	q->last_rtt_us = rtt_us;
}

uint32_t kn_quality_wait_us(const struct kn_probing *q)
{
	if (q->srtt_us == 0)
		return 0;
	uint32_t wait = q->srtt_us + 4 * q->rttvar_us;

	return wait < KN_WAIT_MIN_US ? KN_WAIT_MIN_US : wait;
}

uint32_t kn_quality_patience_us(const struct kn_probing *q)
{
	uint32_t wait = kn_quality_wait_us(q);
	uint32_t both = wait + (wait < KN_AGAIN_MIN_US ? KN_AGAIN_MIN_US : wait);

	if (wait == 0)
		return 0;
	return both < q->patience_us ? q->patience_us : both;
}

void kn_quality_on_late(struct kn_probing *q, uint32_t rtt_us, uint64_t now)
{
	uint32_t had = kn_quality_patience_us(q);

	if (had != 0 && rtt_us > had) {
		q->patience_us =
			rtt_us > KN_PATIENCE_MAX_US / 5 * 4 ? KN_PATIENCE_MAX_US : rtt_us / 4 * 5;
		q->patience_ns = now;
	} else if (q->patience_us != 0 && now - q->patience_ns >= PATIENCE_HALF_NS) {
		q->patience_us /= 2;
		q->patience_ns = now;
	}
}

static uint16_t permille_lost(uint64_t sent, uint64_t rcvd)
{
	/* Reordering around the edge of the window may count one datagram more than was sent. */
	if (sent == 0 || rcvd >= sent)
		return 0;
	return (uint16_t)((sent - rcvd) * 1000 / sent);
}

static void window_start(struct kn_probing *q, const struct kn_probe *reply, uint64_t rx_cnt,
			 uint64_t now)
{
	q->loss_at_ns = now;
	q->loss_sent = q->sent_at_probe;
	q->loss_peer_rcvd = reply->rcvd_cnt;
	q->loss_peer_sent = reply->sent_cnt;
	q->loss_rcvd = rx_cnt;
}

bool kn_quality_on_counts(struct kn_probing *q, const struct kn_probe *reply, uint64_t rx_cnt,
			  uint64_t now)
{
	/* The peer's counters began anew: it restarted. */
	if (q->loss_at_ns == 0 || reply->rcvd_cnt < q->loss_peer_rcvd ||
	    reply->sent_cnt < q->loss_peer_sent) {
		window_start(q, reply, rx_cnt, now);
		return false;
	}
	uint64_t sent = q->sent_at_probe - q->loss_sent;
	uint64_t peer_sent = reply->sent_cnt - q->loss_peer_sent;
	uint64_t age = now - q->loss_at_ns;
	bool is_enough = sent >= LOSS_SAMPLE_MIN && peer_sent >= LOSS_SAMPLE_MIN;

	if (age < LOSS_WINDOW_NS || (!is_enough && age < LOSS_WINDOW_MAX_NS))
		return false;

	bool was_lossy = q->is_lossy;

	q->loss_tx_permille = permille_lost(sent, reply->rcvd_cnt - q->loss_peer_rcvd);
	q->loss_rx_permille = permille_lost(peer_sent, rx_cnt - q->loss_rcvd);
	uint16_t worst = q->loss_tx_permille > q->loss_rx_permille ? q->loss_tx_permille
								   : q->loss_rx_permille;

	if (worst >= LOSSY_PERMILLE && is_enough)
		q->is_lossy = true;
	else if (worst < CLEAN_PERMILLE)
		q->is_lossy = false;
	window_start(q, reply, rx_cnt, now);
	return q->is_lossy != was_lossy;
}
