/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef REF_PIPE_H
#define REF_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "path/frame.h"

#define PIPE_DATAGRAMS_MAX 1024
#define PIPE_FRAMES_MAX    2048

/* Some bytes, owned by the pipe until pipe_clear(). */
struct pipe_bytes {
	uint8_t *data;
	uint32_t len;
	uint8_t link;
};

/*
 * Two hosts of the simulation with a live session: the real way out of one, the real way in of the
 * other, and the test for a network between them.
 */
struct pipe {
	/* What the sender has sealed, in its order. */
	struct pipe_bytes sent[PIPE_DATAGRAMS_MAX];
	unsigned int sent_cnt;
	/* What a card (ref_card) has made of all that the receiver gave to its TAP, in order. */
	struct pipe_bytes got[PIPE_FRAMES_MAX];
	unsigned int got_cnt;
	/* Writes to the TAP, and those of them that were super-frames. */
	unsigned int write_cnt, super_cnt;
};

/* There is one, made at the first call, and emptied by each. */
struct pipe *pipe_get(void);
void pipe_clear(void);
/* Throws the network's two ends away. */
void pipe_end(void);

/* How long a datagram the links carry, from now on: pipe_get() sets PIPE_WIDTH_MAX. */
#define PIPE_WIDTH_MAX 65507
void pipe_width(uint16_t len);
/* The kernel hands the sender a frame; overwritten. */
void pipe_send(struct kn_frame *f);
/* The receiver reads some of what was sent, in one batch: which[0..cnt), indexes into sent. */
void pipe_receive(const unsigned int *which, size_t cnt);

/* What the receiver's TAP takes, from now on; refuses_uso: claimed, but refused with EINVAL. */
struct pipe_takes {
	bool csum, uso, refuses_uso;
};
void pipe_takes(const struct pipe_takes *takes);
/* A counter of the receiver or of the sender (enum kn_counter). */
uint64_t pipe_rx_counter(unsigned int counter);
uint64_t pipe_tx_counter(unsigned int counter);

#endif
