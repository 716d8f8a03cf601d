/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The configuration as plain data: what the operator wants, nothing of what the engine knows.
 *
 * A configuration shares what it has in common with its copies: interfaces, pages of 256 peers and
 * peers are counted references, copied when edited (kcl_*_edit()). A copy of 65,535 peers takes
 * microseconds, a line's transaction is `copy, edit, check, apply, free the loser`, and what a
 * difference between two configurations costs depends on the difference alone.
 *
 * Readers get const pointers, valid until that configuration is edited or freed. Counts are not
 * atomic: all copies of one configuration belong to one thread, though another may read one for as
 * long as it is neither edited nor freed.
 */
#ifndef KNETD_CMD_CONFIG_H
#define KNETD_CMD_CONFIG_H

#include "knetd/cmd/value.h"

#define KCL_LINKS_MAX          8
#define KCL_IFACES_MAX         64
#define KCL_IFNAME_MAX         15
#define KCL_ADDRS_MAX          32
#define KCL_STATICS_MAX        65536
#define KCL_PING_DEFAULT_MS    100
#define KCL_TIMEOUT_DEFAULT_MS 500
#define KCL_PEER_ID_MAX        65535
#define KCL_GROUPS_MAX         1024
#define KCL_ALIASES_MAX        256
#define KCL_MANAGERS_MAX       16
#define KCL_MTU_AUTO           0
#define KCL_STORM_AUTO         UINT32_MAX
#define KCL_STORM_OFF          0

/* Order and number as in the engine's enums; names by kcl_enum_name(). */
enum kcl_suite { KCL_SUITE_AES256_GCM, KCL_SUITE_AES128_GCM, KCL_SUITE_CHACHA20_POLY1305 };
enum kcl_policy {
	KCL_POLICY_PASSIVE,
	KCL_POLICY_ACTIVE,
	KCL_POLICY_ROUND_ROBIN,
	KCL_POLICY_BALANCE,
	KCL_POLICY_INHERIT = 255
};
enum kcl_log_level {
	KCL_LOG_ERROR,
	KCL_LOG_WARNING,
	KCL_LOG_NOTICE,
	KCL_LOG_INFO,
	KCL_LOG_DEBUG,
};

/* Where log lines go; those that are not set but for the one that the daemon was started with. */
enum kcl_log_target_id {
	KCL_LOG_SYSLOG,
	KCL_LOG_JOURNAL,
	KCL_LOG_STDERR,
	KCL_LOG_FILE,
	KCL_LOG_TARGET_COUNT
};
#define KCL_LOG_INHERIT    255 /* a level: that of all */
#define KCL_LOG_SUBSYSTEMS 10

struct kcl_log_target {
	bool is_set;
	uint8_t level; /* enum kcl_log_level or KCL_LOG_INHERIT */
};
enum kcl_config_mode { KCL_CONFIG_MODE_IMMEDIATE, KCL_CONFIG_MODE_SESSION };
enum kcl_archive_on { KCL_ARCHIVE_ON_COMMIT, KCL_ARCHIVE_ON_SAVE };

/* Optional: ping_ms 0 says inherit. */
struct kcl_timers {
	uint32_t ping_ms;
	uint32_t timeout_ms;
};

/* One of our own links. A link that is not set is not opened unless a peer uses it. */
struct kcl_link {
	bool is_set;
	bool is_shutdown;
	uint8_t priority;
	uint8_t weight;            /* 0: not set, 1 */
	struct kcl_endpoint local; /* AF_UNSPEC: auto */
	char name[KCL_NAME_MAX + 1];
};

enum kcl_roaming { KCL_ROAMING_AUTO, KCL_ROAMING_PINNED, KCL_ROAMING_NAT, KCL_ROAMING_ROAM };

/* One link to one peer. */
struct kcl_peer_link {
	struct kcl_endpoint remote; /* AF_UNSPEC: dynamic, learned from the peer */
	struct kcl_endpoint local;  /* AF_UNSPEC: that of our own link */
	struct kcl_timers timers;   /* inherits */
	int16_t priority;           /* -1: that of our own link */
	uint8_t pong_count;         /* 0: that of the interface */
	uint8_t roaming;            /* enum kcl_roaming */
	bool is_shutdown;
};

