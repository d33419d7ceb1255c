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
