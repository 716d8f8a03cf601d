/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copyright (C) 2026 The Kronosnet developers
 *
 * libknet: one virtual Ethernet switch port to many hosts over many links.
 *
 * A handle owns a TAP interface, up to eight UDP sockets ("links") and the
 * set of peers (other hosts of the overlay). It encrypts, forwards, watches
 * the links and fails over by itself. It knows no configuration file.
 *
 * Threads. All calls on one handle come from one thread, the *control
 * thread*: it polls knet_fd() for reading and calls knet_dispatch() whenever
 * that is readable. The library starts its own packet workers and one
 * handshake thread; callbacks run in the control thread, from within
 * knet_dispatch() or another call on the handle.
 *
 * Errors. Calls that can fail return 0 or a negative errno value; each call
 * lists its own. Structures handed out are copies. Times are nanoseconds of
 * CLOCK_MONOTONIC unless the name says otherwise, rates are per second.
 */
#ifndef KNET_H
#define KNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library is built with hidden symbols; what this header declares is what it exports. */
#pragma GCC visibility push(default)

#define KNET_MAX_LINKS   8     /* links 0..7 */
#define KNET_MAX_HOSTS   65535 /* host ids 1..65535 */
#define KNET_NAME_LEN    64    /* with the terminating zero */
#define KNET_SECRET_LEN  32
#define KNET_KEY_LEN     32
#define KNET_LINK_NONE   0xff
#define KNET_MAX_WORKERS 16
#define KNET_PROTOCOL    1

struct knet_handle;

enum knet_suite {
	KNET_SUITE_AES256_GCM,
	KNET_SUITE_AES128_GCM,
	KNET_SUITE_CHACHA20_POLY1305,
	KNET_SUITE_COUNT
};

enum knet_policy {
	KNET_POLICY_PASSIVE,     /* all traffic on the best link */
	KNET_POLICY_ACTIVE,      /* a copy on every up link, the first one wins */
	KNET_POLICY_ROUND_ROBIN, /* frame by frame on every good link in turn */
	KNET_POLICY_BALANCE,     /* each flow on one of the good links */
	KNET_POLICY_COUNT
};

enum knet_link_state {
	KNET_LINK_DISABLED, /* by configuration */
	KNET_LINK_DOWN,     /* nothing heard for the timeout */
	KNET_LINK_INIT,     /* heard, not yet often enough */
	KNET_LINK_UP,
	KNET_LINK_SUSPECT, /* a probe is overdue: traffic has moved, nothing is torn down */
	KNET_LINK_STATE_COUNT
};

enum knet_peer_state {
	KNET_PEER_NEVER, /* no session since it was configured */
	KNET_PEER_DOWN,
	KNET_PEER_DEGRADED, /* reachable, but not on all its links */
	KNET_PEER_UP,
	KNET_PEER_STATE_COUNT
};

enum knet_log_level {
	KNET_LOG_ERROR,
	KNET_LOG_WARNING,
	KNET_LOG_NOTICE,
	KNET_LOG_INFO,
	KNET_LOG_DEBUG,
	KNET_LOG_LEVEL_COUNT
};

/* Lower case names as the CLI shows them: "up", "passive", "aes256-gcm", ... */
const char *knet_suite_name(enum knet_suite suite);
const char *knet_policy_name(enum knet_policy policy);
const char *knet_link_state_name(enum knet_link_state state);
const char *knet_peer_state_name(enum knet_peer_state state);

/* One log line, no newline at its end, without time or level. subsystem is a
 * short word ("handshake", "link", "tap", ...). */
typedef void (*knet_log_fn)(void *ctx, enum knet_log_level level, const char *subsystem,
			    const char *text);

/* ---- keys ---------------------------------------------------------------- */

#define KNET_KEY_TEXT_LEN 44 /* of a key or secret as base64, without the terminating zero */

/* Bytes of the operating system's generator, for a secret or a private key. 0 or -errno */
int knet_random(void *out, size_t len);
/* The public key of a private one. 0, or -ENOSYS without a working cryptographic library */
int knet_key_public(const uint8_t private_key[KNET_KEY_LEN], uint8_t out[KNET_KEY_LEN]);
/* A key or a secret as base64, and back. Parsing is strict: exactly 44 characters. 0 or -EINVAL */
void knet_key_format(const uint8_t key[KNET_KEY_LEN], char out[KNET_KEY_TEXT_LEN + 1]);
int knet_key_parse(const char *text, uint8_t out[KNET_KEY_LEN]);

