/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Kronosnet developers */

/*
 * The control socket's contract, shared by knetd and kronosnetd-cli.
 *
 * One SOCK_SEQPACKET record is one frame: a 16-byte header in native byte order (the socket never
 * leaves the machine), then a body of at most 32 KiB less the header. `len` counts the header too
 * and must equal the length of the record. Integers in bodies are native and unaligned; a string
 * is `u16 length`, the bytes, and a NUL that is not counted, and never holds a NUL inside.
 * A receiver ignores frame types it does not know and bytes behind the fields it knows, so a newer
 * minor may add both. A different major is refused in HELLO.
 *
 *   client -> daemon                          daemon -> client
 *   HELLO   kcp_hello_client                  HELLO_OK kcp_hello_server
 *   EXEC    line          -> [MODE] [SCHEMA ROWS...] [TEXT...] [ERR...] DONE
 *   COMPLETE cursor,line  -> CAND... DONE
 *   BATCH_BEGIN, LINES..., BATCH_END  -> [ERR...] [MODE] DONE     one transaction, one req number;
 *                            DONE's rows are the lines taken: the transaction ends where
 *                            configuration mode does, or before a command (`do write`). With
 *                            KCP_F_CONFIG none is taken if the first one is a command of EXEC
 *                            mode, that is, if these lines are a script
 *   CANCEL  (header req)  -> the request ends early with DONE status CANCELLED
 *                         -> [LOCAL] DONE      for commands that the client itself runs: `watch`
 *   EXEC    line, filter  -> [BYTES...] [TEXT...] [ERR...] DONE    with KCP_F_BYTES: `capture`; the
 *                            bytes are a file's. CANCEL then is a wish to come to an end: the rest
 *                            follows, a second one does not wait for it
 *                                             NOTICE text (req 0), at any time
 *
 * Every request ends with exactly one DONE. Requests of one connection may overlap, at most
 * KCP_REQUESTS_MAX of them; their frames are told apart by `req`.
 */
#ifndef KNETD_CTLPROTO_H
#define KNETD_CTLPROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KCP_PROTO_MAJOR  1
#define KCP_HEADER_LEN   16
#define KCP_FRAME_MAX    32768
#define KCP_BODY_MAX     (KCP_FRAME_MAX - KCP_HEADER_LEN)
#define KCP_LINE_MAX     4096 /* bytes of one command line, without the NUL */
#define KCP_ROWS_MAX     256  /* rows of one ROWS frame */
#define KCP_REQUESTS_MAX 8    /* overlapping requests of one connection */
#define KCP_EXPECTED_MAX 64   /* tokens an error lists as acceptable */
#define KCP_COLUMNS_MAX  48   /* columns of one schema */
#define KCP_LOCAL_MAX    48   /* arguments of a command that the client runs */
#define KCP_SOCKET_PATH  "/run/knetd/knetd.sock"

enum kcp_type {
	KCP_HELLO = 1,
	KCP_EXEC = 2,
	KCP_COMPLETE = 3,
	KCP_BATCH_BEGIN = 4,
	KCP_LINES = 5,
	KCP_BATCH_END = 6,
	KCP_CANCEL = 7,

	KCP_HELLO_OK = 0x81,
	KCP_MODE = 0x82,
	KCP_CAND = 0x83,
	KCP_ERR = 0x84,
	KCP_SCHEMA = 0x85,
	KCP_ROWS = 0x86,
	KCP_TEXT = 0x87,
	KCP_NOTICE = 0x88,
	KCP_DONE = 0x89,
	KCP_LOCAL = 0x8a,
	KCP_BYTES = 0x8b,
};

/* Header flags, client to daemon. */
#define KCP_F_ROWS   0x0001 /* EXEC: answer with rows even where text is the default */
#define KCP_F_STRICT 0x0002 /* EXEC, BATCH_BEGIN: abbreviations are an error */
#define KCP_F_CONFIG 0x0004 /* BATCH_BEGIN: lines start at the top of the configuration */
/*
 * BATCH_BEGIN: read the lines, change nothing. Without KCP_F_CONFIG they are those of a session,
 * its commands too: modes are entered and left, nothing is run, and what the lines would make of
 * the configuration is judged at the end.
 */
#define KCP_F_CHECK  0x0008
#define KCP_F_SCHEMA 0x0010 /* EXEC: only say what the rows would be, run nothing */
/* BATCH_BEGIN: as KCP_F_CONFIG, and the lines take the place of all that is there */
#define KCP_F_REPLACE 0x0020

