/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/* The socket that clients connect to, and its file. */
#ifndef KNETD_CTL_SOCKET_H
#define KNETD_CTL_SOCKET_H

struct knd_groups;

/*
 * Listens at `path` for the owner and these groups. A file that a dead daemon has left is replaced.
 * Returns 0 and the descriptor, or -errno: -EADDRINUSE if another daemon lives there, -EEXIST if
 * something else than a socket is in the way.
 */
__attribute__((warn_unused_result)) int
knd_socket_open(const char *path, const struct knd_groups *groups, int backlog, int *fd);

#endif
