// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * Items that are one member of an object: set, taken back, preset and written by what the table
 * says of them, with no code of their own. And what all items have in common: finding the object
 * that a line is about, refusing, dispatch.
 */
#include "knetd/cmd/item.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- what there is --------------------------------------------------------------------------- */

static const char *const suite_names[] = {"aes256-gcm", "aes128-gcm", "chacha20-poly1305"};
static const char *const policy_names[] = {"passive", "active", "round-robin", "balance"};
static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};
static const char *const config_mode_names[] = {"immediate", "session"};
static const char *const archive_on_names[] = {"commit", "save"};
#define NAME_OF(names, number) \
	((number) < sizeof(names) / sizeof((names)[0]) ? (names)[number] : "?")

const char *kcl_suite_name(unsigned int suite)
{
	return NAME_OF(suite_names, suite);
}

const char *kcl_policy_name(unsigned int policy)
{
	return policy == KCL_POLICY_INHERIT ? "inherit" : NAME_OF(policy_names, policy);
}

const char *kcl_log_level_name(unsigned int level)
{
	return NAME_OF(level_names, level);
}

const char *kcl_config_mode_name(unsigned int mode)
{
	return NAME_OF(config_mode_names, mode);
}

const char *kcl_archive_on_name(unsigned int on)
{
	return NAME_OF(archive_on_names, on);
}

const char *kcl_storm_guard_name(unsigned int pps)
{
	if (pps == KCL_STORM_AUTO)
		return "auto";
	return pps == KCL_STORM_OFF ? "off" : NULL;
}

#define FIELD(id, type, member, what, ...)                                                         \
	const struct kcl_ops kcl_ops_##id = {.field = {.kind = KCL_FIELD_##what,                   \
						       .off = offsetof(struct type, member),       \
						       .size = sizeof(((struct type *)0)->member), \
						       __VA_ARGS__}}

FIELD(hostname, kcl_config, hostname, BUFFER);
FIELD(log_level, kcl_config, log_level, ENUM, .name = kcl_log_level_name);
FIELD(motd_line, kcl_config, motd_line, BUFFER);
FIELD(motd_file, kcl_config, motd_file, BUFFER);
FIELD(events_buffer, kcl_config, events_buffer, UINT);
FIELD(config_mode, kcl_config, config_mode, ENUM, .name = kcl_config_mode_name);
FIELD(archive_max, kcl_config, archive_max, UINT);
FIELD(archive_on, kcl_config, archive_on, ENUM, .name = kcl_archive_on_name);
FIELD(max_sessions, kcl_config, max_sessions, UINT);
FIELD(if_description, kcl_iface, description, TEXT);
FIELD(mtu, kcl_iface, mtu, UINT);
FIELD(secret, kcl_iface, secret_path, PATH);
FIELD(key_file, kcl_iface, key_path, PATH);
FIELD(suite, kcl_iface, suite, ENUM, .name = kcl_suite_name);
FIELD(port, kcl_iface, port, UINT);
FIELD(if_policy, kcl_iface, policy, ENUM, .name = kcl_policy_name);
FIELD(pong_count, kcl_iface, pong_count, UINT);
FIELD(hold, kcl_iface, hold_s, UINT);
FIELD(failover_buffer, kcl_iface, failover_buffer, UINT);
FIELD(rekey_seconds, kcl_iface, rekey_s, UINT);
FIELD(rekey_bytes, kcl_iface, rekey_bytes, UINT);
FIELD(mac_aging, kcl_iface, aging_s, UINT);
FIELD(mac_limit, kcl_iface, mac_limit, UINT);
FIELD(pmtud_interval, kcl_iface, pmtud_s, UINT);
FIELD(dscp, kcl_iface, dscp, UINT);
FIELD(storm_guard, kcl_iface, storm_pps, UINT, .name = kcl_storm_guard_name);
FIELD(load_interval, kcl_iface, load_interval_s, UINT);
FIELD(workers, kcl_iface, workers, UINT);
FIELD(if_shutdown, kcl_iface, is_shutdown, FLAG);
FIELD(peer_description, kcl_peer, description, TEXT);
FIELD(peer_policy, kcl_peer, policy, ENUM, .name = kcl_policy_name);
FIELD(peer_shutdown, kcl_peer, is_shutdown, FLAG);
FIELD(group_description, kcl_group, description, TEXT);
FIELD(group_policy, kcl_group, policy, ENUM, .name = kcl_policy_name);
FIELD(group_shutdown, kcl_group, is_shutdown, FLAG);

