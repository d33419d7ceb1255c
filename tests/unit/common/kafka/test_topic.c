/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/config.h"

#include <criterion/criterion.h>
#include <string.h>

static char name[ATS_KAFKA_TOPIC_MAX + 1];

Test(topic_name, joins_prefix_and_suffix)
{
    const struct ats_kafka_config config = {.topic_prefix = "site-1."};
    cr_assert_eq(ats_kafka_topic_name(&config, "telemetry.env", name, NULL), ATS_OK);
    cr_assert_str_eq(name, "site-1.telemetry.env");
}

Test(topic_name, has_a_default_prefix)
{
    const struct ats_kafka_config config = {0};
    cr_assert_eq(ats_kafka_topic_name(&config, "control", name, NULL), ATS_OK);
    cr_assert_str_eq(name, "ats.control");
}

Test(topic_name, may_be_as_long_as_kafka_allows_and_no_longer)
{
    const struct ats_kafka_config config = {.topic_prefix = ""};
    struct ats_error err = {0};
    char suffix[ATS_KAFKA_TOPIC_MAX + 2] = {0};
    (void)memset(suffix, 'a', ATS_KAFKA_TOPIC_MAX);
    cr_assert_eq(ats_kafka_topic_name(&config, suffix, name, NULL), ATS_OK);
    suffix[ATS_KAFKA_TOPIC_MAX] = 'a';
    cr_assert_eq(ats_kafka_topic_name(&config, suffix, name, &err), ATS_ERR_LIMIT);
    cr_assert_not_null(strstr(err.text, "249"));
}

Test(topic_name, refuses_what_kafka_refuses)
{
    static const char *const bad[] = {"a/b",
                                      "a b",
                                      "",
                                      ".",
                                      "..",
                                      ("gr\xc3\xb6\xc3\x9f"
                                       "e")};
    const struct ats_kafka_config config = {.topic_prefix = ""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ats_error err = {0};
        cr_assert_eq(ats_kafka_topic_name(&config, bad[i], name, &err), ATS_ERR_INVALID, "%s",
                     bad[i]);
        cr_assert_not_null(strstr(err.text, bad[i]));
    }
}

Test(topic_name, a_prefix_that_kafka_refuses_is_named_by_itself)
{
    const struct ats_kafka_config config = {.topic_prefix = "a b"};
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_topic_name(&config, "control", name, &err), ATS_ERR_INVALID);
    cr_assert_not_null(strstr(err.text, "prefix 'a b'"), "%s", err.text);
}

static const char *settled(const char *given, const char *kept)
{
    const char *prefix = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_prefix_settle(given, kept, "gate.json", &prefix, &err), ATS_OK, "%s",
                 err.text);
    return prefix;
}

Test(kafka_topic, the_prefix_is_the_one_given_else_the_one_kept_else_the_default)
{
    cr_assert_str_eq(settled(NULL, NULL), "ats.");
    cr_assert_str_eq(settled(NULL, "plant."), "plant.");
    cr_assert_str_eq(settled(NULL, ""), "");
    cr_assert_str_eq(settled("x.", NULL), "x.");
    cr_assert_str_eq(settled("plant.", "plant."), "plant.");
}

Test(kafka_topic, another_prefix_than_the_one_kept_is_refused_with_both)
{
    const char *prefix = NULL;
    struct ats_error err = {0};
    cr_assert_eq(ats_kafka_prefix_settle("x.", "plant.", "gate.json", &prefix, &err),
                 ATS_ERR_CONFIG);
    cr_assert_str_eq(err.text, "'x.' is not the topic prefix that gate.json says ('plant.')");
    cr_assert_eq(ats_kafka_prefix_settle("a b", NULL, "gate.json", &prefix, &err), ATS_ERR_CONFIG);
    cr_assert_not_null(strstr(err.text, "allowed: letters"), "%s", err.text);
    cr_assert_eq(err.status, ATS_ERR_CONFIG);
}
