/* Inside the plan module: what the texts of a procedure's step may refer to. */
#pragma once
#include "daemon/plan/procedure/model.h"

enum script_use { USE_ACT, USE_CHECK, USE_NOTICE };
struct script_place {
    enum target_kind target;
    enum script_use use;
    bool rollback;
    char *const *facts; /* that the step declares */
};

const char *target_name(enum target_kind k);
enum target_kind target_of(const char *name); /* one of these names */
const char *env_name(size_t i);               /* the i-th variable there is; NULL at the end */
bool env_is_runtime(const char *name);
bool env_known(const char *name, const struct script_place *at); /* set for this text */
bool env_posix(const char *name);
/* The error for a variable that is not known: ERR_INPUT. */
int env_unknown(const struct ynode *text, size_t offset, const char *name, const struct script_place *at,
                struct err *e);

/* Every variable that the script uses is in the environment, set by the script itself, or of POSIX sh. Reads enough of
 * the shell's grammar to find them (quotes, here-documents, substitutions); whether it is sh, script_syntax() says. The
 * script is what the n texts are one after the other. */
int script_check(const struct ynode *const *texts, size_t n, const struct script_place *at, struct err *e);
/* This host's sh can parse it; ERR_INPUT names the line where it cannot. Runs `sh -n`, which takes a millisecond. */
int script_syntax(const struct ynode *text, struct err *e);
/* Every ${NAME} of a notice. */
int notice_check(const struct ynode *text, const struct script_place *at, struct err *e);

/* The whole script that `value` stands for (schema/procedure.md): its own text, or the file that it names, with the
 * shared functions that the file uses in front. Adds the files to s->files. `suffix` is added to the name: "" or
 * ".check". The caller frees *out. */
int script_get(const struct library *lib, const struct ynode *value, const char *suffix, const struct script_place *at,
               struct proc_step *s, char **out, struct err *e);
