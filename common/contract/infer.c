/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader: cuts the text into events, so that a file of any length takes the memory of one event, and keeps the samples.
 *
 *     BETWEEN --'['--> LIST_BEGIN --']'--> BETWEEN          '{' anywhere but AFTER begins an event; after it the state is
 *     LIST_BEGIN, LIST_NEXT --event--> AFTER --','--> LIST_NEXT    what it was: BETWEEN, or AFTER in a list
 *     AFTER --']'--> BETWEEN
 */
#include "common/contract/infer_node.h"

#include "common/base/utf8.h"

#include <ctype.h>
#include <stdlib.h>

/* Samples, also where every event looks the same. */
#define FIRST_KEPT 3

enum reader_state { BETWEEN, LIST_BEGIN, LIST_NEXT, AFTER };

enum ats_status ats_infer_new(struct ats_infer **ret_infer, struct ats_error *err)
{
    struct ats_infer *infer = calloc(1, sizeof(*infer));
    if (!infer)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    ats_buf_init(&infer->text, ATS_PAYLOAD_MAX);
    for (size_t i = 0; i < ATS_INFER_SAMPLES_MAX; i++)
        ats_buf_init(&infer->samples[i], ATS_PAYLOAD_MAX);
    enum ats_status status = ats_infer_node_new(infer, NULL, "", &infer->root, err);
    if (status == ATS_OK)
        *ret_infer = infer;
    else
        ats_infer_free(infer);
    return status;
}

void ats_infer_free(struct ats_infer *infer)
{
    if (!infer)
        return;
    ats_infer_node_free(infer->root);
    ats_buf_fini(&infer->text);
    for (size_t i = 0; i < ATS_INFER_SAMPLES_MAX; i++)
        ats_buf_fini(&infer->samples[i]);
    free(infer);
}

void ats_infer_begin(struct ats_infer *infer, const char *file)
{
    infer->place = (struct ats_infer_place){.file = file};
    infer->line = 1;
    infer->state = BETWEEN;
    infer->depth = 0;
    infer->in_text = infer->escaped = false;
    ats_buf_clear(&infer->text);
}

static enum ats_status fail_at(const struct ats_infer *infer, size_t line, struct ats_error *err,
                               const char *why)
{
    return ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: %s", infer->place.file, line, why);
}

static enum ats_status not_json(const struct ats_infer *infer, const json_error_t *fault,
                                struct ats_error *err)
{
    size_t line = infer->place.line + (fault->line > 1 ? (size_t)fault->line - 1 : 0);
    return ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: not JSON: %.*s", infer->place.file, line,
                         ats_utf8_cut(fault->text, sizeof(fault->text)), fault->text);
}

/* What shows something new, so that the samples have each variant. */
static enum ats_status keep_sample(struct ats_infer *infer, struct ats_error *err)
{
    if ((!infer->news && infer->events > FIRST_KEPT) ||
        infer->sample_count == ATS_INFER_SAMPLES_MAX)
        return ATS_OK;
    struct ats_buf *sample = &infer->samples[infer->sample_count];
    ats_buf_append(sample, infer->text.data, infer->text.len);
    if (sample->status != ATS_OK)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory");
    infer->sample_count++;
    return ATS_OK;
}

static enum ats_status take_event(struct ats_infer *infer, struct ats_error *err)
{
    json_error_t fault;
    json_t *event = json_loadb((const char *)infer->text.data, infer->text.len,
                               JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
    if (!event)
        return not_json(infer, &fault, err);
    infer->news = false;
    infer->events++;
    enum ats_status status = ats_infer_observe(infer, event, err);
    json_decref(event);
    if (status == ATS_OK)
        status = keep_sample(infer, err);
    ats_buf_clear(&infer->text);
    if (infer->state != BETWEEN)
        infer->state = AFTER;
    return status;
}

/* Brackets outside of texts: where they are wrong is the parser's to say, all that counts here is where the event ends. */
static enum ats_status take_inside(struct ats_infer *infer, uint8_t byte, struct ats_error *err)
{
    ats_buf_append_byte(&infer->text, byte);
    if (infer->text.status != ATS_OK) {
        ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: an event of more than %d bytes",
                      infer->place.file, infer->place.line, ATS_PAYLOAD_MAX);
        return ATS_ERR_CONFIG;
    }
    if (infer->in_text) {
        if (!infer->escaped && byte == '"')
            infer->in_text = false;
        infer->escaped = !infer->escaped && byte == '\\';
    } else if (byte == '"') {
        infer->in_text = true;
    } else if (byte == '{' || byte == '[') {
        infer->depth++;
    } else if ((byte == '}' || byte == ']') && --infer->depth == 0) {
        return take_event(infer, err);
    }
    return ATS_OK;
}

