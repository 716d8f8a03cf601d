// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Start and stop of the cryptographic library, and the small helpers that everything secret needs.
 *
 * NSS is started through an NSSInitContext of our own, without certificates, modules or databases,
 * so that a program which uses NSS for itself and links libknet keeps its own set-up. The count and
 * the context are the only global state of the room's NSS side; init_lock guards both and is a leaf
 * (nothing else is locked under it, apart from what NSS does inside). Any thread may enter.
 */
#include "crypto/crypto.h"

#include <nss.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int init_cnt;
static NSSInitContext *nss_context;

int kn_crypto_init(void)
{
	const PRUint32 flags = NSS_INIT_READONLY | NSS_INIT_NOCERTDB | NSS_INIT_NOMODDB |
			       NSS_INIT_FORCEOPEN | NSS_INIT_NOROOTINIT;
	int err = 0;

	pthread_mutex_lock(&init_lock);
	if (init_cnt == 0)
		nss_context = NSS_InitContext("", "", "", "", NULL, flags);
	if (nss_context)
		init_cnt++;
	else
		err = -ENOSYS;
	pthread_mutex_unlock(&init_lock);
	return err;
}

void kn_crypto_fini(void)
{
	pthread_mutex_lock(&init_lock);
	if (init_cnt > 0 && --init_cnt == 0) {
		NSS_ShutdownContext(nss_context);
		nss_context = NULL;
	}
	pthread_mutex_unlock(&init_lock);
}

void kn_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

bool kn_ct_equal(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= (uint8_t)(x[i] ^ y[i]);
	return diff == 0;
}

int kn_random_os(void *out, size_t n)
{
	uint8_t *p = out;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
	return 0;
}