/* ---- a handle ------------------------------------------------------------ */

/* What the kernel may do for us. Each is used where it is there, and done without where it is not.
 */
enum knet_offload {
	KNET_OFFLOAD_VNET_HDR,    /* offload data with each frame of the TAP */
	KNET_OFFLOAD_TAP_TSO,     /* super-frames of TCP, and checksums to be completed, from it */
	KNET_OFFLOAD_TAP_USO,     /* super-frames of UDP, from it and to it */
	KNET_OFFLOAD_TAP_BATCH,   /* single frames to it, many at a time */
	KNET_OFFLOAD_UDP_SEGMENT, /* datagrams sent many at a time */
	KNET_OFFLOAD_UDP_GRO,     /* and received */
	KNET_OFFLOAD_COUNT
};
const char *knet_offload_name(enum knet_offload offload); /* "udp-segment" */

struct knet_params {
	uint16_t host_id;           /* our own, 1..65535 */
	const char *tap_name;       /* IFNAMSIZ - 1 at most */
	const uint8_t *secret;      /* KNET_SECRET_LEN bytes, copied */
	const uint8_t *private_key; /* KNET_KEY_LEN bytes, or NULL: derived from the secret */
	enum knet_suite suite;
	const uint8_t *mac; /* 6 bytes for the TAP, or NULL: derived from secret and host id */
	const char *aead_backend;   /* "ipsec-mb", "nss", or NULL: the best usable one */
	unsigned int rekey_seconds; /* 0: 600 */
	uint64_t rekey_bytes;       /* 0: 2^38 */
	unsigned int workers;       /* as for knet_workers_set() */
	unsigned int without;       /* bit n: enum knet_offload n is not to be used; for tests */
	knet_log_fn log;            /* NULL: silent */
	void *log_ctx;
};

/*
 * Creates the TAP (down, without address: the caller sets both), starts the
 * workers and the handshake thread. No socket is open yet.
 * -EINVAL bad parameter, -EPERM no right to create a TAP, -EBUSY the name is
 * in use, -ENOSYS the requested AEAD back end is not usable here, or another
 * negative errno.
 */
int knet_handle_new(const struct knet_params *params, struct knet_handle **out);

/* Tells active peers that we leave, stops all threads, removes the TAP, wipes all keys. */
void knet_handle_free(struct knet_handle *h);

/* A descriptor that polls readable when knet_dispatch() has work. Owned by the handle. */
int knet_fd(const struct knet_handle *h);

/* Does all due work without blocking. 0, or a negative errno that means the handle is unusable. */
int knet_dispatch(struct knet_handle *h);

const char *knet_tap_name(const struct knet_handle *h);
const char *knet_aead_backend_name(const struct knet_handle *h); /* e.g. "ipsec-mb 1.3 (VAES)" */
void knet_public_key(const struct knet_handle *h, uint8_t out[KNET_KEY_LEN]);
/* Largest Ethernet payload (TAP MTU) that fits one datagram on a link whose path MTU is link_mtu
 * bytes. */
unsigned int knet_mtu_for(unsigned int link_mtu, bool ipv6);
/* The TAP MTU that fits the narrowest path in use, if one is narrower than our own interfaces: of
 * links whose search is done, of peers with user traffic within two minutes. Falls at once, rises
 * 10 s after it might. 0: none is. What is larger is fragmented. */
unsigned int knet_mtu_narrowest(const struct knet_handle *h);

/* How many packet threads there are: 1..KNET_MAX_WORKERS, or 0 for one per CPU that the process may
 * use. At any time; sessions and links do not notice. -EINVAL, or another negative errno: as many
 * as before. */
int knet_workers_set(struct knet_handle *h, unsigned int cnt);

/* The MTU that the TAP has been given: connections of TCP through it are told what fits, by their
 * own SYNs. 0: not known, they are left alone. -EINVAL above 65535 */
int knet_tap_mtu_set(struct knet_handle *h, unsigned int mtu);

/* ---- our own links ------------------------------------------------------ */