#define KCP_F_BYTES 0x0020 /* EXEC: a filter follows the line, the answer is to be BYTES */

/* Status of DONE and code of ERR. The client's exit code follows from it: kcp_exit_code(). */
enum kcp_status {
	KCP_OK = 0,
	KCP_FAILED,     /* the command ran and failed */
	KCP_SYNTAX,     /* a token that fits nowhere, or a value out of range */
	KCP_AMBIGUOUS,  /* an abbreviation of several words */
	KCP_INCOMPLETE, /* the line ends too early */
	KCP_PERMISSION, /* the role of this connection may not do that */
	KCP_COMMIT,     /* configuration check, conflict or lock */
	KCP_CANCELLED,  /* by CANCEL */
	KCP_BUSY,       /* too many overlapping requests */
	KCP_PROTOCOL,   /* frame out of order, or a major we do not speak */
	KCP_STATUS_COUNT
};

enum kcp_role { KCP_ROLE_NONE = 0, KCP_ROLE_OPERATOR = 1, KCP_ROLE_ADMIN = 2 };

/* One frame as received. `body` is borrowed from the receive buffer. */
struct kcp_frame {
	uint16_t type;
	uint16_t flags;
	uint32_t req;
	uint32_t status;
	const uint8_t *body;
	size_t body_len;
};

/*
 * A growing frame in a caller's buffer. Once something did not fit, `overflow` is set, everything
 * later is ignored and kcp_frame_end() fails: check once, at the end.
 */
struct kcp_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool overflow;
};

/* A reader over a body. After the first field that is cut short or malformed `bad` stays set. */
struct kcp_reader {
	const uint8_t *data;
	size_t len;
	size_t off;
	bool bad;
};

#define KCP_HELLO_TTY      0x0001 /* a person at a terminal */
#define KCP_HELLO_OPERATOR 0x0002 /* drop to the operator role */

struct kcp_hello_client {
	uint16_t major_min;
	uint16_t major_max;
	uint16_t flags;
	const char *build;
};

#define KCP_HELLO_UNSAVED 0x0001 /* the running configuration differs from the startup one */

struct kcp_hello_server {
	uint16_t major;
	uint8_t role;
	uint16_t flags;
	uint32_t grammar_hash;
	const char *hostname;
	const char *build;
};

#define KCP_MODE_CLOSED 0x0001 /* the session asked to end: the client should leave */

/* The session's place: `tag` is what stands in the prompt's parentheses, empty in EXEC mode. */
struct kcp_mode {
	uint16_t depth; /* 0 in EXEC mode */
	uint16_t flags;
	uint8_t role;
	const char *hostname;
	const char *tag;
};

/* COMPLETE: where is the cursor in this line; with `help` the answer is meant for `?`. */
struct kcp_complete {
	uint16_t cursor;
	bool help;
	const char *line;
};

enum kcp_cand_kind {
	KCP_CAND_WORD = 0, /* a keyword, or a live value such as a peer's name: may be inserted */
	KCP_CAND_VALUE,    /* a metavariable such as <1-65535>: shown, never inserted */
	KCP_CAND_CR,       /* the line is complete here */
	KCP_CAND_FAULT,    /* nothing can stand here: the sentence that says why */
};

struct kcp_cand {
	uint8_t kind;
	const char *text;
	const char *help;
};

struct kcp_error {
	uint32_t line;    /* of a batch, from 1; 0 outside one */
	uint16_t tok_off; /* byte offset of the culprit in its line */
	uint16_t tok_len;
	uint16_t code; /* enum kcp_status */
	const char *message;
	uint16_t expected_cnt;
	const char *expected[KCP_EXPECTED_MAX];
};

/* A command that the client runs, as the daemon has read it: full words and arguments. */
struct kcp_local {
	const char *name; /* in commands.def */
	uint16_t cnt;
	struct {
		const char *name; /* of the argument, or the keyword */
		const char *text; /* as typed, unquoted; "" of a keyword */
	} arg[KCP_LOCAL_MAX];
};

