// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The initiator's side of the handshake (docs/protocol.md, section 2): one msg1 per attempt goes
 * out on the best two links, its retries walk through all, identical bytes each time. An attempt
 * that is not answered for five seconds is given up and begun anew with a fresh ephemeral key,
 * later and later, up to every 30 s. While users wait, it always goes out on all links, and the
 * pauses stay short. Control only; Diffie-Hellman is done by jobs.
 */
#include "live/handshake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/crypto.h"
#include "live/hs_attempt.h"
#include "live/hs_guard.h"
#include "live/interval.h"
#include "live/keys.h"
#include "live/liveness.h"
#include "live/twins.h"
#include "wire/datagram.h"

#define ATTEMPT_NS      (5 * KN_SEC)
#define RESEND_NS       (250 * KN_MS)
#define BACKOFF_NS      (1 * KN_SEC)
#define BACKOFF_MAX_NS  (30 * KN_SEC)
#define BACKOFF_USER_NS (250 * KN_MS) /* while users wait */
#define RETRIES_PER_S   50 /* of all hosts that have not answered and that no user waits for */
#define COOKIE_VALID_NS (120 * KN_SEC)
#define RETRY_NS        (2 * KN_SEC)

static bool link_can_carry(const struct kn_engine *e, const struct kn_host *h, unsigned int i)
{
	const struct kn_link *l = h->links[i];

	return l != NULL && l->is_enabled && l->path != NULL && e->local[i].is_open &&
	       e->local[i].is_usable;
}

static bool host_can_shake(const struct kn_engine *e, const struct kn_host *h)
{
	for (unsigned int i = 0; i < KNET_MAX_LINKS && h->is_enabled; i++)
		if (link_can_carry(e, h, i))
			return true;
	return false;
}

void kn_handshake_start(struct kn_engine *e, struct kn_host *h, uint64_t delay_ns)
{
	if (h->hs != NULL || !host_can_shake(e, h))
		return;
	/* Due already, or sooner: leave it. */
	if (kn_timer_is_set(&h->hs_timer) && h->hs_timer.deadline <= e->now + delay_ns)
		return;
	kn_wheel_set(&e->wheel, &h->hs_timer, e->now + delay_ns);
}

static bool is_reachable(const struct kn_host *h)
{
	return h->state == KNET_PEER_UP || h->state == KNET_PEER_DEGRADED;
}

/* A young session still has the time to show whether a link works. */
static bool is_in_need(const struct kn_engine *e, const struct kn_host *h)
{
	return !is_reachable(h) && (h->current == NULL || e->now - h->current->born_ns >= RETRY_NS);
}

void kn_handshake_retry(struct kn_engine *e, struct kn_host *h)
{
	if (is_in_need(e, h) && !kn_timer_is_set(&h->hs_timer))
		kn_handshake_start(e, h, 0);
}

void kn_handshake_hurry(struct kn_engine *e, struct kn_host *h)
{
	if (is_in_need(e, h))
		kn_handshake_start(e, h, 0);
}

static void attempt_free(struct kn_engine *e, struct kn_host *h)
{
	struct kn_hs_attempt *a = h->hs;

	if (a == NULL)
		return;
	if (a->local_index != 0)
		kn_session_index_free(&e->sessions, a->local_index);
	kn_wipe(a, sizeof(*a));
	free(a);
	h->hs = NULL;
}

void kn_handshake_stop(struct kn_engine *e, struct kn_host *h)
{
	kn_wheel_cancel(&e->wheel, &h->hs_timer);
	attempt_free(e, h);
}

/* The next attempt: later each time, unless users wait; spread by a quarter so that the clients of
 * a restarted host do not come all at once. */
static uint64_t backoff_ns(struct kn_engine *e, const struct kn_host *h)
{
	unsigned int shift = h->hs_tries > 6 ? 6 : h->hs_tries;
	uint64_t ns = BACKOFF_NS << shift;

	if (ns > BACKOFF_MAX_NS)
		ns = BACKOFF_MAX_NS;
	if (kn_interval_has_users(e, h))
		ns = BACKOFF_USER_NS;
	return ns - ns / 4 + kn_rng_below(&e->rng, ns / 2);
}

