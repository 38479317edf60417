/* The arithmetic of caching_sha2_password and mysql_native_password. Apart, because OpenSSL's names clash with
 * common/err.h. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { SHA2_NONCE = 20, SHA2_DIGEST = 32, SHA1_PROOF = 20, SHA2_PASSWORD_MAX = 200, SHA2_SENT_MAX = 1024 };

/* SHA256(password) XOR SHA256(SHA256(SHA256(password)) nonce). false: the library fails. */
bool sha2_proof(const char *password, const unsigned char *nonce, unsigned char *out);
/* SHA1(password) XOR SHA1(nonce SHA1(SHA1(password))), of mysql_native_password. */
bool sha1_proof(const char *password, const unsigned char *nonce, unsigned char *out);
/* The password with its NUL, XOR the nonce, by the RSA public key in the PEM text, with OAEP. Returns the length, or 0;
 * *is_key tells whether the text is such a key. */
size_t sha2_encrypt(const char *pem, size_t pem_len, const char *password, const unsigned char *nonce,
                    unsigned char out[SHA2_SENT_MAX], bool *is_key);
/* Writes an RSA public key, in PEM form, whose other half nobody has any more. false and errno. */
bool sha2_write_key_of_nobody(int fd);