/* ---- numbers in memory ----------------------------------------------------------------------- */

static bool is_number(const struct kcl_field *field)
{
	return field->kind == KCL_FIELD_UINT || field->kind == KCL_FIELD_ENUM ||
	       field->kind == KCL_FIELD_FLAG;
}

static uint64_t number_get(const struct kcl_field *field, const void *object)
{
	uint64_t number = 0;

	/* Little and big endian alike: by size. */
	const void *at = (const char *)object + field->off;

	switch (field->size) {
	case 1:
		number = *(const uint8_t *)at;
		break;
	case 2:
		number = *(const uint16_t *)at;
		break;
	case 4:
		number = *(const uint32_t *)at;
		break;
	default:
		number = *(const uint64_t *)at;
	}
	return number;
}

static void number_set(const struct kcl_field *field, void *object, uint64_t number)
{
	void *at = (char *)object + field->off;

	switch (field->size) {
	case 1:
		*(uint8_t *)at = (uint8_t)number;
		break;
	case 2:
		*(uint16_t *)at = (uint16_t)number;
		break;
	case 4:
		*(uint32_t *)at = (uint32_t)number;
		break;
	default:
		*(uint64_t *)at = number;
	}
}

/* The number behind a word; UINT64_MAX if there is none. */
static uint64_t number_of_word(const struct kcl_field *field, const char *word)
{
	if (field->kind == KCL_FIELD_FLAG)
		return 1;
	if (field->kind == KCL_FIELD_UINT) /* auto or off; if both, the other is the largest */
		return !field->name || strcmp(field->name(0), word) == 0 ? 0 : UINT32_MAX;
	for (unsigned int i = 0; i <= UINT8_MAX; i++)
		if (strcmp(field->name(i), word) == 0)
			return i;
	return UINT64_MAX;
}

uint64_t kcl_field_preset(const struct kcl_entry *entry)
{
	uint64_t number;

	if (kcl_uint_parse(entry->preset, &number) == 0)
		return number;
	return number_of_word(&entry->ops->field, entry->preset);
}

void kcl_fields_preset(unsigned int mode, void *object)
{
	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];

		if (entry->ops && entry->modes == 1u << mode && is_number(&entry->ops->field))
			number_set(&entry->ops->field, object, kcl_field_preset(entry));
	}
}

static bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool field_equal(const struct kcl_field *field, const void *a, const void *b)
{
	const char *at_a = (const char *)a + field->off, *at_b = (const char *)b + field->off;

	if (is_number(field))
		return number_get(field, a) == number_get(field, b);
	if (field->kind == KCL_FIELD_BUFFER)
		return strcmp(at_a, at_b) == 0;
	return text_equal(*(char *const *)(const void *)at_a, *(char *const *)(const void *)at_b);
}

bool kcl_fields_equal(unsigned int mode, const void *a, const void *b)
{
	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];

		if (entry->ops && entry->modes == 1u << mode &&
		    entry->ops->field.kind != KCL_FIELD_NONE &&
		    !field_equal(&entry->ops->field, a, b))
			return false;
	}
	return true;
}

/* ---- setting --------------------------------------------------------------------------------- */

int kcl_edit_no_memory(struct kcl_edit *edit)
{
	kcl_error_say(edit->err, KCL_NO_MEMORY, 0, 0, "Out of memory");
	return -ENOMEM;
}

int kcl_edit_refuse(struct kcl_edit *edit, const char *name, const char *fmt, ...)
{
	const struct kcl_value *value = name ? kcl_args_find(edit->args, name) : NULL;
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (!value)
		value = &edit->args->value[0];
	kcl_error_say(edit->err, KCL_REFUSED, value->off, value->len, "%s", message);
	return -EINVAL;
}

