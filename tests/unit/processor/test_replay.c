/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/replay.h"

#include "common/base/file.h"
#include "common/base/limits.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONTRACT ATS_SOURCE_DIR "/schemas/contracts/env-sensor"
#define USECASE ATS_SOURCE_DIR "/schemas/usecases/asset-health.yaml"
#define LINE                                                                                       \
    "{\"data\":{\"co\":0.01,\"humidity\":50.0,\"light\":false,\"lpg\":0.01,\"motion\":false,"      \
    "\"smoke\":0.03,\"temp\":%g},\"device_id\":\"unit-1\",\"ts\":%d,\"device\":\"d\"}\n"

static char folder[] = "/tmp/ats-replay-XXXXXX";
static char in_path[64];
static char out_path[64];

static void start(void)
{
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(in_path, sizeof(in_path), "%s/in", folder);
    (void)snprintf(out_path, sizeof(out_path), "%s/out", folder);
    cr_assert_not_null(freopen("/dev/null", "w", stdout));
}

static void finish(void)
{
    (void)unlink(in_path);
    (void)unlink(out_path);
    (void)rmdir(folder);
}

TestSuite(replay, .init = start, .fini = finish);

static FILE *open_input(void)
{
    FILE *file = fopen(in_path, "w");
    cr_assert_not_null(file);
    return file;
}

/* `count` payloads, a second apart; the last twenty are of a fault. */
static void write_payloads(int count)
{
    FILE *file = open_input();
    for (int i = 0; i < count; i++)
        (void)fprintf(file, LINE, i < count - 20 ? 20 + 0.1 * (i % 7) : 70.0, 1600000000 + i);
    cr_assert_eq(fclose(file), 0);
}

static void write_text(const char *text)
{
    FILE *file = open_input();
    (void)fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

static int replay(bool records)
{
    char *arguments[] = {"replay", "--contract", CONTRACT, "--usecase", USECASE, "--in",
                         in_path,  "--out",      out_path, "--records", NULL};
    return ats_replay_main(records ? 10 : 9, arguments);
}

static struct ats_buf output(void)
{
    struct ats_buf bytes;
    struct ats_error err = {0};
    ats_buf_init(&bytes, ATS_RECORDED_LINE_MAX);
    cr_assert_eq(ats_file_read(out_path, &bytes, &err), ATS_OK, "%s", err.text);
    return bytes;
}

/* How many output records of a topic there are. */
static int count(const char *topic)
{
    char start_of_line[64];
    int found = 0;
    struct ats_buf bytes = output();
    (void)snprintf(start_of_line, sizeof(start_of_line), "{\"topic\":\"%s\",", topic);
    for (const char *at = ats_buf_text(&bytes); (at = strstr(at, start_of_line)); at++)
        found++;
    ats_buf_fini(&bytes);
    return found;
}

Test(replay, decides_every_payload)
{
    write_payloads(100);
    cr_assert_eq(replay(false), 0);
    cr_assert_eq(count("decisions"), 100);
    cr_assert_eq(count("alerts"), 1);
    cr_assert_eq(count("erp.requests"), 1);
    cr_assert_eq(count("twin"), 1);
}

Test(replay, gives_the_same_bytes_for_the_same_input)
{
    write_payloads(100);
    cr_assert_eq(replay(false), 0);
    struct ats_buf first = output();
    cr_assert_eq(replay(false), 0);
    struct ats_buf second = output();
    cr_assert(ats_span_equal(ats_buf_span(&first), ats_buf_span(&second)));
    ats_buf_fini(&first);
    ats_buf_fini(&second);
}

Test(replay, quarantines_what_the_contract_does_not_allow_and_goes_on)
{
    write_text("{\"data\":1}\nnot JSON\n\n");
    cr_assert_eq(replay(false), 0);
    cr_assert_eq(count("quarantine"), 3);
}

/* How often the output has that text. */
static int occurrences(const char *text)
{
    int found = 0;
    struct ats_buf bytes = output();
    for (const char *at = ats_buf_text(&bytes); (at = strstr(at, text)); at++)
        found++;
    ats_buf_fini(&bytes);
    return found;
}

Test(replay, takes_the_id_that_a_registry_gave_a_contract)
{
    char *given[] = {
        "replay",      "--contract",         CONTRACT, "--in", in_path, "--out", out_path,
        "--schema-id", "env-sensor@1.0.0=7", NULL};
    write_payloads(3);
    cr_assert_eq(ats_replay_main(9, given), 0);
    cr_assert_eq(occurrences("\"schema_id\":7}"), 3);
}

Test(replay, refuses_an_id_of_a_contract_that_is_not_given)
{
    static const char *const wrong[] = {"env-sensor@1.0.1=7", "env-sensor@1.0.0=0",
                                        "env-sensor@1.0.0=2147483648", "env-sensor@1.0.0", "=7"};
    write_payloads(3);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *given[] = {"replay", "--contract", CONTRACT,      "--in", in_path,
                         "--out",  out_path,     "--schema-id", NULL,   NULL};
        given[8] = (char *)(uintptr_t)wrong[i];
        cr_assert_eq(ats_replay_main(9, given), 2, "%s", wrong[i]);
    }
}

