/* ha-before, ha-off, ha-is-off. Of all keys only `enable` decides: enableStore, enableConnector … are true by default
 * and mean nothing while it is false. (obd takes any true key with "enable" in its name for HA.) */
#include <stdlib.h>
#include <string.h>

#include "daemon/action/ha_config.h"

static void say_before(const struct ha *h, struct buf *out)
{
    act_say(out, "omsup: fact ha.before %s", h->enable ? "on" : h->present ? "off" : "absent");
}

static char *turn_off(const struct ha *h, void *ctx) { return h->enable ? ha_set(h->json, "enable", "false") : NULL; }

/* Remembers whether HA was on before the upgrade. "Off" counts only in the first attempt of a job that is not a
 * rollback, because later it may be our own doing. */
static void remember(const struct ha *h, const struct action_args *a, struct buf *out)
{
    const char *attempt = action_env(a, "OMSUP_ATTEMPT");
    bool first = !*attempt || strcmp(attempt, "1") == 0;
    if (*action_env(a, "OMSUP_PARENT") == '\0' && (h->enable || first))
        say_before(h, out);
    if (h->enable)
        act_say(out, "HA was on; setting enable=false");
}

enum verdict ha_off(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct ha_change c = {.change = turn_off, .seen = remember};
    enum verdict v = ha_write(db, a, &c, out);
    if (v == VERDICT_YES)
        act_say(out, "omsup: evidence HA is off");
    return v;
}

enum verdict ha_before(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct ha h;
    struct err e;
    if (ha_load(db, a, &h, NULL, &e))
        return act_look_failed(out, &e);
    say_before(&h, out);
    act_say(out, "omsup: evidence HA is %s", h.enable ? "on" : h.present ? "off" : "off: ha.config was never edited");
    ha_free(&h);
    return VERDICT_YES;
}

enum verdict ha_is_off(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct ha h;
    struct err e;
    if (ha_load(db, a, &h, NULL, &e))
        return act_look_failed(out, &e);
    bool on = h.enable;
    if (on) {
        char *value = turn_off(&h, NULL);
        act_say(out, "ha.config is %s", h.value);
        act_say(out, "HA is on: set \"enable\" to false, so that ha.config is %s", value);
        free(value);
    } else {
        act_say(out, "HA is off: ha.config is %s", !h.present ? "absent" : h.value ? h.value : "NULL");
    }
    ha_free(&h);
    return on ? VERDICT_NO : VERDICT_YES;
}
