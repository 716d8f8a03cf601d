/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_PATH_LATECOMER_H
#define KN_PATH_LATECOMER_H

#include <stdbool.h>
#include <stdint.h>

#include "path/frame.h"

struct kn_engine;
struct kn_worker;

#define KN_QUESTION_CNT 16
#define KN_QUESTION_LEN 400

/* A frame that was flooded, or was for a peer without a link. */
struct kn_question {
	uint64_t at_ns; /* 0: none */
	uint16_t host;  /* 0: flooded */
	uint16_t len;
	uint8_t data[KN_QUESTION_LEN];
};

/* What a worker keeps for peers that come late. */
struct kn_questions {
	struct kn_question kept[KN_QUESTION_CNT];
	uint32_t next;
	uint32_t seen; /* of the engine's joins */
};

/* NULL if out of memory; to be freed. */
struct kn_questions *kn_questions_new(const struct kn_engine *e);

/* Whether this asks something, or answers, and is sent again only after a second or more: ARP, IPv6
 * neighbour discovery and router solicitation, DHCP. */
bool kn_is_question(const uint8_t *frame, uint32_t len);

/* The frame is about to be flooded, or a peer (its id) has no link for it: keeps it if it is a
 * question. Worker thread only. */
void kn_question_keep(struct kn_questions *q, const struct kn_frame *f, uint16_t host,
		      uint64_t now);

/* Peers may have become reachable: asks them, too. Worker thread only. */
void kn_latecomers_ask(struct kn_worker *w);

#endif
