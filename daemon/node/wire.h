/* The protocol between daemon and agent, as bytes. Pure: no I/O.
 *
 * Requests, one per line, ID being a decimal number chosen here:
 *   run ID TOKEN [secret|plain [SIZE]]       + a payload line with the script [+ one with the secret]
 *   probe ID SECONDS [secret|plain [SIZE]]   + the same
 *   look ID TOKEN | check ID TOKEN | kill ID TOKEN GRACE_MS | forget ID TOKEN | ping
 *   tail ID TOKEN [FIRST_BYTE]  (without: the last 4 KiB)
 *   fence ID JOB EPOCH TAKER TIME HOST
 * SIZE: the bytes of a long payload line, with its newline. A shell reads a line byte by byte from a pipe; of many
 * nodes the environment alone has some kilobytes.
 *
 * Answers:
 *   - hello VERSION NONCE BOOT_ID: once, before everything else but noise of the login
 *   - o ID BASE64: a piece of output
 *   - x ID exited STATUS | x ID alive | never | lost | gone | pending
 *   - taken JOB EPOCH TAKER TIME HOST: another control host has taken over a job: after the hello, and before an
 *     `x ID gone` or the `x ID exited 1` of a fence
 *   - pong
 *   - fail TEXT: the agent cannot continue; before the hello: fail NONCE TEXT
 *
 * All bytes from the agent come from outside: after the hello, anything that is not exactly one of these ends the
 * channel. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/node/node.h"

enum { WIRE_VERSION = 1, WIRE_LINE_MAX = 4096, WIRE_PAYLOAD_LONG = 4096, WIRE_NONCE_LEN = 32, WIRE_BOOT_ID_MAX = 36 };

enum wire_kind { WIRE_BAD, WIRE_HELLO, WIRE_OUTPUT, WIRE_END, WIRE_TAKEN, WIRE_PONG, WIRE_FAIL };
enum wire_end { WIRE_EXITED, WIRE_ALIVE, WIRE_NEVER, WIRE_LOST, WIRE_GONE, WIRE_PENDING };

struct wire_line {
    enum wire_kind kind;
    uint64_t id;
    enum wire_end end;
    int exit;
    const char *text; /* HELLO: boot id; OUTPUT: base64; FAIL: reason; TAKEN: behind the word. Points into the line */
};

/* One line without its newline. `nonce` is what a hello must carry. */
struct wire_line wire_parse(const char *line, size_t len, const char *nonce);

/* Adds the decoded bytes; false when `text` is not canonical base64. */
bool wire_base64(struct buf *out, const char *text);

/* One payload line for printf %b, with its newline. */
void wire_payload(struct buf *out, const char *bytes, size_t len);
/* The same for a secret, in its own memory that was never moved; the caller wipes *size bytes and frees. */
char *wire_secret(const struct secret *s, size_t *size);

/* 'quoted' for any POSIX shell. */
void wire_quote(struct buf *out, const char *s);
/* The environment as exports, then the script. The exports add no lines beyond those of the values, so that the script
 * keeps its line numbers. */
void wire_script(struct buf *out, const struct node_script *s);

bool wire_token_ok(const char *token);
/* What TAKEN tells, in `copy`, a copy of its text that becomes the strings. false: malformed. */
bool wire_fence(char *copy, struct node_fence *out);
bool wire_fence_ok(const struct node_fence *f);
/* Text from outside as one printable line of at most `max` bytes; the result is always UTF-8. */
void wire_printable(struct buf *out, const char *text, size_t len, size_t max);
