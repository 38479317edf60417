/* Whatever omsupd sends becomes a report or is refused, and nothing of it is anything but text in a page. The input:
 * one JSON document, taken as one that was collected. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/report/report.h"
#include "common/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The elements of a report are opened by its own words, so "<" is followed by one of these. */
static bool is_ours(const char *tag)
{
    static const char names[] =
        " !DOCTYPE html head meta title style body main header h1 h2 h3 p dl div dt dd section ul li strong "
        "span small time code bdi pre table caption thead tbody tr th td svg rect path ";
    size_t n = strcspn(tag, " >");
    char word[16];
    if (n == 0 || n + 3 > sizeof word)
        return false;
    word[0] = ' ';
    memcpy(word + 1, tag, n);
    memcpy(word + 1 + n, " ", 2);
    return strstr(names, word) != NULL;
}

static void must_be_tame(const struct buf *b, bool page)
{
    for (const char *p = buf_str(b); *p; p++)
        if (((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7F ||
            ((unsigned char)p[0] == 0xC2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xA0) ||
            (page && *p == '<' && !is_ours(p + 1 + (p[1] == '/'))))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct report r;
    cJSON *o = json_parse((const char *)data, size);
    if (o && report_complete(o, &e) == 0 && report_open(o, &r, &e) == 0) {
        for (int form = REPORT_PAGE; form <= REPORT_MARKDOWN; form++) {
            struct buf b = {0};
            report_write(&b, (enum report_form)form, true, &r);
            must_be_tame(&b, form == REPORT_PAGE);
            buf_free(&b);
        }
        report_free(&r);
    }
    cJSON_Delete(o);
    return 0;
}
