/* Whatever a keyboard or a terminal sends: watch shows a screen, nothing that steers a terminal gets out, and nothing
 * is sent of which a person has not typed the answer. The input: a byte that chooses a job and a size, then what is
 * typed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/watch/state.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char job[] =
    "{\"job\":7,\"type\":\"UPGRADE\",\"state\":\"Failed\",\"elapsed\":1,\"done\":0,\"total\":3,\"last\":1,\"steps\":["
    "{\"step\":\"backup\",\"state\":\"Failed\",\"elapsed\":1,\"subtasks\":["
    "{\"subtask\":\"rm\",\"state\":\"Failed\",\"elapsed\":1,\"message\":\"\\u001b[2J\\u202e\"},"
    "{\"subtask\":\"\\u4e2d\\u6587\",\"state\":\"In Doubt\",\"elapsed\":1}]},"
    "{\"step\":\"ha-off\",\"state\":\"Waiting\",\"elapsed\":1,\"subtasks\":[{\"subtask\":\"-\",\"state\":\"Waiting\","
    "\"elapsed\":1,\"reason\":true}]}]}";

static void must_be_tame(const struct buf *b)
{
    for (const char *p = buf_str(b); *p; p++)
        if (((unsigned char)*p < 0x20 && *p != '\n') || *p == 0x7F ||
            ((unsigned char)p[0] == 0xC2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xA0))
            abort();
}

static void draw(struct watch *w, const struct snapshot *s)
{
    struct buf b = {0}, tail = {0};
    watch_draw(w, s, false, &b, &tail);
    must_be_tame(&b);
    must_be_tame(&tail);
    if (b.len == 0 || strchr(buf_str(&tail), '\n') || text_width(buf_str(&tail), tail.len) >= w->t->width)
        abort();
    buf_free(&b);
    buf_free(&tail);
}

static void type(struct watch *w, const struct snapshot *s, struct key k)
{
    bool asked = w->act.verb && w->act.asks == ACT_YES;
    if (k.code == KEY_NONE)
        return;
    if (watch_key(w, s, &k) == WISH_SEND) {
        bool pause = w->act.verb == &verbs[DO_PAUSE];
        if (k.pasted || (!asked && !pause))
            abort();
        cJSON_Delete(act_params(&w->act));
        act_end(&w->act);
    }
    if (w->log && w->pager.raw.len == 0)
        pager_add(&w->pager, job, sizeof job - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct term t;
    static struct snapshot s;
    static cJSON *o;
    struct err e = {0};
    struct keys keys = {0};
    struct watch w;
    if (!o) {
        term_init(&t, true); /* for the locale */
        o = json_parse(job, sizeof job - 1);
        if (snapshot_parse(o, &s, &e)) {
            fprintf(stderr, "%s\n", e.msg);
            abort();
        }
    }
    if (size == 0)
        return 0;
    t = (struct term){.tty = true, .utf8 = data[0] & 1, .cursor = true, .width = 20 + data[0], .height = data[0] % 40};
    watch_begin(&w, &t);
    w.keys = true;
    w.viewer = (data[0] & 6) == 6;
    for (size_t i = 1; i < size && i < 2000; i++) {
        type(&w, &s, keys_byte(&keys, (char)data[i]));
        if (i % 16 == 0)
            draw(&w, &s);
    }
    type(&w, &s, keys_quiet(&keys));
    draw(&w, &s);
    watch_end(&w);
    return 0;
}
