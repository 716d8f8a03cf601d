// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The peers of an interface, up to 65,535, found by id and by name. Ids lead through a table of
 * 256 pages to 256 pointers each. Names lead through an open hash table (131,072 slots, linear
 * probing, in 256 pages) to ids; at most half of it is ever used. Pages and peers are counted
 * references: a copied interface shares all pages, an edit copies one page of each kind and one
 * peer, whatever the number of peers.
 */
#include "knetd/cmd/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_PAGE_SLOTS 512
#define NAME_SLOTS      (256 * NAME_PAGE_SLOTS)

#define HEAD_LEN 8

struct kcl_peer_page {
	uint32_t refs;
	uint32_t cnt;
	struct kcl_peer *peer[256];
	/* How the names begin, side by side: completion looks at all of them, and would otherwise
	 * wait for the memory of each peer. Zeros behind shorter names, and where nobody is. */
	char head[256][HEAD_LEN];
};

struct kcl_name_page {
	uint32_t refs;
	uint16_t id[NAME_PAGE_SLOTS]; /* 0: free */
};

/* ---- references ------------------------------------------------------------------------------ */

static void link_texts_free(char **texts)
{
	for (unsigned int i = 0; texts && i < KCL_LINKS_MAX; i++)
		free(texts[i]);
	free(texts);
}

static void peer_put(struct kcl_peer *peer)
{
	if (--peer->refs)
		return;
	link_texts_free(peer->link_text);
	free(peer->description);
	free(peer->group);
	free(peer);
}

static void peer_page_put(struct kcl_peer_page *page)
{
	if (--page->refs)
		return;
	for (unsigned int i = 0; i < 256; i++)
		if (page->peer[i])
			peer_put(page->peer[i]);
	free(page);
}

static void name_page_put(struct kcl_name_page *page)
{
	if (--page->refs == 0)
		free(page);
}

void kcl_peers_get(struct kcl_iface *iface)
{
	for (unsigned int i = 0; i < 256; i++) {
		if (iface->peers[i])
			iface->peers[i]->refs++;
		if (iface->names[i])
			iface->names[i]->refs++;
	}
}

void kcl_peers_put(struct kcl_iface *iface)
{
	for (unsigned int i = 0; i < 256; i++) {
		if (iface->peers[i])
			peer_page_put(iface->peers[i]);
		if (iface->names[i])
			name_page_put(iface->names[i]);
	}
}

bool kcl_peers_share(const struct kcl_iface *a, const struct kcl_iface *b, unsigned int page)
{
	return a->peers[page] == b->peers[page];
}

/* The page of an id, our own; made if it is not there. */
static struct kcl_peer_page *peer_page_own(struct kcl_iface *iface, unsigned int at)
{
	struct kcl_peer_page *old = iface->peers[at], *page;

	if (old && old->refs == 1)
		return old;
	page = calloc(1, sizeof(*page));
	if (!page)
		return NULL;
	if (old) {
		*page = *old;
		for (unsigned int i = 0; i < 256; i++)
			if (page->peer[i])
				page->peer[i]->refs++;
		old->refs--;
	}
	page->refs = 1;
	iface->peers[at] = page;
	return page;
}

static struct kcl_name_page *name_page_own(struct kcl_iface *iface, unsigned int at)
{
	struct kcl_name_page *old = iface->names[at], *page;

	if (old && old->refs == 1)
		return old;
	page = calloc(1, sizeof(*page));
	if (!page)
		return NULL;
	if (old) {
		*page = *old;
		old->refs--;
	}
	page->refs = 1;
	iface->names[at] = page;
	return page;
}

/* ---- names ----------------------------------------------------------------------------------- */

static uint32_t name_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash ^ hash >> 15;
}

static uint16_t slot_get(const struct kcl_iface *iface, uint32_t slot)
{
	const struct kcl_name_page *page = iface->names[slot / NAME_PAGE_SLOTS];

	return page ? page->id[slot % NAME_PAGE_SLOTS] : 0;
}

