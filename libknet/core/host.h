/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_CORE_HOST_H
#define KN_CORE_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#include "base/addr.h"
#include "base/wheel.h"
#include "core/reclaim.h"
#include "knet.h"

struct kn_session;
struct kn_hs_attempt;
struct kn_link_pmtu;
struct kn_hs_reply;

/* Replaced sessions that still receive, per host. */
#define KN_OLD_SESSION_CNT 3

/* Where a link's datagrams go; replaced as a whole, read under RCU. */
struct kn_path {
	struct kn_reclaim_item reclaim;
	union kn_addr remote;
};

/* For whom a probe is: those that watch traffic go before the rest in the budget. */
enum kn_probe_class { KN_PROBE_BUSY, KN_PROBE_QUIET, KN_PROBE_CLASS_COUNT };

/* Counts of both ends at the beginning of a loss window, modulo 2^32. */
struct kn_loss_window {
	uint32_t at_ms; /* 0: not begun */
	uint32_t sent, peer_rcvd, peer_sent, rcvd;
};

/* What was lost in the last window that came to an end. */
struct kn_loss {
	uint16_t tx_permille, rx_permille; /* UINT16_MAX: unknown */
	uint32_t tx_cnt, rx_cnt, ms;       /* of how many datagrams, in what time */
};

#define KN_MISSING_CNT 4

/* What liveness knows of one link. Control only. Times in ns of the engine's clock, 0: never. */
struct kn_probing {
	uint64_t last_probe_ns;    /* ours, or one of the peer's that stands for ours */
	uint64_t overdue_since_ns; /* when the oldest unanswered probe was sent, 0: none */
	uint64_t excused_ns;       /* silence since then that unread datagrams excused */
	uint64_t load;             /* our part of the engine's probe_load */
	uint64_t last_reply_ns;
	uint64_t hold_until_ns;
	uint64_t since_ns;      /* of the state */
	uint64_t down_since_ns; /* for the back-off of probes */
	uint64_t lossy_ns;      /* since when the link is lossy, or when it last was */
	/* Datagrams sent on the link before the counted probe, at least and at most. */
	uint64_t sent_at_probe, sent_by_probe;
	struct kn_loss_window lately, briefly;
	struct kn_loss loss;
	/* Datagrams that the peer had not counted when it answered, of the last answers; and since
	 * the link has been whole. */
	uint16_t missing[KN_MISSING_CNT], missing_whole;
	uint16_t lossy_permille; /* in the worse direction, when it last was too much */
	uint32_t seq, overdue_seq;
	uint32_t counted_seq; /* the probe whose answer will be compared, 0: the next */
	uint32_t srtt_us, rttvar_us, rtt_min_us, rtt_max_us, jitter_us, last_rtt_us;
	uint32_t down_cnt, suspect_cnt;
	uint32_t patience_us; /* how late answers have been that were given up too soon */
	uint32_t lately_lost; /* since `lately` began, in both directions, as was seen so far */
	/* Times in ms of the engine's clock; likewise. */
	uint32_t answered_ms;  /* when the last probe left that was answered */
	uint32_t loss_seen_ms; /* when more were last missing than before */
	uint32_t missed_ms;    /* when more was last found lost, in either direction */
	uint32_t missing_ms;   /* since when that seems so again, 0: it does not */
	uint32_t patience_ms;  /* when patience_us was last halved or set */
	uint32_t alarm_ms;     /* when an answer last came that was only late */
	uint32_t leaky_ms;     /* when some of what we sent was last lost */
	uint32_t clean_ms;     /* since when a lossy link has been clean, 0: it is not */
	uint32_t doubt_ms;     /* since when `lately` might end, but for doubts, 0: it has none */
	uint16_t peer_want_ms, peer_accept_ms;
	uint8_t streak;       /* answers in a row */
	uint8_t flaps;        /* doubles the hold time */
	uint8_t flaps_before; /* the link last left the state up */
	uint8_t lapses;       /* the same for loss */
	uint8_t class;        /* enum kn_probe_class: where load counts */
	uint8_t extensions;   /* of this hold time, for loss */
	bool is_leaky : 1;    /* some of what we send is lost */
	bool is_lossy : 1;
	bool was_brief_bad : 1; /* the last brief window */
	/* Suspect, and nothing answered since; for want of overdue_seq's answer. */
	bool is_awaited : 1;
	bool is_forgiven : 1; /* that answer came, and was but late */
};

/* From sealing until a datagram is counted as sent on a link, at most; ms. */
#define KN_SENT_MS 2