/*
 * Binds the socket of a link, or moves it to another address. `local` may be
 * a wildcard address; port 0 is refused. Peers' links of another address
 * family stay down. -EINVAL, -EADDRINUSE, -EADDRNOTAVAIL (nothing is changed
 * then; call again when the address has appeared).
 */
int knet_link_open(struct knet_handle *h, unsigned int link, const struct sockaddr *local,
		   uint8_t priority);
/* What part of the traffic the link takes with the policies that use several, 1..255; 1 unless set.
 * -EINVAL */
int knet_link_weight_set(struct knet_handle *h, unsigned int link, uint8_t weight);
/* Closes the socket; all peers' links of this number go down. -ENOENT */
int knet_link_close(struct knet_handle *h, unsigned int link);
/*
 * What the kernel says of the local interface under a link: false when
 * carrier or address is gone (all peers' links of this number leave at once,
 * the peers are told over the others), true when it may be used again.
 */
int knet_link_usable_set(struct knet_handle *h, unsigned int link, bool usable, const char *why);
/* The MTU of the interface under a link: the search for path MTUs goes up to it. Without this call
 * 1500. -ENOENT no such link, -EINVAL below 576 or above 65535 */
int knet_link_mtu_set(struct knet_handle *h, unsigned int link, unsigned int mtu);

/* ---- peers -------------------------------------------------------------- */

struct knet_timers {
	unsigned int ping_ms;    /* probe interval while there is traffic */
	unsigned int timeout_ms; /* silence after which a link is down */
	unsigned int pong_count; /* answers in a row before a link is up */
	unsigned int hold_ms;    /* clean time before traffic fails back */
};

/* Applies to every peer link without timers of its own. -EINVAL unless 5 <= ping_ms < timeout_ms */
int knet_timers_set(struct knet_handle *h, const struct knet_timers *t);
int knet_policy_set(struct knet_handle *h, enum knet_policy policy);
int knet_rekey_set(struct knet_handle *h, unsigned int seconds, uint64_t bytes);
/* How long after a search for a link's path MTU a larger one is looked for, 86400 at most; 0:
 * never. -EINVAL */
int knet_pmtud_set(struct knet_handle *h, unsigned int seconds);
/*
 * How many frames a second of one source address may go to all peers: broadcast, multicast, and
 * frames to stations that are not known. KNET_STORM_AUTO, unless set: less, the more peers there
 * are. KNET_STORM_OFF: no limit. -EINVAL above KNET_STORM_MAX
 */
#define KNET_STORM_MAX  1000000U
#define KNET_STORM_AUTO UINT32_MAX
#define KNET_STORM_OFF  0U
int knet_storm_guard_set(struct knet_handle *h, uint32_t pps);
/* The DSCP, 0 to 63, of all that leaves by the links from now on. -EINVAL, or why the kernel does
 * not mark it so. */
int knet_dscp_set(struct knet_handle *h, unsigned int dscp);

/*
 * What is sent to a peer is kept until it is confirmed, to be sent again when all links on which it
 * went have failed: so many bytes for each peer, KNET_FAILOVER_BUFFER_MIN to _MAX, or 0 to keep
 * nothing. All peers together have 256 MiB, or as much as one of them if that is more. -EINVAL
 */
#define KNET_FAILOVER_BUFFER_MIN (64ULL << 10)
#define KNET_FAILOVER_BUFFER     (64ULL << 20) /* unless set */
#define KNET_FAILOVER_BUFFER_MAX (1ULL << 30)
int knet_failover_buffer_set(struct knet_handle *h, uint64_t bytes);

/* public_key NULL: derived from the network secret. -EEXIST, -EINVAL, -ENOMEM */
int knet_peer_add(struct knet_handle *h, uint16_t id, const char *name, const uint8_t *public_key);
int knet_peer_del(struct knet_handle *h, uint16_t id);                      /* -ENOENT */
int knet_peer_rename(struct knet_handle *h, uint16_t id, const char *name); /* -ENOENT */
/* A changed key drops the session. */
int knet_peer_key_set(struct knet_handle *h, uint16_t id, const uint8_t *public_key); /* -ENOENT */
/* Looks for the path MTU of its links once more, from the beginning; meanwhile what is known to
 * pass is in force. See mtu_searching of struct knet_link_info. -ENOENT, -ENOTCONN no link works */
