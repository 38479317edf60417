/* Small questions about text from outside: is it a name, a path, a host …; how to show it in a message.
 * The valid_…() answer NULL when it is fine, else what it must be ("an absolute path"): see yvalid_fn. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { TEXT_SHOWN = 64 };
/* One short line of s for a message: control characters as "?", invisible ones as <U+200B>, "…" when cut. */
void text_shown(const char *s, char out[TEXT_SHOWN]);
bool text_invisible(const char *s);             /* it has a character that nobody sees, or takes for a space */
size_t text_columns(const char *s, size_t len); /* characters of UTF-8 */

const char *valid_name(const char *s);      /* [A-Za-z0-9][A-Za-z0-9._-]{0,62} */
const char *valid_region(const char *s);    /* free text of at most 63 characters in one line */
const char *valid_path(const char *s);      /* absolute, of printable characters */
const char *valid_ssh(const char *s);       /* [user@]host or alias; never an option of ssh */
const char *valid_container(const char *s); /* docker's grammar */
const char *valid_command(const char *s);   /* one word: docker, /usr/bin/podman */
const char *valid_image(const char *s);     /* REPOSITORY:TAG */
const char *valid_sha256(const char *s);
const char *valid_host(const char *s);
const char *valid_user(const char *s);     /* of a database; user@tenant#cluster */
const char *valid_database(const char *s); /* as the scripts take it: safe in SQL, in a file name, in a fact */
const char *valid_line(const char *s);     /* one line of printable text, at most 1000 bytes */
const char *valid_id(const char *s);       /* [a-z][a-z0-9-]{0,62} */
