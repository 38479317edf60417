/* The daemon's configuration: the table of keys is what the file, the options, the manual and the example say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/file.h"
#include "daemon/config.h"

#define absolute "PATH"
#define path_or_none "PATH"
#define reboot_words "WORD"
#define on_off_words "WORD"
#define log_levels "WORD"
static const struct row {
    size_t at;
    const char *key, *valid, *words, *value;
    char letter;
    const char *option, *argument, *help;
} rows[] = {
#define KEY(member, key, valid, words, value, letter, option, argument, help)                                          \
    {offsetof(struct config, member), key, valid, words, value, letter, option, argument, help},
#include "daemon/config.def"
#undef KEY
};

static const char *value(const struct config *c, const struct row *r)
{
    const char *v;
    memcpy(&v, (const char *)c + r->at, sizeof v);
    return v;
}

/* config_load() with these arguments, split at spaces. */
static int load(struct config *c, struct err *e, const char *arguments)
{
    char *text = xasprintf("omsupd %s", arguments), *argv[16] = {NULL}, *rest = text;
    int argc = 0;
    for (char *word; (word = strsep(&rest, " "));)
        if (*word)
            argv[argc++] = word;
    int rc = config_load(argc, argv, c, e);
    free(text);
    return rc;
}

static char *file_of(const char *text)
{
    char *path = xstrdup("/tmp/test_config.XXXXXX");
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static int load_file(struct config *c, struct err *e, const char *text, const char *more)
{
    char *path = file_of(text), *arguments = xasprintf("-c %s %s", path, more);
    int rc = load(c, e, arguments);
    unlink(path);
    free(path);
    free(arguments);
    return rc;
}

/* An empty file has all defaults; a file may give every key; an option counts more. */
static void each_key_has_its_places(void **state)
{
    struct config c;
    struct err e;
    struct buf all = {0};
    static const char *const nothing[] = {
        "", "\n", "# a comment\n", "---\n", "---\n~\n...\n", "\xEF\xBB\xBF# log: info\n"};
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
        assert_int_equal(load_file(&c, &e, nothing[i], ""), 0);
        config_free(&c);
    }
    assert_int_equal(load_file(&c, &e, "\xEF\xBB\xBFlog: debug\n", ""), 0);
    config_free(&c);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        const char *other = !r->words                        ? "/other"
                            : strcmp(r->value, "pause") == 0 ? "resume"
                            : strcmp(r->value, "on") == 0    ? "off"
                                                             : "debug";
        assert_int_equal(load_file(&c, &e, "{}", ""), 0);
        if (r->value)
            assert_string_equal(value(&c, r), r->value);
        config_free(&c);
        buf_printf(&all, "%s: %s\n", r->key, other);
        assert_int_equal(load_file(&c, &e, buf_str(&all), ""), 0);
        assert_string_equal(value(&c, r), other);
        config_free(&c);
        if (!r->option)
            continue;
        const char *third = r->words ? "error" : "/third";
        char *by[] = {xasprintf("-%c %s", r->letter, third), xasprintf("-%c%s", r->letter, third),
                      xasprintf("--%s %s", r->option, third), xasprintf("--%s=%s", r->option, third)};
        for (size_t k = 0; k < ARRAY_LEN(by); k++) {
            assert_int_equal(load_file(&c, &e, buf_str(&all), by[k]), 0);
            assert_string_equal(value(&c, r), third);
            config_free(&c);
            free(by[k]);
        }
    }
    buf_free(&all);
}

static void wrong_use_is_told(void **state)
{
    static const struct {
        const char *file, *arguments, *message;
        int rc;
    } bad[] = {
        {"soket: /s", "", ":1:1: unknown key \"soket\" (did you mean \"socket\"?)", ERR_INPUT},
        {"socket: s", "", ":1:9: \"socket\" must be an absolute path", ERR_INPUT},
        {"log: loud", "", ":1:6: \"log\" must be error, warning, info or debug", ERR_INPUT},
        {"after_reboot: go", "", ":1:15: \"after_reboot\" must be pause or resume", ERR_INPUT},
        {"journal_copies: maybe", "", ":1:17: \"journal_copies\" must be on or off", ERR_INPUT},
        {"{}", "--log loud", "--log must be error, warning, info or debug, not \"loud\"", ERR_USAGE},
        {"{}", "--runs r", "--runs must be an absolute path", ERR_USAGE},
        {"{}", "--soket /s", "unknown option --soket", ERR_USAGE},
        {"{}", "-hx", "unknown option -x", ERR_USAGE},
        {"{}", "-s", "option -s needs a value", ERR_USAGE},
        {"{}", "word", "unexpected argument \"word\"", ERR_USAGE},
        {"{}", "-c /nonexistent/file", "--config is given twice", ERR_USAGE},
        {"{}", "--confg=/s", "unknown option --confg; did you mean --config?", ERR_USAGE},
        {"{}", "--conf /s", "unknown option --conf; did you mean --config?", ERR_USAGE},
        {"{}", "--conf=/s", "unknown option --conf; did you mean --config?", ERR_USAGE},
        {"{}", "--he", "unknown option --he", ERR_USAGE},
        {"{}", "--run /r", "unknown option --run; did you mean --runs?", ERR_USAGE},
        {"{}", "-c/nonexistent/file", "--config is given twice", ERR_USAGE}, /* attached to its letter: it is read */
        {"{}", "--socket=/a -s /b", "--socket is given twice", ERR_USAGE},
        {"{}", "--socket=", "--socket needs a value that is not empty", ERR_USAGE},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct config c;
        struct err e;
        assert_int_equal(load_file(&c, &e, bad[i].file, bad[i].arguments), bad[i].rc);
        if (!strstr(e.msg, bad[i].message))
            fail_msg("\"%s\" is not in \"%s\"", bad[i].message, e.msg);
        config_free(&c);
    }
}

