// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * What somebody may have meant who comes from another router: words that stand for something here
 * but are no words of this language, and addresses with a mask. They are only suggested, in the
 * error, so that nobody's scripts come to depend on them.
 */
#include "knetd/cmd/internal.h"

#include <arpa/inet.h>
#include <string.h>

#define CONFIGS (~(1u << KCL_MODE_EXEC))
#define EXEC    (1u << KCL_MODE_EXEC)
#define CONFIG  (1u << KCL_MODE_CONFIG)
#define IFACE   (1u << KCL_MODE_IFACE)

#define SHELL    "!that is done in a shell of this host"
#define KERNEL   "!routes and addresses are the kernel's, see `show interfaces brief`"
#define EMPTY    "!an empty configuration is `configure`, `load replace terminal`; `write` keeps it"
#define BELOW    "!expected `peer NAME` alone, then that line below it"
#define ETHERNET "!knet0 and the like are plain Ethernet to the host, which sets that"

/*
 * The first that fits counts. A foreign word may be shortened, but not where it has several. What
 * begins with `!` is said as it is.
 */
static const struct {
	uint32_t modes;
	const char *before; /* words of ours in front of it, in full; `*` are any more */
	const char *foreign;
	const char *ours; /* NULL: there is nothing like it, whatever looks similar */
} words[] = {
	{EXEC, "", "who", "show sessions"},
	{EXEC, "", "logout", "exit"},
	{EXEC, "", "undebug", "no debug all"},
	{EXEC, "", "shutdown", "stop daemon"},
	{EXEC, "", "halt", "stop daemon"},
	{EXEC, "", "reboot", "reload daemon"},
	{EXEC, "", "restart", "reload daemon"},
	{EXEC, "", "edit", "configure session"},
	{EXEC, "", "set", "!expected `configure`, then the line without `set`"},
	{EXEC, "", "run", "!expected the command without `run`"},
	{EXEC, "", "where", "show sessions"},
	{EXEC, "", "more startup-config", "show startup-config"},
	{EXEC, "", "more", SHELL},
	{EXEC, "", "dir", SHELL},
	{EXEC, "", "cd", SHELL},
	{EXEC, "", "pwd", SHELL},
	{EXEC, "", "delete", SHELL},
	{EXEC, "", "telnet", SHELL},
	{EXEC, "", "ssh", SHELL},
	{EXEC, "", "clock", SHELL},
	{EXEC, "", "erase", EMPTY},
	{EXEC, "write", "erase", EMPTY},
	{EXEC, "write", "network", "write file FILE"},
	{EXEC, "reload", "in", "configure revert-in MINUTES"},
	{EXEC, "reload", "at", "configure revert-in MINUTES"},
	{EXEC, "reload", "cancel", "commit confirm"},
	{EXEC, "monitor", "capture", "capture"},
	{EXEC, "monitor", "session", "capture"},
	{EXEC, "monitor", "traffic", "capture"},
	{EXEC, "monitor", "interface", "monitor counters interface NAME"},
	{EXEC, "configure", "private", "configure session"},
	{EXEC, "configure", "memory", "reload daemon"},
	{EXEC, "configure", "confirm", "commit confirm"},
	{EXEC, "terminal no", "length", "terminal length LINES"},
	{EXEC, "terminal no", "color", "terminal color off"},
	{EXEC, "terminal no", "timestamps", "terminal timestamps off"},
	{EXEC, "terminal history", "size", "terminal history LINES"},
	{EXEC, "test", "cable", "test peer NAME mtu"},
	{EXEC, "", "save", "write"},
	{EXEC, "", "tracert", "traceroute"},
	{EXEC, "show", "users", "show sessions"},
	{EXEC, "show", "ip int", "show interfaces brief"},
	{EXEC, "show", "ipv6 int", "show interfaces brief"},
	{EXEC, "show", "ip arp", "show mac-table"},
	{EXEC, "show", "ip sla", "ping peer NAME"},
	{EXEC, "show", "ip", KERNEL},
	{EXEC, "show", "ipv6", KERNEL},
	{EXEC, "show", "route", KERNEL},
	{EXEC, "show", "mac-address-table", "show mac-table"},
	{EXEC, "show", "ethernet-switching", "show mac-table"},
	{EXEC, "show", "vlan", "show mac-table"},
	{EXEC, "show", "bfd", "show links"},
	{EXEC, "show", "line", "show sessions"},
	{EXEC, "show", "system", "show version"},
	{EXEC, "show", "platform", "show version"},
	{EXEC, "show", "cpu", "show threads"},
	{EXEC, "show", "controllers", "show interfaces"},
	{EXEC, "show", "ntp", "show clock"},
	{EXEC, "show", "candidate", "show configuration diff"},
	{EXEC, "show", "security", "show crypto sessions"},
	{EXEC, "show", "arp", "show mac-table"},
	{EXEC, "show", "bridge", "show mac-table"},
	{EXEC, "show", "fdb", "show mac-table"},
	{EXEC, "show mac-table", "address-table", "show mac-table"},
	{EXEC, "show", "neighbors", "show peers"},
	{EXEC, "show", "cdp", "show peers"},
	{EXEC, "show", "lldp", "show peers"},
	{EXEC, "show", "tunnel", "show peers"},
	{EXEC, "show", "vpn", "show crypto sessions"},
	{EXEC, "show crypto", "ipsec", "show crypto sessions"},
	{EXEC, "show crypto", "isakmp", "show crypto sessions"},
	{EXEC, "show crypto", "ikev2", "show crypto sessions"},
	{EXEC, "crypto", "key", "crypto generate key FILE"},
	{EXEC, "crypto", "isakmp", "crypto generate network-secret FILE"},
	{EXEC, "show", "processes", "show threads"},
	{EXEC, "show", "statistics", "show counters"},
	{EXEC, "show", "errors", "show counters errors"},
	{EXEC, "show", "hardware", "show version"},
	{EXEC, "show", "inventory", "show version"},
	{EXEC, "show", "uptime", "show version"},
	{EXEC, "show", "archive", "show configuration history"},
	{EXEC, "show", "rollback", "show configuration history"},
	{EXEC, "show", "commit", "show configuration history"},
	{EXEC, "clear mac-table", "address-table", "clear mac-table"},
	{EXEC, "clear", "arp", "clear mac-table"},
	{EXEC, "clear", "crypto", "clear peer NAME"},
	{EXEC, "clear", "logging", "clear events"},
	{EXEC, "clear", "line", "exec-timeout"},
	{EXEC, "clear", "ip arp", "clear mac-table"},
	{EXEC, "debug", "ip packet", "capture"},
	{EXEC, "debug", "crypto", "debug handshake"},
	{EXEC, "ping", "ip ", "ping ADDRESS"},
	{EXEC, "ping", "ipv6 ", "ping ADDRESS"},
	{EXEC, "ping", "vrf ", SHELL},
	{EXEC, "traceroute", "ip ", "traceroute ADDRESS"},
	{EXEC, "traceroute", "vrf ", SHELL},
	{EXEC, "ping host*", "repeat", "count"},
	{EXEC, "ping host*", "-c", "count"},
	{EXEC, "ping host*", "-s", "size"},
	{EXEC, "ping host*", "source", SHELL},
	{EXEC, "ping host*", "timeout", SHELL},
	{EXEC, "ping host*", "df-bit", SHELL},
	{EXEC, "ping peer peer*", "repeat", "count"},
	{EXEC, "ping peer peer*", "timeout", "interval"},
	{EXEC, "ping peer peer*", "df-bit", "df"},
	{EXEC, "ping peer peer*", "source", "link NUMBER"},
	{CONFIGS, "", "neighbor", "peer NAME ID ADDRESS"},
	{CONFIGS, "", "set", "!expected the line without `set`"},
	{CONFIGS, "", "delete", "!expected `no`, then the line"},
	{CONFIGS, "", "run", "!expected `do`, then the command"},
	{CONFIGS, "", "edit", "!expected the object, such as `interface NAME`; `top` goes back"},
	{CONFIGS, "", "up", "exit"},
	{CONFIGS, "commit", "and-quit", "!expected `commit`, then `end`"},
	{CONFIGS, "", "ip route", KERNEL},
	{CONFIGS, "", "router", KERNEL},
	{CONFIGS, "", "username", "management group"},
	{CONFIGS, "", "aaa", "management group"},
	{CONFIGS, "", "line", "exec-timeout"},
	{CONFIGS, "", "enable", "management group"},
	{CONFIGS, "", "crypto", "network-secret file PATH"},
	{CONFIG, "no", "ip", KERNEL},
	{IFACE, "", "tunnel destination", "peer NAME ID ADDRESS"},
	{IFACE, "", "tunnel source", "link NUMBER local ADDRESS"},
	{IFACE, "", "tunnel key", "network-secret file PATH"},
	{IFACE, "", "tunnel", "link NUMBER local ADDRESS"},
	{IFACE, "peer peer", "shutdown", BELOW},
	{IFACE, "peer peer", "description", BELOW},
	{IFACE, "peer peer", "link", BELOW},
	{IFACE, "peer peer", "policy", BELOW},
	{IFACE, "storm-guard", "0", "off"},
	{IFACE, "", "speed", ETHERNET},
	{IFACE, "", "duplex", ETHERNET},
	{IFACE, "", "bandwidth", ETHERNET},
	{IFACE, "", "switchport", ETHERNET},
	{IFACE, "", "encapsulation", ETHERNET},
	{IFACE, "", "vlan", ETHERNET},
	{IFACE, "", "service-policy", "dscp"},
	{IFACE, "", "ip", "address ADDRESS/LENGTH"},
	{IFACE, "", "secret", "network-secret file PATH"},
	{IFACE, "", "psk", "network-secret file PATH"},
	{IFACE, "", "pre-shared-key", "network-secret file PATH"},
	{IFACE, "", "ipv6", "address ADDRESS/LENGTH"},
	{IFACE, "no", "ip", "no address"},
	{IFACE, "no", "ipv6", "no address"},
	{CONFIG, "no logging", "console", "terminal no monitor"},
	{CONFIG, "no logging", "monitor", "terminal no monitor"},
	{CONFIG, "logging", "buffered", "show logging"},
	{CONFIG, "logging", "console", "terminal monitor"},
	{CONFIG, "logging", "monitor", "terminal monitor"},
	{CONFIG, "logging", "trap", "logging level"},
	{CONFIG, "logging", "host", "logging syslog"},
	{CONFIG, "banner motd", "#", "banner motd line TEXT"},
	{CONFIG, "banner motd", "^C", "banner motd line TEXT"},
	{CONFIG, "", "ntp", NULL},
	{IFACE, "", "encryption", "suite"},
	{IFACE, "", "cipher", "suite"},
	{IFACE, "", "keepalive", "timers ping MS timeout MS"},
	{IFACE, "", "udp", "port"},
};

