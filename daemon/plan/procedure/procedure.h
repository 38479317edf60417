/* The documented ways to upgrade, as data (schema/procedure.md): parses pages and their scripts, finds the page for an
 * upgrade.
 *
 * Order: procedures_set_action_lookup() once, before anything is parsed; then procedures_load(), whose result owns
 * every procedure and lends it until procedures_free(). procedure_parse() is for one page alone, with the embedded
 * scripts (tests, fuzzing): its caller frees. All texts come from outside, bounded and validated; an error names
 * FILE:LINE:COLUMN. Only procedures_load() reads files. Not for threads: the hook and the loaded set belong to one.
 * What expansion reads is in model.h. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

struct procedure; /* schema/procedure.md */
enum { PROCEDURE_MAX = 256 * 1024 };
/* How procedure_parse() asks whether a built-in exists that acts (`acts`) or looks: set once, before the first parse.
 * NULL (the default): names are not checked. A hook, so that this module does not link the actions. */
void procedures_set_action_lookup(bool (*known)(const char *name, bool acts));
int procedure_parse(const char *text, size_t len, const char *file, struct procedure **out, struct err *e);
void procedure_free(struct procedure *p);
const char *procedure_name(const struct procedure *p);
/* name, title, edition, versions, steps' ids and titles, the site's files */
cJSON *procedure_to_json(const struct procedure *p);

/* All procedures: the embedded ones, and those of the site's directory `dir` (NULL: none). There, a page, a part or a
 * script replaces the embedded one of the same name. The directory and its files must belong to root or to the user of
 * this process and be writable by no one else. */
struct procedures;
int procedures_load(const char *dir, struct procedures **out, struct err *e);
void procedures_free(struct procedures *ps);
size_t procedures_count(const struct procedures *ps);
const struct procedure *procedures_at(const struct procedures *ps, size_t i);
/* The page as it is written; `whole`: then its parts, scripts and shared functions. The caller frees. */
char *procedures_text(const struct procedures *ps, size_t i, bool whole);
/* The one for this edition and target whose source range holds. Otherwise an error that says what can be done
 * (what the page says to other sources, the
 * allowed ones, the chain of upgrades to take). */
int procedures_find(const struct procedures *ps, const char *edition, const char *source, const char *target,
                    const struct procedure **out, struct err *e);
/* The chain of versions from `source` to `target` of the edition, e.g. ["4.0.0","4.1.0"]; ERR_NOT_FOUND with what is
 * known. */
int procedures_path(const struct procedures *ps, const char *edition, const char *source, const char *target,
                    cJSON **chain, struct err *e);
