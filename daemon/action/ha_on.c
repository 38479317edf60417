/* ha-on, ha-is-on. HA recreates the Stores, which must fetch from before T1, when the first container was stopped.
 * With perceiveStoreClientCheckpoint they start from what downstream asks for. Without it, refetchStoreIntervalMin must
 * be more than the minutes from T1 to T2, when HA is enabled (EE V4.2.3, step 8). T2 is when it is seen enabled here.
 */
#include <stdlib.h>

#include "daemon/action/ha_config.h"

enum { REDUNDANCY_MIN = 30 }; /* the vendor's example: 90 for an outage of 60 minutes (upgrade FAQ of CE V4.2.2) */

/* "If perceiveStoreClientCheckpoint is true, you can use the default value 30min": the interval is raised, for good,
 * only where older versions may not know the other parameter (V3.3.1 lacks it in its default). */
static char *turn_on(const struct ha *h, void *ctx)
{
    long long outage = *(long long *)ctx;
    bool far = outage < 0 || h->refetch_min > outage || h->knows_perceive;
    return h->enable && h->perceive && far ? NULL : ha_enabled(h, far ? 0 : outage + REDUNDANCY_MIN);
}

static void say_outage(struct buf *out, long long outage)
{
    if (outage < 0)
        act_say(out, "T1 is unknown, so perceiveStoreClientCheckpoint must be true");
    else
        act_say(out, "outage since T1: %lld minutes", outage);
}

enum verdict ha_on(struct metadb *db, const struct action_args *a, struct buf *out)
{
    long long outage = ha_outage(a);
    struct err e;
    say_outage(out, outage);
    struct ha_change c = {.change = turn_on, .ctx = &outage};
    enum verdict v = ha_write(db, a, &c, out);
    if (v != VERDICT_YES)
        return v;
    struct ha h;
    if (ha_load(db, a, &h, NULL, &e))
        return act_look_failed(out, &e);
    if (!h.stores)
        act_say(out, "enableStore is false: HA will not recreate Stores");
    act_say(out, "omsup: evidence enable=%s, perceiveStoreClientCheckpoint=%s, refetchStoreIntervalMin=%lld",
            h.enable ? "true" : "false", h.perceive ? "true" : "false", h.refetch_min);
    ha_free(&h);
    return v;
}

enum verdict ha_is_on(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct ha h;
    struct err e;
    long long outage = ha_outage(a);
    if (ha_load(db, a, &h, NULL, &e))
        return act_look_failed(out, &e);
    bool enough = h.perceive || (outage >= 0 && h.refetch_min > outage);
    act_say(out, "ha.config has enable=%s, perceiveStoreClientCheckpoint=%s, refetchStoreIntervalMin=%lld",
            h.enable ? "true" : "false", h.perceive ? "true" : "false", h.refetch_min);
    if (!h.stores)
        act_say(out, "enableStore is false: HA will not recreate Stores");
    if (!h.perceive)
        say_outage(out, outage);
    if (h.enable && enough) {
        act_say(out, "HA is on");
    } else {
        char *value = ha_enabled(&h, 0);
        if (!h.perceive && outage >= 0)
            act_say(out,
                    "or leave perceiveStoreClientCheckpoint=false and set refetchStoreIntervalMin to more than %lld, "
                    "preferably %lld",
                    outage, outage + REDUNDANCY_MIN);
        act_say(out, "%s: set ha.config to %s", h.enable ? "Stores would not fetch from before T1" : "HA is off",
                value);
        free(value);
    }
    bool yes = h.enable && enough;
    ha_free(&h);
    return yes ? VERDICT_YES : VERDICT_NO;
}
