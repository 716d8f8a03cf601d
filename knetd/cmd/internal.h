/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * What the files of the command language share: types, the compiled tree, items. Nobody else
 * includes this, but for the unit tests and fuzzers of this room.
 */
#ifndef KNETD_CMD_INTERNAL_H
#define KNETD_CMD_INTERNAL_H

#include "knetd/cmd/kcl.h"

/* ---- words of a line (lexer.c) --------------------------------------------------------------- */

struct kcl_lexer {
	const char *line;
	size_t len;
	size_t pos;
	unsigned int tokens;
};

enum kcl_token_kind { KCL_TOKEN_END, KCL_TOKEN_WORD, KCL_TOKEN_BAD };

struct kcl_token {
	enum kcl_token_kind kind;
	bool is_quoted;   /* never a keyword */
	size_t off, len;  /* in the line, with quotes */
	const char *text; /* unquoted, in the buffer given; of BAD: what is wrong */
	size_t text_len;
};

/* A line of at most KCL_LINE_MAX bytes; borrowed. */
void kcl_lexer_init(struct kcl_lexer *lx, const char *line, size_t len);
/* The next word; its text goes to `buf`, which has room for the rest of the line and a NUL. */
void kcl_lexer_next(struct kcl_lexer *lx, char *buf, struct kcl_token *tok);
/* The rest of the line as one word: raw, or unquoted if it is one quoted word. */
void kcl_lexer_rest(struct kcl_lexer *lx, char *buf, struct kcl_token *tok);
/* Writes `text` so that kcl_lexer_rest() reads it back; `size` of out >= 4 * strlen + 3. */
void kcl_text_quote(const char *text, char *out, size_t size);
bool kcl_text_has_control(const char *text);

/* ---- types of arguments (type.c) ------------------------------------------------------------- */

#define KCL_TYPE_REST    0x01 /* takes the rest of the line */
#define KCL_TYPE_COMMAND 0x02 /* a command of EXEC mode begins here */
#define KCL_TYPE_IFACES  0x04 /* completes to interfaces */
#define KCL_TYPE_PEERS   0x08 /* completes to peers */
#define KCL_TYPE_NEW     0x10 /* may also be one that is not there yet */
#define KCL_TYPE_GROUPS  0x20 /* completes to peer groups */
#define KCL_TYPE_ALIASES 0x40 /* completes to aliases */
#define KCL_TYPE_LIVE    (KCL_TYPE_IFACES | KCL_TYPE_PEERS | KCL_TYPE_GROUPS | KCL_TYPE_ALIASES)

struct kcl_node;

struct kcl_type {
	const char *name;
	const char *metavar; /* NULL: <min-max> or <name> */
	enum kcl_value_kind kind;
	uint8_t flags;
	uint8_t specificity; /* of siblings, the highest is tried first */
	/* Fills the value's number, endpoint and so on. 0 or -EINVAL. */
	int (*parse)(const struct kcl_node *node, const char *text, struct kcl_value *value);
};

const struct kcl_type *kcl_type_find(const char *name, size_t len);
bool kcl_name_is_valid(const char *text);
bool kcl_ifname_is_valid(const char *text);

/* ---- the compiled tree (tree.c) -------------------------------------------------------------- */

enum kcl_form { KCL_FORM_SET, KCL_FORM_NO, KCL_FORM_DEFAULT };

struct kcl_entry;

struct kcl_node {
	const char *text;            /* keyword, or name of the argument */
	const char *help;            /* "" until given */
	const char *metavar;         /* of arguments */
	const struct kcl_type *type; /* NULL: keyword */
	uint64_t min, max;
	const struct kcl_entry *entry; /* what the line means if it ends here, or NULL */
	uint16_t child, next;          /* index of first child, of next sibling; 0: none */
	uint8_t form;                  /* enum kcl_form */
	uint8_t role;                  /* the lowest that may do anything beyond */
	bool is_full;                  /* a keyword that is not shortened */
	bool is_reserved;              /* a keyword where a name may stand as well */
};

#define KCL_ENTRY_LOCAL 0x01
#define KCL_ENTRY_AUDIT 0x02

struct kcl_ops;

/* A record of commands.def, CMD or ITEM. */
struct kcl_entry {
	const char *name;
	uint32_t modes; /* bits */
	uint8_t role;
	uint8_t flags;
	const char *syntax; /* CMD: all of it; ITEM: the key */
	const char *value;  /* ITEM */
	const char *help;
	const char *preset;        /* ITEM: the default as text */
	const struct kcl_ops *ops; /* ITEM; NULL: CMD */
};

struct kcl_mode_info {
	const char *name;
	uint8_t parent;
	const char *tag;
};

