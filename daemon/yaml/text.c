#include "daemon/yaml/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

/* Spaces that are not the space, characters without a width, and those that change the direction of the text. */
static bool invisible(uint32_t c)
{
    return c == 0xA0 || c == 0xAD || c == 0x1680 || (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
           (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF;
}

bool text_invisible(const char *s)
{
    size_t len = strlen(s);
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = 0;
        n = utf8_decode(s + i, len - i, &c);
        if (n > 1 && invisible(c))
            return true;
        n = n ? n : 1;
    }
    return false;
}

void text_shown(const char *s, char out[TEXT_SHOWN])
{
    size_t n = 0, i = 0, len = strlen(s), room = TEXT_SHOWN - sizeof "…";
    while (i < len) {
        uint32_t c = 0;
        size_t size = utf8_decode(s + i, len - i, &c);
        char code[16];
        const char *as = s + i;
        size_t wide = size ? size : 1;
        if (size > 1 && invisible(c)) {
            wide = (size_t)snprintf(code, sizeof code, "<U+%04X>", (unsigned)c);
            as = code;
        } else if (wide == 1 && iscntrl((unsigned char)s[i])) {
            as = "?";
        }
        if (n + wide > room)
            break;
        memcpy(out + n, as, wide);
        n += wide;
        i += size ? size : 1;
    }
    if (i < len) {
        memcpy(out + n, "…", sizeof "…" - 1);
        n += sizeof "…" - 1;
    }
    out[n] = '\0';
}

size_t text_columns(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)s[i] & 0xC0) != 0x80;
    return n;
}

static bool only(const char *s, size_t min, size_t max, const char *also)
{
    size_t n = 0;
    for (; s[n]; n++)
        if (n >= max || !(isalnum((unsigned char)s[n]) || strchr(also, s[n])))
            return false;
    return n >= min;
}

static bool printable(const char *s, size_t max)
{
    size_t n = 0;
    for (; s[n]; n++)
        if (n >= max || iscntrl((unsigned char)s[n]))
            return false;
    return n > 0;
}

const char *valid_name(const char *s)
{
    return isalnum((unsigned char)*s) && only(s, 1, 63, "._-")
               ? NULL
               : "a name of at most 63 letters, digits, \".\", \"_\" and \"-\" that starts with a letter or digit";
}

/* OMS takes any text. A slash divides a step from its target, and spaces at an end are seen by nobody. */
const char *valid_region(const char *s)
{
    size_t n = strlen(s);
    return !printable(s, 255) || text_columns(s, n) > 63 || strchr(s, '/') || strchr(" -", *s) || s[n - 1] == ' ' ||
                   text_invisible(s)
               ? "the name of a region: at most 63 visible characters without \"/\", with neither \"-\" nor a space in "
                 "front and no space at the end"
               : NULL;
}

const char *valid_path(const char *s)
{
    return *s != '/' || !printable(s, 1024) ? "an absolute path"
           : text_invisible(s)              ? "an absolute path without invisible characters"
                                            : NULL;
}

const char *valid_ssh(const char *s)
{
    return *s != '-' && only(s, 1, 255, "._-@:%[]/+") && !strstr(s, "@-")
               ? NULL
               : "an ssh destination ([user@]host or an alias; not an option)";
}

const char *valid_container(const char *s)
{
    return isalnum((unsigned char)*s) && only(s, 2, 128, "_.-") ? NULL
                                                                : "a container name ([a-zA-Z0-9][a-zA-Z0-9_.-]+)";
}

const char *valid_command(const char *s)
{
    return *s != '-' && only(s, 1, 255, "/._-") ? NULL : "one command name or path without options, such as docker";
}

const char *valid_image(const char *s)
{
    static const char must[] = "an image REPOSITORY:TAG";
    const char *id = strncmp(s, "sha256:", 7) == 0 ? s + 7 : s;
    size_t hex = strspn(id, "0123456789abcdef");
    if (hex >= 12 && hex <= 64 && !id[hex])
        return "an image REPOSITORY:TAG, not an ID: tag the image (docker tag) and save it again (docker save)";
    const char *colon = strrchr(s, ':'); /* of a port when there is no tag; but then a '/' follows */
    if (!isalnum((unsigned char)*s) || !only(s, 3, 511, "._-/:") || !colon || colon[-1] == '/')
        return must;
    return only(colon + 1, 1, 128, "._-") && (isalnum((unsigned char)colon[1]) || colon[1] == '_') ? NULL : must;
}

const char *valid_sha256(const char *s)
{
    return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64 ? NULL : "a SHA-256 of 64 lower-case hex digits";
}

const char *valid_host(const char *s)
{
    return *s != '-' && only(s, 1, 255, "._-:[]") ? NULL : "a host name or address";
}

const char *valid_user(const char *s)
{
    return *s != '-' && printable(s, 255) && !strpbrk(s, " \"'\\`$") && !text_invisible(s) ? NULL : "a user name";
}

const char *valid_database(const char *s)
{
    return *s != '-' && only(s, 1, 64, "_-") ? NULL : "a database name with letters, digits, \"_\" and \"-\" only";
}

const char *valid_line(const char *s) { return printable(s, 1000) ? NULL : "one line of at most 1000 bytes"; }

const char *valid_id(const char *s)
{
    bool ok = islower((unsigned char)*s) && only(s, 1, 63, "-");
    for (const char *p = s; ok && *p; p++)
        ok = !isupper((unsigned char)*p);
    return ok ? NULL : "an id of lower-case letters, digits and \"-\" that starts with a letter";
}
