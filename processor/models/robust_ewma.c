/* SPDX-License-Identifier: Apache-2.0 */
/*
 * robust-ewma: is a feature further from its usual level, for longer, than its usual spread explains?
 *
 * Per feature it keeps a level m and a spread s, exponentially weighted over `memory` events. With x the new value:
 *
 *   z = (x - m) / max(s (1 + c/n), floor)                    deviation; wider while few events (n) are known
 *   y = y + (clip(z, 20) - y) / smoothing                    short-term mean: one outlier is no anomaly, several are
 *   score = y^2 / (y^2 + half^2)                             one minus Cantelli's bound on a tail: P(Z >= k) <= 1 / (1 + k^2)
 *
 * Comparing the short-term with the long-term behaviour of a deviation is the idea of NAB's anomaly likelihood (Ahmad,
 * Lavin, Purdy, Agha: "Unsupervised real-time anomaly detection for streaming data", Neurocomputing 262, 2017, section 3.2);
 * Cantelli's inequality takes the place of its Gaussian tail because it holds for every distribution: sensors' tails
 * are heavy. The asset's score is that of its worst feature.
 *
 * Level and spread learn as Huber's M-estimators do (P. J. Huber, "Robust Estimation of a Location Parameter", Ann. Math.
 * Statist. 35, 1964): a deviation counts up to 6 spreads. A value beyond that is learnt with a weight that is the share of
 * such values lately (a quarter of the memory), so that a short fault leaves hardly a trace, while a level that stays
 * becomes the norm within about the memory. They start from the median and the median absolute deviation of the first eight values.
 *
 * Only + - * / and comparisons are used: every machine computes the same bits.
 */
#include "processor/models/model.h"

#include <math.h>

#define START_COUNT ATS_EWMA_START_COUNT
#define SIGMA_PER_MEAN_DEVIATION 1.2533141373155003 /* sqrt(pi / 2), of a normal distribution */
#define SIGMA_PER_MEDIAN_DEVIATION 1.4826022185056018
#define LEARN_CLIP 6.0
#define SCORE_CLIP 20.0
#define FEW_EVENTS 10.0 /* c: with ten events the spread counts twice */
#define SHARE_SPEED                                                                                \
    4.0 /* how much faster than level and spread the share of extreme values follows */

struct feature_memory {
    uint64_t count;
    union {
        double start[START_COUNT]; /* until so many values are there */
        struct {
            double level;
            double spread;
            double short_term;
            double extreme_share;
        } learnt;
    } is;
};

struct settings {
    double memory;
    double warm_up;
    double smoothing;
    double half;
    double floor_relative;
    double floor_absolute;
};

static struct settings read_settings(const struct ats_model_choice *choice)
{
    return (struct settings){
        .memory = choice->parameters[ATS_EWMA_MEMORY],
        .warm_up = choice->parameters[ATS_EWMA_WARM_UP],
        .smoothing = choice->parameters[ATS_EWMA_SMOOTHING],
        .half = choice->parameters[ATS_EWMA_HALF],
        .floor_relative = choice->parameters[ATS_EWMA_FLOOR_RELATIVE],
        .floor_absolute = choice->parameters[ATS_EWMA_FLOOR_ABSOLUTE],
    };
}

static size_t memory_size(const struct ats_model_choice *choice, size_t feature_count)
{
    (void)choice;
    return feature_count * sizeof(struct feature_memory);
}

static double clip(double value, double limit)
{
    if (value > limit)
        return limit;
    return value < -limit ? -limit : value;
}

/* Sorts in place; the mean of the two in the middle. */
static double median(double values[START_COUNT])
{
    for (size_t i = 1; i < START_COUNT; i++) {
        double value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
    return values[START_COUNT / 2 - 1] / 2 + values[START_COUNT / 2] / 2;
}

static void take_start_value(struct feature_memory *memory, double value)
{
    double deviations[START_COUNT];
    memory->is.start[memory->count++] = value;
    if (memory->count < START_COUNT)
        return;
    double level = median(memory->is.start);
    for (size_t i = 0; i < START_COUNT; i++)
        deviations[i] = fabs(memory->is.start[i] - level);
    double spread = SIGMA_PER_MEDIAN_DEVIATION * median(deviations);
    memory->is.learnt.level = level;
    memory->is.learnt.spread = spread;
    memory->is.learnt.short_term = 0;
    memory->is.learnt.extreme_share = 0;
}

static double width_of(const struct settings *settings, const struct feature_memory *memory)
{
    double width = memory->is.learnt.spread * (1 + FEW_EVENTS / (double)memory->count);
    double floor_ = settings->floor_absolute;
    double relative = settings->floor_relative * fabs(memory->is.learnt.level);
    if (relative > floor_)
        floor_ = relative;
    return width > floor_ ? width : floor_;
}

static void learn(const struct settings *settings, struct feature_memory *memory, double value,
                  double width)
{
    double reach = LEARN_CLIP * width;
    double deviation = clip(value - memory->is.learnt.level, reach);
    bool extreme = fabs(deviation) >= reach;
    double *share = &memory->is.learnt.extreme_share;
    *share += ((extreme ? 1 : 0) - *share) * SHARE_SPEED / settings->memory;
    memory->count++;
    double span =
        (double)memory->count < settings->memory ? (double)memory->count : settings->memory;
    double rate = (extreme ? *share : 1) / span;
    memory->is.learnt.level += rate * deviation;
    memory->is.learnt.spread +=
        rate * (SIGMA_PER_MEAN_DEVIATION * fabs(deviation) - memory->is.learnt.spread);
}

/* The signed score of one feature: positive above its level. */
static double score_feature(const struct settings *settings, struct feature_memory *memory,
                            double value, double *ret_expected)
{
    if (memory->count < START_COUNT) {
        take_start_value(memory, value);
        return 0;
    }
    bool warm = (double)memory->count >= settings->warm_up;
    double width = width_of(settings, memory);
    double z = clip((value - memory->is.learnt.level) / width, SCORE_CLIP);
    double *y = &memory->is.learnt.short_term;
    if (warm) {
        *ret_expected = memory->is.learnt.level;
        *y += (z - *y) / settings->smoothing;
    }
    learn(settings, memory, value, width);
    double short_term = *y;
    if (!isfinite(short_term) || !isfinite(memory->is.learnt.level) ||
        !isfinite(memory->is.learnt.spread)) {
        *memory = (struct feature_memory){0}; /* numbers near the largest there are: begin anew */
        return 0;
    }
    double square = short_term * short_term;
    double score = square / (square + settings->half * settings->half);
    return short_term < 0 ? -score : score;
}

static void score(const struct ats_model_choice *choice, void *memory,
                  const struct ats_model_input *input, struct ats_model_output *ret_output)
{
    struct settings settings = read_settings(choice);
    struct feature_memory *features = memory;
    double sum = 0;
    ret_output->score = 0;
    for (size_t i = 0; i < input->count; i++) {
        ret_output->expected[i] = (double)NAN;
        ret_output->contributions[i] = 0;
        if (!isfinite(input->features[i]))
            continue;
        double own =
            score_feature(&settings, &features[i], input->features[i], &ret_output->expected[i]);
        ret_output->contributions[i] = own;
        sum += fabs(own);
        if (fabs(own) > ret_output->score)
            ret_output->score = fabs(own);
    }
    for (size_t i = 0; i < input->count && sum > 0; i++)
        ret_output->contributions[i] *= ret_output->score / sum;
}

const struct ats_model_ops ats_model_robust_ewma = {
    .info = &ats_model_info_robust_ewma,
    .memory_size = memory_size,
    .score = score,
};
