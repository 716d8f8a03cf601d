// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Types of arguments. Each is one row: how it is called, how it is shown, how it is read. The
 * syntax in commands.def names them; nothing else knows which there are.
 */
#include "knetd/cmd/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_text(const char *text, size_t max)
{
	const size_t len = strlen(text);

	if (len < 1 || len > max || !is_alnum(text[0]))
		return false;
	for (; *text; text++)
		if (!is_alnum(*text) && !strchr("-_.", *text))
			return false;
	return true;
}

bool kcl_name_is_valid(const char *text)
{
	return is_name_text(text, KCL_NAME_MAX) && text[strspn(text, "0123456789")] != '\0';
}

bool kcl_ifname_is_valid(const char *text)
{
	return is_name_text(text, KCL_IFNAME_MAX);
}

static int uint_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	if (kcl_uint_parse(text, &value->number) < 0)
		return -EINVAL;
	return value->number >= node->min && value->number <= node->max ? 0 : -EINVAL;
}

/* Bytes, with k, m, g or t behind them for powers of 1024. */
static int size_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	static const char units[] = "kmgt";
	const size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1] | 0x20) : NULL;
	char digits[24];

	if (!len || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len + 1);
	if (unit)
		digits[len - 1] = '\0';
	if (kcl_uint_parse(digits, &value->number) < 0)
		return -EINVAL;
	if (unit &&
	    __builtin_mul_overflow(value->number, 1024ULL << 10 * (unit - units), &value->number))
		return -EINVAL;
	return value->number >= node->min && value->number <= node->max ? 0 : -EINVAL;
}

static int name_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	(void)value;
	return kcl_name_is_valid(text) ? 0 : -EINVAL;
}

static int ifname_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	(void)value;
	return kcl_ifname_is_valid(text) ? 0 : -EINVAL;
}

static int path_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	(void)value;
	return text[0] == '/' && strlen(text) <= KCL_PATH_MAX ? 0 : -EINVAL;
}

/* Absolute, or below the directory of the startup configuration; `tftp:` is a name, too, but nobody
 * who types it means a file. */
static int file_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	(void)value;
	/* `copy run ?` off a prompt asks for help, too */
	if (!text[0] || text[0] == '-' || strcmp(text, "?") == 0 || strlen(text) > KCL_PATH_MAX)
		return -EINVAL;
	return text[0] != '/' && strchr(text, ':') ? -EINVAL : 0;
}

static int text_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	const size_t len = strlen(text);

	(void)node;
	(void)value;
	return len < 1 || len > KCL_TEXT_MAX || kcl_text_has_control(text) ? -EINVAL : 0;
}

static int endpoint_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	return kcl_endpoint_parse(text, &value->endpoint);
}

static int prefix_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	return kcl_prefix_parse(text, &value->prefix);
}

static int mac_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	if (kcl_mac_parse(text, value->mac) < 0)
		return -EINVAL;
	return value->mac[0] & 1 ? -EINVAL : 0; /* no groups */
}

static int key_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	return kcl_key_parse(text, value->key);
}

static int rangeset_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	(void)value;
	return kcl_rangeset_is_valid(text) ? 0 : -EINVAL;
}

static int glob_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	(void)node;
	(void)value;
	return kcl_glob_is_valid(text) ? 0 : -EINVAL;
}

/* 90, 90s, 5m, 2h, 1d: seconds. */
static int duration_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const size_t len = strlen(text);
	uint64_t scale = 1;
	char digits[12];

	if (len < 1 || len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len + 1);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (digits[len - 1] == units[i].unit) {
			scale = units[i].seconds;
			digits[len - 1] = '\0';
			break;
		}
	if (kcl_uint_parse(digits, &value->number) < 0)
		return -EINVAL;
	value->number *= scale;
	return node->max && (value->number < node->min || value->number > node->max) ? -EINVAL : 0;
}

/* A name or an address for a program of the operating system: never an option. */
static int host_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	const size_t len = strlen(text);

	(void)node;
	(void)value;
	if (len < 1 || len > 253 || !(is_alnum(text[0]) || text[0] == ':'))
		return -EINVAL;
	for (; *text; text++)
		if (!is_alnum(*text) && !strchr("-_.:%", *text))
			return -EINVAL;
	return 0;
}

static int address_read(const struct kcl_node *node, const char *text, struct kcl_value *value)
{
	uint8_t ip[16];

	(void)node;
	(void)value;
	return inet_pton(AF_INET, text, ip) == 1 || inet_pton(AF_INET6, text, ip) == 1 ? 0
										       : -EINVAL;
}

static const struct kcl_type types[] = {
	{"uint", NULL, KCL_VALUE_UINT, 0, 9, uint_read},
	{"size", NULL, KCL_VALUE_UINT, 0, 9, size_read},
	{"mac", "<mac>", KCL_VALUE_MAC, 0, 8, mac_read},
	{"prefix", "<address/length>", KCL_VALUE_PREFIX, 0, 8, prefix_read},
	{"endpoint", "<endpoint>", KCL_VALUE_ENDPOINT, 0, 7, endpoint_read},
	{"key", "<key>", KCL_VALUE_KEY, 0, 6, key_read},
	{"iface", "<ifname>", KCL_VALUE_TEXT, KCL_TYPE_IFACES, 4, ifname_read},
	{"ifname", "<ifname>", KCL_VALUE_TEXT, KCL_TYPE_IFACES | KCL_TYPE_NEW, 4, ifname_read},
	{"peer", "<peer>", KCL_VALUE_TEXT, KCL_TYPE_PEERS, 4, name_read},
	{"peername", "<name>", KCL_VALUE_TEXT, KCL_TYPE_PEERS | KCL_TYPE_NEW, 4, name_read},
	{"name", "<name>", KCL_VALUE_TEXT, 0, 3, name_read},
	{"group", "<group>", KCL_VALUE_TEXT, KCL_TYPE_GROUPS, 4, name_read},
	{"groupname", "<name>", KCL_VALUE_TEXT, KCL_TYPE_GROUPS | KCL_TYPE_NEW, 4, name_read},
	{"aliasname", "<name>", KCL_VALUE_TEXT, KCL_TYPE_ALIASES | KCL_TYPE_NEW, 4, name_read},
	{"rangeset", "<a-b,c>", KCL_VALUE_TEXT, 0, 5, rangeset_read},
	{"glob", "<pattern>", KCL_VALUE_TEXT, 0, 3, glob_read},
	{"duration", "<duration>", KCL_VALUE_UINT, 0, 5, duration_read},
	{"host", "<host>", KCL_VALUE_TEXT, 0, 3, host_read},
	{"address", "<address>", KCL_VALUE_TEXT, 0, 5, address_read},
	{"path", "<path>", KCL_VALUE_TEXT, 0, 2, path_read},
	{"file", "<file>", KCL_VALUE_TEXT, 0, 2, file_read},
	{"text", "<text>", KCL_VALUE_TEXT, KCL_TYPE_REST, 1, text_read},
	{"command", "<command>", KCL_VALUE_TEXT, KCL_TYPE_COMMAND, 1, NULL},
};

const struct kcl_type *kcl_type_find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].name) == len && memcmp(types[i].name, name, len) == 0)
			return &types[i];
	return NULL;
}
