/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token is signed here and goes to the device by any way that people have; the control log learns of it when it is used. So
 * Kafka is not needed, and what the own copy knows against a token is said where it is made.
 */
#include "cli/device_claim.h"

#include "cli/argument_time.h"
#include "cli/cli.h"
#include "cli/contract_names.h"
#include "cli/device_attributes.h"
#include "cli/device_row.h"
#include "cli/gate_name.h"
#include "cli/name_taken.h"
#include "cli/output.h"
#include "cli/refusals.h"
#include "cli/session.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/control/body_policy.h"
#include "common/control/claim.h"

#include <search.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TOKEN_TEXT_SIZE 2800 /* base64url of ATS_DEVICE_CLAIM_TOKEN_MAX bytes */

const struct ats_flag ats_device_claim_flags[] = {
    {"--until", "TIME", "When it ends. Needed. " ATS_TIME_FORMS, false},
    ATS_DEVICE_ATTRIBUTE_FLAGS,
    {"--contract", "C",
     "A contract that it may publish under, in the version that governs or in one that is named: "
     "C, "
     "or C@VERSION; every one by default.",
     true},
    {"--gate", "GATE", "The one gate that takes it; any that may take claims by default.", false},
    {"--csv", "FILE",
     "Many tokens: a row each, with the columns of `device import`. Refused rows are told as "
     "there.",
     false},
    {"--out", "FILE", "Write a new file (mode 0600), not to standard output.", false},
    {0},
};

struct tokens {
    const struct ats_cli *cli;
    struct ats_session *session;
    const struct ats_signer *signer;
    struct ats_body_operator operator_;
    int64_t until_ms;
    const char *gate; /* "": any */
    const char *out;  /* NULL: standard output */
    struct ats_buf text;
    size_t made;
    struct ats_refusals refusals; /* of the file's rows */
    void *names;                  /* of the file's rows so far, a tree; they are the file's */
    struct ats_contract_names named;
};

static enum ats_status read_until(const struct ats_arguments *arguments, int64_t *ret_ms,
                                  struct ats_error *err)
{
    const char *text = ats_argument_find(arguments, "--until");
    if (!text)
        return ats_error_set(err, ATS_ERR_CONFIG, "device claim: give --until TIME");
    enum ats_status status = ats_argument_time(arguments, "--until", ret_ms, err);
    if (status != ATS_OK || *ret_ms > ats_clock_wall_ms(&ats_clock_system))
        return status;
    return ats_error_set(err, ATS_ERR_CONFIG, "--until: '%.*s' is past", ATS_QUOTE_MAX, text);
}

/* What the log would say to a token of this operator for that device. */
static enum ats_status check_device(const struct tokens *tokens, const char *device,
                                    struct ats_error *err)
{
    struct ats_control_record record;
    char key_id[ATS_KEY_ID_SIZE];
    if (ats_registry_find(ats_session_view(tokens->session), ATS_CONTROL_DEVICE,
                          ats_span_text(device), &record) == ATS_OK)
        return ats_name_taken(&record, err);
    ats_key_id(tokens->signer->pair.public_key, key_id);
    const char *objection = ats_operator_objection(&tokens->operator_, key_id, ATS_CONTROL_DEVICE,
                                                   device, ats_clock_wall_ms(&ats_clock_system));
    if (!objection)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED, "operator '%s' %s ('%s')", tokens->signer->name,
                         objection, device);
}

