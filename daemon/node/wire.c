#include "daemon/node/wire.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/utf8.h"

/* Takes a word that ends at a space or the end; moves *p behind it. */
static bool word(const char **p, const char *w)
{
    size_t n = strlen(w);
    if (strncmp(*p, w, n) != 0 || ((*p)[n] != ' ' && (*p)[n] != '\0'))
        return false;
    *p += n + ((*p)[n] == ' ');
    return true;
}

static bool number(const char **p, uint64_t max, uint64_t *out)
{
    const char *s = *p;
    uint64_t v = 0;
    size_t n = 0;
    for (; isdigit((unsigned char)s[n]); n++) {
        uint64_t d = (uint64_t)(s[n] - '0');
        if (v > (max - d) / 10)
            return false;
        v = v * 10 + d;
    }
    if (n == 0 || n > 20 || (s[n] != ' ' && s[n] != '\0') || (s[n] == ' ' && s[n + 1] == '\0'))
        return false;
    *out = v;
    *p = s + n + (s[n] == ' ');
    return true;
}

static bool boot_id_ok(const char *s)
{
    size_t n = strspn(s, "0123456789abcdef-");
    return n > 0 && n <= WIRE_BOOT_ID_MAX && s[n] == '\0';
}

static bool parse_end(const char *p, struct wire_line *l)
{
    static const char *const name[] = {[WIRE_ALIVE] = "alive",
                                       [WIRE_NEVER] = "never",
                                       [WIRE_LOST] = "lost",
                                       [WIRE_GONE] = "gone",
                                       [WIRE_PENDING] = "pending"};
    TABLE_ENDS(name, WIRE_PENDING);
    if (word(&p, "exited")) {
        uint64_t status;
        l->end = WIRE_EXITED;
        if (!number(&p, 255, &status) || *p)
            return false;
        l->exit = (int)status;
        return true;
    }
    for (int i = WIRE_ALIVE; i <= WIRE_PENDING; i++)
        if (strcmp(p, name[i]) == 0) {
            l->end = (enum wire_end)i;
            return true;
        }
    return false;
}

struct wire_line wire_parse(const char *line, size_t len, const char *nonce)
{
    struct wire_line l = {.kind = WIRE_BAD};
    const char *p = line;
    uint64_t version;
    if (len > WIRE_LINE_MAX || strlen(line) != len)
        return l;
    if (word(&p, "o")) {
        l.kind = number(&p, UINT64_MAX, &l.id) && *p ? WIRE_OUTPUT : WIRE_BAD;
        l.text = p;
    } else if (word(&p, "x")) {
        l.kind = number(&p, UINT64_MAX, &l.id) && parse_end(p, &l) ? WIRE_END : WIRE_BAD;
    } else if (word(&p, "taken")) {
        l.kind = *p ? WIRE_TAKEN : WIRE_BAD;
        l.text = p;
    } else if (strcmp(p, "pong") == 0) {
        l.kind = WIRE_PONG;
    } else if (word(&p, "fail")) {
        l.kind = WIRE_FAIL;
        l.text = p;
    } else if (word(&p, "hello")) {
        if (number(&p, 1000000, &version) && version == WIRE_VERSION && word(&p, nonce) && boot_id_ok(p))
            l.kind = WIRE_HELLO;
        l.text = p;
    }
    return l;
}

static int sextet(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

bool wire_base64(struct buf *out, const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len % 4 != 0)
        return false;
    for (size_t i = 0; i < len; i += 4) {
        bool last = i + 4 == len;
        int pad = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0;
        uint32_t v = 0;
        for (int k = 0; k < 4; k++) {
            int d = k >= 4 - pad ? 0 : sextet(text[i + (size_t)k]);
            if (d < 0)
                return false;
            v = v << 6 | (uint32_t)d;
        }
        if ((pad == 1 && (v & 0xFF)) || (pad == 2 && (v & 0xFFFF)))
            return false; /* bits that no encoder sets */
        char bytes[3] = {(char)(v >> 16), (char)(v >> 8), (char)v};
        buf_add(out, bytes, (size_t)(3 - pad));
    }
    return true;
}

static bool plain(unsigned char c) { return c >= 0x20 && c < 0x7f && c != '\\'; }