/*
 * Whether another attempt may begin now. First attempts may, and those that users wait for; all
 * others share a budget, so that 64k configured hosts that are not there cost next to nothing.
 * *wait_ns says when to ask again otherwise: at a random time within which each of them has its
 * turn.
 */
static bool retry_is_affordable(struct kn_engine *e, const struct kn_host *h, uint64_t *wait_ns)
{
	uint64_t cost = KN_SEC / RETRIES_PER_S;
	uint64_t absent = e->peer_state_cnt[KNET_PEER_NEVER] + e->peer_state_cnt[KNET_PEER_DOWN];

	if (h->hs_tries == 0 || kn_interval_has_users(e, h))
		return true;
	if (e->retry_tokens_ns < e->now)
		e->retry_tokens_ns = e->now;
	if (e->retry_tokens_ns > e->now + KN_SEC) {
		*wait_ns = KN_SEC + kn_rng_below(&e->rng, 2 * absent * cost);
		return false;
	}
	e->retry_tokens_ns += cost;
	return true;
}

void kn_handshake_complain(struct kn_engine *e, struct kn_host *h, const char *text)
{
	free(h->error);
	h->error = strdup(text);
	h->error_ns = e->now;
	if (h->complained)
		return;
	h->complained = true;
	kn_event(e, KNET_EVENT_HANDSHAKE, KNET_LOG_WARNING, h, NULL, "%s", text);
}

static uint64_t next_freshness(struct kn_engine *e)
{
	uint64_t real = e->io->realtime(e->io_ctx);

	e->freshness = real > e->freshness ? real : e->freshness + 1;
	return e->freshness;
}

struct kn_hs_job *kn_handshake_job_new(struct kn_engine *e, enum kn_hs_step step, uint16_t host)
{
	struct kn_hs_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->step = step;
	job->host = host;
	job->suite = e->suite;
	memcpy(job->secret, e->secret, sizeof(job->secret));
	memcpy(job->psk, e->net_keys.psk, sizeof(job->psk));
	memcpy(job->mac1_key, e->net_keys.mac1, sizeof(job->mac1_key));
	memcpy(job->priv, e->priv, sizeof(job->priv));
	memcpy(job->pub, e->pub, sizeof(job->pub));
	e->rng.fill(e->rng.ctx, job->eph, sizeof(job->eph));
	return job;
}

bool kn_handshake_job_submit(struct kn_engine *e, struct kn_hs_job *job)
{
	if (e->io->submit(e->io_ctx, job))
		return true;
	kn_count(&e->counters, KN_C_HS_QUEUE_FULL, 1);
	kn_hs_job_free(job);
	return false;
}

static void job_expect(struct kn_hs_job *job, const struct kn_host *h)
{
	job->has_remote_pub = h->has_pub;
	memcpy(job->remote_pub, h->pub, sizeof(job->remote_pub));
}

static bool attempt_begin(struct kn_engine *e, struct kn_host *h)
{
	struct kn_hs_attempt *a = calloc(1, sizeof(*a));
	struct kn_hs_job *job = NULL;

	if (a == NULL)
		return false;
	h->hs = a;
	a->ticket = ++e->hs_ticket;
	a->born_ns = e->now;
	a->local_index = kn_session_index_new(&e->sessions, (uint32_t)kn_rng_u64(&e->rng), h->id);
	if (a->local_index != 0)
		job = kn_handshake_job_new(e, KN_HS_INITIATE, h->id);
	if (job == NULL) {
		attempt_free(e, h);
		return false;
	}
	job->ticket = a->ticket;
	job->local_index = a->local_index;
	job->msg1 = (struct kn_msg1_payload){.freshness = next_freshness(e),
					     .host_id = e->id,
					     .responder_id = h->id,
					     .suite = (uint8_t)e->suite};
	job_expect(job, h);
	if (!kn_handshake_job_submit(e, job)) {
		attempt_free(e, h);
		return false;
	}
	kn_count(&e->counters, KN_C_HS_INITIATED, 1);
	if (h->hs_first_ns == 0)
		h->hs_first_ns = e->now;
	return true;
}

static void msg1_send_on(struct kn_engine *e, struct kn_host *h, unsigned int i)
{
	/* Errors show themselves as no answer; the next try takes another link. */
	(void)e->io->send(e->io_ctx, i, &h->links[i]->path->remote, h->hs->msg1, KN_MSG1_LEN);
}