/* Whoever can write to it decides what omsupd runs as root. */
static void a_file_that_others_can_write_is_refused(void **state)
{
    struct config c = {0};
    struct err e = {0};
    char *path = file_of("socket: /run/x\n"), *arguments = xasprintf("-c %s", path);
    for (const mode_t *mode = (const mode_t[]){0620, 0602, 0}; *mode; mode++) {
        assert_int_equal(chmod(path, *mode), 0);
        assert_int_not_equal(load(&c, &e, arguments), 0);
        assert_non_null(strstr(e.msg, path));
        assert_non_null(strstr(e.msg, "is writable by others than its owner"));
        config_free(&c);
    }
    if (geteuid() == 0) { /* nobody else can give a file away */
        assert_int_equal(chmod(path, 0600), 0);
        assert_int_equal(chown(path, 1, 0), 0);
        assert_int_not_equal(load(&c, &e, arguments), 0);
        assert_non_null(strstr(e.msg, "belongs to user 1"));
        config_free(&c);
    }
    unlink(path);
    free(arguments);
    free(path);
}

static void a_file_that_is_named_must_be_there(void **state)
{
    struct config c;
    struct err e;
    assert_int_equal(load(&c, &e, "-c /nonexistent/file"), ERR_INPUT);
    assert_non_null(strstr(e.msg, "/nonexistent/file: No such file"));
    config_free(&c);
}

static void help_needs_no_configuration(void **state)
{
    struct config c;
    struct err e;
    assert_int_equal(load_file(&c, &e, "soket: /s", "--help"), 0);
    assert_true(c.help);
    config_free(&c);
    assert_int_equal(load(&c, &e, "-c /nonexistent/file -V"), 0);
    assert_true(c.version);
    config_free(&c);
}

/* As the example is when every key in it is commented out. */
static void a_file_of_comments_has_all_defaults(void **state)
{
    static const char *const texts[] = {"", "\n", "# nothing\n", "# one\n\n  # two", "---\n# three\n...\n"};
    for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
        struct config c;
        struct err e;
        if (load_file(&c, &e, texts[k], ""))
            fail_msg("\"%s\": %s", texts[k], e.msg);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (rows[i].value)
                assert_string_equal(value(&c, &rows[i]), rows[i].value);
        config_free(&c);
    }
}

static char *repository_file(const char *name)
{
    enum { MAX = 64 * 1024 };
    char *path = xasprintf("%s/../%s", SCHEMA, name), *text = xcalloc(1, MAX + 1);
    size_t len;
    struct err e;
    if (file_read(path, text, MAX, &len, &e))
        fail_msg("%s", e.msg);
    free(path);
    return text;
}

static void must_tell(const char *where, const char *text, char *what)
{
    if (!strstr(text, what))
        fail_msg("%s does not tell of \"%s\"", where, what);
    free(what);
}

static void manual_example_and_help_are_complete(void **state)
{
    char *man = repository_file("contrib/man/omsupd.8"), *example = repository_file("contrib/examples/omsupd.yaml");
    struct buf help = {0};
    config_usage(&help);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        must_tell("omsupd.8", man, xasprintf("\n.It Cm %s\n", r->key));
        must_tell("omsupd.yaml", example, xasprintf("%s: ", r->key));
        if (r->value && !r->words)
            must_tell("omsupd.8", man, xasprintf("\n.Pa %s .\n", r->value));
        if (!r->option)
            continue;
        must_tell("omsupd.8", man, xasprintf("\n.It Fl %c , Fl -%s Ar ", r->letter, r->option));
        must_tell("omsupd.8", man, xasprintf("\n.Op Fl %c Ar ", r->letter));
        must_tell("--help", buf_str(&help), xasprintf("  -%c, --%s %s ", r->letter, r->option, r->argument));
    }
    struct config c;
    struct err e;
    assert_int_equal(load_file(&c, &e, example, ""), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].value) /* its head says that it shows the defaults */
            assert_string_equal(value(&c, &rows[i]), rows[i].value);
    config_free(&c);
    buf_free(&help);
    free(man);
    free(example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_has_its_places),
        cmocka_unit_test(wrong_use_is_told),
        cmocka_unit_test(a_file_that_is_named_must_be_there),
        cmocka_unit_test(a_file_that_others_can_write_is_refused),
        cmocka_unit_test(help_needs_no_configuration),
        cmocka_unit_test(a_file_of_comments_has_all_defaults),
        cmocka_unit_test(manual_example_and_help_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
