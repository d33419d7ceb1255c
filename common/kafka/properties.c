/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of librdkafka properties: key=value lines, # comments. A line may not undo what delivery without loss rests
 * on (the table `governed`), and a value that may be a secret stays out of every error text.
 */
#include "common/kafka/client.h"

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/parse.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Properties that the code sets itself. `value` is what a file may say all the same; NULL: nothing. */
static const struct ats_kafka_property governed[] = {
    {"acks", "all"},
    {"request.required.acks", "all"},
    {"allow.auto.create.topics", "false"},
    {"auto.commit.enable", "false"},
    {"auto.offset.reset", NULL},
    {"delivery.timeout.ms", NULL},
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.gapless.guarantee", "true"},
    {"enable.idempotence", "true"},
    {"enable.partition.eof", "true"},
    {"group.id", NULL},
    {"group.instance.id", NULL},
    {"isolation.level", "read_committed"},
    {"log.queue", NULL},
    {"message.timeout.ms", NULL},
    {"partition.assignment.strategy", NULL},
    {"partitioner", "murmur2_random"},
    {"queuing.strategy", "fifo"},
    {"transactional.id", NULL},
    {NULL, NULL},
};

static const char *const secret_parts[] = {"password", "secret", "key.pem",
                                           "token",    "jaas",   "oauthbearer.config"};

/* Names that librdkafka does not list, since they have no default. */
static const char *const without_default[] = {
    "bootstrap.servers",
    "client.rack",
    "metadata.broker.list",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.password",
    "sasl.username",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.key.location",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.location",
    "ssl.keystore.password",
};
#define WITHOUT_DEFAULT_COUNT (sizeof(without_default) / sizeof(without_default[0]))

struct line {
    const char *path;
    unsigned number;
    char *name;
    char *value;
    bool exposed;       /* group or others may read the file */
    const char **names; /* by line number, what stood there so far; NULL: none */
};

static bool is_secret(const char *name)
{
    for (size_t i = 0; i < sizeof(secret_parts) / sizeof(secret_parts[0]); i++) {
        if (strstr(name, secret_parts[i]))
            return true;
    }
    return false;
}

static enum ats_status line_error(const struct line *line, const char *reason,
                                  struct ats_error *err)
{
    return ats_error_set(err, ATS_ERR_CONFIG, "%s:%u: property '%s': %s", line->path, line->number,
                         line->name, reason);
}