struct kcl_iface *kcl_edit_iface(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_iface_edit(edit->config, edit->place->iface);

	if (!iface && errno == ENOMEM)
		(void)kcl_edit_no_memory(edit);
	else if (!iface)
		(void)kcl_edit_refuse(edit, NULL, "Interface %s is gone", edit->place->iface);
	return iface;
}

struct kcl_peer *kcl_edit_peer(struct kcl_edit *edit)
{
	struct kcl_iface *iface = kcl_edit_iface(edit);
	struct kcl_peer *peer = iface ? kcl_peer_edit(iface, edit->place->peer_id) : NULL;

	if (iface && !peer && errno == ENOMEM)
		(void)kcl_edit_no_memory(edit);
	else if (iface && !peer)
		(void)kcl_edit_refuse(edit, NULL, "Peer %u is gone", edit->place->peer_id);
	return peer;
}

void *kcl_edit_object(struct kcl_edit *edit)
{
	if (edit->entry->modes == 1u << KCL_MODE_CONFIG)
		return edit->config;
	if (edit->entry->modes == 1u << KCL_MODE_IFACE)
		return kcl_edit_iface(edit);
	if (edit->entry->modes == 1u << KCL_MODE_GROUP)
		return kcl_edit_group(edit);
	return kcl_edit_peer(edit);
}

static int text_set(struct kcl_edit *edit, char **at, const char *text)
{
	char *own = text ? strdup(text) : NULL;

	if (text && !own)
		return kcl_edit_no_memory(edit);
	free(*at);
	*at = own;
	return 0;
}

/* `value` NULL: back to the default. */
static int field_set(struct kcl_edit *edit, const struct kcl_value *value)
{
	const struct kcl_field *field = &edit->entry->ops->field;
	char *object = kcl_edit_object(edit);
	uint64_t number;

	if (!object)
		return -EINVAL;
	if (field->kind == KCL_FIELD_TEXT || field->kind == KCL_FIELD_PATH)
		return text_set(edit, (char **)(void *)(object + field->off),
				value ? value->text : NULL);
	if (field->kind == KCL_FIELD_BUFFER) {
		snprintf(object + field->off, field->size, "%s", value ? value->text : "");
		return 0;
	}
	if (!value)
		number = kcl_field_preset(edit->entry);
	else if (value->kind == KCL_VALUE_UINT)
		number = value->number;
	else
		number = number_of_word(field, value->name);
	number_set(field, object, number);
	return 0;
}

int kcl_item_apply(struct kcl_edit *edit, enum kcl_form form)
{
	const struct kcl_ops *ops = edit->entry->ops;

	if (form == KCL_FORM_DEFAULT && ops->reset)
		return ops->reset(edit);
	if (ops->field.kind == KCL_FIELD_NONE)
		return form == KCL_FORM_SET ? ops->set(edit) : ops->unset(edit);
	if (form != KCL_FORM_SET)
		return field_set(edit, NULL);
	if (ops->judge && ops->judge(edit) < 0)
		return -EINVAL;
	return field_set(edit, &edit->args->value[edit->args->cnt - 1]);
}

int kcl_node_id_judge(struct kcl_edit *edit, const struct kcl_iface *iface)
{
	const uint64_t id = kcl_args_uint(edit->args, "node-id", 0);
	const struct kcl_peer *peer = id ? kcl_peer_find(iface, (uint16_t)id) : NULL;

	if (!peer)
		return 0;
	return kcl_edit_refuse(edit, "node-id", "Id %u is that of peer %s", peer->id, peer->name);
}

static int node_id_judge(struct kcl_edit *edit)
{
	const struct kcl_iface *iface = kcl_iface_find(edit->config, edit->place->iface);

	return iface ? kcl_node_id_judge(edit, iface) : 0;
}

const struct kcl_ops kcl_ops_node_id = {.field = {.kind = KCL_FIELD_UINT,
						  .off = offsetof(struct kcl_iface, node_id),
						  .size = sizeof(uint16_t)},
					.judge = node_id_judge};

/* ---- writing --------------------------------------------------------------------------------- */

