/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/models/model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A model at work on one series; the numbers come from a small generator, the same in every run. */
struct trial {
    struct ats_model_choice choice;
    const struct ats_model_ops *model;
    void *memory;
    struct ats_model_output output;
    uint32_t seed;
};

static struct trial trial;

static void start(void)
{
    trial = (struct trial){.model = ats_model_find("robust-ewma"), .seed = 1};
    cr_assert_not_null(trial.model);
    trial.choice.info = trial.model->info;
    for (size_t i = 0; i < trial.model->info->parameter_count; i++)
        trial.choice.parameters[i] = trial.model->info->parameters[i].otherwise;
    trial.memory = calloc(1, trial.model->memory_size(&trial.choice, 4));
    cr_assert_not_null(trial.memory);
}

static void finish(void)
{
    free(trial.memory);
}

TestSuite(robust_ewma, .init = start, .fini = finish);

static double score(double value)
{
    const struct ats_model_input input = {.features = &value, .count = 1};
    trial.model->score(&trial.choice, trial.memory, &input, &trial.output);
    return trial.output.score;
}

/* About normal, mean 0 and deviation 1: the sum of twelve even numbers. */
static double noise(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) {
        trial.seed = trial.seed * 1664525u + 1013904223u;
        sum += (double)(trial.seed >> 8) / 16777216.0;
    }
    return sum;
}

/* The largest score over `count` values around `level`. */
static double run(int count, double level, double deviation)
{
    double largest = 0;
    for (int i = 0; i < count; i++) {
        double own = score(level + deviation * noise());
        largest = own > largest ? own : largest;
    }
    return largest;
}

Test(robust_ewma, stays_calm_on_noise_of_any_size)
{
    static const double deviations[] = {0, 0.001, 0.1, 1, 50};
    for (size_t i = 0; i < sizeof(deviations) / sizeof(deviations[0]); i++) {
        finish();
        start();
        cr_assert_lt(run(5000, 20, deviations[i]), 0.6, "deviation %g", deviations[i]);
    }
}

Test(robust_ewma, is_silent_while_it_warms_up)
{
    cr_assert_eq(run(29, 20, 0.1), 0);
    cr_assert(isnan(trial.output.expected[0]));
}

Test(robust_ewma, finds_a_fault_after_sixty_calm_values)
{
    static const double faults[] = {25, -25, 5, 60};
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        finish();
        start();
        cr_assert_lt(run(60, 21, 0.2), 0.6);
        (void)run(5, 21 + faults[i], 0.2);
        cr_assert_gt(trial.output.score, 0.92, "fault of %g", faults[i]);
        cr_assert_eq(signbit(trial.output.contributions[0]), faults[i] < 0);
        cr_assert_float_eq(trial.output.expected[0], 21, 1);
    }
}

Test(robust_ewma, does_not_take_a_fault_of_sixty_values_for_the_norm)
{
    (void)run(60, 21, 0.2);
    double expected = 21;
    for (int i = 0; i < 60; i++)
        (void)score(46 + 0.2 * noise());
    cr_assert_gt(trial.output.score, 0.92);
    cr_assert_float_eq(trial.output.expected[0], expected, 1);
    (void)run(15, 21, 0.2);
    cr_assert_lt(trial.output.score, 0.5);
}

Test(robust_ewma, takes_a_level_that_stays_for_the_norm)
{
    (void)run(500, 21, 0.2);
    (void)run(2000, 46, 0.2);
    cr_assert_lt(trial.output.score, 0.5);
    cr_assert_float_eq(trial.output.expected[0], 46, 1);
}

Test(robust_ewma, one_wrong_reading_is_no_anomaly)
{
    (void)run(500, 21, 0.2);
    cr_assert_lt(score(-40), 0.92);
    cr_assert_lt(run(100, 21, 0.2), 0.92);
}