/* The keywords that were read, in full. */
static void before_format(const struct kcl_args *args, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < args->cnt && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " " : "",
					 args->value[i].name);
}

/* Bits of a mask such as 255.255.255.0, or -1. */
static int mask_bits(const char *text)
{
	struct in_addr mask;
	uint32_t rest;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return -1;
	rest = ~ntohl(mask.s_addr);
	return rest & (rest + 1) ? -1 : 32 - __builtin_popcount(rest);
}

/* "10.1.1.1 255.255.255.0" where 10.1.1.1/24 is expected. */
static bool prefix_hint(const struct kcl_walk *walk, const struct kcl_token *tok, char *out,
			size_t size)
{
	const struct kcl_node *k = kcl_node_child(walk->node);
	const char *rest = walk->line + tok->off + tok->len;
	struct in_addr addr;
	char mask[16];
	size_t len;
	int bits;

	while (k && !(k->type && k->type->kind == KCL_VALUE_PREFIX))
		k = kcl_node_next(k);
	if (!k || inet_pton(AF_INET, tok->text, &addr) != 1)
		return false;
	rest += strspn(rest, " ");
	len = strcspn(rest, " ");
	if (len >= sizeof(mask))
		return false;
	memcpy(mask, rest, len);
	mask[len] = '\0';
	bits = mask_bits(mask);
	if (bits >= 0)
		snprintf(out, size, "%s/%d", tok->text, bits);
	return bits >= 0;
}

