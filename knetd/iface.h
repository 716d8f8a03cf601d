/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * A live interface: one handle of the engine, and what the daemon knows about it. It exists while
 * its configuration is complete (knd_iface_may_live()). Control thread only.
 */
#ifndef KNETD_IFACE_H
#define KNETD_IFACE_H

#include <net/if.h>

#include "knet.h"
#include "knetd/cmd/config.h"
#include "knetd/load.h"
#include "knetd/net.h"
#include "knetd/why.h"

/* What files say; wiped when it is of no more use. */
struct knd_keys {
	uint8_t secret[KNET_SECRET_LEN];
	uint8_t key[KNET_KEY_LEN];
	bool has_key;
};

/* One of our own links. */
struct knd_link {
	bool is_wanted; /* by the configuration */
	bool is_open;
	bool is_usable;
	uint8_t priority;
	uint8_t weight;
	unsigned int mtu;            /* of the device below, when last seen; 0: never */
	unsigned int mtu_told;       /* and that the engine knows of; 0: none */
	struct kcl_endpoint local;   /* open: bound to; else what it waits for, if known */
	struct kcl_endpoint towards; /* `local auto`: the address that decided the route */
	char trouble[192];           /* why not open or not usable, "" if there is no trouble */
};

struct knd_counters_zero;

/* The zero of `clear counters session`: of one session of the control socket. */
struct knd_session_zero {
	struct knd_session_zero *next;
	uint32_t session;
	struct knd_counters_zero *zero; /* owned */
};

struct knd_iface {
	struct knd_iface *next;
	char name[IFNAMSIZ];
	struct knet_handle *handle;
	struct knd_keys keys;
	int index;    /* of the TAP */
	bool is_seen; /* the kernel has told of the TAP: if it does no more, it is lost */
	bool is_lost; /* of no more use, to be made anew */
	unsigned int mtu;
	unsigned int
		narrowest; /* what fits the narrowest path in use, when last asked; 0: none is */
	char *alias;       /* of the TAP, owned, NULL: none */
	uint32_t addr_cnt;
	struct kcl_prefix addr[KCL_ADDRS_MAX]; /* that the TAP has from us */
	struct knd_link link[KNET_MAX_LINKS];
	char warning[128];              /* what works, but not as one may think; "": nothing */
	bool is_warned;                 /* who has configured it was told */
	uint64_t event_seq;             /* of the engine, the last one taken */
	struct knd_load load;           /* of the TAP */
	struct knd_counters_zero *zero; /* of `clear counters`, owned, NULL: never */
	struct knd_session_zero *zeros; /* of single sessions, owned */
};

/* All live interfaces, sorted by name, and what they stand on. */
struct knd_ifaces {
	struct knd_iface *first;
	struct knd_net *net; /* borrowed */
	knet_log_fn log;
	unsigned int without; /* offloads not to be used, as in struct knet_params */
	/* A handle has come, or is about to go: watch its descriptor. */
	void (*on_handle)(void *arg, struct knd_iface *iface, bool is_there);
	void *arg;
};

/* ---- life (iface.c) -------------------------------------------------------------------------- */

/* Forgets what `clear counters session` has kept for a session; 0: for all. */
void knd_iface_zeros_drop(struct knd_iface *iface, uint32_t session);
struct knd_iface *knd_iface_find(const struct knd_ifaces *all, const char *name);
/* True if the configuration has all that an interface needs to live. */
bool knd_iface_may_live(const struct kcl_iface *cfg);
/* Why it does not live: "waiting: no peers" and the like; "" if nothing is missing. Static. */
const char *knd_iface_missing(const struct kcl_iface *cfg);
/* True if a live interface cannot go from one to the other: it has to be made anew. */
bool knd_iface_must_renew(const struct kcl_iface *from, const struct kcl_iface *to);

/* Reads the files that the configuration names. 0 or -errno with `why`. */
__attribute__((warn_unused_result)) int knd_keys_read(const struct kcl_iface *cfg,
						      struct knd_keys *keys, struct knd_why *why);
bool knd_keys_equal(const struct knd_keys *a, const struct knd_keys *b);
void knd_keys_wipe(struct knd_keys *keys);

/*
 * Makes the handle and tells it of all peers; links and addresses come with knd_iface_settle().
 * Returns 0 or -errno with `why`, and then nothing is left.
 */
__attribute__((warn_unused_result)) int knd_iface_up(struct knd_ifaces *all,
						     const struct kcl_iface *cfg,
						     const struct knd_keys *keys,
						     struct knd_why *why);
/* Ends the interface and forgets it. */
void knd_iface_down(struct knd_ifaces *all, struct knd_iface *iface);

/* ---- changes of a live interface (change.c) -------------------------------------------------- */

/* Settings of the whole: timers, policy, rekeying, MAC table. 0 or -errno with `why`. */
__attribute__((warn_unused_result)) int
knd_iface_set(struct knd_iface *iface, const struct kcl_iface *cfg, struct knd_why *why);
/* One difference, other than of the interface itself. 0 or -errno with `why`. */
__attribute__((warn_unused_result)) int
knd_iface_change(struct knd_iface *iface, const struct kcl_diff *diff, struct knd_why *why);
/* Takes a link to a peer out of service and back into it. 0 or -errno. */
__attribute__((warn_unused_result)) int knd_iface_link_clear(struct knd_iface *iface,
							     const struct kcl_iface *cfg,
							     const struct kcl_peer *peer,
							     unsigned int link);
/* Takes a link to a peer out of service, or back to what is configured. 0 or -errno. */
__attribute__((warn_unused_result)) int knd_iface_link_out(struct knd_iface *iface,
							   const struct kcl_iface *cfg,
							   const struct kcl_peer *peer,
							   unsigned int link, bool is_out);
/* Gives a new handle all peers and static addresses. 0 or -errno with `why`. */
__attribute__((warn_unused_result)) int
knd_iface_fill(struct knd_iface *iface, const struct kcl_iface *cfg, struct knd_why *why);

/* ---- what depends on the machine (settle.c) -------------------------------------------------- */

/*
 * Brings links, MTU and addresses to what configuration and machine now call for; what is right
 * is left alone. An address that is not there (yet) is no error: the link waits for it. Returns 0,
 * or -errno with `why`.
 */
__attribute__((warn_unused_result)) int knd_iface_settle(struct knd_ifaces *all,
							 struct knd_iface *iface,
							 const struct kcl_iface *cfg,
							 struct knd_why *why);
/* The same after news of the machine: the configuration is that of the last settling. */
__attribute__((warn_unused_result)) int knd_iface_follow(struct knd_ifaces *all,
							 struct knd_iface *iface,
							 const struct kcl_iface *cfg,
							 struct knd_why *why);
/*
 * The link to a peer that decides about the local address of our own link where that has none: that
 * of the lowest id which has an address; NULL if there is none.
 */
const struct kcl_peer_link *knd_link_decider(const struct kcl_iface *cfg, unsigned int number);
/* Works out anew what the operator should be warned of, and logs it if it is something else. */
void knd_iface_warn(struct knd_iface *iface, const struct kcl_iface *cfg);
/* Tells whoever has just changed something what he may not have meant; once for each. */
void knd_ifaces_warn(struct knd_ifaces *all, void (*tell)(void *arg, const char *text), void *arg);
/* True if `ep` is within a network that the interface itself has. */
bool knd_iface_covers(const struct kcl_iface *cfg, const struct kcl_endpoint *ep);

#endif
