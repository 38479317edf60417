#include "client/cli/ask.h"

#include "client/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/lang/lang.h"
#include "common/alloc.h"
#include "common/protocol.h"

bool ask_can(void) { return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO); }

/* A line without the white space around it; NULL at the end of input. */
static char *ask_line(const char *prompt)
{
    char *line = NULL;
    size_t cap = 0;
    printf("%s", prompt);
    fflush(stdout);
    ssize_t n = getline(&line, &cap, stdin);
    if (n < 0) {
        printf("\n");
        free(line);
        return NULL;
    }
    while (n > 0 && strchr(" \t\r\n", line[n - 1]))
        line[--n] = '\0';
    size_t lead = strspn(line, " \t");
    memmove(line, line + lead, (size_t)n - lead + 1);
    return line;
}

const char *ask_reason_prompt(void) { return _("Reason: "); }
const char *ask_yes_prompt(void) { return _("Continue? Type yes: "); }

int ask_reason_check(const char *verb, const char *reason, struct err *e)
{
    if (!reason || reason[strspn(reason, " \t\r\n")] == '\0')
        return err_set(e, ERR_USAGE, _("%s needs a reason that is not empty: --reason TEXT"), verb);
    if (strlen(reason) > PROTOCOL_REASON_MAX)
        return err_set(e, ERR_USAGE, _("the reason is longer than %d bytes"), PROTOCOL_REASON_MAX);
    return 0;
}

int ask_yes(const char *answer, struct err *e)
{
    if (answer && (strcasecmp(answer, "yes") == 0 || strcasecmp(answer, "y") == 0))
        return 0;
    return err_set(e, ERR_REFUSED, _("not confirmed; nothing has been changed"));
}

int ask_reason(const struct cli *c, const char *verb, char **reason, struct err *e)
{
    const char *given = cli_opt(c, OPT_REASON);
    *reason = NULL;
    if (!given && !ask_can())
        return err_set(e, ERR_USAGE, _("%s needs a reason: --reason TEXT"), verb);
    *reason = given ? xstrdup(given) : ask_line(ask_reason_prompt());
    int rc = ask_reason_check(verb, *reason, e);
    if (rc) {
        free(*reason);
        *reason = NULL;
    }
    return rc;
}

int ask_allowed(const struct cli *c, const char *verb, struct err *e)
{
    if (cli_opt(c, OPT_YES) || ask_can())
        return 0;
    return err_set(e, ERR_USAGE, _("%s asks for confirmation, but there is no terminal to ask on; pass --yes"), verb);
}

int ask_confirm(const struct cli *c, struct buf *text, struct err *e)
{
    int rc = 0;
    if (cli_opt(c, OPT_YES)) {
        buf_free(text);
        return 0;
    }
    if ((rc = cli_print(text, e)) != 0)
        return rc;
    char *answer = ask_line(ask_yes_prompt());
    rc = ask_yes(answer, e);
    free(answer);
    return rc;
}