/* A peer, with as many links in `link` as bits in `link_mask`, in order. */
struct kcl_peer {
	uint32_t refs;
	uint16_t id;
	uint8_t link_mask;
	uint8_t policy; /* enum kcl_policy */
	bool has_key;
	bool is_shutdown;
	uint32_t name_hash;
	char *description; /* NULL: none */
	char *group;       /* name of its peer group, NULL: none */
	char **link_text;  /* descriptions of its links by number, NULL: there are none */
	uint8_t key[KCL_KEY_LEN];
	char name[KCL_NAME_MAX + 1];
	struct kcl_peer_link link[];
};

/* What the link N of each member of a group is unless the member says otherwise. */
struct kcl_group_link {
	struct kcl_timers timers; /* inherits */
	int16_t priority;         /* -1: that of our own link */
	uint8_t pong_count;       /* 0: that of the interface */
};

/* Defaults for the peers that name it. */
struct kcl_group {
	char name[KCL_NAME_MAX + 1];
	char *description; /* NULL: none */
	uint8_t policy;    /* enum kcl_policy */
	bool is_shutdown;  /* and with it all its members */
	struct kcl_group_link link[KCL_LINKS_MAX];
};

/* What begins a small list that configurations share; see shared.h. */
struct kcl_shared {
	uint32_t refs;
};

/* All groups of a configuration, sorted by name. Never changed while it has two owners. */
struct kcl_groups {
	struct kcl_shared shared;
	uint32_t cnt;
	struct kcl_group group[];
};

/* A group of the machine whose members may use the control socket. */
struct kcl_manager {
	bool is_admin; /* or operator */
	char group[KCL_NAME_MAX + 1];
};

struct kcl_managers {
	struct kcl_shared shared;
	uint32_t cnt;
	struct kcl_manager manager[]; /* sorted: administrators first, then by name */
};

/* A word that stands for others at the beginning of a line. */
struct kcl_alias {
	char name[KCL_NAME_MAX + 1];
	char *line;
};

struct kcl_aliases {
	struct kcl_shared shared;
	uint32_t cnt;
	struct kcl_alias alias[]; /* sorted by name */
};

struct kcl_static_mac {
	uint8_t mac[6];
	uint16_t peer_id;
};

struct kcl_peer_page;
struct kcl_name_page;

struct kcl_iface {
	uint32_t refs;
	char name[KCL_IFNAME_MAX + 1];
	uint16_t node_id; /* 0: not set yet */
	uint16_t port;
	uint32_t mtu; /* KCL_MTU_AUTO or the MTU of the TAP */
	bool is_shutdown;
	bool has_mac;
	uint8_t mac[6];
	uint8_t suite;  /* enum kcl_suite */
	uint8_t policy; /* enum kcl_policy, never INHERIT */
	uint8_t pong_count;
	uint8_t dscp;
	uint32_t hold_s; /* failover hold */
	struct kcl_timers timers;
	uint32_t aging_s; /* of the MAC table; 0: never */
	uint32_t mac_limit;
	uint32_t pmtud_s;         /* between searches for larger path MTUs, 0: never */
	uint32_t workers;         /* 0: auto */
	uint32_t storm_pps;       /* or one of KCL_STORM_ */
	uint32_t failover_buffer; /* bytes for each peer, 0: off */
	uint32_t rekey_s;
	uint32_t load_interval_s; /* that rates are averaged over */
	uint64_t rekey_bytes;
	char *secret_path; /* NULL: not set */
	char *key_path;    /* NULL: derived from the secret */
	char *description; /* NULL: none */
	uint32_t addr_cnt;
	struct kcl_prefix addr[KCL_ADDRS_MAX]; /* in the order they were given */
	struct kcl_link link[KCL_LINKS_MAX];
	uint32_t static_cnt;
	struct kcl_static_mac *statics; /* sorted by MAC */
	struct kcl_groups *groups;      /* those of the configuration, NULL: none */
	uint32_t peer_cnt;
	uint32_t link_users[KCL_LINKS_MAX]; /* peers that have this link */
	struct kcl_peer_page *peers[256];   /* by the upper byte of the id */
	struct kcl_name_page *names[256];   /* hash of names to ids, in pages of 512 */
};

