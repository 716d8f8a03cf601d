// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 The Kronosnet developers

/*
 * The writer of pcapng files, against blocks written down by hand from the format's specification,
 * and the filters of captures: what is no program is refused, what is one tells packets apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "knetd/bpf.h"
#include "knetd/pcapng.h"

static uint8_t mem[512];

static struct knd_pcapng file_new(void)
{
	memset(mem, 0xee, sizeof(mem));
	return (struct knd_pcapng){.data = mem, .cap = sizeof(mem)};
}

/* Words of 32 bits, in the byte order of this machine, as the format wants it. */
static void check_words(const struct knd_pcapng *file, const uint32_t *want, size_t cnt)
{
	assert_false(file->overflow);
	assert_int_equal(file->len, cnt * sizeof(*want));
	assert_memory_equal(file->data, want, file->len);
}

static uint32_t text(const char four[4])
{
	uint32_t word;

	memcpy(&word, four, sizeof(word));
	return word;
}

/* An option's code and length. */
static uint32_t head(uint16_t code, uint16_t len)
{
	const uint16_t both[2] = {code, len};
	uint32_t word;

	memcpy(&word, both, sizeof(word));
	return word;
}

static void a_section_begins_the_file(void **state)
{
	struct knd_pcapng file = file_new();
	const uint32_t want[] = {0x0a0d0d0a,
				 64,
				 0x1a2b3c4d,
				 head(1, 0),
				 UINT32_MAX,
				 UINT32_MAX,
				 head(3, 5),
				 text("Linu"),
				 text("x\0\0"),
				 head(4, 4),
				 text("test"),
				 head(1, 7),
				 text("capt"),
				 text("ure"),
				 0,
				 64};

	(void)state;
	knd_pcapng_section(&file, &(struct knd_pcapng_section){"Linux", "test", "capture"});
	check_words(&file, want, 16);
}

static void an_interface_says_how_its_times_are_meant(void **state)
{
	struct knd_pcapng file = file_new();
	const uint32_t want[] = {1,
				 48,
				 head(101, 0),
				 64,
				 head(2, 2),
				 text("k0\0"),
				 head(11, 4),
				 text("\0arp"),
				 head(9, 1),
				 text("\x09\0\0"),
				 0,
				 48};

	(void)state;
	knd_pcapng_iface(&file, &(struct knd_pcapng_iface){.name = "k0",
							   .description = "",
							   .filter = "arp",
							   .linktype = KND_LINKTYPE_RAW,
							   .snaplen = 64});
	check_words(&file, want, 12);
}

static void a_packet_is_padded_and_says_where_it_goes(void **state)
{
	struct knd_pcapng file = file_new();
	const uint32_t want[] = {6,
				 64,
				 3,
				 0x12,
				 0x3456789a,
				 5,
				 1500,
				 text("1234"),
				 text("5\0\0"),
				 head(1, 6),
				 text("peer"),
				 text(" b\0"),
				 head(2, 4),
				 2 | KND_PCAPNG_BROADCAST << 2,
				 0,
				 64};

	(void)state;
	knd_pcapng_packet(&file, &(struct knd_pcapng_packet){.iface = 3,
							     .time_ns = 0x123456789aULL,
							     .data = (const uint8_t *)"12345",
							     .len = 5,
							     .wire_len = 1500,
							     .direction = KND_PCAPNG_OUT,
							     .reception = KND_PCAPNG_BROADCAST,
							     .comment = "peer b"});
	check_words(&file, want, 16);
}

static void statistics_are_as_long_as_promised(void **state)
{
	struct knd_pcapng file = file_new();
	const uint32_t *word = (const uint32_t *)(const void *)mem;

	(void)state;
	knd_pcapng_stats(&file, &(struct knd_pcapng_stats){.iface = 1,
							   .begin_ns = 5,
							   .end_ns = 0x700000008ULL,
							   .received = 10,
							   .matched = 9,
							   .dropped = 2,
							   .delivered = 7});
	assert_int_equal(file.len, KND_PCAPNG_STATS_LEN);
	const uint32_t want[] = {5, 100, 1, 7, 8, head(2, 8), 0, 5, head(3, 8), 7, 8};

	assert_memory_equal(word, want, sizeof(want));
	assert_int_equal(word[11], head(4, 8));
	assert_int_equal(word[14], head(5, 8));
	assert_int_equal(word[17], head(6, 8));
	assert_int_equal(word[20], head(8, 8));
	assert_int_equal(word[12] + word[13], 10);
	assert_int_equal(word[15] + word[16], 2);
}

static void what_does_not_fit_leaves_no_trace(void **state)
{
	struct knd_pcapng file = file_new();
	const uint8_t data[64] = {1};
	const struct knd_pcapng_packet packet = {
		.data = data, .len = sizeof(data), .comment = "peer b"};

	(void)state;
	file.cap = 130;
	knd_pcapng_packet(&file, &packet);
	size_t len = file.len;

	assert_false(file.overflow);
	knd_pcapng_packet(&file, &packet);
	assert_true(file.overflow);
	assert_int_equal(file.len, len);
	for (size_t i = file.cap; i < sizeof(mem); i++)
		assert_int_equal(mem[i], 0xee);
}