Test(robust_ewma, starts_well_although_the_first_reading_is_wrong)
{
    (void)score(-40);
    (void)run(100, 21, 0.2);
    cr_assert_float_eq(trial.output.expected[0], 21, 0.2);
}

Test(robust_ewma, follows_a_slow_drift)
{
    double largest = 0;
    for (int i = 0; i < 5000; i++) {
        double own = score(20 + 0.001 * i + 0.1 * noise());
        largest = own > largest ? own : largest;
    }
    cr_assert_lt(largest, 0.9);
}

Test(robust_ewma, a_constant_series_has_room_for_one_percent)
{
    (void)run(200, 20, 0);
    for (int i = 0; i < 20; i++)
        cr_assert_lt(score(20.2), 0.5);
    for (int i = 0; i < 20; i++)
        (void)score(26);
    cr_assert_gt(trial.output.score, 0.92);
}

Test(robust_ewma, ignores_what_is_no_number)
{
    (void)run(100, 21, 0.2);
    double before = trial.output.expected[0];
    cr_assert_eq(score((double)NAN), 0);
    cr_assert(isnan(trial.output.expected[0]));
    cr_assert_eq(score((double)INFINITY), 0);
    (void)score(21);
    cr_assert_float_eq(trial.output.expected[0], before, 0.1);
}

Test(robust_ewma, survives_the_largest_numbers)
{
    static const double extremes[] = {1e308, -1e308, 1e-308, 0, 5};
    for (int i = 0; i < 2000; i++) {
        double own = score(extremes[i % 5]);
        cr_assert(own >= 0 && own <= 1, "%g", own);
    }
}

Test(robust_ewma, works_again_after_numbers_beyond_its_range)
{
    for (int i = 0; i < 64; i++)
        (void)score(i % 2 ? 1.7e308 : -1.7e308);
    (void)run(100, 21, 0.2);
    (void)run(2000, 21, 0.2);
    (void)run(10, 46, 0.2);
    cr_assert_gt(trial.output.score, 0.92);
}

Test(robust_ewma, tells_features_apart)
{
    double values[2] = {0, 0};
    const struct ats_model_input input = {.features = values, .count = 2};
    for (int i = 0; i < 110; i++) {
        values[0] = 21 + 0.2 * noise();
        values[1] = (i < 100 ? 50 : 90) + noise();
        trial.model->score(&trial.choice, trial.memory, &input, &trial.output);
    }
    cr_assert_gt(trial.output.contributions[1], 0.8);
    cr_assert_lt(fabs(trial.output.contributions[0]), 0.1);
    cr_assert_float_eq(fabs(trial.output.contributions[0]) + trial.output.contributions[1],
                       trial.output.score, 1e-12);
}

Test(robust_ewma, the_same_values_give_the_same_bits)
{
    double first[500];
    for (int i = 0; i < 500; i++)
        first[i] = score(20 + noise() * (i > 300 ? 9 : 1));
    finish();
    start();
    for (int i = 0; i < 500; i++) {
        double again = score(20 + noise() * (i > 300 ? 9 : 1));
        cr_assert_eq(memcmp(&again, &first[i], sizeof(again)), 0);
    }
}

Test(robust_ewma, parameters_change_what_they_name)
{
    trial.choice.parameters[ATS_EWMA_WARM_UP] = 100;
    cr_assert_eq(run(99, 20, 0.1), 0);
    (void)run(10, 45, 0.1);
    cr_assert_gt(trial.output.score, 0.92);
}

Test(models, an_unknown_kind_is_not_found)
{
    cr_assert_null(ats_model_find("crystal-ball"));
}

Test(models, every_kind_that_a_use_case_may_name_has_its_code)
{
    for (size_t i = 0; ats_model_infos[i]; i++) {
        const struct ats_model_ops *model = ats_model_find(ats_model_infos[i]->kind);
        cr_assert_not_null(model, "%s", ats_model_infos[i]->kind);
        cr_assert_eq(model->info, ats_model_infos[i]);
    }
}
