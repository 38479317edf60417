/* A room of its own: <openssl/evp.h> and common/err.h both have names that begin with ERR_. */
#include "daemon/hash/sha256.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

struct sha256 *sha256_new(void)
{
    EVP_MD_CTX *c = EVP_MD_CTX_create();
    if (!c || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1)
        abort(); /* out of memory */
    return (struct sha256 *)c;
}

void sha256_add(struct sha256 *h, const void *data, size_t n)
{
    if (EVP_DigestUpdate((EVP_MD_CTX *)h, data, n) != 1)
        abort();
}

void sha256_end(struct sha256 *h, char hex[65])
{
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned n;
    if (EVP_DigestFinal_ex((EVP_MD_CTX *)h, md, &n) != 1 || n != 32)
        abort();
    EVP_MD_CTX_destroy((EVP_MD_CTX *)h);
    for (unsigned i = 0; i < n; i++)
        snprintf(hex + 2 * (size_t)i, 3, "%02x", md[i]);
}
