// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Counting the heap: the linker gives us all calls of malloc() and its like, and we pass them on.
 */
#include "tests/unit/heap.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_HEADER 8

static atomic_size_t used;

void *__real_malloc(size_t size);
void *__real_calloc(size_t cnt, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *p);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t cnt, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *p);

size_t heap_used(void)
{
	return used;
}

static size_t cost(void *p)
{
	return p == NULL ? 0 : malloc_usable_size(p) + CHUNK_HEADER;
}

static void *counted(void *p)
{
	used += cost(p);
	return p;
}

void *__wrap_malloc(size_t size)
{
	return counted(__real_malloc(size));
}

void *__wrap_calloc(size_t cnt, size_t size)
{
	return counted(__real_calloc(cnt, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	size_t before = cost(p);
	void *q = __real_realloc(p, size);

	if (q != NULL)
		used += cost(q) - before;
	return q;
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return counted(__real_aligned_alloc(align, size));
}

char *__wrap_strdup(const char *text)
{
	return counted(__real_strdup(text));
}

void __wrap_free(void *p)
{
	used -= cost(p);
	__real_free(p);
}