/* True for a word of the mode that is not shortened. */
bool kcl_word_is_full(unsigned int mode, const char *text);
extern const struct kcl_mode_info kcl_modes[KCL_MODE_COUNT];
extern const struct kcl_entry kcl_entries[];
extern const size_t kcl_entry_cnt;

/* The tree of a mode; compiled at the first call, aborts if the table is wrong. */
const struct kcl_node *kcl_tree(unsigned int mode);
const struct kcl_node *kcl_node_child(const struct kcl_node *node);
const struct kcl_node *kcl_node_next(const struct kcl_node *node);
/* True if `name` is a keyword where the name of a peer or an interface may stand as well. */
bool kcl_name_is_reserved(const char *name);
/* Complaints that the compiler of the tree collected. */
unsigned int kcl_tree_complaints(void (*report)(void *arg, const char *message), void *arg);

/* ---- errors (error.c) ------------------------------------------------------------------------ */

void kcl_error_clear(struct kcl_error *err);
/* Sets code, position and message; keeps what is expected. */
__attribute__((format(printf, 5, 6))) void kcl_error_say(struct kcl_error *err, enum kcl_code code,
							 size_t off, size_t len, const char *fmt,
							 ...);
/* A copy with strings of its own. */
void kcl_error_copy(struct kcl_error *to, const struct kcl_error *from);
void kcl_error_expect(struct kcl_error *err, const char *what);

/* ---- walking the tree (walk.c) --------------------------------------------------------------- */

struct kcl_walk {
	/* in */
	const struct kcl_env *env;
	unsigned int mode;
	const char *line;
	size_t len;
	bool to_cursor; /* stop at the word that the end of the line touches */
	/* out */
	struct kcl_args *args;
	const struct kcl_node *node; /* the last one reached */
	bool is_blank;               /* nothing but blanks and comment */
	bool is_done;                /* went through `do` */
	struct kcl_token last;       /* to_cursor: the word being typed, "" if none */
};

/* Returns 0 or -EINVAL, -EPERM with `err`. */
int kcl_walk(struct kcl_walk *walk, struct kcl_error *err);
/* True if the word, in full, is a keyword that may stand where the walk is. */
bool kcl_keyword_is_expected(const struct kcl_walk *walk, const char *text);
/* hint.c: what was meant by a word of another router; false if nothing comes to mind. */
bool kcl_hint(const struct kcl_walk *walk, const struct kcl_token *tok, char *out, size_t size);
/* True if the role may do something at or beyond the node. */
bool kcl_walk_allows(const struct kcl_walk *walk, const struct kcl_node *node);
/* True if the node is a keyword that begins with the word. */
bool kcl_node_begins(const struct kcl_node *node, const struct kcl_token *tok);
/* A configuration for names: the candidate if there is one. */
const struct kcl_config *kcl_env_config(const struct kcl_env *env);

/* ---- items (item*.c) ------------------------------------------------------------------------- */

/* The object that a configuration line is about, to be edited. */
struct kcl_edit {
	struct kcl_config *config;
	struct kcl_place *place;
	const struct kcl_entry *entry;
	const struct kcl_args *args;
	struct kcl_error *err;
};

/* The object that lines are written of. */
struct kcl_view {
	const struct kcl_config *config;
	const struct kcl_iface *iface;
	const struct kcl_peer *peer;
	const struct kcl_group *group;
	kcl_write_fn write;
	void *arg;
	unsigned int indent;
	bool all; /* also what is default */
};

enum kcl_field_kind {
	KCL_FIELD_NONE,
	KCL_FIELD_UINT, /* 0 is written as `auto` if the syntax has that word */
	KCL_FIELD_ENUM,
	KCL_FIELD_FLAG,   /* bool: the line is there or not */
	KCL_FIELD_TEXT,   /* char *, NULL if not set */
	KCL_FIELD_PATH,   /* the same, written as one word */
	KCL_FIELD_BUFFER, /* char[] */
};

/* A plain member of struct kcl_config, kcl_iface or kcl_peer. */
struct kcl_field {
	enum kcl_field_kind kind;
	size_t off, size;
	const char *(*name)(unsigned int number); /* ENUM; UINT with words beside `auto`: or NULL */
};

/* 0 or -errno with err said. Either a field, or functions. */
struct kcl_ops {
	struct kcl_field field;
	int (*set)(struct kcl_edit *edit);
	int (*unset)(struct kcl_edit *edit);
	void (*write)(const struct kcl_view *view);
	/* Only of fields, optional: whether the line may set it. */
	int (*judge)(struct kcl_edit *edit);
	/* Only of items with a mode, optional: `default` leaves it as if it had just been made. */
	int (*reset)(struct kcl_edit *edit);
	/* Only of items with a mode: true if the line just enters what exists; moves the place. */
	bool (*enter)(const struct kcl_config *config, struct kcl_place *place,
		      const struct kcl_args *args);
};