/* One link of a peer: allocated when configured. */
struct kn_link {
	struct kn_path *path; /* control: wo, worker: ro; NULL: no address known */
	/* Any thread that sends or receives on the link, atomic. */
	uint64_t rx_last_ns, rx_cnt, rx_bytes, tx_cnt, tx_bytes, tx_errors;
	uint32_t intervals; /* want_ms << 16 | accept_ms, for replies; control: wo, worker: ro */
	uint16_t max_len;   /* of a datagram on the path, UDP's payload; control: wo, worker: ro */
	uint8_t is_enabled; /* control: wo, worker: ro */
	uint8_t idx;
	/* What was sent on the link between these times has arrived, all of it; ms of the engine's
	 * clock, 0: not known; likewise, atomic. */
	uint32_t whole_from_ms, whole_to_ms;
	/* Some of what was sent from this time on was lost; 0: not known; likewise. */
	uint32_t lost_from_ms;
	/* What was sent between these times, both included, went out while the link was silent and
	 * none was better; likewise. */
	uint32_t silent_from_ms, silent_to_ms;
	/* When it was last shut down; likewise. */
	uint32_t shut_ms;
	bool is_calm; /* the peer's probes may wait for a timer of ours; likewise, atomic */
	/* What the peer last said in a probe: on which links it hears us, and which it uses << 8.
	 * Workers, atomic. */
	uint16_t said;

	/* Control only. */
	struct kn_host *host;
	struct kn_reclaim_item reclaim;
	struct kn_timer timer;
	struct kn_probing live;
	struct kn_outages *outages; /* live/outages.h's, NULL: none yet, or no memory for them */
	struct kn_link_pmtu *pmtu;  /* live/pmtu_link.c's, NULL while the link does not work */
	union kn_addr cfg_remote;   /* "none": dynamic, learned from the peer */
	union kn_addr asked;        /* where else the peer may be, "none": nowhere */
	uint64_t asked_ns;
	uint32_t asked_seq;        /* of the probe that went there */
	struct knet_timers timers; /* if has_timers */
	int16_t cfg_priority;      /* -1: that of our own link */
	uint8_t roaming : 7;       /* enum knet_roaming */
	bool has_timers : 1;
	uint8_t state; /* enum knet_link_state */
	char *reason;  /* of the state; NULL: none yet, or no memory for it */
};

/* A configured peer. */
struct kn_host {
	/* Published to workers. */
	struct kn_session *tx_session;         /* control: wo, worker: ro */
	struct kn_link *links[KNET_MAX_LINKS]; /* control: wo, worker: ro */
	uint32_t flow_gap_us; /* a flow that paused so long may move; control: wo, worker: ro */
	uint16_t id;
	uint8_t tx_links;    /* bit n: send on link n; control: wo, worker: ro */
	uint8_t leaky_links; /* bit n: of what goes out on link n some is lost; likewise */
	uint8_t good_links;  /* bit n: what went out on link n arrives; control: wo, worker: ro */
	uint8_t tx_policy;   /* enum knet_policy: how to use them; control: wo, worker: ro */
	uint8_t heard;       /* bit n: we hear the peer on link n; control: wo, worker: ro */
	uint8_t is_enabled;  /* control: wo, worker: ro */
	uint16_t max_len;    /* the shortest of its links that work; control: wo, worker: ro */
	/* How often what was sent and kept was to be looked at: that of a link fell, or a link
	 * without a better one was silent for a while. Control: wo, worker: ro. */
	uint8_t reviews;
	uint8_t state; /* enum knet_peer_state; control only, here for want of room */
	/* Workers, atomic. */
	uint64_t user_last_ns; /* user traffic in either direction */
	uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes;
	/* Of the failover rings; workers, atomic: bytes kept now, and datagrams so far. */
	uint64_t ring_kept, ring_replayed, ring_confirmed, ring_overrun;

	/* Control only. */
	struct kn_reclaim_item reclaim;
	struct cds_list_head active_node; /* in the engine's list while it has a session */
	char *name;
	struct kn_session *current; /* what we send with */
	struct kn_session *next;    /* responder's: not yet confirmed by a datagram */
	struct kn_session *old[KN_OLD_SESSION_CNT]; /* receive only */
	struct kn_hs_attempt *hs;                   /* ours, under way */
	struct kn_hs_reply *reply; /* our last msg2, for copies of the msg1 it answers */
	struct kn_timer hs_timer;
	uint64_t freshness;   /* highest seen in a msg1 of this host */
	uint64_t hs_first_ns; /* since when we try in vain, 0: not trying */
	uint64_t since_ns;    /* of the state */
	uint64_t came_ns;     /* when it got a session after having none */
	uint64_t error_ns;
	uint32_t gone_ms; /* when it ceased to be flooded, ms of the engine's clock; 0: it is */
	uint32_t rekeys;
	uint32_t ticket; /* tells this host from an earlier one of the same id; const */
	uint32_t macs;
	uint8_t hs_tries;
	uint8_t has_policy;
	uint8_t policy;     /* enum knet_policy, if has_policy */
	uint8_t peer_links; /* bit n: the peer says that it sends users' traffic on link n */
	bool is_pinned;
	bool has_pub;
	bool responder_busy; /* a job for its msg1 is with the handshake thread */
	bool complained;     /* one log line per cause, until something changes */
	uint8_t pub[KNET_KEY_LEN];
	char *error; /* the last one; NULL: none */
};

#endif