struct kcl_config {
	char hostname[KCL_NAME_MAX + 1];           /* "": that of the machine */
	uint8_t log_level;                         /* enum kcl_log_level */
	uint8_t log_subsystem[KCL_LOG_SUBSYSTEMS]; /* levels, in the order of their names */
	struct kcl_log_target log_target[KCL_LOG_TARGET_COUNT];
	char log_path[KCL_PATH_MAX + 1];  /* of KCL_LOG_FILE */
	char motd_line[KCL_TEXT_MAX + 1]; /* what a terminal is greeted with, "": nothing */
	char motd_file[KCL_PATH_MAX + 1]; /* and behind it, "": nothing */
	uint32_t idle_s;                  /* after which a session ends, 0: never */
	uint32_t events_buffer;           /* how many are kept */
	uint8_t config_mode;              /* enum kcl_config_mode: what `configure` does */
	uint8_t archive_on;               /* enum kcl_archive_on */
	uint16_t archive_max;
	uint16_t max_sessions;
	struct kcl_managers *managers; /* groups of the machine, NULL: none */
	struct kcl_groups *groups;     /* NULL: none */
	struct kcl_aliases *aliases;   /* NULL: none */
	uint32_t iface_cnt;
	struct kcl_iface *iface[KCL_IFACES_MAX]; /* sorted by name */
};

/* ---- whole configurations ------------------------------------------------------------------ */

/* An empty configuration, all defaults. NULL without memory. */
struct kcl_config *kcl_config_new(void);
/* A copy that shares everything until edited. NULL without memory. */
struct kcl_config *kcl_config_copy(const struct kcl_config *config);
/* NULL is allowed. */
void kcl_config_free(struct kcl_config *config);

/* ---- reading --------------------------------------------------------------------------------- */

const struct kcl_iface *kcl_iface_find(const struct kcl_config *config, const char *name);
const struct kcl_peer *kcl_peer_find(const struct kcl_iface *iface, uint16_t id);
const struct kcl_peer *kcl_peer_find_name(const struct kcl_iface *iface, const char *name);
/* Whether some interface has a peer of this name. */
bool kcl_peer_is_named(const struct kcl_config *config, const char *name);
/* The peer with the lowest id above `id` (0: the first), or NULL. */
const struct kcl_peer *kcl_peer_next(const struct kcl_iface *iface, uint16_t id);
/* The same of those whose name begins so; quick. */
const struct kcl_peer *kcl_peer_next_named(const struct kcl_iface *iface, uint16_t id,
					   const char *prefix);
/* What a link was described as, or NULL. */
const char *kcl_peer_link_text(const struct kcl_peer *peer, unsigned int number);
/* Link `number` of a peer, or NULL. */
const struct kcl_peer_link *kcl_peer_link_find(const struct kcl_peer *peer, unsigned int number);

const struct kcl_group *kcl_group_find(const struct kcl_groups *groups, const char *name);
const struct kcl_alias *kcl_alias_find(const struct kcl_config *config, const char *name);
/* The group of a peer, or NULL. */
const struct kcl_group *kcl_peer_group(const struct kcl_iface *iface, const struct kcl_peer *peer);
/* The peer's own policy, or that of its group; KCL_POLICY_INHERIT: that of the interface. */
uint8_t kcl_peer_policy(const struct kcl_iface *iface, const struct kcl_peer *peer);
/* True if the peer or its group is out of service. */
bool kcl_peer_is_shutdown(const struct kcl_iface *iface, const struct kcl_peer *peer);

/* What a peer's link comes to with everything that it inherits. */
struct kcl_link_params {
	struct kcl_endpoint remote; /* port filled in; AF_UNSPEC: dynamic */
	struct kcl_endpoint local;  /* of our own link unless the peer's says otherwise */
	uint8_t priority;
	uint8_t pong_count;
	bool has_timers;       /* of the link itself or of the group */
	int16_t peer_priority; /* of the link itself or of the group; -1: neither */
	struct kcl_timers timers;
	uint32_t hold_s;
	bool is_enabled; /* neither peer nor link nor our own link is shut down */
};
/* False if the peer has no such link. */
bool kcl_link_params(const struct kcl_iface *iface, const struct kcl_peer *peer,
		     unsigned int number, struct kcl_link_params *out);
/* The port that our link `number` listens on. */
uint16_t kcl_link_port(const struct kcl_iface *iface, unsigned int number);
/* Links that are configured or that some peer uses, as bits. */
uint8_t kcl_iface_links(const struct kcl_iface *iface);

/* Names as in the configuration's lines; "?" if there is none. */
const char *kcl_suite_name(unsigned int suite);
const char *kcl_storm_guard_name(unsigned int pps); /* NULL: it is a number */
const char *kcl_policy_name(unsigned int policy);
const char *kcl_log_level_name(unsigned int level);
const char *kcl_log_subsystem_name(unsigned int subsystem);
const char *kcl_config_mode_name(unsigned int mode);
const char *kcl_archive_on_name(unsigned int on);

