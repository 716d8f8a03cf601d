// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The responder's side of the handshake (docs/protocol.md, section 2), in two jobs: read msg1 to
 * learn who speaks, decide here, then write msg2. Nothing a sender can cause costs more than the
 * guard admits, and nothing is remembered of it until its key is proven. Control only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "live/handshake.h"
#include "live/hs_attempt.h"
#include "live/hs_guard.h"
#include "live/keys.h"
#include "live/liveness.h"
#include "live/twins.h"

/* While both hosts have begun, the one with the lower id goes on, for this long. */
#define TIE_NS (1 * KN_SEC)

/* The peer that is configured with this address: a search, so at most once per second. */
static struct kn_host *host_by_addr(struct kn_engine *e, unsigned int link,
				    const union kn_addr *from)
{
	if (!kn_hs_guard_may_search(e->guard, e->now))
		return NULL;
	for (unsigned int id = 1; id <= KNET_MAX_HOSTS; id++) {
		struct kn_host *h = e->hosts[id];

		if (h != NULL && h->links[link] != NULL &&
		    kn_addr_equal(&h->links[link]->cfg_remote, from))
			return h;
	}
	return NULL;
}

static void complain_about(struct kn_engine *e, unsigned int link, const union kn_addr *from,
			   const char *what)
{
	char addr[KN_ADDR_TEXT_LEN], text[160];
	struct kn_host *h = host_by_addr(e, link, from);

	if (h == NULL || h->current != NULL)
		return;
	snprintf(text, sizeof(text), "handshake from %s refused: %s", kn_addr_format(from, addr),
		 what);
	kn_handshake_complain(e, h, text);
}

void kn_handshake_on_bad_mac1(struct kn_engine *e, const struct kn_report *r)
{
	complain_about(e, r->link, &r->from, "it has another network secret");
}

static void reply_again(struct kn_engine *e, const struct kn_report *r, uint16_t id)
{
	struct kn_host *h = e->hosts[id];

	if (h != NULL && h->reply != NULL &&
	    kn_ct_equal(h->reply->mac1, r->data + KN_MSG1_MAC1_OFF, KN_HS_MAC_LEN))
		(void)e->io->send(e->io_ctx, r->link, &r->from, h->reply->msg2, KN_MSG2_LEN);
}

/* Under load a source must show that it receives at its address. */
static bool cookie_is_fine(struct kn_engine *e, const struct kn_report *r)
{
	uint8_t out[KN_COOKIE_LEN];

	if (!kn_hs_guard_is_loaded(e->guard, e->now) ||
	    kn_hs_guard_mac2_ok(e->guard, r->data, &r->from, e->now))
		return true;
	kn_count(&e->counters, KN_C_HS_BAD_MAC2, 1);
	if (kn_hs_guard_cookie_reply(e->guard, e->aead_ctx, r->data, &r->from, e->now, out) == 0 &&
	    e->io->send(e->io_ctx, r->link, &r->from, out, sizeof(out)) == 0)
		kn_count(&e->counters, KN_C_HS_COOKIES_SENT, 1);
	return false;
}

void kn_handshake_on_msg1(struct kn_engine *e, const struct kn_report *r)
{
	/* Before the memory of copies: the answer to a cookie has the same mac1. */
	if (!cookie_is_fine(e, r))
		return;
	int seen = kn_hs_guard_seen(e->guard, r->data + KN_MSG1_MAC1_OFF, e->now);

	if (seen != KN_HS_FIRST) {
		kn_count(&e->counters, KN_C_HS_COPIES, 1);
		if (seen != KN_HS_PENDING)
			reply_again(e, r, (uint16_t)seen);
		return;
	}
	if (!kn_hs_guard_admit(e->guard, &r->from, e->now)) {
		kn_count(&e->counters, KN_C_HS_RATE_LIMITED, 1);
		kn_hs_guard_forget(e->guard, r->data + KN_MSG1_MAC1_OFF);
		return;
	}
	struct kn_hs_job *job = kn_handshake_job_new(e, KN_HS_READ1, 0);

	if (job == NULL)
		return;
	job->link = r->link;
	job->from = r->from;
	job->remote_index = ((uint32_t)r->data[4] << 24) | ((uint32_t)r->data[5] << 16) |
			    ((uint32_t)r->data[6] << 8) | r->data[7];
	memcpy(job->buf, r->data, KN_MSG1_LEN);
	kn_handshake_job_submit(e, job);
}

/* Whether our own handshake with h goes first. Asked before and after the job that answers theirs:
 * if both sides gave up their own for the other's, neither would be left. */
static bool ours_goes_first(const struct kn_engine *e, const struct kn_host *h)
{
	return h->hs != NULL && e->id < h->id && e->now - h->hs->born_ns < TIE_NS;
}

static void decide_msg2(struct kn_engine *e, const struct kn_host *h, struct kn_hs_job *job)
{
	job->msg2 = (struct kn_msg2_payload){
		.status = KN_MSG2_OK, .suite = (uint8_t)e->suite, .freshness = h->freshness};
	if (job->msg1.suite != (uint8_t)e->suite) {
		job->msg2.status = KN_MSG2_SUITE;
	} else if (job->msg1.freshness <= h->freshness) {
		job->msg2.status = KN_MSG2_STALE;
		kn_count(&e->counters, KN_C_HS_STALE, 1);
	} else {
		job->local_index =
			kn_session_index_new(&e->sessions, (uint32_t)kn_rng_u64(&e->rng), h->id);
	}
}

