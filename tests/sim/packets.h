/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef SIM_PACKETS_H
#define SIM_PACKETS_H

#include <stddef.h>
#include <stdint.h>

struct sim_datagram;
struct sim_host;

/* The packet path of a host: all that the simulation knows of struct kn_worker is behind these. */
void sim_packets_init(struct sim_host *h);
void sim_packets_fini(struct sim_host *h);
/* A frame from the TAP. */
void sim_packets_frame(struct sim_host *h, const uint8_t *frame, size_t len);
/* A datagram from a socket; borrows it, and destroys its contents. */
void sim_packets_datagram(struct sim_host *h, struct sim_datagram *d);
/* Control acts on what the path has reported. */
void sim_packets_reports(struct sim_host *h);
/* Control has changed links: the packet thread wakes after a while. */
void sim_packets_kick(struct sim_host *h, uint64_t after_ns);

#endif