/* 0 or -ENOMEM. */
static int slot_set(struct kcl_iface *iface, uint32_t slot, uint16_t id)
{
	struct kcl_name_page *page = name_page_own(iface, slot / NAME_PAGE_SLOTS);

	if (!page)
		return -ENOMEM;
	page->id[slot % NAME_PAGE_SLOTS] = id;
	return 0;
}

/* The slot of a name, or the free one where it would go. */
static uint32_t slot_find(const struct kcl_iface *iface, const char *name, uint32_t hash)
{
	uint32_t slot = hash % NAME_SLOTS;
	uint16_t id;

	for (; (id = slot_get(iface, slot)); slot = (slot + 1) % NAME_SLOTS) {
		const struct kcl_peer *peer = kcl_peer_find(iface, id);

		if (peer && peer->name_hash == hash && strcmp(peer->name, name) == 0)
			break;
	}
	return slot;
}

/*
 * Frees a slot and moves up those behind it that probing would no longer find. Pages are made our
 * own first, so that nothing can fail half way.
 */
static int slot_free(struct kcl_iface *iface, uint32_t hole)
{
	uint32_t end = hole;

	do {
		if (!name_page_own(iface, end / NAME_PAGE_SLOTS))
			return -ENOMEM;
		end = (end + 1) % NAME_SLOTS;
	} while (slot_get(iface, end));
	for (uint32_t at = (hole + 1) % NAME_SLOTS; at != end; at = (at + 1) % NAME_SLOTS) {
		const uint16_t id = slot_get(iface, at);
		const uint32_t home = kcl_peer_find(iface, id)->name_hash % NAME_SLOTS;

		if ((at - home) % NAME_SLOTS < (at - hole) % NAME_SLOTS)
			continue;
		iface->names[hole / NAME_PAGE_SLOTS]->id[hole % NAME_PAGE_SLOTS] = id;
		hole = at;
	}
	iface->names[hole / NAME_PAGE_SLOTS]->id[hole % NAME_PAGE_SLOTS] = 0;
	return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

const struct kcl_peer *kcl_peer_find(const struct kcl_iface *iface, uint16_t id)
{
	const struct kcl_peer_page *page = iface->peers[id >> 8];

	return page ? page->peer[id & 255] : NULL;
}

const struct kcl_peer *kcl_peer_find_name(const struct kcl_iface *iface, const char *name)
{
	return kcl_peer_find(iface, slot_get(iface, slot_find(iface, name, name_hash(name))));
}

bool kcl_peer_is_named(const struct kcl_config *config, const char *name)
{
	for (unsigned int i = 0; i < config->iface_cnt; i++)
		if (kcl_peer_find_name(config->iface[i], name))
			return true;
	return false;
}

const struct kcl_peer *kcl_peer_next(const struct kcl_iface *iface, uint16_t id)
{
	uint32_t at = (uint32_t)id + 1;

	while (at <= KCL_PEER_ID_MAX) {
		const struct kcl_peer_page *page = iface->peers[at >> 8];

		if (!page || !page->cnt) {
			at = (at | 255) + 1;
			continue;
		}
		if (page->peer[at & 255])
			return page->peer[at & 255];
		at++;
	}
	return NULL;
}

/* The next one on the page whose name begins so, from `at` on, or NULL. */
static const struct kcl_peer *page_next_named(const struct kcl_peer_page *page, unsigned int at,
					      const char *prefix, size_t len)
{
	const size_t head = len < HEAD_LEN ? len : HEAD_LEN;

	for (; at < 256; at++) {
		const struct kcl_peer *peer = page->peer[at];

		if (!peer || memcmp(page->head[at], prefix, head) != 0)
			continue;
		if (len <= HEAD_LEN || strncmp(peer->name, prefix, len) == 0)
			return peer;
	}
	return NULL;
}

const struct kcl_peer *kcl_peer_next_named(const struct kcl_iface *iface, uint16_t id,
					   const char *prefix)
{
	const size_t len = strlen(prefix);

	for (uint32_t at = (uint32_t)id + 1; at <= KCL_PEER_ID_MAX; at = (at | 255) + 1) {
		const struct kcl_peer_page *page = iface->peers[at >> 8];
		const struct kcl_peer *peer =
			page ? page_next_named(page, at & 255, prefix, len) : NULL;

		if (peer)
			return peer;
	}
	return NULL;
}

/* Where link `number` is, or would be, in the peer's array. */
static unsigned int link_index(const struct kcl_peer *peer, unsigned int number)
{
	return (unsigned int)__builtin_popcount(peer->link_mask & ((1u << number) - 1));
}

const struct kcl_peer_link *kcl_peer_link_find(const struct kcl_peer *peer, unsigned int number)
{
	if (number >= KCL_LINKS_MAX || !(peer->link_mask & 1u << number))
		return NULL;
	return &peer->link[link_index(peer, number)];
}

/* ---- editing --------------------------------------------------------------------------------- */

static size_t peer_size(unsigned int mask)
{
	return sizeof(struct kcl_peer) +
	       (unsigned int)__builtin_popcount(mask) * sizeof(struct kcl_peer_link);
}

/* A copy of descriptions; *ok becomes false without memory. */
static char **link_texts_clone(char *const *from, bool *ok)
{
	char **texts = from ? calloc(KCL_LINKS_MAX, sizeof(*texts)) : NULL;

	for (unsigned int i = 0; texts && i < KCL_LINKS_MAX; i++) {
		texts[i] = from[i] ? strdup(from[i]) : NULL;
		*ok &= !texts[i] == !from[i];
	}
	*ok &= !texts == !from;
	return texts;
}

static struct kcl_peer *peer_clone(const struct kcl_peer *from)
{
	struct kcl_peer *peer = malloc(peer_size(from->link_mask));
	bool ok = true;

	if (!peer)
		return NULL;
	memcpy(peer, from, peer_size(from->link_mask));
	peer->refs = 1;
	peer->description = from->description ? strdup(from->description) : NULL;
	peer->group = from->group ? strdup(from->group) : NULL;
	peer->link_text = link_texts_clone(from->link_text, &ok);
	if (ok && !peer->description == !from->description && !peer->group == !from->group)
		return peer;
	peer_put(peer);
	return NULL;
}

struct kcl_peer *kcl_peer_edit(struct kcl_iface *iface, uint16_t id)
{
	struct kcl_peer_page *page;
	struct kcl_peer *own;

	errno = ENOENT;
	if (!kcl_peer_find(iface, id))
		return NULL;
	errno = ENOMEM;
	page = peer_page_own(iface, id >> 8);
	if (!page)
		return NULL;
	own = page->peer[id & 255];
	if (own->refs == 1)
		return own;
	own = peer_clone(own);
	if (!own)
		return NULL;
	peer_put(page->peer[id & 255]);
	page->peer[id & 255] = own;
	return own;
}

int kcl_peer_add(struct kcl_iface *iface, uint16_t id, const char *name)
{
	const uint32_t hash = name_hash(name);
	const uint32_t slot = slot_find(iface, name, hash);
	struct kcl_peer_page *page;
	struct kcl_peer *peer;

	if (!id || !kcl_name_is_valid(name))
		return -EINVAL;
	if (slot_get(iface, slot) || kcl_peer_find(iface, id))
		return -EEXIST;
	page = peer_page_own(iface, id >> 8);
	peer = calloc(1, peer_size(0));
	if (!page || !peer || slot_set(iface, slot, id) < 0) {
		free(peer);
		return -ENOMEM;
	}
	kcl_fields_preset(KCL_MODE_PEER, peer);
	peer->refs = 1;
	peer->id = id;
	peer->name_hash = hash;
	snprintf(peer->name, sizeof(peer->name), "%s", name);
	page->peer[id & 255] = peer;
	memcpy(page->head[id & 255], peer->name, HEAD_LEN);
	page->cnt++;
	iface->peer_cnt++;
	return 0;
}

int kcl_peer_del(struct kcl_iface *iface, uint16_t id)
{
	const struct kcl_peer *peer = kcl_peer_find(iface, id);
	struct kcl_peer_page *page;

	if (!peer)
		return -ENOENT;
	page = peer_page_own(iface, id >> 8);
	if (!page || slot_free(iface, slot_find(iface, peer->name, peer->name_hash)) < 0)
		return -ENOMEM;
	for (unsigned int i = 0; i < KCL_LINKS_MAX; i++)
		iface->link_users[i] -= peer->link_mask >> i & 1;
	peer_put(page->peer[id & 255]);
	page->peer[id & 255] = NULL;
	memset(page->head[id & 255], 0, HEAD_LEN);
	iface->peer_cnt--;
	if (--page->cnt == 0) {
		peer_page_put(page);
		iface->peers[id >> 8] = NULL;
	}
	return 0;
}

/* Gives the peer room for the links of `mask` besides those it has. */
static struct kcl_peer *peer_resize(struct kcl_iface *iface, uint16_t id, unsigned int mask)
{
	struct kcl_peer *peer = kcl_peer_edit(iface, id), *moved;

	if (!peer)
		return NULL;
	moved = realloc(peer, peer_size(mask | peer->link_mask));
	if (!moved)
		return NULL;
	iface->peers[id >> 8]->peer[id & 255] = moved;
	return moved;
}

struct kcl_peer_link *kcl_peer_link_edit(struct kcl_iface *iface, uint16_t id, unsigned int number)
{
	const struct kcl_peer *old = kcl_peer_find(iface, id);
	struct kcl_peer *peer;
	struct kcl_peer_link *link;
	unsigned int at, behind;

	if (old && old->link_mask & 1u << number) {
		peer = kcl_peer_edit(iface, id);
		return peer ? &peer->link[link_index(peer, number)] : NULL;
	}
	peer = peer_resize(iface, id, 1u << number);
	if (!peer)
		return NULL;
	at = link_index(peer, number);
	behind = (unsigned int)__builtin_popcount(peer->link_mask) - at;
	link = &peer->link[at];
	memmove(link + 1, link, behind * sizeof(*link));
	*link = (struct kcl_peer_link){.priority = -1};
	peer->link_mask |= (uint8_t)(1u << number);
	iface->link_users[number]++;
	return link;
}

int kcl_peer_link_del(struct kcl_iface *iface, uint16_t id, unsigned int number)
{
	const struct kcl_peer *old = kcl_peer_find(iface, id);
	struct kcl_peer *peer;
	unsigned int at, behind;

	if (!old || !(old->link_mask & 1u << number))
		return -ENOENT;
	peer = kcl_peer_edit(iface, id);
	if (!peer)
		return -ENOMEM;
	at = link_index(peer, number);
	behind = (unsigned int)__builtin_popcount(peer->link_mask) - at - 1;
	memmove(&peer->link[at], &peer->link[at + 1], behind * sizeof(peer->link[0]));
	peer->link_mask &= (uint8_t) ~(1u << number);
	iface->link_users[number]--;
	if (peer->link_text) {
		free(peer->link_text[number]);
		peer->link_text[number] = NULL;
	}
	return 0;
}

/* ---- descriptions of links ------------------------------------------------------------------- */

const char *kcl_peer_link_text(const struct kcl_peer *peer, unsigned int number)
{
	return peer->link_text && number < KCL_LINKS_MAX ? peer->link_text[number] : NULL;
}

int kcl_peer_link_describe(struct kcl_iface *iface, uint16_t id, unsigned int number,
			   const char *text)
{
	const struct kcl_peer *old = kcl_peer_find(iface, id);
	struct kcl_peer *peer;
	char *own;

	if (!old || !kcl_peer_link_find(old, number))
		return -ENOENT;
	peer = kcl_peer_edit(iface, id);
	own = text ? strdup(text) : NULL;
	if (peer && !peer->link_text)
		peer->link_text = calloc(KCL_LINKS_MAX, sizeof(*peer->link_text));
	if (!peer || !peer->link_text || (text && !own)) {
		free(own);
		return -ENOMEM;
	}
	free(peer->link_text[number]);
	peer->link_text[number] = own;
	return 0;
}
