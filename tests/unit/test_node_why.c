/* Why a channel did not come up: the reason, whatever ssh, sudo and the login shell print around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/node/why.h"

static void expect(const char *err, const char *said, const char *want)
{
    struct buf out = {0};
    why_of(&out, err, strlen(err), said, strlen(said));
    if (strcmp(buf_str(&out), want) != 0)
        fail_msg("\"%s\" and \"%s\":\n  \"%s\"\nand not\n  \"%s\"", err, said, buf_str(&out), want);
    buf_free(&out);
}

static void the_reason_is_picked(void **state)
{
    expect("", "", "");
    expect("ssh: connect to host oms1 port 22: Connection refused\r\n", "",
           "ssh: connect to host oms1 port 22: Connection refused");
    expect("Warning: Permanently added 'oms1' (ED25519) to the list of known hosts.\r\n"
           "Authorized users only\nroot@oms1: Permission denied (publickey).\r\n",
           "", "root@oms1: Permission denied (publickey).");
    expect("sudo: sorry, you must have a tty to run sudo\nTransferred: sent 3000, received 2000 bytes, in 0.1 seconds\n"
           "Bytes per second: sent 1.0, received 2.0\n",
           "",
           "sudo: sorry, you must have a tty to run sudo: omsupd has no terminal on the node; add 'Defaults:ACCOUNT "
           "!requiretty' to its sudoers (visudo), or log in as root");
    expect(
        "ERROR: ld.so: object '/x.so' from LD_PRELOAD cannot be preloaded: ignored.\nsudo: a password is required\n",
        "",
        "sudo: a password is required: omsupd cannot enter one; add 'ACCOUNT ALL=(root) NOPASSWD: ALL' to the node's "
        "sudoers (visudo), or log in as root");
    /* what PAM says is a banner; the last line only says that it is over */
    expect(
        "System is going down. Unprivileged users are not permitted to log in anymore.\r\n"
        "Connection closed by 10.0.0.1 port 22\r\n",
        "",
        "System is going down. Unprivileged users are not permitted to log in anymore.; Connection closed by 10.0.0.1 "
        "port 22");
}

static void what_stood_before_the_hello_is_shown(void **state)
{
    expect("", "This account is currently not available.\n", "This account is currently not available.");
    expect("Connection to oms1 closed.\r\n", "Your account has expired\r\n",
           "Connection to oms1 closed.; it printed: Your account has expired");
    expect("", "\033]0;oms1\007\033[1mMenu\033[0m\n\n 1) shell\r\n 2) exit\n\nChoice: ",
           "Menu | 1) shell | 2) exit | Choice:");
    char long_text[2000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    struct buf out = {0};
    why_of(&out, "", 0, long_text, sizeof long_text - 1);
    assert_true(out.len < 200);
    buf_free(&out);
    expect("", "\001\002\377", "???");
    expect("", "\033", "");
    expect("", "a\033]0;never ends", "a");
}

/* A changed key is an alarm, and the way to remove the old one is told only with the comparison in front of it. */
static void host_keys(void **state)
{
    static const char line[] = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n";
    struct buf err = {0};
    buf_printf(&err, "%s@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n%s", line, line);
    buf_puts(
        &err,
        "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\nOffending ED25519 key in /root/.ssh/known_hosts:3\r\n"
        "  remove with:\r\n  ssh-keygen -f \"/root/.ssh/known_hosts\" -R \"[oms1]:2222\"\r\n"
        "Host key for [oms1]:2222 has changed and you have requested strict checking.\r\n"
        "Host key verification failed.\r\n");
    expect(
        buf_str(&err), "",
        "ALARM: the host key of [oms1]:2222 HAS CHANGED: someone may be intercepting the connection, or the host was "
        "reinstalled. Compare the key's fingerprint on the host's own console; only if it is right: ssh-keygen -R "
        "'[oms1]:2222'");
    buf_free(&err);
    expect("No ED25519 host key is known for oms1 and you have requested strict checking.\r\nHost key verification "
           "failed.\r\n",
           "",
           "Host key verification failed: the host key of oms1 is not known here. Compare its fingerprint with the "
           "host's; if it is right, run ssh to the host once as the account that omsupd runs as, and accept it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reason_is_picked),
        cmocka_unit_test(what_stood_before_the_hello_is_shown),
        cmocka_unit_test(host_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
