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

#include "common/array.h"

static bool ready, utf8;

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

/* A locale of UTF-8 that is there on every host, for wcwidth() and for gettext, which says nothing in "C". */
static void fall_back(int category)
{
    static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (setlocale(category, names[i]))
            return;
}

/* "zh_CN.UTF-8" of a host that has no such locale: its language all the same. */
static void take_language(const char *locale)
{
    const char *given = getenv("LANGUAGE");
    char language[64];
    size_t n = strcspn(locale, ".@");
    fall_back(LC_MESSAGES);
    if ((given && *given) || n >= sizeof language)
        return;
    memcpy(language, locale, n);
    language[n] = '\0';
    setenv("LANGUAGE", language, 1);
}

/* /usr/bin/locale is a program. */
static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void find_catalogues(void)
{
    static const char *const beside[] = {"locale", "../share/locale"};
    char path[PATH_MAX + 32], exe[PATH_MAX];
    const char *given = getenv("OMSUP_LOCALE_DIR");
    if (given && *given) {
        bindtextdomain("omsupctl", given);
        return;
    }
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    for (size_t i = 0; slash && i < ARRAY_LEN(beside); i++) {
        snprintf(path, sizeof path, "%.*s/%s", (int)(slash - exe), exe, beside[i]);
        if (is_folder(path)) {
            bindtextdomain("omsupctl", path);
            return;
        }
    }
    bindtextdomain("omsupctl", OMSUP_LOCALE_DIR);
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
        fall_back(LC_CTYPE);
    }
    if (!utf8) {
        fall_back(LC_CTYPE); /* names may be UTF-8 in any locale, and are measured */
        setlocale(LC_MESSAGES, "C");
    }
    if (utf8 && !setlocale(LC_MESSAGES, ""))
        take_language(asked("LC_MESSAGES"));
    find_catalogues();
    bind_textdomain_codeset("omsupctl", "UTF-8");
    textdomain("omsupctl");
}

bool lang_utf8(void) { return utf8; }

const char *lang_text(const char *text) { return text && *text ? gettext(text) : text; }

const char *lang_in_context(const char *key, const char *text)
{
    const char *found = gettext(key);
    return found == key ? text : found;
}