/* ---- editing --------------------------------------------------------------------------------- */

/*
 * Each returns a part of `config` that is its own, copied if it was shared; NULL if it does not
 * exist or without memory (errno tells: ENOENT, ENOMEM). Valid until the next edit of that kind.
 */
struct kcl_iface *kcl_iface_edit(struct kcl_config *config, const char *name);
struct kcl_peer *kcl_peer_edit(struct kcl_iface *iface, uint16_t id);
/* Also makes the link if it is not there. May move the peer. */
struct kcl_peer_link *kcl_peer_link_edit(struct kcl_iface *iface, uint16_t id, unsigned int number);

/* 0, -EEXIST, -ENOSPC (too many), -EINVAL (not a name) or -ENOMEM. */
__attribute__((warn_unused_result)) int kcl_iface_add(struct kcl_config *config, const char *name);
__attribute__((warn_unused_result)) int kcl_peer_add(struct kcl_iface *iface, uint16_t id,
						     const char *name);
/* Describes a link of the peer; NULL: no more. 0, -ENOENT (no such link) or -ENOMEM. */
__attribute__((warn_unused_result)) int
kcl_peer_link_describe(struct kcl_iface *iface, uint16_t id, unsigned int number, const char *text);
/* 0, -ENOENT or -ENOMEM. */
__attribute__((warn_unused_result)) int kcl_iface_del(struct kcl_config *config, const char *name);
__attribute__((warn_unused_result)) int kcl_peer_del(struct kcl_iface *iface, uint16_t id);
__attribute__((warn_unused_result)) int kcl_peer_link_del(struct kcl_iface *iface, uint16_t id,
							  unsigned int number);
/* The peer of frames to a MAC; peer_id 0 removes the entry (-ENOENT). 0 or -errno. */
__attribute__((warn_unused_result)) int kcl_static_set(struct kcl_iface *iface,
						       const uint8_t mac[6], uint16_t peer_id);

/* A group that is the configuration's own; NULL with errno as above. */
struct kcl_group *kcl_group_edit(struct kcl_config *config, const char *name);
/* 0, -EEXIST, -ENOSPC, -EINVAL or -ENOMEM; 0, -ENOENT or -ENOMEM. Members are not looked at. */
__attribute__((warn_unused_result)) int kcl_group_add(struct kcl_config *config, const char *name);
__attribute__((warn_unused_result)) int kcl_group_del(struct kcl_config *config, const char *name);
/* `line` NULL removes the alias. 0, -ENOENT, -ENOSPC or -ENOMEM. */
__attribute__((warn_unused_result)) int kcl_alias_set(struct kcl_config *config, const char *name,
						      const char *line);

/* 0, -EEXIST, -ENOSPC or -ENOMEM; 0, -ENOENT or -ENOMEM. */
__attribute__((warn_unused_result)) int kcl_manager_add(struct kcl_config *config, bool is_admin,
							const char *group);
__attribute__((warn_unused_result)) int kcl_manager_del(struct kcl_config *config, bool is_admin,
							const char *group);

/* ---- checking, writing, comparing ------------------------------------------------------------ */

/*
 * Rules that no line can check by itself: a peer with our own id, an address given twice, a missing
 * secret or node-id, a local address of another family than the remote one, ports beyond 65535,
 * static MACs of peers that are gone. Calls `report` for each, with the interface that it is about;
 * an interface that is shut down may be unfinished. Returns the number of complaints.
 */
unsigned int kcl_config_check(const struct kcl_config *config,
			      void (*report)(void *arg, const struct kcl_iface *iface,
					     const char *message),
			      void *arg);

/*
 * The same of a configuration that was made of one in which nothing is wrong but with interfaces
 * without node-id or network-secret (NULL: of none). Peers that both have are not looked at again,
 * unless what they are held against has changed.
 */
unsigned int kcl_config_check_change(
	const struct kcl_config *sound, const struct kcl_config *config,
	void (*report)(void *arg, const struct kcl_iface *iface, const char *message), void *arg);