int knet_peer_mtu_search(struct knet_handle *h, uint16_t id);
/* NULL: the handle's policy. -ENOENT */
int knet_peer_policy_set(struct knet_handle *h, uint16_t id, const enum knet_policy *policy);
int knet_peer_enable(struct knet_handle *h, uint16_t id, bool enabled); /* `shutdown` */
/* Drops the session and shakes hands again. -ENOENT */
int knet_peer_clear(struct knet_handle *h, uint16_t id);

/* Whether a peer may be answered elsewhere than where its link was configured, or first heard. It
 * is followed only where it answers from. */
enum knet_roaming {
	KNET_ROAMING_AUTO,   /* with a configured address pinned, without one roam */
	KNET_ROAMING_PINNED, /* never */
	KNET_ROAMING_NAT,    /* to another port of the same address */
	KNET_ROAMING_ROAM,   /* to any address */
	KNET_ROAMING_COUNT
};
const char *knet_roaming_name(enum knet_roaming roaming); /* "auto", "pinned", "nat", "roam" */

struct knet_peer_link {
	struct sockaddr_storage remote; /* ss_family AF_UNSPEC: dynamic, learned from the peer */
	int priority;                   /* 0..255, higher is better; -1: that of our own link */
	bool enabled;
	bool has_timers;
	struct knet_timers timers; /* when has_timers */
	enum knet_roaming roaming;
};

/* Creates or changes one link of a peer; a change that leaves the remote address alone does not
 * disturb the link. -ENOENT no such peer, -EINVAL */
int knet_peer_link_set(struct knet_handle *h, uint16_t id, unsigned int link,
		       const struct knet_peer_link *cfg);
int knet_peer_link_del(struct knet_handle *h, uint16_t id, unsigned int link);

/* ---- forwarding database ------------------------------------------------ */

struct knet_fdb_params {
	unsigned int aging_s; /* 0: entries never age */
	unsigned int limit;   /* dynamic entries in all */
};
int knet_fdb_params_set(struct knet_handle *h, const struct knet_fdb_params *p);
int knet_fdb_static_add(struct knet_handle *h, const uint8_t mac[6], uint16_t vlan, uint16_t peer);
int knet_fdb_static_del(struct knet_handle *h, const uint8_t mac[6], uint16_t vlan);
enum knet_fdb_clear { KNET_FDB_CLEAR_DYNAMIC, KNET_FDB_CLEAR_PEER, KNET_FDB_CLEAR_MAC };
/* Returns the number of dynamic entries removed. `peer` and `mac` as the kind needs. */
int knet_fdb_clear(struct knet_handle *h, enum knet_fdb_clear what, uint16_t peer,
		   const uint8_t *mac);

/* ---- what is going on --------------------------------------------------- */

struct knet_handle_info {
	uint32_t peers, peers_up, peers_degraded, peers_down, peers_never;
	uint32_t links, links_up;
	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes; /* through the TAP */
	uint32_t fdb_entries;
	uint32_t storm_pps;     /* frames/s of one source to all peers, as it is now; 0: no limit */
	uint64_t storm_dropped; /* frames beyond that */
	unsigned int workers;
	unsigned int offloads; /* bit n: enum knet_offload n is in force, on all open links */
	struct {
		bool open, usable;
		struct sockaddr_storage local;
		uint8_t priority;
	} local[KNET_MAX_LINKS];
};
void knet_handle_info_get(struct knet_handle *h, struct knet_handle_info *out);

struct knet_peer_info {
	uint16_t id;
	char name[KNET_NAME_LEN];
	enum knet_peer_state state;
	bool enabled, pinned;
	enum knet_policy policy;
	uint8_t links, links_up; /* counts */
	uint8_t active_links;    /* bit n: traffic leaves on link n */
	int64_t rtt_us;          /* of the best active link, -1: unknown */
	uint64_t rx_bytes, tx_bytes, rx_frames, tx_frames;
	uint64_t since_ns;   /* of the present state */
	uint32_t macs;       /* learned behind it */
	char last_error[96]; /* "" for none */
	uint64_t last_error_ns;
	/* session */
	bool has_session;
	enum knet_suite suite;
	uint64_t key_age_ns;
	uint64_t rx_ok, rx_bad_tag, rx_replay, tx_datagrams;
	uint32_t rekeys;
	uint32_t outages_hour, outages_day; /* of its links, in the last hour and day */
	/* failover: bytes kept now; datagrams that were sent again, that were kept until they were
	 * confirmed, and that were given up unconfirmed */
	uint64_t failover_kept, failover_replayed, failover_confirmed, failover_overrun;
};
int knet_peer_info_get(struct knet_handle *h, uint16_t id,
		       struct knet_peer_info *out); /* -ENOENT */
