#include "client/lang/lang.h"

#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/lang/catalogue.h"
#include "common/alloc.h"
#include "common/array.h"

static bool ready, utf8;
static struct catalogue *catalogue; /* NULL: English */

static bool codeset_is_utf8(const char *name)
{
    return strcasecmp(name, "UTF-8") == 0 || strcasecmp(name, "utf8") == 0;
}

/* The locale that the operator asked for in this category, though this host may not have it. */
static const char *asked(const char *category)
{
    const char *const names[] = {"LC_ALL", category, "LANG"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *v = getenv(names[i]);
        if (v && *v)
            return v;
    }
    return "C";
}

/* A locale of UTF-8 that is there on every host, for wcwidth(). */
static void fall_back(void)
{
    static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (setlocale(LC_CTYPE, names[i]))
            return;
}

/* /usr/bin/locale is a program. */
static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* "de:zh_CN.UTF-8": the first language of which there is a catalogue in this folder. English needs none. */
static struct catalogue *of_languages(const char *folder, const char *languages)
{
    for (const char *l = languages; *l; l += strspn(l, ":")) {
        int whole = (int)strcspn(l, ":.@"), language = (int)strcspn(l, ":.@_");
        if (strncmp(l, "en", (size_t)language) == 0 || strncmp(l, "C", (size_t)whole) == 0)
            return NULL;
        const int lengths[] = {whole, language};
        for (size_t i = 0; i < ARRAY_LEN(lengths) && !memchr(l, '/', (size_t)whole); i++) {
            char *path = xasprintf("%s/%.*s/LC_MESSAGES/omsupctl.mo", folder, lengths[i], l);
            struct catalogue *c = catalogue_open(path);
            free(path);
            if (c)
                return c;
        }
        l += strcspn(l, ":");
    }
    return NULL;
}

static struct catalogue *find_catalogue(const char *languages)
{
    static const char *const beside[] = {"locale", "../share/locale"};
    char path[PATH_MAX + 32], exe[PATH_MAX];
    const char *given = getenv("OMSUP_LOCALE_DIR");
    if (given && *given)
        return of_languages(given, languages);
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    for (size_t i = 0; slash && i < ARRAY_LEN(beside); i++) {
        snprintf(path, sizeof path, "%.*s/%s", (int)(slash - exe), exe, beside[i]);
        if (is_folder(path))
            return of_languages(path, languages);
    }
    return of_languages(OMSUP_LOCALE_DIR, languages);
}

void lang_init(void)
{
    if (ready)
        return;
    ready = true;
    if (setlocale(LC_CTYPE, "")) {
        utf8 = codeset_is_utf8(nl_langinfo(CODESET));
    } else {
        char codeset[16];
        const char *dot = strchr(asked("LC_CTYPE"), '.');
        snprintf(codeset, sizeof codeset, "%.*s", dot ? (int)strcspn(dot + 1, "@") : 0, dot ? dot + 1 : "");
        utf8 = codeset_is_utf8(codeset);
        fall_back();
    }
    const char *languages = asked("LC_MESSAGES"), *first = getenv("LANGUAGE");
    if (!utf8) {
        fall_back(); /* names may be UTF-8 in any locale, and are measured */
        return;
    }
    setlocale(LC_MESSAGES, ""); /* the C library's own messages */
    if (strcmp(languages, "C") == 0 || strcmp(languages, "POSIX") == 0)
        return;
    catalogue = find_catalogue(first && *first ? first : languages);
}

bool lang_utf8(void) { return utf8; }

const char *lang_of(const char *text)
{
    const char *found = catalogue ? catalogue_find(catalogue, text) : NULL;
    return found ? found : text;
}

const char *lang_of_number(const char *one, const char *many, unsigned long n)
{
    const char *found = catalogue ? catalogue_find_plural(catalogue, one, n) : NULL;
    return found ? found : n == 1 ? one : many;
}

const char *lang_text(const char *text) { return text && *text ? lang_of(text) : text; }

const char *lang_in_context(const char *key, const char *text)
{
    const char *found = catalogue ? catalogue_find(catalogue, key) : NULL;
    return found ? found : text;
}
