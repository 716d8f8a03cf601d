/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * Files that are written behind the back of the control thread, which must not wait for a disk
 * while links live on its timers. Orders are carried out one by one, in the order in which they
 * were given, by a thread that starts with the first one.
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
/*
 * Puts `text` into the file, of mode 0600, whole or not at all, on the disk; makes its directory,
 * of mode 0700, if need be. Both are owned by the scribe from now on, whatever the result: 0 or
 * -errno. Waits if very much is still to be written.
 */
__attribute__((warn_unused_result)) int knd_scribe_write(struct knd_scribe *scribe, char *path,
							 char *text, size_t len);
/* Removes the file. `path` is owned by the scribe from now on. 0 or -errno. */
__attribute__((warn_unused_result)) int knd_scribe_remove(struct knd_scribe *scribe, char *path);
/* What could not be done since the last call: -errno with `why`, or 0. */
int knd_scribe_failure(struct knd_scribe *scribe, struct knd_why *why);

#endif