/* ---- filters --------------------------------------------------------------------------------- */

/* As the client sends it. Returns its length. */
static size_t pack(const struct bpf_insn *insns, uint16_t cnt, uint8_t *out)
{
	memcpy(out, &cnt, sizeof(cnt));
	memcpy(out + sizeof(cnt), insns, cnt * sizeof(*insns));
	return sizeof(cnt) + cnt * sizeof(*insns);
}

static int read_back(const uint8_t *data, size_t len, void **program)
{
	size_t program_len;
	const int rc = knd_bpf_read(&data, &len, program, &program_len);

	if (rc == 0)
		assert_int_equal(len, 0);
	return rc;
}

static void no_program_is_everything(void **state)
{
	const uint8_t none[2] = {0, 0};
	void *program;

	(void)state;
	assert_int_equal(read_back(none, 2, &program), 0);
	assert_null(program);
	assert_int_equal(read_back(none, 1, &program), -EBADMSG);
	assert_int_equal(read_back(none, 0, &program), -EBADMSG);
}

static void what_could_run_for_ever_or_away_is_refused(void **state)
{
	static const struct bpf_insn bad[][2] = {
		{{BPF_JMP | BPF_JA, 0, 0, UINT32_MAX}, {BPF_RET | BPF_K, 0, 0, 1}}, /* back */
		{{BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1}, {BPF_RET | BPF_K, 0, 0, 1}}, /* beyond */
		{{BPF_LD | BPF_MEM, 0, 0, 99}, {BPF_RET | BPF_K, 0, 0, 1}},
		{{BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, 1}},
		{{BPF_LD | BPF_IMM, 0, 0, 0}, {BPF_LD | BPF_IMM, 0, 0, 0}}, /* no end */
		{{0xffff, 0, 0, 0}, {BPF_RET | BPF_K, 0, 0, 1}},
	};
	uint8_t data[64];
	void *program;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_back(data, pack(bad[i], 2, data), &program), -EBADMSG);
	const size_t len = pack((const struct bpf_insn[]){{BPF_RET | BPF_K, 0, 0, 1}}, 1, data);

	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(read_back(data, cut, &program), -EBADMSG);
}

/* Compiled by libpcap, as the client does it. */
static void *compiled(const char *expression)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	struct bpf_program code;
	uint8_t data[2048];
	void *program;

	assert_non_null(pcap);
	assert_int_equal(pcap_compile(pcap, &code, expression, 1, PCAP_NETMASK_UNKNOWN), 0);
	assert_int_equal(
		read_back(data, pack(code.bf_insns, (uint16_t)code.bf_len, data), &program), 0);
	pcap_freecode(&code);
	pcap_close(pcap);
	return program;
}

static void filters_tell_packets_apart(void **state)
{
	static const uint8_t arp[60] = {[12] = 8, [13] = 6}, ip[60] = {[12] = 8, [14] = 0x45};
	void *program = compiled("arp");

	(void)state;
	assert_true(knd_bpf_match(program, true, arp, sizeof(arp), sizeof(arp)));
	assert_false(knd_bpf_match(program, true, ip, sizeof(ip), sizeof(ip)));
	/* What is cut off cannot be seen. */
	assert_false(knd_bpf_match(program, true, arp, 12, sizeof(arp)));
	free(program);
	program = compiled("greater 100");
	assert_true(knd_bpf_match(program, false, ip, sizeof(ip), 100));
	assert_false(knd_bpf_match(program, false, ip, sizeof(ip), 99));
	free(program);
}

static void filters_know_directions(void **state)
{
	static const uint8_t arp[60] = {[12] = 8, [13] = 6}, ip[60] = {[12] = 8};
	void *in = compiled("inbound and arp"), *out = compiled("outbound and arp");

	(void)state;
	assert_true(knd_bpf_match(in, false, arp, sizeof(arp), sizeof(arp)));
	assert_false(knd_bpf_match(in, true, arp, sizeof(arp), sizeof(arp)));
	assert_true(knd_bpf_match(out, true, arp, sizeof(arp), sizeof(arp)));
	assert_false(knd_bpf_match(out, false, arp, sizeof(arp), sizeof(arp)));
	assert_false(knd_bpf_match(out, true, ip, sizeof(ip), sizeof(ip)));
	free(in);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_begins_the_file),
		cmocka_unit_test(an_interface_says_how_its_times_are_meant),
		cmocka_unit_test(a_packet_is_padded_and_says_where_it_goes),
		cmocka_unit_test(statistics_are_as_long_as_promised),
		cmocka_unit_test(what_does_not_fit_leaves_no_trace),
		cmocka_unit_test(no_program_is_everything),
		cmocka_unit_test(what_could_run_for_ever_or_away_is_refused),
		cmocka_unit_test(filters_tell_packets_apart),
		cmocka_unit_test(filters_know_directions),
	};

	return cmocka_run_group_tests_name("pcapng", tests, NULL, NULL);
}