void kcl_view_line(const struct kcl_view *view, const char *fmt, ...)
{
	char line[KCL_LINE_MAX + 1];
	va_list ap;

	memset(line, ' ', view->indent);
	va_start(ap, fmt);
	vsnprintf(line + view->indent, sizeof(line) - view->indent, fmt, ap);
	va_end(ap);
	view->write(view->arg, line);
}

static void text_write(const struct kcl_view *view, const struct kcl_entry *entry, const char *text)
{
	char quoted[4 * KCL_PATH_MAX + 8];

	if (!text || !*text)
		return;
	if (entry->ops->field.kind == KCL_FIELD_TEXT)
		kcl_text_quote(text, quoted, sizeof(quoted));
	else
		kcl_word_quote(text, quoted, sizeof(quoted));
	kcl_view_line(view, "%s %s", entry->syntax, quoted);
}

/* A number that is as it would be anyway, unless there is no line that says so. */
static void preset_write(const struct kcl_view *view, const struct kcl_entry *entry)
{
	const struct kcl_field *field = &entry->ops->field;
	const uint64_t number = kcl_field_preset(entry);

	if (field->kind == KCL_FIELD_FLAG)
		kcl_view_line(view, "no %s", entry->syntax);
	else if (field->kind == KCL_FIELD_ENUM && strstr(entry->value, entry->preset))
		kcl_view_line(view, "%s %s", entry->syntax, entry->preset);
	else if (field->kind == KCL_FIELD_UINT && field->name && field->name((unsigned int)number))
		kcl_view_line(view, "%s %s", entry->syntax, field->name((unsigned int)number));
	else if (field->kind == KCL_FIELD_UINT && number)
		kcl_view_line(view, "%s %llu", entry->syntax, (unsigned long long)number);
	else if (field->kind == KCL_FIELD_UINT && strstr(entry->value, "auto"))
		kcl_view_line(view, "%s auto", entry->syntax);
}

static void number_write(const struct kcl_view *view, const struct kcl_entry *entry,
			 uint64_t number)
{
	const struct kcl_field *field = &entry->ops->field;

	if (field->kind == KCL_FIELD_FLAG)
		kcl_view_line(view, "%s", entry->syntax);
	else if (field->name && field->name((unsigned int)number))
		kcl_view_line(view, "%s %s", entry->syntax, field->name((unsigned int)number));
	else if (number == 0 && strstr(entry->value, "{off|"))
		kcl_view_line(view, "%s off", entry->syntax);
	else
		kcl_view_line(view, "%s %llu", entry->syntax, (unsigned long long)number);
}

static void field_write(const struct kcl_view *view, const struct kcl_entry *entry,
			const void *object)
{
	const struct kcl_field *field = &entry->ops->field;
	const char *at = (const char *)object + field->off;

	if (field->kind == KCL_FIELD_BUFFER)
		text_write(view, entry, at);
	else if (!is_number(field))
		text_write(view, entry, *(char *const *)(const void *)at);
	else if (number_get(field, object) != kcl_field_preset(entry))
		number_write(view, entry, number_get(field, object));
	else if (view->all)
		preset_write(view, entry);
}

void kcl_items_write(const struct kcl_view *view, unsigned int mode, const char *from,
		     const char *to)
{
	const void *object = view->config;
	bool is_on = !from;

	if (mode == KCL_MODE_IFACE)
		object = view->iface;
	else if (mode == KCL_MODE_PEER)
		object = view->peer;
	else if (mode == KCL_MODE_GROUP)
		object = view->group;
	for (size_t i = 0; i < kcl_entry_cnt; i++) {
		const struct kcl_entry *entry = &kcl_entries[i];

		if (!entry->ops || entry->modes != 1u << mode)
			continue;
		if (to && strcmp(entry->name, to) == 0)
			return;
		if (is_on && entry->ops->field.kind != KCL_FIELD_NONE)
			field_write(view, entry, object);
		else if (is_on && entry->ops->write)
			entry->ops->write(view);
		if (from && strcmp(entry->name, from) == 0)
			is_on = true;
	}
}
