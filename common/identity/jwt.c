/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/jwt.h"

#include "common/base/base64.h"
#include "device/name.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <strings.h>

#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define PART_MAX ATS_JWT_MAX /* bytes of a decoded part: fewer than its characters */

/* A token's text: HEADER.CLAIMS.SIGNATURE. */
struct parts {
    struct ats_span header;
    struct ats_span claims;
    struct ats_span signature;
    struct ats_span signed_text; /* HEADER.CLAIMS */
};

/* Cuts `rest` at its first dot. */
static bool cut(struct ats_span *rest, struct ats_span *ret_part)
{
    const uint8_t *dot = rest->len > 0 ? memchr(rest->data, '.', rest->len) : NULL;
    if (!dot)
        return false;
    size_t len = (size_t)(dot - rest->data);
    *ret_part = ats_span_of(rest->data, len);
    *rest = ats_span_of(dot + 1, rest->len - len - 1);
    return true;
}

static bool split(struct ats_span text, struct parts *ret_parts)
{
    struct ats_span rest = text;
    if (text.len > ATS_JWT_MAX || !cut(&rest, &ret_parts->header) ||
        !cut(&rest, &ret_parts->claims))
        return false;
    ret_parts->signature = rest;
    ret_parts->signed_text = ats_span_of(text.data, text.len - rest.len - 1);
    return ats_is_base64url(ret_parts->header) && ats_is_base64url(ret_parts->claims) &&
           ats_is_base64url(ret_parts->signature);
}

