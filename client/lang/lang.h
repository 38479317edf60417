/* The room client/lang: the language that omsupctl speaks.
 *
 * lang_init() once, before the first text. Then every text of our own goes through one of these, and xgettext finds it
 * there (contrib/build/catalogues; the catalogues are client/po):
 *
 *   _("text")                        now
 *   N_("text")                       in a table; the reader of the table says _(row->text)
 *   P_("one %d", "%d many", n)       by number
 *   C_("amount", "%s of %s")         where the same English words need different ones elsewhere
 *
 * The tables of common/ and of the options hold their texts as they are: catalogues knows their macros. Data (names,
 * states and times in JSON, what omsupd says, exit statuses, what a shell completes) never goes through them.
 *
 * The language is that of LC_ALL, LC_MESSAGES, LANG, and of LANGUAGE before them (a list), where the characters are
 * UTF-8; else English. The host need not have the locale. Catalogues are looked for in OMSUP_LOCALE_DIR (for tests),
 * beside the program (the build folder), in ../share/locale, and where `cmake --install` has put them. Texts returned
 * live as long as the program. One thread. */
#pragma once
#include <stdbool.h>

#define _(text) lang_of(text)
#define N_(text) text
#define P_(one, many, n) lang_of_number(one, many, (unsigned long)(n))
#define C_(context, text) lang_in_context(context "\004" text, text)

void lang_init(void); /* the second call does nothing */
/* The operator's characters are UTF-8. */
bool lang_utf8(void);
/* For _(), P_(): the texts themselves where there is no translation. */
const char *lang_of(const char *text) __attribute__((format_arg(1)));
const char *lang_of_number(const char *one, const char *many, unsigned long n)
    __attribute__((format_arg(1), format_arg(2)));
/* For C_(): catalogues keep a text that has a context under both, parted by this byte. */
const char *lang_in_context(const char *key, const char *text) __attribute__((format_arg(2)));
/* A text of a table: NULL and "" stay what they are. */
const char *lang_text(const char *text) __attribute__((format_arg(1)));
