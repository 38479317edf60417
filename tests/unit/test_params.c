/* The parameters of requests: the tables of methods and parameters make sense together, every parameter is taken up to
 * its bounds and not beyond, and whatever a request says that a method does not know is an error that helps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/buf.h"
#include "common/verbs.h"
#include "daemon/api/params.h"

#define P(member) PARAM_BIT(member)
#define S(state) STATE_BIT(STATE_##state)
#define BIT(i) (UINT64_C(1) << (i))
enum { VIEW, OPERATE };
enum { PLAIN, CAREFUL };

static const struct form {
    const char *name;
    int access;
    uint64_t required, optional;
} forms[] = {
#define METHOD(id, name, access, required, optional) {name, access, required, optional},
#include "common/methods.def"
#undef METHOD
};
enum { N_FORMS = ARRAY_LEN(forms) };

/* A right value of each kind at its upper and lower end, and wrong ones. JSON, in a buffer. */
struct values {
    struct buf right[2], wrong[12];
    int n_wrong;
};

static void text_of(struct buf *b, long long bytes)
{
    buf_puts(b, "\"");
    for (long long i = 0; i < bytes; i++)
        buf_puts(b, "x");
    buf_puts(b, "\"");
}

static void wrong(struct values *v, const char *json) { buf_puts(&v->wrong[v->n_wrong++], json); }

static void not_a_text(struct values *v)
{
    wrong(v, "1");
    wrong(v, "true");
    wrong(v, "null");
    wrong(v, "{\"a\":\"b\"}");
    wrong(v, "[\"x\"]");
    wrong(v, "\"\"");
}

static void fill_text(struct values *v, long long max)
{
    text_of(&v->right[0], 1);
    text_of(&v->right[1], max);
    not_a_text(v);
    text_of(&v->wrong[v->n_wrong++], max + 1);
}

static void fill_number(struct values *v, long long min, long long max)
{
    buf_printf(&v->right[0], "%lld", min);
    buf_printf(&v->right[1], "%lld", max);
    buf_printf(&v->wrong[v->n_wrong++], "%lld", min - 1);
    buf_printf(&v->wrong[v->n_wrong++], "%lld", max + 1);
    wrong(v, "1.5");
    wrong(v, "1e300");
    wrong(v, "-1e300");
    wrong(v, "\"1\"");
    wrong(v, "true");
    wrong(v, "null");
    wrong(v, "[1]");
}

static void fill_bool(struct values *v)
{
    buf_puts(&v->right[0], "true");
    buf_puts(&v->right[1], "true");
    wrong(v, "1");
    wrong(v, "\"true\"");
    wrong(v, "null");
    wrong(v, "[]");
}

static void fill_word(struct values *v, const char *first, const char *last)
{
    buf_puts(&v->right[0], first);
    buf_puts(&v->right[1], last);
    not_a_text(v);
    wrong(v, "\"nope\"");
}

static void fill_texts(struct values *v, int max, long long bytes)
{
    buf_puts(&v->right[0], "[\"x\"]");
    struct buf *b[] = {&v->right[1], &v->wrong[v->n_wrong++]};
    for (int k = 0; k < 2; k++) {
        buf_puts(b[k], "[");
        for (int i = 0; i < max + k; i++) {
            buf_puts(b[k], i ? "," : "");
            text_of(b[k], k ? 1 : bytes);
        }
        buf_puts(b[k], "]");
    }
    struct buf *long_one = &v->wrong[v->n_wrong++];
    buf_puts(long_one, "[");
    text_of(long_one, bytes + 1);
    buf_puts(long_one, "]");
    wrong(v, "[]");
    wrong(v, "[\"\"]");
    wrong(v, "[\"x\",1]");
    wrong(v, "{\"0\":\"x\"}");
    wrong(v, "\"x\"");
    wrong(v, "null");
}

static void fill(struct values *v, enum param p)
{
    memset(v, 0, sizeof *v);
    switch (p) {
#define FILL_TEXT(max) fill_text(v, max)
#define FILL_NUMBER(min, max) fill_number(v, min, max)
#define FILL_BOOL() fill_bool(v)
#define FILL_submit_type fill_word(v, "\"Upgrade\"", "\"check\"")
#define FILL_job_type fill_word(v, "\"upgrade\"", "\"Check\"")
#define FILL_job_state fill_word(v, "\"Ready\"", "\"in progress\"")
#define FILL_oms_edition fill_word(v, "\"Enterprise\"", "\"community\"")
#define FILL_project_kind fill_word(v, "\"migration\"", "\"Synchronization\"")
#define FILL_WORD(words, n) FILL_##words
#define FILL_TEXTS(max, bytes) fill_texts(v, max, bytes)
#define PARAM(member, name, kind, needs)                                                                               \
    case PARAM_##member:                                                                                               \
        FILL_##kind;                                                                                                   \
        return;
#include "common/params.def"
#undef PARAM
    case N_PARAMS:
        break;
    }
    fail();
}

