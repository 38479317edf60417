/* omsupd: starts its parts and stops them in order. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "common/alloc.h"
#include "common/fds.h"
#include "common/log.h"
#include "common/place.h"
#include "daemon/action/action.h"
#include "daemon/api/server.h"
#include "daemon/config.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/request/request.h"
#include "daemon/house/house.h"
#include "daemon/journal/journal.h"
#include "daemon/memory.h"
#include "daemon/notify.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/procedure/procedure.h"
#include "daemon/take_over.h"
#include "daemon/tell/tell.h"

struct daemon {
    uv_loop_t loop;
    struct config config;
    struct journal *journal;
    struct procedures *procedures;
    struct engine *engine;
    struct tell *tell;
    struct house *house;
    struct server *server;
    char *journal_path;
    uv_signal_t term, intr;
    uv_timer_t watchdog;
    bool ending;
};

static bool known_action(const char *name, bool acts)
{
    const struct action *a = action_find(name);
    return a && (a->use != ACTION_LOOKS) == acts;
}

static const char *action_text(const char *name)
{
    const struct action *a = action_find(name);
    return a ? a->text : NULL;
}

static int group_of(const char *name, gid_t *out, struct err *e)
{
    *out = (gid_t)-1;
    if (!name)
        return 0;
    const struct group *g = getgrnam(name);
    if (!g)
        return err_set(e, ERR_INPUT, "there is no group \"%s\"", name);
    *out = g->gr_gid;
    return 0;
}

/* Everybody may connect, but who can replace the socket can pose as omsupd. */
static int make_socket_dir(const char *path, struct err *e)
{
    struct err unsafe;
    char *inside = xasprintf("%s/socket", path);
    int rc = 0;
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        rc = err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    else if (place_way(inside, &unsafe))
        log_warn("whoever can replace the socket can pose as omsupd: %s", unsafe.msg);
    free(inside);
    return rc;
}

static int check_state_dir(const char *path, struct err *e)
{
    int rc = place_directory(path, e);
    return rc == ERR_NOT_FOUND ? (e->code = ERR_SYSTEM) : rc;
}

/* Of the commands that run on this host. One that cannot be had stops only these; their agent creates it with its
 * parents, or says why it cannot. */
static int check_run_dir(const char *path, struct err *e)
{
    int rc = place_directory(path, e);
    if (rc == ERR_INPUT)
        return rc;
    if (rc == ERR_SYSTEM)
        log_warn("no command can run on this host: %s", e->msg);
    return 0;
}

static void engine_gone(void *ctx) { (void)ctx; }

static void tell_gone(void *ctx)
{
    struct daemon *d = ctx;
    engine_close(d->engine, engine_gone, d);
}

static void house_gone(void *ctx)
{
    struct daemon *d = ctx;
    tell_close(d->tell, tell_gone, d);
}

static void server_gone(void *ctx)
{
    struct daemon *d = ctx;
    house_close(d->house, house_gone, d);
}

static void on_signal(uv_signal_t *s, int number)
{
    struct daemon *d = s->data;
    if (d->ending)
        return;
    d->ending = true;
    log_info("stopping on signal %d; commands on the nodes keep running and will be picked up at the next start",
             number);
    notify_send("STOPPING=1");
    uv_close((uv_handle_t *)&d->term, NULL);
    uv_close((uv_handle_t *)&d->intr, NULL);
    uv_close((uv_handle_t *)&d->watchdog, NULL);
    server_close(d->server, server_gone, d);
}

/* By the loop itself: one that hangs is ended by the service manager and started again, which is safe at any time. */
static void on_watchdog(uv_timer_t *t) { notify_send("WATCHDOG=1"); }

static void feed_watchdog(struct daemon *d)
{
    uint64_t every = notify_watchdog_ms();
    uv_timer_init(&d->loop, &d->watchdog);
    if (every)
        uv_timer_start(&d->watchdog, on_watchdog, every, every);
}

