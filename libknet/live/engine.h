/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_LIVE_ENGINE_H
#define KN_LIVE_ENGINE_H

#include "core/engine.h"

struct kn_engine_setup {
	const struct knet_params *params;
	const struct kn_io *io;
	void *io_ctx;
	struct kn_rng rng;
	const struct kn_aead_backend *aead;
	uint64_t now;
};

/* The calling thread becomes control: it must be registered with RCU (QSBR) and online in every
 * call. Returns owned; NULL if out of memory or crypto fails. */
struct kn_engine *kn_engine_new(const struct kn_engine_setup *setup);
/* Workers and the handshake thread have ended. */
void kn_engine_free(struct kn_engine *e);

/* Runs timers and frees what is due. */
void kn_engine_step(struct kn_engine *e, uint64_t now);
/* When kn_engine_step() must be called next; KN_NEVER if nothing is due. */
uint64_t kn_engine_next(const struct kn_engine *e);

/* Configuration; the same errors as the public calls of the same name. */
int kn_host_add(struct kn_engine *e, uint16_t id, const char *name, const uint8_t *pub);
int kn_host_del(struct kn_engine *e, uint16_t id);
int kn_host_link_set(struct kn_engine *e, uint16_t id, unsigned int link,
		     const struct knet_peer_link *cfg);
int kn_host_link_del(struct kn_engine *e, uint16_t id, unsigned int link);

/* Give a link a remote address ("none": forget it). 0 or -ENOMEM. */
int kn_link_path_set(struct kn_engine *e, struct kn_link *l, const union kn_addr *remote)
	__attribute__((warn_unused_result));

/* Have the list of flooded peers rebuilt soon. */
void kn_flood_changed(struct kn_engine *e);

/* A link without a configured address was heard at `from`: use that, unless it has another one and
 * is not down. Out of memory: the next datagram tries again. */
void kn_link_path_learn(struct kn_engine *e, struct kn_link *l, const union kn_addr *from);
/* Forget the sessions of a host, by configuration or because the peer left. */
int kn_host_clear(struct kn_engine *e, uint16_t id);
int kn_host_enable(struct kn_engine *e, uint16_t id, bool enabled);
int kn_host_key_set(struct kn_engine *e, uint16_t id, const uint8_t *pub);

/* Our own link was opened, closed, or the kernel says its interface is (not) usable. */
void kn_local_set(struct kn_engine *e, unsigned int link, const struct kn_local_link *local,
		  const char *why);

/* What workers report to control. */
enum kn_report_type {
	KN_REPORT_CONTROL,     /* an authentic control message: data, len */
	KN_REPORT_HANDSHAKE,   /* msg1 (mac1 verified), msg2 or cookie: data, len, from */
	KN_REPORT_BAD_MAC1,    /* a handshake of one who does not know the secret: from */
	KN_REPORT_CONFIRMED,   /* first authentic datagram under session index */
	KN_REPORT_LEARN,       /* key is seen behind host */
	KN_REPORT_WAKE,        /* user traffic with host after a pause */
	KN_REPORT_SEND_FAILED, /* a hard error on host's link; session holds the errno */
	KN_REPORT_STORM,       /* key is limited to `session` frames a second to all peers */
	KN_REPORT_TOO_LONG,    /* the kernel refused a datagram on host's link for its length */
};

#define KN_REPORT_DATA_LEN 200

struct kn_report {
	uint64_t now;    /* when the worker received it */
	uint64_t rx_cnt; /* datagrams received on the link so far, this one included */
	kn_fdb_key key;
	union kn_addr from;
	uint32_t session; /* index */
	uint16_t host;
	uint16_t len;
	uint8_t type; /* enum kn_report_type */
	uint8_t link;
	bool is_newest; /* of its lane */
	uint8_t data[KN_REPORT_DATA_LEN];
};

/* Control: act on a report. */
void kn_engine_on_report(struct kn_engine *e, const struct kn_report *r, uint64_t now);

#endif