static enum ats_status sign_token(const struct tokens *tokens, const char *device,
                                  const struct ats_body_device *body,
                                  struct ats_claim_token *ret_token, char ret_text[TOKEN_TEXT_SIZE],
                                  struct ats_error *err)
{
    uint8_t bytes[ATS_DEVICE_CLAIM_TOKEN_MAX];
    size_t len = 0;
    *ret_token = (struct ats_claim_token){.body = *body, .not_after_ms = tokens->until_ms};
    ats_registry_fleet_id(ats_session_pins(tokens->session), ret_token->fleet);
    randombytes_buf(ret_token->id, sizeof(ret_token->id));
    (void)snprintf(ret_token->signer, sizeof(ret_token->signer), "%s", tokens->signer->name);
    (void)snprintf(ret_token->device, sizeof(ret_token->device), "%s", device);
    (void)snprintf(ret_token->gate, sizeof(ret_token->gate), "%s", tokens->gate);
    if (ret_token->body.asset[0] == '\0')
        (void)snprintf(ret_token->body.asset, sizeof(ret_token->body.asset), "%s", device);
    if (ats_claim_token_sign(ret_token, &tokens->signer->pair, bytes, sizeof(bytes), &len) !=
        ATS_OK)
        return ats_error_set(err, ATS_ERR_LIMIT, "device '%s': the token has more than %d bytes",
                             device, ATS_DEVICE_CLAIM_TOKEN_MAX);
    (void)sodium_bin2base64(ret_text, TOKEN_TEXT_SIZE, bytes, len,
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return ATS_OK;
}

static enum ats_status make_one(struct tokens *tokens, const char *device,
                                const struct ats_body_device *body, bool of_many,
                                struct ats_error *err)
{
    struct ats_claim_token token;
    char text[TOKEN_TEXT_SIZE];
    char id[ATS_CLAIM_ID_HEX_SIZE];
    char until[ATS_RFC3339_SIZE];
    enum ats_status status = check_device(tokens, device, err);
    if (status == ATS_OK)
        status = sign_token(tokens, device, body, &token, text, err);
    if (status != ATS_OK)
        return status;
    tokens->made++;
    ats_claim_id_hex(token.id, id);
    ats_clock_format_rfc3339(token.not_after_ms, until);
    if (tokens->out)
        ats_buf_printf(&tokens->text, of_many ? "%s,%s\n" : "%.0s%s\n", device, text);
    if (tokens->out && of_many)
        return tokens->text.status;
    json_t *object = json_pack("{s:s, s:s, s:s}", "name", device, "token_id", id, "until", until);
    if (!tokens->out)
        (void)json_object_set_new(object, "token", json_string(text));
    if (tokens->out)
        ats_output_done(tokens->cli, object, "made token %s for device '%s'", id, device);
    else
        ats_output_done(tokens->cli, object, of_many ? "%s,%s" : "%.0s%s", device, text);
    return ATS_OK;
}

/* ---- many ---- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Two tokens of one name would be a race for it. */
static enum ats_status note_name(struct tokens *tokens, const char *name, struct ats_error *err)
{
    const char *const *node = tsearch(name, &tokens->names, compare_names);
    if (!node)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    return *node == name ? ATS_OK
                         : ats_error_set(err, ATS_ERR_INVALID, "the name stands in the file twice");
}

static void keep(void *name)
{
    (void)name; /* is the file's, not the tree's */
}

static enum ats_status make_of_row(struct tokens *tokens, const struct ats_device_row *row,
                                   size_t line, struct ats_error *err)
{
    if (row->body.key_count > 0)
        return ats_error_set(err, ATS_ERR_INVALID,
                             "public_key: a device that claims brings its own key");
    if (row->body.least_proof != 0)
        return ats_error_set(err, ATS_ERR_INVALID,
                             "least_proof: a token cannot state it; `device set --least-proof` "
                             "can, once the device is enrolled");
    enum ats_status status = note_name(tokens, row->name, err);
    if (status != ATS_OK)
        return status;
    ats_contract_names_gather(&tokens->named, &row->body, line);
    return make_one(tokens, row->name, &row->body, true, err);
}

/* A row that is refused is noted and holds up no other. */
static enum ats_status take_row(struct tokens *tokens, const struct ats_device_header *header,
                                const struct ats_csv *csv, struct ats_error *err)
{
    struct ats_device_row row;
    struct ats_error why = {0};
    enum ats_status status = ats_device_row_read(header, csv, &row, &why);
    if (status == ATS_OK)
        status = make_of_row(tokens, &row, csv->line, &why);
    if (status == ATS_OK || status == ATS_ERR_MEMORY)
        return status == ATS_OK ? ATS_OK : ats_error_set(err, status, "out of memory");
    return ats_refusals_add(&tokens->refusals, csv->line, row.name, why.text, err);
}

static enum ats_status take_rows(struct tokens *tokens, char *text, const char *path,
                                 struct ats_error *err)
{
    struct ats_csv csv;
    struct ats_device_header header;
    ats_csv_init(&csv, text);
    enum ats_status status = ats_device_header_read(&csv, &header, err);
    if (status != ATS_OK)
        ats_error_prefix(err, "%s:%zu", path, csv.line);
    for (size_t rows = 0; status == ATS_OK; rows++) {
        struct ats_error why = {0};
        enum ats_status read = ats_csv_next(&csv, &why);
        if (read == ATS_ERR_NOT_FOUND)
            break;
        if (rows == ATS_CLI_BULK_MAX)
            return ats_error_set(err, ATS_ERR_LIMIT, "%s: more than %d rows", path,
                                 ATS_CLI_BULK_MAX);
        status = read == ATS_OK ? take_row(tokens, &header, &csv, err)
                                : ats_refusals_add(&tokens->refusals, csv.line, "", why.text, err);
    }
    return status;
}

static enum ats_status make_many(struct tokens *tokens, const char *path, struct ats_error *err)
{
    struct ats_buf buf;
    char *text = NULL;
    ats_buf_init(&buf, ATS_CLI_IMPORT_FILE_MAX);
    enum ats_status status = ats_file_read_text(path, &buf, &text, err);
    if (status == ATS_OK)
        status = take_rows(tokens, text, path, err);
    tdestroy(tokens->names, keep);
    ats_buf_fini(&buf);
    return status;
}

/* Tokens on standard output may be read by another program: there people are told beside it. */
static void report_beside(const struct tokens *tokens)
{
    for (size_t i = 0; i < tokens->refusals.count; i++) {
        const struct ats_refusal *refusal = &tokens->refusals.items[i];
        ats_cli_note("line %zu%s%s: %s", refusal->line, *refusal->name ? ", " : "", refusal->name,
                     refusal->reason);
    }
    ats_cli_note("made %zu %s, %zu %s refused", tokens->made,
                 ats_output_word(tokens->made, "token", "tokens"), tokens->refusals.count,
                 ats_output_word(tokens->refusals.count, "row", "rows"));
}

static void report(struct tokens *tokens)
{
    const bool no_file = tokens->out && tokens->made == 0;
    if (!tokens->out && !tokens->cli->json) {
        report_beside(tokens);
        return;
    }
    ats_refusals_print(&tokens->refusals, tokens->cli);
    ats_output_done(tokens->cli,
                    json_pack("{s:s, s:I, s:I}", "verdict", "made", "made",
                              (json_int_t)tokens->made, "refused",
                              (json_int_t)tokens->refusals.count),
                    "made %zu %s, %zu %s refused", tokens->made,
                    ats_output_word(tokens->made, "token", "tokens"), tokens->refusals.count,
                    ats_output_word(tokens->refusals.count, "row", "rows"));
    if (no_file)
        ats_cli_note("no token was made, and %s was not written", tokens->out);
}

/* ---- the command ---- */

/* Where a device takes two persons, no gate may enrol one by a token of one. */
static enum ats_status check_policy(const struct tokens *tokens, struct ats_error *err)
{
    struct ats_control_record record;
    struct ats_body_policy policy = {0};
    if (ats_registry_find(ats_session_view(tokens->session), ATS_CONTROL_POLICY,
                          ats_span_text(ATS_POLICY_NAME), &record) != ATS_OK)
        return ATS_OK;
    if (ats_body_policy_parse(record.body, &policy) != ATS_OK)
        return ats_error_set(err, ATS_ERR_CORRUPT, "the policy cannot be read");
    if ((policy.critical & (UINT32_C(1) << ATS_CONTROL_DEVICE)) == 0)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_REFUSED,
                         "the policy takes two operators for a device, so that no gate enrols one "
                         "by a token: `attestream --propose FILE device add`");
}