static void values_free(struct values *v)
{
    for (int i = 0; i < 2; i++)
        buf_free(&v->right[i]);
    for (int i = 0; i < 12; i++)
        buf_free(&v->wrong[i]);
}

/* A request with right values for the set, but `value` (when there is one) for `p`. */
static int decode(const struct form *f, uint64_t set, enum param p, const char *value, struct params *out, cJSON **json,
                  struct err *e)
{
    struct takes t = {f->name, f->required, f->optional, 0, 0};
    struct buf b = {0};
    buf_puts(&b, "{");
    for (int i = 0; i < N_PARAMS; i++)
        if (set & BIT(i)) {
            struct values v;
            fill(&v, (enum param)i);
            buf_printf(&b, "%s\"%s\":%s", b.len > 1 ? "," : "", param_name((enum param)i),
                       (int)p == i && value ? value : buf_str(&v.right[1]));
            values_free(&v);
        }
    buf_puts(&b, "}");
    *json = cJSON_Parse(buf_str(&b));
    assert_non_null(*json);
    *e = (struct err){0};
    int rc = params_decode(&t, *json, out, e);
    buf_free(&b);
    return rc;
}

/* --- the tables -------------------------------------------------------------------------------------------- */

static void the_tables_fit_together(void **state)
{
    static const struct {
        enum param param;
        uint64_t needs;
    } needs[] = {
#define PARAM(member, name, kind, needs) {PARAM_##member, needs},
#include "common/params.def"
#undef PARAM
    };
    uint64_t used = 0;
    for (size_t k = 0; k < N_FORMS; k++) {
        const struct form *f = &forms[k];
        uint64_t all = f->required | f->optional;
        used |= all;
        assert_int_equal(f->required & f->optional, 0);
        /* A deployment names commands that omsupd runs. */
        assert_true(!(all & P(deployment)) || f->access == OPERATE);
        for (int i = 0; i < N_PARAMS; i++) {
            if (!(all & BIT(i)))
                continue;
            assert_int_equal(needs[i].needs & ~all, 0);
            for (int j = i + 1; j < N_PARAMS; j++)
                if ((all & BIT(j)) && strcmp(param_name((enum param)i), param_name((enum param)j)) == 0)
                    fail_msg("%s takes two parameters with the name %s", f->name, param_name((enum param)i));
        }
        for (size_t j = 0; j < k; j++) /* else a later form would never be found */
            if (strcmp(forms[j].name, f->name) == 0 && (forms[j].required & ~f->required) == 0)
                fail_msg("a form of %s hides another", f->name);
    }
    for (int i = 0; i < N_PARAMS; i++)
        if (!(used & BIT(i)))
            fail_msg("no method takes %s", param_name((enum param)i));
}

static void a_verb_takes_what_its_row_says(void **state)
{
    size_t seen = 0;
    for (size_t k = 0; k < N_FORMS; k++) {
        enum verb_id v = verb_parse(forms[k].name);
        if (v == N_VERBS)
            continue;
        seen++;
        assert_int_equal(forms[k].access, OPERATE);
        assert_int_equal(!!(forms[k].required & P(reason)), verbs[v].careful);
        assert_int_equal(!!(forms[k].optional & P(step)), !verb_is_for_job(&verbs[v]));
    }
    assert_int_equal(seen, N_VERBS);
}

/* --- values ------------------------------------------------------------------------------------------------- */

static void every_parameter_is_taken_up_to_its_bounds(void **state)
{
    unsigned n = 0;
    for (size_t k = 0; k < N_FORMS; k++) {
        uint64_t all = forms[k].required | forms[k].optional;
        for (int i = 0; i < N_PARAMS; i++)
            for (int side = 0; (all & BIT(i)) && side < 2; side++) {
                struct values v;
                struct params p;
                struct err e;
                cJSON *json;
                fill(&v, (enum param)i);
                if (decode(&forms[k], all, (enum param)i, buf_str(&v.right[side]), &p, &json, &e))
                    fail_msg("%s: %s", forms[k].name, e.msg);
                assert_true(p.given == all);
                cJSON_Delete(json);
                values_free(&v);
                n++;
            }
    }
    assert_true(n > 100);
}

