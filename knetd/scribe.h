/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Files that are made behind the back of the control thread, which must not wait for a disk, nor
 * write long texts, while links live on its timers. Orders are carried out one by one, by a thread
 * that starts with the first one: removals first, then what is to be written, from the newest on.
 * What is to be removed or written anew before its turn has come is not written at all, and the
 * thread rests between files, so that a burst of orders costs no more than the last ones of it. At
 * the end it does not rest.
 */
#ifndef KNETD_SCRIBE_H
#define KNETD_SCRIBE_H

#include <stddef.h>

#include "knetd/why.h"

struct knd_scribe;

/* NULL without memory. */
struct knd_scribe *knd_scribe_new(void);
/* Waits until all is done, ends the thread. NULL is allowed. */
void knd_scribe_free(struct knd_scribe *scribe);
/* What a file is to say. */
struct knd_script {
	/* In the thread, which may only read what `of` leads to: an allocated text; NULL: no memory
	 */
	char *(*format)(const void *of, size_t *len);
	/* In control: `of` is of no more use to the scribe. */
	void (*release)(void *of);
	void *of;
};

/*
 * Puts the text into the file, of mode 0600, whole or not at all, on the disk; makes its directory,
 * of mode 0700, if need be. `path` and what the script is of are the scribe's from now on, whatever
 * the result: 0 or -errno.
 */
__attribute__((warn_unused_result)) int knd_scribe_write(struct knd_scribe *scribe, char *path,
							 const struct knd_script *script);
/* Removes the file. `path` is owned by the scribe from now on. 0 or -errno. */
__attribute__((warn_unused_result)) int knd_scribe_remove(struct knd_scribe *scribe, char *path);
/* What could not be done since the last call: -errno with `why`, or 0. */
int knd_scribe_failure(struct knd_scribe *scribe, struct knd_why *why);

#endif