static enum ats_status open_signer(struct tokens *tokens, struct ats_error *err)
{
    struct ats_control_record record;
    enum ats_status status = ats_session_open(tokens->cli, ATS_SESSION_READ, &tokens->session, err);
    if (status == ATS_OK)
        status = check_policy(tokens, err);
    if (status == ATS_OK)
        status = ats_session_signer(tokens->session, &tokens->signer, err);
    if (status == ATS_OK)
        status = ats_session_find(tokens->session, ATS_CONTROL_OPERATOR, tokens->signer->name,
                                  &record, err);
    if (status == ATS_OK && ats_body_operator_parse(record.body, &tokens->operator_) != ATS_OK)
        status = ats_error_set(err, ATS_ERR_CORRUPT, "the record of operator '%s' cannot be read",
                               tokens->signer->name);
    return status;
}

static enum ats_status read_flags(const struct ats_arguments *arguments, struct tokens *tokens,
                                  struct ats_body_device *body, struct ats_error *err)
{
    const char *gate = ats_argument_find(arguments, "--gate");
    bool many = ats_argument_has(arguments, "--csv");
    tokens->gate = gate ? gate : "";
    tokens->out = ats_argument_find(arguments, "--out");
    if (many == (arguments->positional_count == 1))
        return ats_error_set(err, ATS_ERR_CONFIG, "device claim: give a NAME or --csv FILE");
    /* It may hold tokens that nobody has used yet. */
    if (tokens->out && access(tokens->out, F_OK) == 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s exists already: give another --out",
                             tokens->out);
    enum ats_status status = read_until(arguments, &tokens->until_ms, err);
    if (status == ATS_OK && gate)
        status = ats_fleet_check_name("gate", gate, err);
    if (status == ATS_OK && !many)
        status = ats_fleet_check_name("device", arguments->positional[0], err);
    if (status == ATS_OK)
        status = ats_device_take_attributes(arguments, false, body, err);
    return status == ATS_OK ? ats_device_take_contracts(arguments, body, err) : status;
}