/* True if the foreign words begin with what stands at the token, or what stands there with them. */
static bool is_foreign(const struct kcl_walk *walk, const struct kcl_token *tok,
		       const char *foreign)
{
	const char *line = walk->line + tok->off;
	const size_t len = strlen(foreign);

	if (strchr(foreign, ' '))
		return walk->len >= tok->off + len && strncmp(line, foreign, len) == 0;
	return strncmp(foreign, tok->text, strlen(tok->text)) == 0;
}

/* Bits of the modes whose foreign words count: `show` and `do` read what EXEC reads, everywhere. */
static uint32_t modes_heard(const struct kcl_walk *walk, const char *before)
{
	if (walk->is_done)
		return EXEC;
	return 1u << walk->mode | (strncmp(before, "show", strlen("show")) == 0 ? EXEC : 0);
}

static bool is_behind(const char *before, const char *pattern)
{
	const size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(before, pattern, len - 1) == 0;
	return strcmp(before, pattern) == 0;
}

/* `copy run tftp:`, `configure replace flash:x`: what is copied to other hosts is a file first. */
static bool file_hint(const struct kcl_walk *walk, const struct kcl_token *tok, char *out,
		      size_t size)
{
	const struct kcl_node *k = kcl_node_child(walk->node);

	while (k && !(k->type && strcmp(k->type->name, "file") == 0))
		k = kcl_node_next(k);
	if (!k || !strchr(tok->text, ':'))
		return false;
	snprintf(out, size, "!expected a file of this host");
	return true;
}