/* The smallest configured id above `after` (0 to begin), or 0 at the end. */
uint16_t knet_peer_next(struct knet_handle *h, uint16_t after);

struct knet_link_info {
	uint8_t link;
	enum knet_link_state state;
	bool active;
	struct sockaddr_storage local, remote; /* AF_UNSPEC: not known */
	uint8_t priority;
	int64_t rtt_us, rtt_min_us, rtt_max_us, jitter_us; /* -1: unknown */
	double loss_rx_percent, loss_tx_percent;           /* over the last window; -1: unknown */
	bool lossy;                                        /* behind every clean link */
	bool on_hold;       /* back not long enough to be taken in place of a good link */
	unsigned int mtu;   /* of the path: the largest IP packet known to pass; 0: not known */
	bool mtu_searching; /* and whether it is being looked for */
	uint32_t down_count, suspect_count;
	uint32_t outages_hour, outages_day; /* how often it went down in the last hour and day */
	uint64_t since_ns;
	char reason[64]; /* why it is in this state */
	uint64_t rx_datagrams, tx_datagrams, rx_bytes, tx_bytes, tx_errors;
	unsigned int interval_ms; /* probe interval now in force */
	uint64_t next_probe_ns;   /* 0: none due */
};
int knet_link_info_get(struct knet_handle *h, uint16_t id, unsigned int link,
		       struct knet_link_info *out); /* -ENOENT */

/* An echo request to a peer: encrypted, on one link, answered by the peer's packet thread. */
#define KNET_PING_SIZE_MAX 65000
struct knet_ping_params {
	unsigned int link; /* KNET_LINK_NONE: the one in use */
	unsigned int size; /* bytes of payload, KNET_PING_SIZE_MAX at most */
	bool whole;        /* in one datagram, even if it is too long for the path */
};
struct knet_ping {
	uint32_t token; /* tells it from others of this handle */
	uint8_t link;   /* on which it went */
};
/*
 * Sends one. -ENOENT no such peer or link, -EINVAL, -ENOTCONN no session, or no link in use, or
 * none that can send, -EAGAIN there are too many, -EMSGSIZE it is longer than the interface below
 * the link sends, or another negative errno of the send. One that is not whole goes in fragments
 * where that is needed, and so does its answer, which is as long; that of a whole one is as long as
 * the peer sends in one datagram.
 */
int knet_ping_send(struct knet_handle *h, uint16_t id, const struct knet_ping_params *params,
		   struct knet_ping *out);
/* 1 and how long the answer took; 0: none so far; -ENOENT: too many were sent since, or none. */
int knet_ping_result(struct knet_handle *h, const struct knet_ping *ping, int64_t *rtt_us);

struct knet_fdb_info {
	uint8_t mac[6];
	uint16_t vlan;
	uint16_t peer;
	bool is_static;
	uint32_t age_s, moves;
	uint64_t frames; /* that came from the address */
};
/* Calls fn for every entry until it returns false. */
typedef bool (*knet_fdb_fn)(void *ctx, const struct knet_fdb_info *info);
void knet_fdb_walk(struct knet_handle *h, knet_fdb_fn fn, void *ctx);

struct knet_counter {
	const char *name;    /* "rx_replay", "tap_rx_drop", ... lasts as long as the library */
	const char *meaning; /* one line for people */
	bool is_error;
	uint64_t value;
};
/* Copies up to `max` of the handle's counters, returns how many there are. */
size_t knet_counters_get(struct knet_handle *h, struct knet_counter *out, size_t max);