/* Up to cnt links, beginning where the last try ended, best links first at the first try. */
static void msg1_send(struct kn_engine *e, struct kn_host *h, unsigned int cnt)
{
	struct kn_hs_attempt *a = h->hs;

	if (a->has_cookie && e->now - a->cookie_ns < COOKIE_VALID_NS &&
	    kn_hs_mac2_put(a->msg1, a->cookie) != 0)
		return;
	for (unsigned int seen = 0; seen < KNET_MAX_LINKS && cnt > 0; seen++) {
		unsigned int i = a->next_link;

		a->next_link = (uint8_t)((i + 1) % KNET_MAX_LINKS);
		if (!link_can_carry(e, h, i))
			continue;
		msg1_send_on(e, h, i);
		cnt--;
	}
}

static void attempt_give_up(struct kn_engine *e, struct kn_host *h)
{
	char text[100];

	snprintf(text, sizeof(text), "no answer to handshakes for %u s on any link",
		 (unsigned int)((e->now - h->hs_first_ns) / KN_SEC));
	/* A reason that is known already says more. */
	if (!h->complained)
		kn_handshake_complain(e, h, text);
	attempt_free(e, h);
	if (h->hs_tries < UINT8_MAX)
		h->hs_tries++;
	kn_wheel_set(&e->wheel, &h->hs_timer, e->now + backoff_ns(e, h));
}

void kn_handshake_timer(struct kn_timer *t, void *ctx, uint64_t now)
{
	struct kn_engine *e = ctx;
	struct kn_host *h = caa_container_of(t, struct kn_host, hs_timer);

	(void)now;
	if (!host_can_shake(e, h)) {
		attempt_free(e, h);
		return;
	}
	if (h->hs == NULL) {
		uint64_t wait_ns;

		if (!retry_is_affordable(e, h, &wait_ns))
			kn_wheel_set(&e->wheel, t, e->now + wait_ns);
		else if (!attempt_begin(e, h))
			kn_wheel_set(&e->wheel, t, e->now + backoff_ns(e, h));
		return;
	}
	if (e->now - h->hs->born_ns >= ATTEMPT_NS) {
		attempt_give_up(e, h);
		return;
	}
	bool is_urgent = kn_interval_has_users(e, h);

	msg1_send(e, h, is_urgent ? KNET_MAX_LINKS : 1);
	kn_wheel_set(&e->wheel, t, e->now + (RESEND_NS << h->hs->resends));
	if (h->hs->resends < (is_urgent ? 1 : 2))
		h->hs->resends++;
}

static void initiate_done(struct kn_engine *e, struct kn_host *h, struct kn_hs_job *job)
{
	struct kn_hs_attempt *a = h->hs;

	if (job->result != KN_HS_OK) {
		attempt_give_up(e, h);
		return;
	}
	if (!h->has_pub) {
		memcpy(h->pub, job->remote_pub, sizeof(h->pub));
		h->has_pub = true;
	}
	memcpy(a->msg1, job->buf, KN_MSG1_LEN);
	a->noise = job->noise;
	a->has_msg1 = true;
	a->next_link = h->tx_links != 0 ? (uint8_t)__builtin_ctz(h->tx_links) : 0;
	msg1_send(e, h, kn_interval_has_users(e, h) ? KNET_MAX_LINKS : 2);
	kn_wheel_set(&e->wheel, &h->hs_timer, e->now + RESEND_NS);
}

static void session_begin(struct kn_engine *e, struct kn_host *h, struct kn_hs_job *job)
{
	struct kn_session_setup setup = {.host = h,
					 .local_index = h->hs->local_index,
					 .remote_index = job->remote_index,
					 .is_initiator = true,
					 .suite = e->suite,
					 .keys = &job->keys,
					 .now = e->now};
	struct kn_session *s = kn_session_new(e->aead, &e->keys, &setup);

	if (s == NULL) {
		attempt_give_up(e, h);
		return;
	}
	h->hs->local_index = 0; /* the session's now */
	kn_handshake_stop(e, h);
	kn_twins_note(e, h, job->link, &job->from);
	kn_session_publish(&e->sessions, s);
	kn_keys_install(e, h, s);
}