/* `ping beta` where there is a peer of that name. */
static bool peer_hint(const struct kcl_walk *walk, const struct kcl_token *tok, const char *before,
		      char *out, size_t size)
{
	const struct kcl_config *config = kcl_env_config(walk->env);

	if (strcmp(before, "ping") != 0 && strcmp(before, "traceroute") != 0)
		return false;
	if (config && kcl_peer_is_named(config, tok->text))
		snprintf(out, size, "ping peer %.64s", tok->text);
	else
		snprintf(out, size, "%s host %.64s", before, tok->text);
	return true;
}

/* `clear counters beta`: a peer, an interface or a MAC where its keyword is missing. */
static bool name_hint(const struct kcl_walk *walk, const struct kcl_token *tok, char *out,
		      size_t size)
{
	const struct kcl_config *config = kcl_env_config(walk->env);
	const char *keyword = NULL;
	uint8_t mac[6];

	if (kcl_mac_parse(tok->text, mac) == 0)
		keyword = "address";
	for (unsigned int i = 0; config && i < config->iface_cnt && !keyword; i++) {
		if (strcmp(config->iface[i]->name, tok->text) == 0)
			keyword = "interface";
		else if (kcl_peer_find_name(config->iface[i], tok->text))
			keyword = "peer";
	}
	if (!keyword || !kcl_keyword_is_expected(walk, keyword))
		return false;
	snprintf(out, size, "%s %.64s", keyword, tok->text);
	return true;
}

