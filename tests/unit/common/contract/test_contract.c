/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/schema.h"
#include "tests/unit/common/contract/support.h"

#include <dirent.h>
#include <unistd.h>

#define NOW_MS INT64_C(1700000000000)

static struct ats_contract *contract;
static struct ats_buf out;
static struct ats_verdict verdict;

static void setup(void)
{
    contract = compile_folder("env-sensor");
    ats_buf_init(&out, ATS_RECORD_MAX);
}

static void teardown(void)
{
    ats_contract_unref(contract);
    ats_buf_fini(&out);
}

TestSuite(contract, .init = setup, .fini = teardown);

static enum ats_status admit(struct ats_span payload, const char *device)
{
    struct ats_contract_input input = {
        .payload = payload, .device = ats_span_text(device), .now_ms = NOW_MS};
    return ats_contract_admit(contract, &input, &out, &verdict);
}

static const char reading[] =
    "{\"data\":{\"co\":0.01,\"humidity\":73.8,\"light\":false,\"lpg\":0.014,\"motion\":true,"
    "\"smoke\":0.039,\"temp\":18.9},\"device_id\":\"0e:9c\",\"ts\":1594598424.5,\"device\":\"d1\"}";

Test(contract, knows_what_its_documents_say)
{
    cr_assert_str_eq(ats_contract_name(contract), "env-sensor");
    cr_assert_str_eq(ats_contract_version(contract), "1.0.0");
    cr_assert_str_eq(ats_contract_accountable(contract), "facility.lead");
    cr_assert_eq(ats_contract_least_proof(contract), ATS_PROOF_CONNECTION);
    cr_assert_eq(ats_contract_schema_id(contract), ats_schema_id(ats_contract_schema(contract)));
}

Test(contract, what_is_admitted_is_read_back)
{
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    size_t temp = 0;
    size_t device = 0;
    double number = 0;
    int64_t ms = 0;
    cr_assert_eq(admit(ats_span_text(reading), "0e:9c"), ATS_OK, "%s", verdict.text);
    cr_assert_eq(verdict.verdict_class, ATS_VERDICT_ADMITTED);
    cr_assert_eq(ats_contract_decode(contract, ats_buf_span(&out), leaves), ATS_OK);
    cr_assert_eq(ats_contract_leaf_count(contract), 10);
    cr_assert_eq(ats_contract_leaf_find(contract, "data.temp", &temp), ATS_OK);
    cr_assert_eq(ats_contract_leaf_find(contract, "device_id", &device), ATS_OK);
    cr_assert_eq(ats_contract_leaf_find(contract, "data", &device), ATS_ERR_NOT_FOUND);
    cr_assert(ats_leaf_number(&leaves[temp], &number));
    cr_assert_eq(number, 18.9);
    cr_assert(ats_span_is(leaves[device].value.text, "0e:9c"));
    cr_assert_not(ats_leaf_number(&leaves[device], &number));
    cr_assert(ats_contract_event_time(contract, leaves, &ms));
    cr_assert_eq(ms, 1594598424500);
}

Test(contract, refuses_a_payload_that_names_another_device)
{
    cr_assert_eq(admit(ats_span_text(reading), "5e:44"), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_DEVICE);
    cr_assert_str_eq(verdict.path, "device_id");
    cr_assert_eq(out.len, 0);
    cr_assert_eq(admit(ats_span_text(reading), NULL), ATS_OK);
}

Test(contract, refuses_empty_and_oversized_payloads)
{
    struct ats_buf big;
    cr_assert_eq(admit(ats_span_of("", 0), NULL), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_EMPTY);
    ats_buf_init(&big, ATS_PAYLOAD_MAX + 1);
    uint8_t *room = ats_buf_reserve(&big, ATS_PAYLOAD_MAX + 1);
    cr_assert_not_null(room);
    memset(room, ' ', ATS_PAYLOAD_MAX + 1);
    big.len = ATS_PAYLOAD_MAX + 1;
    cr_assert_eq(admit(ats_buf_span(&big), NULL), ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_SIZE);
    cr_assert_eq(verdict.verdict_class, ATS_VERDICT_MALFORMED);
    ats_buf_fini(&big);
}

