// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * knet-keygen: makes network secrets and private keys, and says the public key of a private one.
 * One thing per run; it never overwrites a file. Standard output has the public key and nothing
 * else, so that scripts can take it.
 *
 * Exit codes: 0 done, 1 it could not be done, 2 wrong usage.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "config.h"
#include "knetd/secret.h"

static const char usage[] =
	"Usage: knet-keygen --secret FILE    make a network secret, the same file for all hosts\n"
	"       knet-keygen --key FILE       make a private key for this host, print its public "
	"key\n"
	"       knet-keygen --public FILE    print the public key of a private key\n"
	"       knet-keygen --help | --version\n"
	"\n"
	"New files have mode 0600. A file that exists is never overwritten.\n";

static int complain(const char *path, int rc)
{
	const char *text = rc == -EEXIST ? "exists already, and is left as it is" : strerror(-rc);

	fprintf(stderr, "knet-keygen: %s: %s\n", path, text);
	return EXIT_FAILURE;
}

static int public_print(const char *path, const uint8_t key[KNET_KEY_LEN])
{
	uint8_t public_key[KNET_KEY_LEN];
	char text[KNET_KEY_TEXT_LEN + 1];
	const int rc = knet_key_public(key, public_key);

	if (rc < 0)
		return complain(path, rc);
	knet_key_format(public_key, text);
	return puts(text) < 0 || fflush(stdout) != 0 ? complain("standard output", -errno) : 0;
}

static int secret_make(const char *path)
{
	uint8_t key[KNET_KEY_LEN];
	int rc = knet_random(key, sizeof(key));

	if (rc == 0)
		rc = knd_secret_write(path, key);
	explicit_bzero(key, sizeof(key));
	return rc < 0 ? complain(path, rc) : 0;
}

static int key_make(const char *path)
{
	uint8_t key[KNET_KEY_LEN];
	int rc = knet_random(key, sizeof(key));

	if (rc == 0)
		rc = knd_secret_write(path, key);
	rc = rc < 0 ? complain(path, rc) : public_print(path, key);
	explicit_bzero(key, sizeof(key));
	return rc;
}

static int public_show(const char *path)
{
	uint8_t key[KNET_KEY_LEN];
	struct knd_why why;
	int rc;

	if (knd_secret_read(path, key, &why) < 0) {
		fprintf(stderr, "knet-keygen: %s\n", why.text);
		return EXIT_FAILURE;
	}
	rc = public_print(path, key);
	explicit_bzero(key, sizeof(key));
	return rc;
}

static int misuse(void)
{
	fputs(usage, stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"secret", required_argument, NULL, 's'}, {"key", required_argument, NULL, 'k'},
		{"public", required_argument, NULL, 'p'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},      {NULL, 0, NULL, 0},
	};
	const int what = getopt_long(argc, argv, "hV", options, NULL);
	const char *path = optarg;

	prctl(PR_SET_DUMPABLE, 0);
	if (what == -1 || what == '?' || getopt_long(argc, argv, "hV", options, NULL) != -1 ||
	    optind != argc)
		return misuse();
	switch (what) {
	case 's':
		return secret_make(path);
	case 'k':
		return key_make(path);
	case 'p':
		return public_show(path);
	case 'V':
		return puts("knet-keygen " PACKAGE_VERSION) < 0;
	default:
		return fputs(usage, stdout) < 0;
	}
}