enum knet_event_kind {
	KNET_EVENT_LINK_UP,
	KNET_EVENT_LINK_DOWN,
	KNET_EVENT_LINK_SUSPECT,
	KNET_EVENT_FAILOVER, /* traffic moved to other links */
	KNET_EVENT_PEER_UP,
	KNET_EVENT_PEER_DOWN,
	KNET_EVENT_HANDSHAKE, /* failed or refused: text says why */
	KNET_EVENT_REKEY,
	KNET_EVENT_MAC_MOVE,
	KNET_EVENT_LOCAL_LINK, /* local interface lost or regained */
	KNET_EVENT_LINK_LOSS,  /* a link has become lossy, or clean again */
	KNET_EVENT_PATH_MTU,   /* a link carries other sizes than before */
	KNET_EVENT_STORM,      /* a station sends too much to all peers, and is limited */
	KNET_EVENT_LINK_MOVED, /* the peer's address on a link is another one */
	KNET_EVENT_KIND_COUNT
};
const char *knet_event_kind_name(enum knet_event_kind kind); /* "link-up", "failover", ... */

struct knet_event {
	uint64_t seq;         /* 1, 2, 3, ... */
	uint64_t realtime_ns; /* since 1970 */
	enum knet_event_kind kind;
	enum knet_log_level level;
	uint16_t peer;  /* 0: none */
	uint8_t link;   /* KNET_LINK_NONE: none */
	char text[160]; /* the reason with its numbers */
};
/* Copies the oldest kept event with a number > after: 1 copied, 0 none. The last 1024 are kept. */
int knet_event_next(struct knet_handle *h, uint64_t after, struct knet_event *out);

/* ---- capture ------------------------------------------------------------ */

/* Where a packet was: link 0..7, its datagrams, or the TAP, its frames. */
#define KNET_CAPTURE_TAP    KNET_MAX_LINKS
#define KNET_CAPTURE_PLACES (KNET_MAX_LINKS + 1)

/* Whether a packet is wanted. Called by the packet threads, so it must be quick, and neither lock
 * nor allocate. Of a datagram only the beginning is there: `len` of `wire_len` bytes. */
typedef bool (*knet_capture_match_fn)(const void *program, bool is_out, const uint8_t *data,
				      uint32_t len, uint32_t wire_len);

struct knet_capture_filter {
	knet_capture_match_fn match; /* NULL: all are wanted */
	const void *program;         /* copied */
	size_t len;
};

struct knet_capture_params {
	unsigned int places; /* bit n: link n, bit KNET_CAPTURE_TAP: the TAP */
	uint16_t peer;       /* only what is from it or to it, also to all; 0: of all peers */
	uint32_t snaplen;    /* bytes of a packet that are kept */
	struct knet_capture_filter frames, datagrams;
};

/*
 * Copies of what passes, for people to look at: frames as the TAP gave them, or as it is about to
 * get them, and datagrams as they leave and arrive, encrypted, with headers of IP and UDP in front
 * that are made up from their addresses. Packets wait in memory of a fixed size; those without room
 * are lost to the capture, never to the network. Any number may run.
 * 0 and the capture's number in *id, which no other capture of the process has. -EINVAL, -ENOMEM
 */
int knet_capture_start(struct knet_handle *h, const struct knet_capture_params *params,
		       uint64_t *id);
/* No more packets come in; those that wait can still be read. -ENOENT */
int knet_capture_stop(struct knet_handle *h, uint64_t id);
/* The end of a capture; unknown numbers are ignored. */
void knet_capture_free(struct knet_handle *h, uint64_t id);

struct knet_capture_packet {
	uint64_t realtime_ns;
	const uint8_t *data; /* Ethernet, or IP in its two versions; until the next call */
	uint32_t len;        /* of data */
	uint32_t wire_len;   /* of the packet */
	uint8_t place;
	bool is_out;
	uint16_t peer;     /* 0: to all peers, or of whom is not known */
	uint16_t gso_size; /* not 0: a super-frame, which stands for frames of so much payload */
};
/* The oldest packet that waits: 1; 0: none; -ENOENT no such capture. */
int knet_capture_next(struct knet_handle *h, uint64_t id, struct knet_capture_packet *out);
/* Whether it is high time to read, lest packets are lost; knet_fd() polls readable then. */
bool knet_capture_is_filling(struct knet_handle *h);

struct knet_capture_count {
	uint64_t seen;    /* packets that passed there, in question for the capture */
	uint64_t matched; /* that its filter wanted */
	uint64_t dropped; /* of these, without room */
};
int knet_capture_count_get(struct knet_handle *h, uint64_t id, unsigned int place,
			   struct knet_capture_count *out); /* -ENOENT */

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