static int start(struct daemon *d, struct err *e)
{
    char host[256] = "localhost";
    gid_t operators, viewers;
    gethostname(host, sizeof host - 1);
    const char *socket = d->config.socket, *slash = strrchr(socket, '/');
    char *socket_dir = slash > socket ? xstrndup(socket, (size_t)(slash - socket)) : xstrdup("/");
    const char *journal = d->journal_path = xasprintf("%s/journal.db", d->config.state_dir);
    procedures_set_action_lookup(known_action);
    plan_set_builtin_text(action_text);
    int rc = group_of(d->config.operators, &operators, e);
    if (rc == 0 && (rc = group_of(d->config.viewers, &viewers, e)) == 0 &&
        (rc = check_state_dir(d->config.state_dir, e)) == 0 && (rc = check_run_dir(d->config.run_dir, e)) == 0 &&
        (rc = make_socket_dir(socket_dir, e)) == 0 &&
        (rc = procedures_load(d->config.procedures, &d->procedures, e)) == 0)
        rc = journal_open_beside(journal, d->config.run_dir, &d->journal, e);
    free(socket_dir);
    if (rc)
        return rc;
    struct engine_config ec = {.run_dir = d->config.run_dir,
                               .host = host,
                               .resume_after_reboot = strcmp(d->config.after_reboot, "resume") == 0,
                               .no_copies = strcmp(d->config.journal_copies, "off") == 0};
    struct server_config sc = {.socket = d->config.socket,
                               .listen_fd = notify_listen_fd(),
                               .operators = operators,
                               .viewers = viewers,
                               .host = host};
    struct tell_config tc = {.targets = &d->config.notify,
                             .journald = strcmp(d->config.journald, "none") == 0 ? NULL : d->config.journald,
                             .metrics = d->config.metrics,
                             .journal = journal};
    struct house_config hc = {.journal = journal,
                              .state_dir = d->config.state_dir,
                              .run_dir = d->config.run_dir,
                              .config = d->config.file,
                              .procedures = d->config.procedures};
    if ((rc = engine_new(&d->loop, &ec, d->journal, d->procedures, &d->engine, e)) == 0 &&
        (rc = tell_open(&d->loop, &tc, d->engine, &d->tell, e)) == 0 && (sc.tell = d->tell) != NULL &&
        (house_open(&d->loop, &hc, d->engine, &d->house), sc.house = d->house) != NULL &&
        (rc = server_start(&d->loop, &sc, d->engine, &d->server, e)) == 0 && (rc = engine_recover(d->engine, e)) == 0)
        rc = next_hop_open(d->engine, e);
    if (rc == 0) {
        undo_open(d->engine);
        leftovers_open(d->engine);
    }
    return rc;
}

static int run(struct daemon *d)
{
    struct err e = {0};
    uv_loop_init(&d->loop);
    if (start(d, &e)) {
        log_error("%s", e.msg);
        journal_close(d->journal); /* so that no log stays beside it, which would spoil a copy that is put back */
        exit(err_exit(e.code));    /* the exit closes whatever else is open */
    }
    uv_signal_init(&d->loop, &d->term);
    uv_signal_init(&d->loop, &d->intr);
    d->term.data = d->intr.data = d;
    uv_signal_start(&d->term, on_signal, SIGTERM);
    uv_signal_start(&d->intr, on_signal, SIGINT);
    feed_watchdog(d);
    memory_give_back();
    log_info("omsupd %s is listening on %s", OMSUP_VERSION, d->config.socket);
    notify_send("READY=1");
    uv_run(&d->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&d->loop))
        log_error("stopped with open handles; this is a bug of omsupd");
    journal_close(d->journal);
    procedures_free(d->procedures);
    free(d->journal_path);
    return 0;
}

int main(int argc, char **argv)
{
    struct daemon d = {0};
    struct err e = {0};
    if (!fds_keep_standard())
        return 1;
    if (argc > 1 && strcmp(argv[1], "takeover") == 0)
        return take_over_main(argc, argv);
    int rc = config_load(argc, argv, &d.config, &e);
    if (rc) {
        if (log_to_journald())
            log_error("%s", e.msg);
        else
            fprintf(stderr, "omsupd: %s\n%s", e.msg, rc == ERR_USAGE ? "Try omsupd --help\n" : "");
        config_free(&d.config);
        return err_exit(rc);
    }
    if (d.config.help) {
        struct buf usage = {0};
        config_usage(&usage);
        fputs(buf_str(&usage), stdout);
        buf_free(&usage);
    } else if (d.config.version) {
        printf("omsupd %s\n", OMSUP_VERSION);
    } else {
        log_set_level(log_level_parse(d.config.log));
        signal(SIGPIPE, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        rc = run(&d);
    }
    config_free(&d.config);
    return rc;
}