/* How the client draws a cell. The JSON value under the key stays what it is. */
enum kcp_fmt {
	KCP_FMT_TEXT = 0, /* as it is; lists joined by commas; true/false as yes/no */
	KCP_FMT_INT,      /* right-aligned, no separators: ids, ports */
	KCP_FMT_NUMBER,   /* right-aligned, thousands by commas */
	KCP_FMT_SI,       /* 1.20M */
	KCP_FMT_BYTES,    /* 1.21 TB */
	KCP_FMT_BITRATE,  /* bytes or bits per second as given, 812.3M */
	KCP_FMT_US,       /* microseconds, drawn as 0.42ms or 1.20s */
	KCP_FMT_SECONDS,  /* a span: 00:12, 03:12:55, 12d04h */
	KCP_FMT_PERCENT,  /* 0.0 % */
	KCP_FMT_RATIO,    /* key is "a/b": two numbers, drawn 2/3 */
	KCP_FMT_STAR,     /* true drawn as *, false as a blank */
	KCP_FMT_TIME,     /* an RFC 3339 instant, drawn as it is without the date's T */
	KCP_FMT_COUNT
};

/* With a kcp_fmt: */
#define KCP_FMT_HIDDEN 0x80 /* in JSON and CSV, in a table only on request */
#define KCP_FMT_MINOR                                                                           \
	0x40              /* gives way first where a table does not fit: left out, or a text at \
			     the end cut */
#define KCP_FMT_KIND 0x3f /* the kcp_fmt without them */

struct kcp_column {
	const char *key;   /* JSON key, or "a/b" for KCP_FMT_RATIO */
	const char *title; /* heading */
	uint8_t fmt;       /* enum kcp_fmt, KCP_FMT_HIDDEN, KCP_FMT_MINOR */
};

#define KCP_SCHEMA_STREAM 0x01 /* rows come as things happen, until CANCEL */
#define KCP_SCHEMA_SUMS   0x02 /* and what comes behind CANCEL says what came of it */

/*
 * A kind of row: all its keys. `id` is what JSON users see as "schema", e.g. "peers/1"; the number
 * changes if a key goes or changes its meaning. Documented in docs/schemas.md.
 */
struct kcp_schema {
	const char *id;
	const char *legend; /* a line above the table, or "" */
	uint8_t flags;
	size_t column_cnt;
	struct kcp_column columns[KCP_COLUMNS_MAX];
};

struct kcp_done {
	uint64_t rows;
	uint64_t generation;
};

/* --- frames and fields ----------------------------------------------------------------------- */

/* Validates the header of one received record. Returns 0, or -EBADMSG if it is not a frame. */
__attribute__((warn_unused_result)) int kcp_frame_unpack(const void *data, size_t len,
							 struct kcp_frame *out);

/* Starts a frame at the beginning of `buf`, whose data and cap the caller has set. */
void kcp_frame_begin(struct kcp_buf *buf, uint16_t type, uint16_t flags, uint32_t req);
/* Sets the header's status word of a frame begun in `buf`. */
void kcp_frame_status(struct kcp_buf *buf, uint32_t status);
/* Writes the length. Returns the frame's length in bytes, or -EMSGSIZE if something did not fit. */
__attribute__((warn_unused_result)) int kcp_frame_end(struct kcp_buf *buf);

void kcp_put_u8(struct kcp_buf *buf, uint8_t v);
void kcp_put_u16(struct kcp_buf *buf, uint16_t v);
void kcp_put_u32(struct kcp_buf *buf, uint32_t v);
void kcp_put_u64(struct kcp_buf *buf, uint64_t v);
/* Appends bytes without a length. */
void kcp_put_raw(struct kcp_buf *buf, const void *data, size_t len);
/* Appends a string; NULL counts as the empty one. One longer than 65535 bytes overflows. */
void kcp_put_str(struct kcp_buf *buf, const char *s);

/* Starts reading a frame's body. */
void kcp_reader_init(struct kcp_reader *rd, const struct kcp_frame *frame);
uint8_t kcp_get_u8(struct kcp_reader *rd);
uint16_t kcp_get_u16(struct kcp_reader *rd);
uint32_t kcp_get_u32(struct kcp_reader *rd);
uint64_t kcp_get_u64(struct kcp_reader *rd);
/* Returns a NUL-terminated string borrowed from the frame; "" once the reader is bad. */
const char *kcp_get_str(struct kcp_reader *rd);
/* True while unread bytes remain and nothing was malformed. */
bool kcp_reader_more(const struct kcp_reader *rd);

/* --- messages -------------------------------------------------------------------------------- */

/*
 * Each pack function fills `buf` with one whole frame and returns its length or -EMSGSIZE.
 * Each unpack function returns 0 or -EBADMSG and borrows every string from the frame.
 */
