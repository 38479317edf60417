#include "daemon/metadb/sha2.h"

#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/wipe.h"

bool sha2_proof(const char *password, const unsigned char *nonce, unsigned char *out)
{
    unsigned char once[SHA2_DIGEST], twice[SHA2_DIGEST + SHA2_NONCE], last[SHA2_DIGEST];
    bool ok = EVP_Digest(password, strlen(password), once, NULL, EVP_sha256(), NULL) == 1 &&
              EVP_Digest(once, SHA2_DIGEST, twice, NULL, EVP_sha256(), NULL) == 1;
    memcpy(twice + SHA2_DIGEST, nonce, SHA2_NONCE);
    ok = ok && EVP_Digest(twice, sizeof twice, last, NULL, EVP_sha256(), NULL) == 1;
    for (int i = 0; ok && i < SHA2_DIGEST; i++)
        out[i] = once[i] ^ last[i];
    wipe(once, sizeof once);
    ERR_clear_error();
    return ok;
}

bool sha1_proof(const char *password, const unsigned char *nonce, unsigned char *out)
{
    unsigned char once[SHA1_PROOF], twice[SHA2_NONCE + SHA1_PROOF];
    memcpy(twice, nonce, SHA2_NONCE);
    bool ok = EVP_Digest(password, strlen(password), once, NULL, EVP_sha1(), NULL) == 1 &&
              EVP_Digest(once, SHA1_PROOF, twice + SHA2_NONCE, NULL, EVP_sha1(), NULL) == 1 &&
              EVP_Digest(twice, sizeof twice, out, NULL, EVP_sha1(), NULL) == 1;
    for (int i = 0; ok && i < SHA1_PROOF; i++)
        out[i] ^= once[i];
    wipe(once, sizeof once);
    ERR_clear_error();
    return ok;
}

size_t sha2_encrypt(const char *pem, size_t pem_len, const char *password, const unsigned char *nonce,
                    unsigned char out[SHA2_SENT_MAX], bool *is_key)
{
    unsigned char plain[SHA2_PASSWORD_MAX + 1];
    size_t len = strlen(password) + 1, sent = SHA2_SENT_MAX;
    BIO *bio = BIO_new_mem_buf(pem, (int)pem_len);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    *is_key = key && EVP_PKEY_base_id(key) == EVP_PKEY_RSA;
    EVP_PKEY_CTX *ctx = *is_key && len <= sizeof plain ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    for (size_t i = 0; ctx && i < len; i++)
        plain[i] = (unsigned char)password[i] ^ nonce[i % SHA2_NONCE];
    bool ok = ctx && EVP_PKEY_encrypt_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) > 0 &&
              EVP_PKEY_size(key) <= SHA2_SENT_MAX && EVP_PKEY_encrypt(ctx, out, &sent, plain, len) > 0;
    wipe(plain, sizeof plain);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok ? sent : 0;
}

bool sha2_write_key_of_nobody(int fd)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
    if (ctx && EVP_PKEY_keygen_init(ctx) > 0 && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) > 0)
        EVP_PKEY_keygen(ctx, &key);
    EVP_PKEY_CTX_free(ctx);
    BIO *bio = BIO_new_fd(fd, BIO_NOCLOSE);
    bool ok = key && bio && PEM_write_bio_PUBKEY(bio, key) == 1 && fsync(fd) == 0;
    BIO_free(bio);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok;
}
