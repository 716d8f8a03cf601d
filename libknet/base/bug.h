/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The Kronosnet developers */
#ifndef KN_BASE_BUG_H
#define KN_BASE_BUG_H

/* Something impossible happened: say where and abort. Always on. */
_Noreturn void kn_bug_at(const char *file, int line, const char *what);

#define kn_bug(what)    kn_bug_at(__FILE__, __LINE__, (what))
#define kn_assert(cond) ((cond) ? (void)0 : kn_bug(#cond))

#endif