static void and_not_beyond(void **state)
{
    for (size_t k = 0; k < N_FORMS; k++) {
        uint64_t all = forms[k].required | forms[k].optional;
        for (int i = 0; i < N_PARAMS; i++) {
            if (!(all & BIT(i)))
                continue;
            struct values v;
            fill(&v, (enum param)i);
            for (int w = 0; w < v.n_wrong; w++) {
                struct params p;
                struct err e;
                cJSON *json;
                char *quoted = xasprintf("\"%s\" must be ", param_name((enum param)i));
                assert_int_equal(decode(&forms[k], all, (enum param)i, buf_str(&v.wrong[w]), &p, &json, &e),
                                 ERR_PARAMS);
                if (strncmp(e.msg, quoted, strlen(quoted)) != 0)
                    fail_msg("%.60s: %s", buf_str(&v.wrong[w]), e.msg);
                free(quoted);
                cJSON_Delete(json);
            }
            values_free(&v);
        }
    }
}

static void what_is_required_must_be_there(void **state)
{
    for (size_t k = 0; k < N_FORMS; k++) {
        struct params p;
        struct err e;
        cJSON *json;
        assert_int_equal(decode(&forms[k], forms[k].required, N_PARAMS, NULL, &p, &json, &e), 0);
        assert_true(p.given == forms[k].required);
        cJSON_Delete(json);
        for (int i = 0; i < N_PARAMS; i++)
            if (forms[k].required & BIT(i)) {
                char *missing = xasprintf("\"%s\" is missing: ", param_name((enum param)i));
                assert_int_equal(decode(&forms[k], forms[k].required & ~BIT(i), N_PARAMS, NULL, &p, &json, &e),
                                 ERR_PARAMS);
                assert_int_equal(strncmp(e.msg, missing, strlen(missing)), 0);
                cJSON_Delete(json);
                free(missing);
            }
    }
}

static struct params decoded(const struct takes *t, const char *text, cJSON **json)
{
    struct params p;
    struct err e = {0};
    *json = cJSON_Parse(text);
    if (params_decode(t, *json, &p, &e))
        fail_msg("%s", e.msg);
    return p;
}

static void values_come_out_as_they_went_in(void **state)
{
    cJSON *json;
    struct takes skip = {"skip", P(job) | P(reason), P(step) | P(subtask) | P(force), 0, 0};
    struct params p = decoded(&skip, "{\"job\":7,\"step\":\"backup\",\"reason\":\"r\",\"force\":true}", &json);
    assert_int_equal(p.job, 7);
    assert_string_equal(p.step, "backup");
    assert_string_equal(p.reason, "r");
    assert_true(p.force);
    assert_null(p.subtask);
    assert_true(p.given == (P(job) | P(reason) | P(step) | P(force)));
    cJSON_Delete(json);

    p = decoded(&skip, "{\"job\":9007199254740991,\"reason\":\"r\",\"force\":false}", &json);
    assert_true(p.job == 9007199254740991);
    assert_false(p.force);
    assert_false(p.given & P(force)); /* false is the same as nothing */
    assert_true(params_present(P(job) | P(force), json) == P(job));
    cJSON_Delete(json);

    struct takes list = {"list", 0, P(of_type) | P(state), 0, 0};
    p = decoded(&list, "{\"type\":\"check\",\"state\":\"waiting\"}", &json);
    assert_int_equal(p.of_type, JOB_CHECK);
    assert_int_equal(p.state, STATE_WAITING);
    cJSON_Delete(json);
    p = decoded(&list, "{}", &json);
    assert_int_equal(p.of_type, -1);
    assert_int_equal(p.state, -1);
    cJSON_Delete(json);
    p = decoded(&list, "null", &json); /* no "params" at all */
    cJSON_Delete(json);

    struct takes discover = {"discover", P(hosts), P(sudo), 0, 0};
    p = decoded(&discover, "{\"hosts\":[\"local\",\"root@oms2\"]}", &json);
    assert_int_equal(p.hosts.n, 2);
    assert_string_equal(p.hosts.at[0], "local");
    assert_string_equal(p.hosts.at[1], "root@oms2");
    cJSON_Delete(json);
}

/* --- what is unknown ---------------------------------------------------------------------------------------- */

static void refused(const struct takes *t, const char *text, const char *message)
{
    struct params p;
    struct err e = {0};
    cJSON *json = cJSON_Parse(text);
    assert_int_equal(params_decode(t, json, &p, &e), ERR_PARAMS);
    assert_string_equal(e.msg, message);
    cJSON_Delete(json);
}