/* The right line in the wrong place: says in `err`, which is INVALID, where it would be right. */
void kcl_elsewhere_say(const struct kcl_place *place, struct kcl_walk *walk, struct kcl_error *err);

/* `<name:uint 1..9>` as people read it, <1-9>; `<peer:peer>` is <peer>. Returns what follows. */
const char *kcl_argument_format(const char *syntax, char *out, size_t size);
/* The same of an entry as a whole. */
void kcl_syntax_format(const struct kcl_entry *entry, char *out, size_t size);

/* Sets all fields of an object of this mode to their defaults. */
void kcl_fields_preset(unsigned int mode, void *object);
/* True if all fields of this mode have the same values in both objects. */
bool kcl_fields_equal(unsigned int mode, const void *a, const void *b);
/* The default of a field as number. */
uint64_t kcl_field_preset(const struct kcl_entry *entry);
/* The object of the entry's mode, edited; NULL with err said. */
void *kcl_edit_object(struct kcl_edit *edit);
int kcl_item_apply(struct kcl_edit *edit, enum kcl_form form);
/* Writes the items of a mode: those after `from` (NULL: all) and before `to` (NULL: all). */
void kcl_items_write(const struct kcl_view *view, unsigned int mode, const char *from,
		     const char *to);
__attribute__((format(printf, 2, 3))) void kcl_view_line(const struct kcl_view *view,
							 const char *fmt, ...);
/* Refuses a line: position of the argument `name`. Returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int kcl_edit_refuse(struct kcl_edit *edit, const char *name,
							  const char *fmt, ...);
int kcl_edit_no_memory(struct kcl_edit *edit);
struct kcl_iface *kcl_edit_iface(struct kcl_edit *edit);
struct kcl_peer *kcl_edit_peer(struct kcl_edit *edit);
struct kcl_group *kcl_edit_group(struct kcl_edit *edit);
/* Writes a group, or all groups, with their lines. */
void kcl_group_write(const struct kcl_view *view, const struct kcl_group *group);
void kcl_groups_write(const struct kcl_view *view);
/* Refuses the line's node-id if a peer of the interface has it. */
int kcl_node_id_judge(struct kcl_edit *edit, const struct kcl_iface *iface);

/* ---- ranges of peers (range.c) --------------------------------------------------------------- */

bool kcl_rangeset_is_valid(const char *text);
bool kcl_glob_is_valid(const char *text);
/* True if a range, `1-5,9` or a pattern of names, has this peer. */
bool kcl_range_has(const char *range, const struct kcl_peer *peer);
/* The member with the lowest id above `id`, or NULL. */
const struct kcl_peer *kcl_range_next(const struct kcl_iface *iface, const char *range,
				      uint16_t id);

/* ---- differences (diff.c) ----------------------------------------------------------------------
 */

/*
 * The lowest id above `from` that is not the same object on both sides (NULL: nobody is there); 0:
 * none. What they share is passed over.
 */
uint16_t kcl_peer_differing(const struct kcl_iface *a, const struct kcl_iface *b, uint16_t from);

/* True if all but interfaces is the same. */
bool kcl_globals_equal(const struct kcl_config *a, const struct kcl_config *b);
/* True if all but peers and static MACs is the same. */
bool kcl_iface_settings_equal(const struct kcl_iface *a, const struct kcl_iface *b);

/* ---- what item_system.c knows of a configuration --------------------------------------------- */

void kcl_system_preset(struct kcl_config *config);
bool kcl_system_equal(const struct kcl_config *a, const struct kcl_config *b);

/* ---- configuration (config.c, peers.c) ------------------------------------------------------- */

void kcl_peers_get(struct kcl_iface *iface); /* counts the references of a copied interface */
void kcl_peers_put(struct kcl_iface *iface);
/* References; NULL is allowed. */
void kcl_groups_get(struct kcl_groups *groups);
void kcl_groups_put(struct kcl_groups *groups);
bool kcl_groups_equal(const struct kcl_groups *a, const struct kcl_groups *b);
void kcl_managers_get(struct kcl_managers *managers);
void kcl_managers_put(struct kcl_managers *managers);
bool kcl_managers_equal(const struct kcl_managers *a, const struct kcl_managers *b);
void kcl_aliases_get(struct kcl_aliases *aliases);
void kcl_aliases_put(struct kcl_aliases *aliases);
bool kcl_aliases_equal(const struct kcl_aliases *a, const struct kcl_aliases *b);
/* True if both share this page of 256 peers, ids page * 256 and up. */
bool kcl_peers_share(const struct kcl_iface *a, const struct kcl_iface *b, unsigned int page);

#endif
