/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kafka/record.h"

#include <criterion/criterion.h>

/* What org.apache.kafka.common.utils.Utils.murmur2 gives for these keys (the vectors of its own test), made positive. */
Test(partition, is_the_one_that_javas_default_takes)
{
    static const struct {
        const char *key;
        int32_t hash;
    } vectors[] = {{"21", -973932308},
                   {"foobar", -790332482},
                   {"a-little-bit-long-string", -985981536},
                   {"a-little-bit-longer-string", -1486304829},
                   {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
        for (int32_t count = 1; count < 100; count += 31)
            cr_assert_eq(ats_kafka_partition_of(ats_span_text(vectors[i].key), count),
                         (vectors[i].hash & 0x7fffffff) % count, "%s", vectors[i].key);
}
