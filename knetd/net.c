// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The netlink sockets and the news that they bring.
 *
 * Three sockets: one for events, one to ask and one to change things, so that an answer is never
 * mixed up with an event. Events are subscribed to before the first dump: nothing falls between.
 * When the kernel had to throw events away (ENOBUFS), everything is read anew. Control thread only.
 */
#include "knetd/net_internal.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/rtnl.h>
#include <stdlib.h>

#define NEWS_BUFFER  (1 << 20)
#define NEWS_AT_ONCE 64 /* messages, before others of the loop have their turn */
#define DUMPS_MAX    10

int knd_net_errno(int nlerr)
{
	static const struct {
		int nl, sys;
	} map[] = {
		{NLE_SUCCESS, 0},
		{NLE_AGAIN, EAGAIN},
		{NLE_NOMEM, ENOMEM},
		{NLE_EXIST, EEXIST},
		{NLE_INVAL, EINVAL},
		{NLE_RANGE, ERANGE},
		{NLE_OPNOTSUPP, ENOTSUP},
		{NLE_OBJ_NOTFOUND, ENOENT},
		{NLE_NOATTR, ENOENT},
		{NLE_NODEV, ENODEV},
		{NLE_NOADDR, EADDRNOTAVAIL},
		{NLE_BUSY, EBUSY},
		{NLE_PERM, EPERM},
		{NLE_NOACCESS, EACCES},
		{NLE_AF_NOSUPPORT, EAFNOSUPPORT},
		{NLE_MSG_OVERFLOW, ENOBUFS},
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].nl == abs(nlerr))
			return -map[i].sys;
	return -EIO;
}

static int on_message(struct nl_msg *msg, void *arg)
{
	knd_net_table_learn(arg, msg);
	return NL_OK;
}

static int socket_new(struct knd_net_table *table, struct nl_sock **out)
{
	struct nl_sock *sock = nl_socket_alloc();
	int rc;

	if (!sock)
		return -ENOMEM;
	if (table)
		nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, on_message, table);
	errno = 0;
	rc = nl_connect(sock, NETLINK_ROUTE);
	if (rc < 0) {
		/* libnl has no code of its own for want of descriptors. */
		rc = rc == -NLE_FAILURE && errno != 0 ? -errno : knd_net_errno(rc);
		nl_socket_free(sock);
		return rc;
	}
	*out = sock;
	return 0;
}

int knd_net_ask(struct knd_net *net, struct nl_msg *request, nl_recvmsg_msg_cb_t on_answer,
		void *arg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int rc = -NLE_NOMEM;

	if (cb && request && nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_answer, arg) == 0) {
		rc = nl_send_auto(net->ask, request);
		if (rc >= 0)
			rc = nl_recvmsgs(net->ask, cb);
	}
	nlmsg_free(request);
	nl_cb_put(cb);
	return rc;
}

/* What changes while the kernel tells of it makes it skip others: then it is asked again. If that
 * does not end, more is asked with the next news, of which there are some then. */
static int table_dump(struct knd_net *net, int what)
{
	int rc = -NLE_DUMP_INTR;

	for (unsigned int i = 0; i < DUMPS_MAX && rc == -NLE_DUMP_INTR; i++) {
		rc = nl_rtgen_request(net->ask, what, AF_UNSPEC, NLM_F_DUMP);
		if (rc >= 0)
			rc = nl_recvmsgs_default(net->ask);
	}
	net->is_partial |= rc == -NLE_DUMP_INTR;
	return rc == -NLE_DUMP_INTR ? 0 : rc;
}

/* Reads all devices and addresses; what is gone is told by the news. */
static int table_read(struct knd_net *net)
{
	net->is_partial = false;
	int rc = table_dump(net, RTM_GETLINK);

	if (rc >= 0)
		rc = table_dump(net, RTM_GETADDR);
	if (rc < 0)
		return knd_net_errno(rc);
	return net->table.is_short ? -ENOMEM : 0;
}

static int news_subscribe(struct nl_sock *news)
{
	int rc;

	nl_socket_disable_seq_check(news);
	rc = nl_socket_set_buffer_size(news, NEWS_BUFFER, 0);
	if (rc == 0)
		rc = nl_socket_set_nonblocking(news);
	if (rc == 0)
		rc = nl_socket_add_memberships(news, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
					       RTNLGRP_IPV6_IFADDR, 0);
	return rc < 0 ? knd_net_errno(rc) : 0;
}

int knd_net_new(struct knd_net **out)
{
	struct knd_net *net = calloc(1, sizeof(*net));
	int rc;

	if (!net)
		return -ENOMEM;
	rc = socket_new(&net->table, &net->news);
	if (rc == 0)
		rc = socket_new(&net->table, &net->ask);
	if (rc == 0)
		rc = socket_new(NULL, &net->set);
	if (rc == 0) {
		nl_socket_disable_auto_ack(net->ask);
		rc = news_subscribe(net->news);
	}
	if (rc == 0)
		rc = table_read(net);
	if (rc < 0)
		knd_net_free(net);
	else
		*out = net;
	return rc;
}

void knd_net_free(struct knd_net *net)
{
	if (!net)
		return;
	nl_socket_free(net->set);
	nl_socket_free(net->ask);
	nl_socket_free(net->news);
	knd_net_table_fini(&net->table);
	free(net);
}

int knd_net_fd(const struct knd_net *net)
{
	return nl_socket_get_fd(net->news);
}

int knd_net_dispatch(struct knd_net *net)
{
	int rc = 0, cnt = 0;

	while (rc >= 0 && cnt < NEWS_AT_ONCE) {
		rc = nl_recvmsgs_default(net->news);
		cnt += rc >= 0;
	}
	if (rc == -NLE_AGAIN || rc >= 0)
		rc = 0;
	else if (rc == -NLE_NOMEM || rc == -NLE_MSG_OVERFLOW)
		net->table.is_short = true;
	else
		return knd_net_errno(rc);
	if (net->table.is_short)
		knd_net_table_clear(&net->table);
	else if (!net->is_partial || cnt == 0)
		return cnt > 0;
	rc = table_read(net);
	return rc < 0 ? rc : 1;
}