static enum ats_status unknown_property(const struct line *line, rd_kafka_conf_t *conf,
                                        struct ats_error *err)
{
    size_t count = 0;
    const char **pairs = rd_kafka_conf_dump(conf, &count);
    const char **names = calloc(count / 2 + WITHOUT_DEFAULT_COUNT + 1, sizeof(*names));
    for (size_t i = 0; names && i + 1 < count; i += 2)
        names[i / 2] = pairs[i];
    for (size_t i = 0; names && i < WITHOUT_DEFAULT_COUNT; i++)
        names[count / 2 + i] = without_default[i];
    const char *nearest = names ? ats_nearest_name(line->name, names) : NULL;
    char reason[ATS_ERROR_TEXT_MAX];
    (void)snprintf(reason, sizeof(reason), "unknown to librdkafka %s%s%s%s", rd_kafka_version_str(),
                   nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
    free(names);
    rd_kafka_conf_dump_free(pairs, count);
    return line_error(line, reason, err);
}

static enum ats_status check_governed(const struct line *line, bool *ret_governed,
                                      struct ats_error *err)
{
    for (const struct ats_kafka_property *p = governed; p->name; p++) {
        if (strcmp(p->name, line->name) != 0)
            continue;
        *ret_governed = true;
        bool same = p->value && (strcmp(p->value, line->value) == 0 ||
                                 (strcmp(p->value, "all") == 0 && strcmp(line->value, "-1") == 0));
        if (same)
            return ATS_OK;
        if (!p->value)
            return line_error(line, "is set by attestream itself and may not stand here", err);
        char reason[128];
        (void)snprintf(reason, sizeof(reason), "must stay '%s', which delivery without loss needs",
                       p->value);
        return line_error(line, reason, err);
    }
    return ATS_OK;
}

/* The column of a property in a table whose rows are "NAME | C/P | ALLOWED | ..."; NULL if there is none. Cuts `table` up. */
static const char *find_allowed(char *table, const char *name)
{
    for (char *row = strsep(&table, "\n"); row; row = strsep(&table, "\n")) {
        const char *found = ats_text_trim(strsep(&row, "|"));
        (void)strsep(&row, "|");
        char *allowed = strsep(&row, "|");
        if (allowed && strcmp(found, name) == 0)
            return ats_text_trim(allowed);
    }
    return NULL;
}

/* librdkafka names the range only of a number that is outside it; what else it allows stands in the table that it prints. */
static enum ats_status bad_value(const struct line *line, const char *reason, struct ats_error *err)
{
    char *table = NULL;
    size_t size = 0;
    FILE *file = strstr(reason, "allowed") ? NULL : open_memstream(&table, &size);
    const char *allowed = NULL;
    if (file) {
        rd_kafka_conf_properties_show(file);
        allowed = fclose(file) == 0 ? find_allowed(table, line->name) : NULL;
    }
    char text[2 * ATS_ERROR_TEXT_MAX];
    bool known = allowed && allowed[0] != '\0';
    (void)snprintf(text, sizeof(text), "%s%s%s%s", reason, known ? " (allowed: " : "",
                   known ? allowed : "", known ? ")" : "");
    free(table);
    return line_error(line, text, err);
}

static enum ats_status apply_line(const struct line *line, rd_kafka_conf_t *conf,
                                  struct ats_error *err)
{
    bool is_governed = false;
    char reason[ATS_ERROR_TEXT_MAX];
    if (is_secret(line->name) && line->exposed)
        return line_error(line, "a secret, but group or others may read the file (mode 0600)", err);
    enum ats_status status = check_governed(line, &is_governed, err);
    if (status != ATS_OK || is_governed)
        return status;
    switch (rd_kafka_conf_set(conf, line->name, line->value, reason, sizeof(reason))) {
    case RD_KAFKA_CONF_OK:
        return ATS_OK;
    case RD_KAFKA_CONF_UNKNOWN:
        return unknown_property(line, conf, err);
    default:
        return bad_value(line,
                         is_secret(line->name) ? "librdkafka does not take the value"
                                               : ats_text_trim(reason),
                         err);
    }
}

/* One of them would be without effect, and nobody would know which. */
static enum ats_status refuse_second(const struct line *line, struct ats_error *err)
{
    char reason[64];
    for (unsigned i = 1; i < line->number; i++) {
        if (!line->names[i] || strcmp(line->names[i], line->name) != 0)
            continue;
        (void)snprintf(reason, sizeof(reason), "is given twice (first in line %u)", i);
        return line_error(line, reason, err);
    }
    line->names[line->number] = line->name;
    return ATS_OK;
}

static enum ats_status read_line(struct line *line, char *text, rd_kafka_conf_t *conf,
                                 struct ats_error *err)
{
    text = ats_text_trim(text);
    if (text[0] == '\0' || text[0] == '#')
        return ATS_OK;
    char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return ats_error_set(err, ATS_ERR_CONFIG, "%s:%u: expected PROPERTY=VALUE", line->path,
                             line->number);
    *equals = '\0';
    line->name = ats_text_trim(text);
    line->value = ats_text_trim(equals + 1);
    enum ats_status status = refuse_second(line, err);
    return status == ATS_OK ? apply_line(line, conf, err) : status;
}

static bool readable_by_others(const char *path)
{
    struct stat st;
    return stat(path, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

static enum ats_status read_lines(const char *path, char *text, rd_kafka_conf_t *conf,
                                  struct ats_error *err)
{
    size_t count = 2; /* lines are counted from 1, and the last one needs no end */
    for (const char *at = text; *at; at++)
        count += *at == '\n';
    struct line line = {.path = path,
                        .exposed = readable_by_others(path),
                        .names = calloc(count, sizeof(*line.names))};
    if (!line.names)
        return ats_error_set(err, ATS_ERR_MEMORY, "out of memory while reading %s", path);
    enum ats_status status = ATS_OK;
    for (char *rest = text, *next = NULL; (next = strsep(&rest, "\n")) && status == ATS_OK;) {
        line.number++;
        status = read_line(&line, next, conf, err);
    }
    free(line.names);
    return status;
}

enum ats_status ats_kafka_properties_read(const char *path, rd_kafka_conf_t *conf,
                                          struct ats_error *err)
{
    struct ats_buf buf;
    char *text = NULL;
    ats_buf_init(&buf, (size_t)ATS_DOCUMENT_MAX);
    enum ats_status status = ats_file_read_text(path, &buf, &text, err);
    if (status != ATS_OK && err)
        err->status = ATS_ERR_CONFIG;
    status = status == ATS_OK ? read_lines(path, text, conf, err) : ATS_ERR_CONFIG;
    ats_buf_fini(&buf);
    return status;
}
