/* Errors: a function returns 0 or a negated code and fills `struct err`.
 *
 * The function that finds the fault calls err_set(); callers on the way up may add context
 * in front with err_prefix(). Library code never logs an error it returns; the top logs it once.
 * `e` may be NULL everywhere. Messages are one line of UTF-8 without a full stop, never a secret. */
#pragma once

enum err_code {
    ERR_NONE_ = 0,
#define ERR(name, rpc, exit, text) ERR_POS_##name,
#include "common/errors.def"
#undef ERR
};

enum {
    OK = 0,
#define ERR(name, rpc, exit, text) ERR_##name = -ERR_POS_##name,
#include "common/errors.def"
#undef ERR
};

struct err {
    int code;       /* 0 or negated code */
    char msg[1024]; /* cut with "…" when longer */
    char hint[256]; /* what to type next, or "" */
};

/* Sets code and message; returns `code`, so that `return err_set(e, ERR_INPUT, …)` works. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "text: " in front of the message; returns e->code. */
int err_prefix(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Says what to type next, "omsupctl …"; after err_set(), which forgets an older one. Returns e->code. */
int err_hint(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A program that speaks other languages sets this once, at its start: it gets the format of every message, and says
 * which to use in its place. NULL: they stay as they are. */
extern const char *(*err_translate)(const char *format) __attribute__((format_arg(1)));

const char *err_name(int code); /* "INPUT" */
const char *err_text(int code); /* "invalid input file" */
int err_rpc(int code);          /* JSON-RPC error code */
int err_exit(int code);         /* exit status of omsupctl */
int err_from_rpc(int rpc);      /* negated code for a JSON-RPC code; ERR_INTERNAL when unknown */