static struct kn_host *host_of_msg1(struct kn_engine *e, const struct kn_hs_job *job)
{
	if (job->result != KN_HS_OK) {
		kn_count(&e->counters, KN_C_HS_NOT_AUTHENTIC, 1);
		complain_about(e, job->link, &job->from,
			       "it is meant for another public key than ours");
		return NULL;
	}
	struct kn_host *h = e->hosts[job->msg1.host_id];

	if (job->msg1.responder_id != e->id || h == NULL || !h->is_enabled) {
		kn_count(&e->counters, KN_C_HS_UNKNOWN_PEER, 1);
		complain_about(e, job->link, &job->from, "it names a host id that does not fit");
		return NULL;
	}
	return h;
}

/* Consumes the job: passes it on, or frees it. */
void kn_handshake_read1_done(struct kn_engine *e, struct kn_hs_job *job)
{
	struct kn_host *h = host_of_msg1(e, job);

	if (h == NULL || h->responder_busy || ours_goes_first(e, h)) {
		/* A copy that comes later may be answered. */
		kn_hs_guard_forget(e->guard, job->buf + KN_MSG1_MAC1_OFF);
		kn_hs_job_free(job);
		return;
	}
	job->step = KN_HS_RESPOND;
	job->host = h->id;
	job->ticket = h->ticket;
	job->has_remote_pub = h->has_pub;
	memcpy(job->remote_pub, h->pub, sizeof(job->remote_pub));
	memcpy(job->msg1_mac1, job->buf + KN_MSG1_MAC1_OFF, KN_HS_MAC_LEN);
	e->rng.fill(e->rng.ctx, job->eph, sizeof(job->eph));
	decide_msg2(e, h, job);
	if (job->msg2.status == KN_MSG2_OK && job->local_index == 0) {
		kn_hs_job_free(job);
		return;
	}
	uint32_t index = job->local_index;

	h->responder_busy = kn_handshake_job_submit(e, job);
	if (!h->responder_busy && index != 0)
		kn_session_index_free(&e->sessions, index);
}

static void index_release(struct kn_engine *e, const struct kn_hs_job *job)
{
	if (job->local_index != 0)
		kn_session_index_free(&e->sessions, job->local_index);
}

static void reply_keep(struct kn_engine *e, struct kn_host *h, const struct kn_hs_job *job)
{
	if (h->reply == NULL)
		h->reply = calloc(1, sizeof(*h->reply));
	if (h->reply == NULL)
		return;
	memcpy(h->reply->mac1, job->msg1_mac1, KN_HS_MAC_LEN);
	memcpy(h->reply->msg2, job->buf, KN_MSG2_LEN);
	kn_hs_guard_answered(e->guard, job->msg1_mac1, h->id);
}

/* A link without a configured address learns it from the handshake. */
static void path_learn(struct kn_engine *e, struct kn_host *h, const struct kn_hs_job *job)
{
	struct kn_link *l = h->links[job->link];

	if (l != NULL && l->cfg_remote.family == AF_UNSPEC)
		kn_link_path_learn(e, l, &job->from);
}

static bool session_offer(struct kn_engine *e, struct kn_host *h, const struct kn_hs_job *job)
{
	struct kn_session_setup setup = {.host = h,
					 .local_index = job->local_index,
					 .remote_index = job->remote_index,
					 .is_initiator = false,
					 .suite = e->suite,
					 .keys = &job->keys,
					 .now = e->now};
	struct kn_session *s = kn_session_new(e->aead, &e->keys, &setup);

	if (s == NULL) {
		index_release(e, job);
		return false;
	}
	h->freshness = job->msg1.freshness;
	path_learn(e, h, job);
	/* Theirs is under way: ours is not needed. */
	kn_handshake_stop(e, h);
	kn_twins_note(e, h, job->link, &job->from);
	kn_keys_offer(e, h, s);
	/* Should theirs come to nothing, try again. */
	if (h->current == NULL)
		kn_handshake_start(e, h, 2 * KN_SEC);
	return true;
}

static void mismatch_complain(struct kn_engine *e, struct kn_host *h, const struct kn_hs_job *job)
{
	char addr[KN_ADDR_TEXT_LEN], text[160];

	kn_count(&e->counters, KN_C_HS_KEY_MISMATCH, 1);
	if (h->current != NULL)
		return;
	snprintf(text, sizeof(text), "handshake from %s refused: its public key is not the %s one",
		 kn_addr_format(&job->from, addr), h->is_pinned ? "pinned" : "derived");
	kn_handshake_complain(e, h, text);
}

void kn_handshake_respond_done(struct kn_engine *e, struct kn_host *h, struct kn_hs_job *job)
{
	/* Removed, perhaps configured again as somebody else, while the job ran. */
	if (h != NULL && h->ticket != job->ticket)
		h = NULL;
	if (h != NULL)
		h->responder_busy = false;
	if (h == NULL || !h->is_enabled || job->result != KN_HS_OK || ours_goes_first(e, h)) {
		index_release(e, job);
		if (h != NULL && job->result == KN_HS_KEY_MISMATCH)
			mismatch_complain(e, h, job);
		return;
	}
	if (!h->has_pub) {
		memcpy(h->pub, job->remote_pub, sizeof(h->pub));
		h->has_pub = true;
	}
	if (job->msg2.status == KN_MSG2_OK && !session_offer(e, h, job))
		return;
	if (job->msg2.status == KN_MSG2_SUITE)
		kn_handshake_complain(e, h, "the peer is configured with another suite");
	reply_keep(e, h, job);
	(void)e->io->send(e->io_ctx, job->link, &job->from, job->buf, KN_MSG2_LEN);
}