static void finish_done(struct kn_engine *e, struct kn_host *h, struct kn_hs_job *job)
{
	h->hs->is_finishing = false;
	if (job->result != KN_HS_OK) {
		kn_count(&e->counters, KN_C_HS_NOT_AUTHENTIC, 1);
		return;
	}
	switch (job->msg2.status) {
	case KN_MSG2_OK:
		session_begin(e, h, job);
		return;
	case KN_MSG2_STALE:
		if (job->msg2.freshness > e->freshness)
			e->freshness = job->msg2.freshness;
		kn_handshake_stop(e, h);
		kn_handshake_start(e, h, 0);
		return;
	default:
		kn_handshake_complain(e, h, "the peer uses another suite or refuses us");
	}
}

static void on_msg2(struct kn_engine *e, const struct kn_report *r)
{
	uint32_t index = ((uint32_t)r->data[8] << 24) | ((uint32_t)r->data[9] << 16) |
			 ((uint32_t)r->data[10] << 8) | r->data[11];
	uint16_t id = kn_session_index_host(&e->sessions, index);
	struct kn_host *h = id == 0 ? NULL : e->hosts[id];

	if (h == NULL || h->hs == NULL || h->hs->local_index != index || !h->hs->has_msg1) {
		kn_count(&e->counters, KN_C_HS_UNEXPECTED, 1);
		return;
	}
	/* A copy by another link while the first is being read. */
	if (h->hs->is_finishing) {
		kn_count(&e->counters, KN_C_HS_COPIES, 1);
		return;
	}
	struct kn_hs_job *job = kn_handshake_job_new(e, KN_HS_FINISH, id);

	if (job == NULL)
		return;
	job->link = r->link;
	job->from = r->from;
	job->ticket = h->hs->ticket;
	job->noise = h->hs->noise;
	job->remote_index = ((uint32_t)r->data[4] << 24) | ((uint32_t)r->data[5] << 16) |
			    ((uint32_t)r->data[6] << 8) | r->data[7];
	memcpy(job->buf, r->data, KN_MSG2_LEN);
	h->hs->is_finishing = kn_handshake_job_submit(e, job);
}

static void on_cookie(struct kn_engine *e, const struct kn_report *r)
{
	uint32_t index = ((uint32_t)r->data[4] << 24) | ((uint32_t)r->data[5] << 16) |
			 ((uint32_t)r->data[6] << 8) | r->data[7];
	uint16_t id = kn_session_index_host(&e->sessions, index);
	struct kn_host *h = id == 0 ? NULL : e->hosts[id];

	if (h == NULL || h->hs == NULL || h->hs->local_index != index || !h->hs->has_msg1) {
		kn_count(&e->counters, KN_C_HS_UNEXPECTED, 1);
		return;
	}
	if (kn_hs_guard_cookie_open(e->guard, e->aead_ctx, r->data, h->hs->msg1 + KN_MSG1_MAC1_OFF,
				    h->hs->cookie) != 0) {
		kn_count(&e->counters, KN_C_HS_NOT_AUTHENTIC, 1);
		return;
	}
	h->hs->has_cookie = true;
	h->hs->cookie_ns = e->now;
}

void kn_handshake_on_datagram(struct kn_engine *e, const struct kn_report *r)
{
	switch (kn_datagram_type_of(r->data, r->len)) {
	case KN_DATAGRAM_MSG1:
		kn_handshake_on_msg1(e, r);
		break;
	case KN_DATAGRAM_MSG2:
		on_msg2(e, r);
		break;
	case KN_DATAGRAM_COOKIE:
		on_cookie(e, r);
		break;
	default:
		break;
	}
}

void kn_handshake_job_done(struct kn_engine *e, struct kn_hs_job *job, uint64_t now)
{
	e->now = now;
	if (job->step == KN_HS_READ1) {
		kn_handshake_read1_done(e, job); /* consumes it */
		return;
	}
	struct kn_host *h = e->hosts[job->host];

	if (job->step == KN_HS_RESPOND)
		kn_handshake_respond_done(e, h, job);
	else if (h != NULL && h->hs != NULL && h->hs->ticket == job->ticket) {
		/* Otherwise it was given up in the meantime. */
		if (job->step == KN_HS_INITIATE)
			initiate_done(e, h, job);
		else
			finish_done(e, h, job);
	}
	kn_hs_job_free(job);
}