int kcp_pack_hello(struct kcp_buf *buf, const struct kcp_hello_client *msg);
int kcp_unpack_hello(const struct kcp_frame *frame, struct kcp_hello_client *msg);
int kcp_pack_hello_ok(struct kcp_buf *buf, const struct kcp_hello_server *msg);
int kcp_unpack_hello_ok(const struct kcp_frame *frame, struct kcp_hello_server *msg);
int kcp_pack_mode(struct kcp_buf *buf, uint32_t req, const struct kcp_mode *msg);
int kcp_unpack_mode(const struct kcp_frame *frame, struct kcp_mode *msg);
/* EXEC: `flags` are KCP_F_ROWS, KCP_F_STRICT and KCP_F_SCHEMA. Lines over KCP_LINE_MAX are
 * malformed. */
int kcp_pack_exec(struct kcp_buf *buf, uint32_t req, uint16_t flags, const char *line);
int kcp_unpack_exec(const struct kcp_frame *frame, const char **line);
/*
 * EXEC with KCP_F_BYTES: behind the line stand the programs of a filter, that for frames and that
 * for datagrams: `u16 number of instructions`, then those of classic BPF, 8 bytes each; none: all
 * is wanted. Started as kcp_exec_begin(), programs by kcp_put_filter(), then kcp_frame_end().
 * kcp_exec_rest() gives what stands behind the line, borrowed from the frame.
 */
#define KCP_FILTER_MAX 1024 /* instructions of a program */
void kcp_exec_begin(struct kcp_buf *buf, uint32_t req, uint16_t flags, const char *line);
void kcp_put_filter(struct kcp_buf *buf, const void *insns, uint16_t cnt);
size_t kcp_exec_rest(const struct kcp_frame *frame, const uint8_t **rest);
int kcp_pack_complete(struct kcp_buf *buf, uint32_t req, const struct kcp_complete *msg);
int kcp_unpack_complete(const struct kcp_frame *frame, struct kcp_complete *msg);
int kcp_pack_error(struct kcp_buf *buf, uint32_t req, const struct kcp_error *msg);
int kcp_unpack_error(const struct kcp_frame *frame, struct kcp_error *msg);
/* SCHEMA carries the generation at the start; if DONE has another one, it changed meanwhile. */
int kcp_pack_schema(struct kcp_buf *buf, uint32_t req, uint64_t generation,
		    const struct kcp_schema *msg);
int kcp_unpack_schema(const struct kcp_frame *frame, uint64_t *generation, struct kcp_schema *msg);
int kcp_pack_done(struct kcp_buf *buf, uint32_t req, uint32_t status, const struct kcp_done *msg);
int kcp_unpack_done(const struct kcp_frame *frame, struct kcp_done *msg);
/* LOCAL: of a message with more than KCP_LOCAL_MAX arguments -EMSGSIZE and -EBADMSG. */
int kcp_pack_local(struct kcp_buf *buf, uint32_t req, const struct kcp_local *msg);
int kcp_unpack_local(const struct kcp_frame *frame, struct kcp_local *msg);
/* Frames without a body: BATCH_BEGIN, BATCH_END, CANCEL. */
int kcp_pack_plain(struct kcp_buf *buf, uint16_t type, uint16_t flags, uint32_t req);
/* Frames whose body is one string: NOTICE. */
int kcp_pack_notice(struct kcp_buf *buf, const char *text);
int kcp_unpack_notice(const struct kcp_frame *frame, const char **text);

/*
 * LINES: `u32 number of the first line`, then strings until the end, one per line. Start with
 * kcp_lines_begin(), append with kcp_put_str(), finish with kcp_frame_end(). The receiver reads
 * the number and then strings while kcp_reader_more().
 */
void kcp_lines_begin(struct kcp_buf *buf, uint32_t req, uint32_t first_line);

/*
 * CAND: `u16 offset of the word to replace`, then candidates until the end. The receiver reads the
 * offset and calls kcp_get_cand() while kcp_reader_more().
 */
void kcp_cand_begin(struct kcp_buf *buf, uint32_t req, uint16_t word_off);
void kcp_put_cand(struct kcp_buf *buf, const struct kcp_cand *cand);
void kcp_get_cand(struct kcp_reader *rd, struct kcp_cand *cand);

/*
 * ROWS: the body is NDJSON, one object and a newline per row. TEXT: the body is text as it is.
 * BYTES: the body is a piece of a file. All are written with kcp_put_raw() between
 * kcp_frame_begin() and kcp_frame_end().
 */

/* The client's exit code for a final status. */
int kcp_exit_code(uint32_t status);
/* A short machine-readable name of a status, "syntax" and the like. */
const char *kcp_status_name(uint32_t status);

#endif
