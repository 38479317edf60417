/* Whatever omsupd sends is drawn or refused, and nothing that steers a terminal gets out. The input: one JSON document,
 * taken as a snapshot and as every other answer. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/show.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_tame(const struct buf *b)
{
    for (const char *p = buf_str(b); *p; p++)
        if (((unsigned char)*p < 0x20 && *p != '\n') || *p == 0x7F ||
            ((unsigned char)p[0] == 0xC2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xA0))
            abort();
}

static void draw(const cJSON *o, const struct term *t, bool verbose)
{
    struct err e = {0};
    struct snapshot s;
    struct buf b = {0};
    struct view v = {.t = t, .verbose = verbose, .brief = !verbose, .age = 12.5};
    if (snapshot_parse(o, &s, &e) == 0) {
        show_status(&b, &v, &s);
        show_check(&b, &v, &s);
        show_line(&b, &v, &s);
        snapshot_free(&s);
    }
    e.code = 0;
    show_detail(&b, &v, o, &e);
    show_event(&b, t, o, false, &e);
    show_verb(&b, t, o, true, &e);
    show_rollback(&b, t, o, &e);
    show_list(&b, t, cJSON_GetObjectItemCaseSensitive(o, "jobs"), &e);
    show_procedures(&b, &v, cJSON_GetObjectItemCaseSensitive(o, "procedures"), &e);
    must_be_tame(&b);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct term screen;
    static bool ready;
    struct term pipe_ = {0}, ascii;
    if (!ready) {
        term_init(&screen, true); /* for the locale */
        screen = (struct term){.tty = true, .utf8 = true, .cursor = true, .width = 40, .height = 24};
        ready = true;
    }
    ascii = screen;
    ascii.utf8 = false;
    cJSON *o = json_parse((const char *)data, size);
    if (o) {
        draw(o, &pipe_, true);
        draw(o, &screen, false);
        draw(o, &ascii, true);
    }
    cJSON_Delete(o);
    return 0;
}