static enum ats_status unexpected(const struct ats_infer *infer, uint8_t byte,
                                  struct ats_error *err)
{
    const char *expected =
        infer->state == AFTER ? ", or ] after an event of a list" : "an event, which begins with {";
    if (isprint(byte))
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: found '%c' (expected: %s)",
                             infer->place.file, infer->line, byte, expected);
    return ats_error_set(err, ATS_ERR_CONFIG, "%s:%zu: found the byte 0x%02x (expected: %s)",
                         infer->place.file, infer->line, byte, expected);
}

static enum ats_status take_outside(struct ats_infer *infer, uint8_t byte, struct ats_error *err)
{
    if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n')
        return ATS_OK;
    if (byte == '{' && infer->state != AFTER) {
        infer->place.line = infer->line;
        return take_inside(infer, byte, err);
    }
    if (byte == '[' && infer->state == BETWEEN)
        infer->state = LIST_BEGIN;
    else if (byte == ']' && (infer->state == LIST_BEGIN || infer->state == AFTER))
        infer->state = BETWEEN;
    else if (byte == ',' && infer->state == AFTER)
        infer->state = LIST_NEXT;
    else
        return unexpected(infer, byte, err);
    return ATS_OK;
}

enum ats_status ats_infer_push(struct ats_infer *infer, struct ats_span bytes,
                               struct ats_error *err)
{
    enum ats_status status = ATS_OK;
    for (size_t i = 0; i < bytes.len && status == ATS_OK; i++) {
        uint8_t byte = bytes.data[i];
        status = infer->depth ? take_inside(infer, byte, err) : take_outside(infer, byte, err);
        infer->line += byte == '\n';
    }
    return status;
}

enum ats_status ats_infer_end(struct ats_infer *infer, struct ats_error *err)
{
    if (infer->depth > 0)
        return fail_at(infer, infer->place.line, err, "not JSON: the event does not end");
    return infer->state == BETWEEN ? ATS_OK
                                   : fail_at(infer, infer->line, err, "the list does not end");
}

uint64_t ats_infer_event_count(const struct ats_infer *infer)
{
    return infer->events;
}

size_t ats_infer_sample_count(const struct ats_infer *infer)
{
    return infer->sample_count;
}

struct ats_span ats_infer_sample(const struct ats_infer *infer, size_t index)
{
    return ats_buf_span(&infer->samples[index]);
}

enum ats_status ats_infer_draft(struct ats_infer *infer, const struct ats_infer_options *options,
                                struct ats_buf *odcs, struct ats_buf *avsc, struct ats_error *err)
{
    if (infer->events == 0)
        return ats_error_set(err, ATS_ERR_CONFIG, "there is no event in what was read");
    enum ats_status status = ats_infer_settle(infer, err);
    if (status != ATS_OK)
        return status;
    struct ats_infer_found found = ats_infer_find(infer);
    ats_infer_write_avsc(infer, options->name, &found, avsc);
    ats_infer_write_odcs(infer, options, &found, odcs);
    if (odcs->status == ATS_OK && avsc->status == ATS_OK)
        return ATS_OK;
    bool memory = odcs->status == ATS_ERR_MEMORY || avsc->status == ATS_ERR_MEMORY;
    return ats_error_set(err, memory ? ATS_ERR_MEMORY : ATS_ERR_CONFIG, "%s",
                         memory ? "out of memory" : "the draft is too large for a contract");
}
