// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The main program of a fuzzer that is built without libFuzzer: it runs each
 * file of a corpus through the target once, in the order of the names, so that
 * every input that ever broke something is a test with any compiler.
 *
 * Without arguments the program fuzz_X reads $KNET_FUZZ_CORPUS/X; with
 * arguments it reads the files named. The output is TAP, one line per file.
 * An empty corpus is a failure: it would test nothing.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1024 * 1024)

static bool input_run(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *buf;
	uint8_t *exact;
	size_t len;
	bool ok;

	if (!file)
		return false;
	buf = malloc(INPUT_MAX);
	len = buf ? fread(buf, 1, INPUT_MAX, file) : 0;
	ok = buf && !ferror(file);
	fclose(file);
	/* An allocation of just this length lets ASan see a read past the end. */
	exact = ok ? malloc(len ? len : 1) : NULL;
	if (exact) {
		memcpy(exact, buf, len);
		LLVMFuzzerTestOneInput(exact, len);
	}
	ok = exact != NULL;
	free(exact);
	free(buf);
	return ok;
}

static int case_report(int number, const char *path)
{
	bool ok = input_run(path);

	printf("%sok %d - %s\n", ok ? "" : "not ", number, path);
	fflush(stdout);
	return ok ? 0 : 1;
}

static int entry_is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int dir_run(const char *dir)
{
	struct dirent **entries = NULL;
	int count = scandir(dir, &entries, entry_is_input, alphasort);
	int failed = 0;

	printf("1..%d\n", count > 0 ? count : 1);
	if (count <= 0) {
		printf("not ok 1 - %s: %s\n", dir, count < 0 ? strerror(errno) : "no input");
		free(entries);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		failed |= case_report(i + 1, path);
		free(entries[i]);
	}
	free(entries);
	return failed;
}

static int corpus_run(const char *program)
{
	const char *root = getenv("KNET_FUZZ_CORPUS");
	const char *name = strstr(program, "fuzz_");
	char dir[2048];

	if (!root || !name) {
		printf("Bail out! KNET_FUZZ_CORPUS is not set, or this is no fuzz_X\n");
		return 1;
	}
	snprintf(dir, sizeof(dir), "%s/%s", root, name + strlen("fuzz_"));
	return dir_run(dir);
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc < 2)
		return corpus_run(program_invocation_short_name);
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++)
		failed |= case_report(i, argv[i]);
	return failed;
}
