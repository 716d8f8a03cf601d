/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * An engine and a machine that do nothing but remember, behind knet.h and knetd/net.h: tests of
 * the daemon link them in place of the real ones. Calls are written down, and refused as the real
 * ones would refuse them (a peer that is not there, an address that the machine does not have).
 */
#ifndef KNET_TESTS_FAKE_ENGINE_H
#define KNET_TESTS_FAKE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

/* Forgets everything; the machine has two devices, eth0 10.66.0.1 and eth1 10.67.0.1. */
void fake_reset(void);
/* The calls since the last reading, one per line; at most those whose text begins with `only`. */
const char *fake_calls(void);
void fake_calls_clear(void);
/* The state of engine and machine, as text to be compared. Returns `out`. */
const char *fake_state(char *out, size_t size);
/* The n-th changing call from now fails with -ENOMEM; 0: none. */
void fake_fail_at(unsigned int n);
/* False once that call has come. */
bool fake_fail_is_pending(void);

/* The machine: number 0 or 1 of its devices. */
void fake_dev_set(unsigned int n, bool is_up, bool has_carrier, unsigned int mtu);
/* NULL takes the address away. */
void fake_dev_addr(unsigned int n, const char *ip);
/* The bridge that all TAPs are ports of; 0: none. */
void fake_tap_bridge(int index);
/* What the engine was told of the MTU below a link of the first handle. */
unsigned int fake_link_mtu(unsigned int link);
/* What the engine says of its narrowest path, for all handles; 0: none is narrow. */
void fake_narrowest_set(unsigned int mtu);
/* The device by which everything is reached; -1: no route; 2: the first TAP. */
void fake_route_by(int n);

#endif
