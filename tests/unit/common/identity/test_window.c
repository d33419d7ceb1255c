/* SPDX-License-Identifier: Apache-2.0 */
#include "common/identity/window.h"

#include "tests/unit/common/identity/vectors.h"

#include "device/wire.h"

Test(window, sequence_zero_is_old)
{
    struct ats_window window = {0};
    cr_assert_eq(ats_window_judge(&window, 0, 1), ATS_WINDOW_OLD);
    ats_window_note(&window, 0, 1);
    cr_assert_eq(window.seen, 0);
    ats_window_note(&window, 1, 1);
    cr_assert_eq(ats_window_judge(&window, 0, 1), ATS_WINDOW_OLD);
}

Test(window, the_first_sequence_is_new_whatever_it_is)
{
    struct ats_window window = {0};
    cr_assert_eq(ats_window_judge(&window, 1, 9), ATS_WINDOW_NEW);
    cr_assert_eq(ats_window_judge(&window, UINT64_MAX, 9), ATS_WINDOW_NEW);
}

Test(window, judging_leaves_no_trace)
{
    struct ats_window window = {0};
    cr_assert_eq(ats_window_judge(&window, 5, 9), ATS_WINDOW_NEW);
    cr_assert_eq(ats_window_judge(&window, 5, 9), ATS_WINDOW_NEW);
    cr_assert_eq(window.highest, 0);
}

Test(window, the_same_packet_is_a_duplicate_and_another_an_attack)
{
    struct ats_window window = {0};
    ats_window_note(&window, 5, 9);
    cr_assert_eq(ats_window_judge(&window, 5, 9), ATS_WINDOW_DUPLICATE);
    cr_assert_eq(ats_window_judge(&window, 5, 8), ATS_WINDOW_ATTACK);
}

Test(window, all_64_positions_keep_their_bit_and_digest)
{
    struct ats_window window = {0};
    for (uint64_t s = 101; s <= 164; s++)
        ats_window_note(&window, s, s * 7);
    for (uint64_t s = 101; s <= 164; s++) {
        cr_assert_eq(ats_window_judge(&window, s, s * 7), ATS_WINDOW_DUPLICATE, "%d", (int)s);
        cr_assert_eq(ats_window_judge(&window, s, s * 7 + 1), ATS_WINDOW_ATTACK, "%d", (int)s);
    }
    cr_assert_eq(ats_window_judge(&window, 100, 700), ATS_WINDOW_OLD);
    cr_assert_eq(ats_window_judge(&window, 165, 1), ATS_WINDOW_NEW);
}

Test(window, a_gap_stays_new_until_it_leaves_the_window)
{
    struct ats_window window = {0};
    ats_window_note(&window, 1, 1);
    ats_window_note(&window, 64, 64);
    for (uint64_t s = 2; s < 64; s++)
        cr_assert_eq(ats_window_judge(&window, s, s), ATS_WINDOW_NEW, "%d", (int)s);
    cr_assert_eq(ats_window_judge(&window, 1, 1), ATS_WINDOW_DUPLICATE);
    ats_window_note(&window, 30, 30);
    cr_assert_eq(ats_window_judge(&window, 30, 30), ATS_WINDOW_DUPLICATE);
    ats_window_note(&window, 65, 65);
    cr_assert_eq(ats_window_judge(&window, 1, 1), ATS_WINDOW_OLD);
    cr_assert_eq(ats_window_judge(&window, 2, 2), ATS_WINDOW_NEW);
    cr_assert_eq(ats_window_judge(&window, 30, 30), ATS_WINDOW_DUPLICATE);
}

Test(window, any_jump_keeps_what_still_lies_inside)
{
    for (uint64_t jump = 1; jump <= 130; jump++) {
        struct ats_window window = {0};
        ats_window_note(&window, 999, 4);
        ats_window_note(&window, 1000, 5);
        ats_window_note(&window, 1000 + jump, 6);
        cr_assert_eq(ats_window_judge(&window, 1000, 5),
                     jump < ATS_WINDOW_SIZE ? ATS_WINDOW_DUPLICATE : ATS_WINDOW_OLD);
        cr_assert_eq(ats_window_judge(&window, 1000 + jump, 6), ATS_WINDOW_DUPLICATE);
        for (uint64_t s = 1001; s < 1000 + jump; s++)
            cr_assert_eq(ats_window_judge(&window, s, 5),
                         1000 + jump - s < ATS_WINDOW_SIZE ? ATS_WINDOW_NEW : ATS_WINDOW_OLD);
    }
}

Test(window, noting_an_old_sequence_changes_nothing)
{
    struct ats_window window = {0};
    ats_window_note(&window, 200, 5);
    struct ats_window before = window;
    ats_window_note(&window, 136, 7);
    cr_assert_eq(window.highest, before.highest);
    cr_assert_eq(window.seen, before.seen);
    cr_assert_arr_eq(window.digests, before.digests, sizeof(window.digests));
}

Test(window, stands_at_the_end_of_the_numbers)
{
    struct ats_window window = {0};
    ats_window_note(&window, 1, 1);
    ats_window_note(&window, UINT64_MAX, 2);
    cr_assert_eq(ats_window_judge(&window, UINT64_MAX, 2), ATS_WINDOW_DUPLICATE);
    cr_assert_eq(ats_window_judge(&window, UINT64_MAX - 63, 2), ATS_WINDOW_NEW);
    cr_assert_eq(ats_window_judge(&window, UINT64_MAX - 64, 2), ATS_WINDOW_OLD);
}

Test(window, a_digest_covers_topic_qos_retain_and_payload)
{
    const uint8_t key[16] = {1};
    struct ats_span payload = ats_span_text("12");
    uint64_t digest = ats_window_digest(key, "t", 1, false, payload);
    cr_assert_eq(ats_window_digest(key, "t", 1, false, payload), digest);
    cr_assert_neq(ats_window_digest(key, "u", 1, false, payload), digest);
    cr_assert_neq(ats_window_digest(key, "t", 2, false, payload), digest);
    cr_assert_neq(ats_window_digest(key, "t", 1, true, payload), digest);
    cr_assert_neq(ats_window_digest(key, "t", 1, false, ats_span_text("13")), digest);
    cr_assert_neq(ats_window_digest(key, "t1", 1, false, ats_span_text("2")), digest);
    cr_assert_neq(ats_window_digest((const uint8_t[16]){2}, "t", 1, false, payload), digest);
}

Test(window, an_empty_payload_has_a_digest)
{
    const uint8_t key[16] = {1};
    cr_assert_eq(ats_window_digest(key, "t", 0, false, ats_span_of(NULL, 0)),
                 ats_window_digest(key, "t", 0, false, ats_span_text("")));
}

Test(window, the_digest_is_the_vector_s)
{
    uint8_t key[16];
    uint8_t payload[64];
    uint8_t expected[8];
    struct ats_wire_reader reader;
    json_t *vectors = vectors_read("window");
    (void)vectors_bytes(vectors, "key", key, sizeof(key));
    (void)vectors_bytes(vectors, "digest", expected, sizeof(expected));
    size_t len = vectors_bytes(vectors, "payload", payload, sizeof(payload));
    ats_wire_reader_init(&reader, expected, sizeof(expected));
    cr_assert_eq(ats_window_digest(
                     key, vectors_text(vectors, "topic"), (uint8_t)vectors_number(vectors, "qos"),
                     json_is_true(json_object_get(vectors, "retain")), ats_span_of(payload, len)),
                 ats_wire_get_u64(&reader));
    json_decref(vectors);
}