/* A JSON object of one part; NULL if it is none. The caller gives it back with json_decref(). */
static json_t *parse_object(struct ats_span text)
{
    char bytes[PART_MAX];
    size_t len = 0;
    if (ats_base64url_decode(text, (uint8_t *)bytes, sizeof(bytes), &len) != ATS_OK)
        return NULL;
    json_t *object = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static enum ats_status check_header(const json_t *header, struct ats_jwt *jwt,
                                    struct ats_error *err)
{
    static const char *const refused[] = {"crit", "jwk", "jku", "x5u", "x5c"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (json_object_get(header, refused[i]))
            return ats_error_set(err, ATS_ERR_INVALID, "token: the header may not have '%s'",
                                 refused[i]);
    if (strcmp(text_of(header, "alg"), "EdDSA") != 0)
        return ats_error_set(err, ATS_ERR_INVALID, "token: 'alg' must be EdDSA");
    if (json_object_get(header, "typ") && strcasecmp(text_of(header, "typ"), "JWT") != 0)
        return ats_error_set(err, ATS_ERR_INVALID, "token: 'typ' must be JWT");
    const char *key_id = text_of(header, "kid");
    if (!ats_key_id_valid(key_id, strlen(key_id)))
        return ats_error_set(err, ATS_ERR_INVALID, "token: 'kid' must be a key id of 16 digits");
    memcpy(jwt->key_id, key_id, sizeof(jwt->key_id));
    return ATS_OK;
}

/* A claim that is a name; `optional` allows that it is absent. */
static enum ats_status take_name(const json_t *value, const char *claim, bool optional,
                                 char ret_name[ATS_NAME_MAX + 1], struct ats_error *err)
{
    const char *name = json_string_value(value);
    if (!value && optional)
        return ATS_OK;
    if (!name || !ats_name_valid(name, strlen(name)))
        return ats_error_set(err, ATS_ERR_INVALID, "token: '%s' must be a name of 1 to %d bytes",
                             claim, ATS_NAME_MAX);
    memcpy(ret_name, name, strlen(name) + 1);
    return ATS_OK;
}

static enum ats_status take_time(const json_t *claims, const char *claim, bool optional,
                                 int64_t *ret_s, struct ats_error *err)
{
    const json_t *value = json_object_get(claims, claim);
    if (!value && optional)
        return ATS_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return ats_error_set(err, ATS_ERR_INVALID,
                             "token: '%s' must be a whole number of seconds since 1970", claim);
    *ret_s = json_integer_value(value);
    return ATS_OK;
}

static enum ats_status check_claims(const json_t *claims, struct ats_jwt *jwt,
                                    struct ats_error *err)
{
    const json_t *audience = json_object_get(claims, "aud");
    if (json_array_size(audience) == 1)
        audience = json_array_get(audience, 0);
    enum ats_status status =
        take_name(json_object_get(claims, "sub"), "sub", false, jwt->subject, err);
    if (status == ATS_OK)
        status = take_name(audience, "aud", true, jwt->audience, err);
    if (status == ATS_OK)
        status = take_time(claims, "exp", false, &jwt->expires_s, err);
    if (status == ATS_OK)
        status = take_time(claims, "nbf", true, &jwt->not_before_s, err);
    if (status == ATS_OK)
        status = take_time(claims, "iat", true, &jwt->issued_s, err);
    if (status == ATS_OK)
        status = take_name(json_object_get(claims, "jti"), "jti", true, jwt->token_id, err);
    return status;
}

enum ats_status ats_jwt_parse(struct ats_span text, struct ats_jwt *ret_jwt, struct ats_error *err)
{
    struct parts parts;
    struct ats_jwt jwt = {0};
    json_t *header = NULL;
    json_t *claims = NULL;
    enum ats_status status = ATS_ERR_MALFORMED;
    if (split(text, &parts)) {
        header = parse_object(parts.header);
        claims = parse_object(parts.claims);
    }
    if (!header || !claims) {
        (void)ats_error_set(err, status, "token: not a JSON Web Token in compact form");
        goto out;
    }
    status = check_header(header, &jwt, err);
    if (status == ATS_OK)
        status = check_claims(claims, &jwt, err);
    if (status == ATS_OK)
        *ret_jwt = jwt;
out:
    json_decref(header);
    json_decref(claims);
    return status;
}

static enum ats_status check_times(const struct ats_jwt *jwt, int64_t now_s, int64_t leeway_s,
                                   struct ats_error *err)
{
    if (jwt->expires_s <= now_s)
        return ats_error_set(err, ATS_ERR_REFUSED, "token of '%s' has expired", jwt->subject);
    if (jwt->not_before_s > now_s + leeway_s)
        return ats_error_set(err, ATS_ERR_REFUSED, "token of '%s' is not valid yet", jwt->subject);
    if (jwt->issued_s > now_s + leeway_s)
        return ats_error_set(err, ATS_ERR_REFUSED, "token of '%s' was issued in the future",
                             jwt->subject);
    return ATS_OK;
}

enum ats_status ats_jwt_verify(struct ats_span text, const struct ats_jwt *jwt,
                               const uint8_t key[ATS_PUBLIC_KEY_SIZE], int64_t now_s,
                               int64_t leeway_s, struct ats_error *err)
{
    struct parts parts;
    uint8_t signature[ATS_SIGNATURE_SIZE];
    size_t len = 0;
    char key_id[ATS_KEY_ID_SIZE];
    ats_key_id(key, key_id);
    if (strcmp(key_id, jwt->key_id) != 0)
        return ats_error_set(err, ATS_ERR_REFUSED, "token of '%s' names key %s, not %s",
                             jwt->subject, jwt->key_id, key_id);
    if (!split(text, &parts) ||
        ats_base64url_decode(parts.signature, signature, sizeof(signature), &len) != ATS_OK ||
        len != sizeof(signature) || !ats_verify(key, parts.signed_text, signature))
        return ats_error_set(err, ATS_ERR_REFUSED, "token of '%s': the signature does not hold",
                             jwt->subject);
    return check_times(jwt, now_s, leeway_s, err);
}

/* --- making --- */

static void append_base64(struct ats_buf *out, const void *bytes, size_t len)
{
    size_t cap = sodium_base64_encoded_len(len, BASE64); /* with NUL */
    char *room = (char *)ats_buf_reserve(out, cap);
    if (!room)
        return;
    (void)sodium_bin2base64(room, cap, bytes, len, BASE64);
    out->len += cap - 1;
}

/* Takes the object. */
static void append_object(struct ats_buf *out, json_t *object)
{
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text)
        append_base64(out, text, strlen(text));
    else if (out->status == ATS_OK)
        out->status = ATS_ERR_MEMORY;
    free(text);
    json_decref(object);
}

/* NULL when out of memory; absent claims are left out. */
static json_t *claims_of(const struct ats_jwt *jwt)
{
    json_t *claims =
        json_pack("{s:s, s:I}", "sub", jwt->subject, "exp", (json_int_t)jwt->expires_s);
    bool failed = !claims;
    if (jwt->audience[0] != '\0')
        failed |= json_object_set_new(claims, "aud", json_string(jwt->audience)) != 0;
    if (jwt->issued_s > 0)
        failed |= json_object_set_new(claims, "iat", json_integer(jwt->issued_s)) != 0;
    if (jwt->not_before_s > 0)
        failed |= json_object_set_new(claims, "nbf", json_integer(jwt->not_before_s)) != 0;
    if (jwt->token_id[0] != '\0')
        failed |= json_object_set_new(claims, "jti", json_string(jwt->token_id)) != 0;
    if (!failed)
        return claims;
    json_decref(claims);
    return NULL;
}

enum ats_status ats_jwt_make(const struct ats_jwt *jwt, const struct ats_key_pair *pair,
                             struct ats_buf *ret_text, struct ats_error *err)
{
    char key_id[ATS_KEY_ID_SIZE];
    uint8_t signature[ATS_SIGNATURE_SIZE];
    size_t start = ret_text->len;
    if (pair->kind != ATS_KEY_SIGNING || !ats_name_valid(jwt->subject, strlen(jwt->subject)))
        return ats_error_set(err, ATS_ERR_INVALID, "a token needs a signing key and a device");
    ats_key_id(pair->public_key, key_id);
    append_object(ret_text,
                  json_pack("{s:s, s:s, s:s}", "alg", "EdDSA", "typ", "JWT", "kid", key_id));
    ats_buf_append_byte(ret_text, '.');
    append_object(ret_text, claims_of(jwt));
    if (ret_text->status == ATS_OK) {
        ats_sign(pair, ats_span_of(ret_text->data + start, ret_text->len - start), signature);
        ats_buf_append_byte(ret_text, '.');
        append_base64(ret_text, signature, sizeof(signature));
    }
    if (ret_text->status != ATS_OK)
        return ats_error_set(err, ret_text->status, "no room for the token of '%s'", jwt->subject);
    return ATS_OK;
}