/* One line without newline, indented by one blank for each mode. */
typedef void (*kcl_write_fn)(void *arg, const char *line);
/* The whole configuration in canonical form, without what is default. */
void kcl_config_write(const struct kcl_config *config, kcl_write_fn write, void *arg);
/* One interface with its `interface` and `exit` lines. */
void kcl_iface_write(const struct kcl_iface *iface, kcl_write_fn write, void *arg);
/*
 * For output in steps: the lines of an interface before its peers, then those of one peer (at
 * most a few dozen), then those after the peers.
 */
void kcl_iface_write_head(const struct kcl_iface *iface, kcl_write_fn write, void *arg);
void kcl_peer_write(const struct kcl_iface *iface, const struct kcl_peer *peer, kcl_write_fn write,
		    void *arg);
void kcl_iface_write_tail(const struct kcl_iface *iface, kcl_write_fn write, void *arg);
/* The lines before the first interface. */
void kcl_config_write_head(const struct kcl_config *config, kcl_write_fn write, void *arg);
/* The same two with the lines that are as they would be anyway, for `show running-config all`. */
void kcl_config_write_head_all(const struct kcl_config *config, kcl_write_fn write, void *arg);
void kcl_iface_write_head_all(const struct kcl_iface *iface, kcl_write_fn write, void *arg);

/* What a difference is about, from large to small. */
enum kcl_diff_kind {
	KCL_DIFF_GLOBAL,    /* hostname, logging, groups, aliases */
	KCL_DIFF_IFACE,     /* the interface; peers and links follow by themselves */
	KCL_DIFF_LINK,      /* one of our own links */
	KCL_DIFF_STATIC,    /* a static MAC */
	KCL_DIFF_PEER,      /* a peer without its links */
	KCL_DIFF_PEER_LINK, /* one link of a peer */
};

/*
 * One difference. The old side is NULL if it was added, the new side NULL if it was removed; both
 * are there if it has changed. An added or removed interface or peer is followed (preceded when
 * removed) by its parts, each with an entry of its own. Peers and their links that take something
 * from a group that has changed are there with both sides.
 */
struct kcl_diff {
	enum kcl_diff_kind kind;
	const struct kcl_iface *iface_old, *iface_new;
	const struct kcl_peer *peer_old, *peer_new;
	const struct kcl_peer_link *peer_link_old, *peer_link_new;
	const struct kcl_static_mac *static_old, *static_new;
	unsigned int link; /* KCL_DIFF_LINK, KCL_DIFF_PEER_LINK */
	bool is_added, is_removed;
};

/*
 * Calls `on_diff` for each difference from `a` to `b`, in an order that can be applied as it
 * comes: per interface, removals first. Stops when it returns non-zero, and returns that. NULL
 * for `a` or `b` is an empty configuration.
 */
int kcl_config_diff(const struct kcl_config *a, const struct kcl_config *b,
		    int (*on_diff)(void *arg, const struct kcl_diff *diff), void *arg);

/*
 * A difference as lines for a reader, in pieces: set `a`, `b` (NULL is an empty configuration),
 * `emit` (NULL: only counts) and `arg`, the rest zero, and call kcl_delta_next() until it is done.
 * Lines begin with '-', '+', or a blank if they only say where the others stand.
 */
struct kcl_delta {
	const struct kcl_config *a, *b; /* borrowed */
	kcl_write_fn emit;
	void *arg;
	unsigned int changed, added, removed; /* so far; an object and what is in it count as one */
	/* where it is */
	uint8_t part;
	bool is_announced;
	uint16_t peer_id;
	unsigned int iface;
};

/* Emits the next piece. 1 if there may be more, 0 at the end, -ENOMEM. */
__attribute__((warn_unused_result)) int kcl_delta_next(struct kcl_delta *d);
/* All pieces. 0 or -ENOMEM; counts are in *d. */
__attribute__((warn_unused_result)) int kcl_config_delta(const struct kcl_config *a,
							 const struct kcl_config *b,
							 kcl_write_fn emit, void *arg,
							 struct kcl_delta *d);

/*
 * Three-way merge: what leads from `base` to `theirs`, done to `ours`. What both sides have
 * changed, and not to the same, is a conflict: `conflict` is called with a line for each, at most
 * 20 times. Returns 0 with *out owned by the caller, -EBUSY with conflicts, or -ENOMEM.
 */
__attribute__((warn_unused_result)) int kcl_config_merge(const struct kcl_config *base,
							 const struct kcl_config *ours,
							 const struct kcl_config *theirs,
							 kcl_write_fn conflict, void *arg,
							 struct kcl_config **out);

#endif