static enum ats_status make_tokens(const struct ats_arguments *arguments, struct tokens *tokens,
                                   struct ats_error *err)
{
    struct ats_body_device body = {.state = ATS_DEVICE_ACTIVE};
    const char *csv = ats_argument_find(arguments, "--csv");
    enum ats_status status = read_flags(arguments, tokens, &body, err);
    if (status == ATS_OK)
        status = open_signer(tokens, err);
    if (status == ATS_OK)
        status = csv ? make_many(tokens, csv, err)
                     : make_one(tokens, arguments->positional[0], &body, false, err);
    if (status == ATS_OK) {
        struct ats_store_view *view = ats_session_view(tokens->session);
        if (csv)
            ats_contract_names_note_gathered(view, &tokens->named);
        else
            ats_contract_names_note_unknown(view, &body);
        if (*tokens->gate)
            ats_gate_name_note_claims(view, tokens->gate);
    }
    if (status == ATS_OK && tokens->out && tokens->made > 0)
        status = ats_file_create(tokens->out, ats_buf_span(&tokens->text), 0600, err);
    if (status == ATS_OK && csv)
        report(tokens);
    return status;
}

int ats_device_claim_run(const struct ats_cli *cli, const struct ats_arguments *arguments)
{
    struct tokens tokens = {.cli = cli};
    struct ats_error err = {0};
    ats_buf_init(&tokens.text, (size_t)ATS_CLI_BULK_MAX * TOKEN_TEXT_SIZE);
    enum ats_status status = make_tokens(arguments, &tokens, &err);
    ats_session_close(tokens.session);
    ats_buf_fini(&tokens.text);
    const bool refused = tokens.refusals.count > 0;
    ats_refusals_fini(&tokens.refusals);
    if (status != ATS_OK)
        return ats_cli_fail(&err);
    return refused ? ATS_EXIT_NO : ATS_EXIT_DONE;
}
