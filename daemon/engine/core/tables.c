/* The tables of phases, events and transitions, and look-ups in them. */
#include <string.h>

#include "common/array.h"
#include "daemon/engine/core/core.h"

static const struct {
    const char *name, *text;
    enum state shown;
} phases[] = {
#define PHASE(name, word, shown, text) {word, text, shown},
#include "daemon/engine/core/phases.def"
#undef PHASE
};

static const struct {
    const char *name;
    enum core_who who;
    enum core_run run;
} events[] = {
#define EVENT(name, word, who, run) {word, who, run},
#include "daemon/engine/core/events.def"
#undef EVENT
};

const struct core_row core_rows[] = {
#define ROW(from, event, to, effect, why) {PHASE_##from, EV_##event, PHASE_##to, EFFECT_##effect, why},
#include "daemon/engine/core/transitions.def"
#undef ROW
};
const size_t core_n_rows = ARRAY_LEN(core_rows);

const struct core_row *core_row(enum core_phase from, enum core_event e)
{
    for (size_t i = 0; i < core_n_rows; i++)
        if (core_rows[i].from == from && core_rows[i].event == e)
            return &core_rows[i];
    return NULL;
}

const char *core_phase_name(enum core_phase p) { return phases[p].name; }
const char *core_phase_text(enum core_phase p) { return phases[p].text; }
enum state core_phase_shown(enum core_phase p) { return phases[p].shown; }
const char *core_event_name(enum core_event e) { return events[e].name; }
enum core_who core_event_who(enum core_event e) { return events[e].who; }
enum core_run core_event_run(enum core_event e) { return events[e].run; }

int core_phase_parse(const char *name)
{
    for (int i = 0; i < N_PHASES; i++)
        if (strcmp(phases[i].name, name) == 0)
            return i;
    return -1;
}

bool core_phase_passed(enum core_phase p) { return p == PHASE_SUCCESSFUL || p == PHASE_SKIPPED; }

bool core_phase_final(enum core_phase p) { return core_phase_passed(p) || p == PHASE_FAILED || p == PHASE_CANCELED; }

bool core_phase_busy(enum core_phase p)
{
    return !core_phase_final(p) && p != PHASE_PENDING && p != PHASE_APPROVAL && p != PHASE_UNKNOWN && p != PHASE_GATE;
}

static const char *const modes[] = {
    [MODE_READY] = "ready",           [MODE_RUNNING] = "running",     [MODE_PAUSED] = "paused",
    [MODE_WINDOW] = "window",         [MODE_CANCELING] = "canceling", [MODE_CANCELED] = "canceled",
    [MODE_SUCCESSFUL] = "successful",
};
TABLE_ENDS(modes, MODE_SUCCESSFUL);

const char *core_verb_name(enum core_verb v)
{
    static const char *const names[] = {
        [VERB_START] = "start",       [VERB_PAUSE] = "pause",
        [VERB_RESUME] = "resume",     [VERB_WINDOW] = "window-confirm",
        [VERB_ONE_STEP] = "one-step", [VERB_CANCEL] = "cancel",
        [VERB_HOLD] = "hold",         [VERB_CANCEL_FORCE] = "cancel-force",
    };
    TABLE_ENDS(names, VERB_HOLD);
    return names[v];
}

const char *core_mode_name(enum core_mode m) { return modes[m]; }

int core_mode_parse(const char *name)
{
    for (int i = 0; i < (int)ARRAY_LEN(modes); i++)
        if (strcmp(modes[i], name) == 0)
            return i;
    return -1;
}
