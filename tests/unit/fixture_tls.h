/* A private server with certificates that are made for this test: DIR/ca.pem, other.pem (another CA), server.pem for
 * "localhost". After tests/unit/fixture_mariadb.h. */
#pragma once

/* A CA, another one, and a certificate of the first one for "localhost". */
static void certificates(void)
{
    char *cmd = xasprintf(
        "cd '%s' && exec 2>certificates.log && for ca in ca other; do"
        "  openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -out $ca.pem -days 2 -subj /CN=$ca; done &&"
        " openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost &&"
        " echo subjectAltName=DNS:localhost >san &&"
        " openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days 2 -extfile san -out server.pem"
        " || { cat certificates.log >&3; exit 1; } 3>&1",
        mariadb.dir);
    assert_int_equal(system(cmd), 0);
    free(cmd);
}

static int tls_up(void **state)
{
    mariadb_install();
    certificates();
    mariadb_options[0] = xasprintf("--ssl-cert=%s/server.pem", mariadb.dir);
    mariadb_options[1] = xasprintf("--ssl-key=%s/server.key", mariadb.dir);
    mariadb_start();
    return 0;
}

static int tls_down(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(mariadb_options); i++)
        free(mariadb_options[i]);
    return mariadb_down(state);
}

/* Again, with this option instead of the certificates. */
static void mariadb_restart(const char *option)
{
    mariadb_kill();
    for (size_t i = 0; i < ARRAY_LEN(mariadb_options); i++) {
        free(mariadb_options[i]);
        mariadb_options[i] = NULL;
    }
    mariadb_options[0] = xstrdup(option);
    mariadb_start();
}