/* Room for five bytes; returns how many were used. */
static size_t escape(char *to, unsigned char c)
{
    if (plain(c)) {
        to[0] = (char)c;
        return 1;
    }
    to[0] = '\\';
    to[1] = '0';
    to[2] = (char)('0' + (c >> 6));
    to[3] = (char)('0' + (c >> 3 & 7));
    to[4] = (char)('0' + (c & 7));
    return 5;
}

void wire_payload(struct buf *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len;) {
        char e[5];
        size_t n = 0;
        while (i + n < len && plain((unsigned char)bytes[i + n]))
            n++;
        buf_add(out, bytes + i, n);
        i += n;
        if (i < len)
            buf_add(out, e, escape(e, (unsigned char)bytes[i++]));
    }
    buf_puts(out, "\n");
}

char *wire_secret(const struct secret *s, size_t *size)
{
    const char *bytes = secret_use(s);
    size_t n = 0;
    char *text = xcalloc(5 * secret_len(s) + 1, 1);
    for (size_t i = 0; i < secret_len(s); i++)
        n += escape(text + n, (unsigned char)bytes[i]);
    text[n] = '\n';
    *size = n + 1;
    return text;
}

void wire_quote(struct buf *out, const char *s)
{
    buf_puts(out, "'");
    while (*s) {
        size_t n = strcspn(s, "'");
        buf_add(out, s, n);
        s += n;
        if (*s) {
            buf_puts(out, "'\\''");
            s++;
        }
    }
    buf_puts(out, "'");
}

void wire_script(struct buf *out, const struct node_script *s)
{
    bool any = s->env && s->env[0];
    if (any)
        buf_puts(out, "export");
    for (size_t i = 0; any && s->env[i]; i++) {
        const char *eq = strchr(s->env[i], '=');
        assert(eq && eq > s->env[i] && !isdigit((unsigned char)s->env[i][0]));
        for (const char *c = s->env[i]; c < eq; c++)
            assert(isalnum((unsigned char)*c) || *c == '_');
        buf_puts(out, " ");
        buf_add(out, s->env[i], (size_t)(eq + 1 - s->env[i]));
        wire_quote(out, eq + 1);
    }
    if (any)
        buf_puts(out, "; ");
    size_t len = strlen(s->script);
    assert(len <= NODE_SCRIPT_MAX);
    buf_add(out, s->script, len);
    if (len == 0 || s->script[len - 1] != '\n')
        buf_puts(out, "\n");
}

bool wire_token_ok(const char *token)
{
    size_t n = strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n > 0 && n <= NODE_TOKEN_MAX && token[n] == '\0' && token[0] != '.' && token[0] != '-';
}

/* At most `max` bytes, none of which could end a line, a word or a text in a message. */
static bool plain_word(const char *s, size_t max)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-");
    return n > 0 && n <= max && s[n] == '\0';
}

bool wire_fence_ok(const struct node_fence *f)
{
    return wire_token_ok(f->job) && f->epoch > 0 && f->epoch <= NODE_EPOCH_MAX && plain_word(f->taker, 32) &&
           plain_word(f->time, 32) && plain_word(f->host, NODE_FENCE_HOST_MAX);
}

bool wire_fence(char *copy, struct node_fence *out)
{
    char *save = NULL, *part[5];
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        if (!(part[i] = strtok_r(i ? NULL : copy, " ", &save)))
            return false;
    const char *digits = part[1];
    uint64_t epoch;
    if (!number(&digits, NODE_EPOCH_MAX, &epoch) || *digits || strtok_r(NULL, " ", &save))
        return false;
    *out = (struct node_fence){part[0], (unsigned)epoch, part[2], part[3], part[4]};
    return wire_fence_ok(out);
}

void wire_printable(struct buf *out, const char *text, size_t len, size_t max)
{
    size_t start = out->len;
    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t n = utf8_decode(text + i, len - i, &c);
        bool ok = n > 0 && c >= 0x20 && !(c >= 0x7F && c < 0xA0);
        if (out->len - start + (ok ? n : 1) > max)
            return;
        if (ok)
            buf_add(out, text + i, n);
        else
            buf_puts(out, "?");
        i += n ? n : 1;
    }
}