Test(contract, appends_and_leaves_what_was_there)
{
    ats_buf_append_text(&out, "before");
    cr_assert_eq(admit(ats_span_text("{\"device_id\":1}"), NULL), ATS_ERR_INVALID);
    cr_assert(ats_span_is(ats_buf_span(&out), "before"));
    cr_assert_eq(admit(ats_span_text(reading), NULL), ATS_OK);
    cr_assert_eq(memcmp(out.data, "before\0", 7), 0);
}

Test(contract, schema_wins_over_quality)
{
    cr_assert_eq(admit(ats_span_text("{\"data\":{\"temp\":999,\"co\":true}}"), NULL),
                 ATS_ERR_INVALID);
    cr_assert_eq(verdict.rule, ATS_RULE_TYPE);
    cr_assert_str_eq(verdict.path, "data.co");
}

Test(contract, another_schema_id_or_no_framing_is_malformed)
{
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    cr_assert_eq(admit(ats_span_text(reading), NULL), ATS_OK);
    out.data[4] ^= 1;
    cr_assert_eq(ats_contract_decode(contract, ats_buf_span(&out), leaves), ATS_ERR_MALFORMED);
    cr_assert_eq(ats_contract_decode(contract, ats_span_of("", 0), leaves), ATS_ERR_MALFORMED);
}

Test(contract, matches_topics_and_finds_the_device)
{
    struct ats_span device;
    cr_assert(ats_contract_matches(contract, ats_span_text("site/hall-1/0e:9c/env"), &device));
    cr_assert(ats_span_is(device, "0e:9c"));
    static const char *const others[] = {"site/hall-1/0e:9c",
                                         "site/hall-1/0e:9c/env/x",
                                         "site/hall-1/a/b/env",
                                         "site/hall-1/0e:9c/ENV",
                                         "/site/hall-1/0e:9c/env",
                                         "site/hall-1/0e:9c/env/",
                                         "",
                                         "site"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        cr_assert_not(ats_contract_matches(contract, ats_span_text(others[i]), &device), "%s",
                      others[i]);
        cr_assert_null(device.data);
    }
}

/* Each message of the sample data, as it was published. */
Test(contract, every_message_of_the_sample_data_is_admitted)
{
    FILE *file =
        popen("gzip -dc " ATS_SOURCE_DIR "/tests/data/iot-telemetry/telemetry.ndjson.gz", "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t len = 0;
    size_t count = 0;
    struct ats_leaf leaves[ATS_CONTRACT_LEAVES_MAX];
    cr_assert_not_null(file);
    while ((len = getline(&line, &size, file)) > 0) {
        ats_buf_clear(&out);
        cr_assert_eq(admit(ats_span_of(line, (size_t)len), NULL), ATS_OK, "%s: %s", verdict.path,
                     verdict.text);
        cr_assert_eq(ats_contract_decode(contract, ats_buf_span(&out), leaves), ATS_OK);
        count++;
    }
    free(line);
    cr_assert_eq(pclose(file), 0);
    cr_assert_eq(count, 10000);
}

static void check_samples(const char *name, const char *kind)
{
    char path[512];
    (void)snprintf(path, sizeof(path), ATS_SOURCE_DIR "/schemas/contracts/%s/samples/%s", name,
                   kind);
    DIR *folder = opendir(path);
    cr_assert_not_null(folder, "%s", path);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        char file[1024];
        struct ats_buf payload;
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        ats_buf_init(&payload, ATS_PAYLOAD_MAX);
        cr_assert_eq(ats_file_read(file, &payload, NULL), ATS_OK);
        (void)admit(ats_buf_span(&payload), NULL);
        const char *expected = strcmp(kind, "good") == 0 ? "admitted" : entry->d_name;
        const char *class_name = ats_verdict_class_name(verdict.verdict_class);
        cr_assert(strncmp(expected, class_name, strlen(class_name)) == 0, "%s: %s %s", file,
                  class_name, verdict.text);
        ats_buf_fini(&payload);
    }
    (void)closedir(folder);
}

Test(contract, samples_get_the_verdict_that_their_names_say)
{
    check_samples("env-sensor", "good");
    check_samples("env-sensor", "bad");
    ats_contract_unref(contract);
    contract = compile_folder("machine-temp");
    check_samples("machine-temp", "good");
    check_samples("machine-temp", "bad");
}

Test(contract, lives_as_long_as_someone_holds_it)
{
    struct ats_contract *other = ats_contract_ref(contract);
    ats_contract_unref(contract);
    cr_assert_str_eq(ats_contract_name(other), "env-sensor");
    ats_contract_unref(NULL);
}