static void what_is_unknown_is_refused(void **state)
{
    struct takes retry = {"retry", P(job), P(step) | P(subtask) | P(force), 0, 0};
    refused(&retry, "{\"job\":1,\"forse\":true}",
            "retry has no parameter \"forse\"; did you mean \"force\" (true or false)?");
    refused(&retry, "{\"Job\":1}",
            "retry has no parameter \"Job\"; did you mean \"job\" (a whole number from 1 to 9007199254740991)?");
    refused(&retry, "{\"job\":1,\"colour\":\"red\"}",
            "retry has no parameter \"colour\"; it takes \"job\", \"step\", \"subtask\" and \"force\"");
    refused(&retry, "{\"job\":1,\"\":1}",
            "retry has no parameter \"\"; it takes \"job\", \"step\", \"subtask\" and \"force\"");
    refused(&retry, "{\"job\":1,\"job\":2}", "\"job\" is given twice");
    refused(&retry, "{\"job\":1,\"force\":false,\"force\":true}", "\"force\" is given twice");
    refused(&retry, "{\"job\":1,\"subtask\":\"n1\"}", "\"subtask\" is given without \"step\"");
    refused(&(struct takes){"procedures", 0, 0, 0, 0}, "{\"x\":1}", "procedures has no parameter \"x\"; it takes none");
    refused(&(struct takes){"plan", P(job), 0, P(deployment) | P(file), 0}, "{\"job\":1,\"file\":\"f\"}",
            "\"file\" cannot be combined with \"job\"");
    refused(
        &(struct takes){"list", 0, P(state), 0, 0}, "{\"state\":\"Running\"}",
        "\"state\" must be one of: Initializing, Ready, In Progress, Paused, Successful, Waiting, Failed, Canceled");
    refused(&(struct takes){"submit", P(deployment), P(type), 0, 0}, "{\"deployment\":\"d\",\"type\":\"rollback\"}",
            "\"type\" must be one of: upgrade, check, rehearsal");
}

/* A method with two forms, such as rollback and plan: what is said is about both. */
static void another_form_is_not_forgotten(void **state)
{
    struct takes rollback = {"rollback", P(job) | P(reason), P(force), P(job) | P(plan_only), P(plan_only)};
    struct takes plan = {"plan", P(deployment), P(file) | P(type), P(job), P(job)};
    struct takes procedures = {"procedures", 0, 0, P(procedure), P(procedure)};
    cJSON *json;
    struct params p = decoded(&rollback, "{\"job\":1,\"plan_only\":false,\"reason\":\"x\"}", &json);
    assert_true(p.given == (P(job) | P(reason)));
    cJSON_Delete(json);
    refused(&rollback, "{\"job\":1,\"plan_only\":false,\"plan_only\":false,\"reason\":\"x\"}",
            "\"plan_only\" is given twice");
    refused(&rollback, "{\"job\":1,\"plan_only\":0,\"reason\":\"x\"}",
            "\"plan_only\" cannot be combined with \"reason\"");
    refused(&rollback, "{\"job\":1,\"planonly\":true}",
            "rollback has no parameter \"planonly\"; did you mean \"plan_only\" (true or false)?");
    refused(&rollback, "{\"job\":1,\"colour\":1}",
            "rollback has no parameter \"colour\"; it takes \"job\", \"reason\", \"force\" and \"plan_only\"");
    refused(&rollback, "{\"job\":1}",
            "\"reason\" is missing: a string of 1 to 1000 bytes; or \"plan_only\": true or false");
    refused(&rollback, "{\"job\":1,\"force\":true}", "\"reason\" is missing: a string of 1 to 1000 bytes");
    refused(&plan, "{\"jop\":1}",
            "plan has no parameter \"jop\"; did you mean \"job\" (a whole number from 1 to 9007199254740991)?");
    refused(&plan, "{}",
            "\"deployment\" is missing: a string of 1 to 262144 bytes; or \"job\": a whole number from 1 to "
            "9007199254740991");
    refused(&procedures, "{\"nam\":\"x\"}",
            "procedures has no parameter \"nam\"; did you mean \"name\" (a string of 1 to 128 bytes)?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_fit_together),
        cmocka_unit_test(a_verb_takes_what_its_row_says),
        cmocka_unit_test(every_parameter_is_taken_up_to_its_bounds),
        cmocka_unit_test(and_not_beyond),
        cmocka_unit_test(what_is_required_must_be_there),
        cmocka_unit_test(values_come_out_as_they_went_in),
        cmocka_unit_test(what_is_unknown_is_refused),
        cmocka_unit_test(another_form_is_not_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