/* `interface knet 0`, whose name is one word, and `link0`, which is two. */
static bool blank_hint(const struct kcl_walk *walk, const struct kcl_token *tok, char *out,
		       size_t size)
{
	const struct kcl_type *type = walk->node->type;
	const char *digits = tok->text + strcspn(tok->text, "0123456789");
	char word[32];

	if (!*digits || digits[strspn(digits, "0123456789")])
		return false;
	if (digits == tok->text && type && type->flags & KCL_TYPE_IFACES) {
		snprintf(out, size, "%.16s%.16s", walk->args->value[walk->args->cnt - 1].text,
			 digits);
		return true;
	}
	snprintf(word, sizeof(word), "%.*s", (int)(digits - tok->text), tok->text);
	if (digits - tok->text >= (int)sizeof(word) || !kcl_keyword_is_expected(walk, word))
		return false;
	snprintf(out, size, "%s %.16s", word, digits);
	return true;
}

/* What a shell would take: `show peers | json` without its bar, `>`, `;`. */
static bool shell_hint(const struct kcl_token *tok, const char *before, char *out, size_t size)
{
	static const char *const stages[] = {"include", "exclude", "begin", "section", "count",
					     "json",    "where",   "sort",  "first",   "last"};

	if (strchr(tok->text, ';') || strncmp(tok->text, "&&", 2) == 0) {
		snprintf(out, size, "!expected one command a line");
		return true;
	}
	if (strncmp(before, "show", strlen("show")) != 0 || tok->is_quoted)
		return false;
	if (tok->text[0] == '>') {
		snprintf(out, size, "| save FILE");
		return true;
	}
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		if (strcmp(tok->text, stages[i]) != 0)
			continue;
		snprintf(out, size, "| %s", stages[i]);
		return true;
	}
	return false;
}

/* A value that is none of its kind: what that kind is. */
static bool value_hint(const struct kcl_walk *walk, const struct kcl_token *tok, char *out,
		       size_t size)
{
	const struct kcl_node *k = kcl_node_child(walk->node);

	while (k && !k->type)
		k = kcl_node_next(k);
	if (!k || kcl_node_next(k) || k->type->kind != KCL_VALUE_TEXT)
		return false;
	if (strcmp(k->type->name, "text") == 0 && walk->len - tok->off > KCL_TEXT_MAX)
		snprintf(out, size, "!expected at most %d bytes", KCL_TEXT_MAX);
	else if (strcmp(k->type->name, "text") == 0 && kcl_text_has_control(tok->text))
		snprintf(out, size, "!expected text without control characters");
	else if (strstr(k->metavar, "name>"))
		snprintf(out, size,
			 "!expected letters, digits, and . _ - in between, at most %d in all%s",
			 k->type->flags & KCL_TYPE_IFACES ? KCL_IFNAME_MAX : KCL_NAME_MAX,
			 tok->text[strspn(tok->text, "0123456789")] ? "" : ", not digits alone");
	else if (strcmp(k->type->name, "path") == 0)
		snprintf(out, size, "!expected a path that begins with /");
	else
		return false;
	return true;
}

bool kcl_hint(const struct kcl_walk *walk, const struct kcl_token *tok, char *out, size_t size)
{
	char before[64];

	if (tok->off + tok->len <= walk->len && prefix_hint(walk, tok, out, size))
		return true;
	if (tok->is_quoted && kcl_keyword_is_expected(walk, tok->text)) {
		snprintf(out, size, "!expected it without quotes");
		return true;
	}
	before_format(walk->args, before, sizeof(before));
	for (size_t i = 0; *tok->text && i < sizeof(words) / sizeof(words[0]); i++) {
		if (!(words[i].modes & modes_heard(walk, before)) ||
		    !is_behind(before, words[i].before) || !is_foreign(walk, tok, words[i].foreign))
			continue;
		snprintf(out, size, "%s", words[i].ours ? words[i].ours : "");
		return true;
	}
	return blank_hint(walk, tok, out, size) || file_hint(walk, tok, out, size) ||
	       peer_hint(walk, tok, before, out, size) || name_hint(walk, tok, out, size) ||
	       shell_hint(tok, before, out, size) || value_hint(walk, tok, out, size);
}