Test(replay, fails_at_a_line_that_is_no_record)
{
    static const char *const bad[] = {
        "{}\n",
        "[]\n",
        "not JSON\n",
        "{\"topic\":\"ats.telemetry.e\",\"partition\":-1,\"offset\":0,\"timestamp\":0}\n",
        "{\"topic\":\"ats.telemetry.e\",\"partition\":4294967296,\"offset\":0,\"timestamp\":0}\n",
        "{\"topic\":\"ats.telemetry.e\",\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":\"?\"}"
        "\n",
        "{\"topic\":\"ats.telemetry.e\",\"partition\":0,\"offset\":0,\"timestamp\":0,\"key\":null,"
        "\"value\":null,\"headers\":1}"
        "\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_text(bad[i]);
        cr_assert_eq(replay(true), 2, "%s", bad[i]);
    }
}

Test(replay, buries_a_record_that_is_no_gates)
{
    write_text("{\"topic\":\"ats.telemetry.e\",\"partition\":1,\"offset\":2,\"timestamp\":3,"
               "\"key\":\"a2V5\",\"value\":\"dmFsdWU=\",\"headers\":[]}\n");
    cr_assert_eq(replay(true), 0);
    cr_assert_eq(count("quarantine"), 1);
}

#define DECISION                                                                                   \
    "{\"topic\":\"ats.decisions\",\"partition\":1,\"offset\":2,\"timestamp\":3,\"key\":null,"      \
    "\"value\":null,\"headers\":[]}\n"

Test(replay, passes_over_records_of_other_topics)
{
    write_text(DECISION
               "{\"topic\":\"ats.telemetry.e\",\"partition\":1,\"offset\":2,\"timestamp\":3,"
               "\"key\":\"a2V5\",\"value\":\"dmFsdWU=\",\"headers\":[]}\n" DECISION);
    cr_assert_eq(replay(true), 0);
    cr_assert_eq(count("quarantine"), 1);
    struct ats_buf bytes = output();
    const char *end = memchr(bytes.data, '\n', bytes.len);
    cr_assert_eq(end, ats_buf_text(&bytes) + bytes.len - 1, "nothing else came out");
    ats_buf_fini(&bytes);
}

Test(replay, ends_with_1_where_no_telemetry_record_is_in_the_input)
{
    write_text(DECISION);
    cr_assert_eq(replay(true), 1);
    write_text("");
    cr_assert_eq(replay(true), 1);
    cr_assert_eq(replay(false), 0, "no payload is no fault");
}

Test(replay, says_by_its_exit_code_what_was_wrong)
{
    char *no_contract[] = {"replay", NULL};
    char *missing[] = {"replay", "--contract", CONTRACT, "--in", "/nonexistent/file", NULL};
    char *in_a_folder[] = {"replay", "--contract", CONTRACT, "--in", "/tmp", NULL};
    char *out_a_folder[] = {"replay",    "--contract", CONTRACT, "--in",
                            "/dev/null", "--out",      "/tmp",   NULL};
    char *usecase_a_folder[] = {"replay", "--contract", CONTRACT, "--usecase", "/tmp", NULL};
    char *full[] = {"replay", "--contract", CONTRACT, "--in", in_path, "--out", "/dev/full", NULL};
    char *unknown[] = {"replay", "--contract", CONTRACT, "--speed", NULL};
    char *help[] = {"replay", "--help", NULL};
    cr_assert_eq(ats_replay_main(1, no_contract), 2);
    cr_assert_eq(ats_replay_main(5, missing), 2);
    cr_assert_eq(ats_replay_main(5, in_a_folder), 2);
    cr_assert_eq(ats_replay_main(7, out_a_folder), 2);
    cr_assert_eq(ats_replay_main(5, usecase_a_folder), 2);
    write_payloads(21);
    cr_assert_eq(ats_replay_main(7, full), 1);
    cr_assert_eq(ats_replay_main(4, unknown), 2);
    cr_assert_eq(ats_replay_main(2, help), 0);
}
