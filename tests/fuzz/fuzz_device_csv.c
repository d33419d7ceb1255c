/* SPDX-License-Identifier: Apache-2.0 */
/* A CSV file of devices: any text. What a row says must be a record that is read back. */
#include "cli/device_row.h"
#include "tests/fuzz/support.h"

static void check_record(const struct ats_body_device *body)
{
    struct ats_body_device back;
    struct ats_buf text;
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    FUZZ_CHECK(ats_body_device_format(body, &text) == ATS_OK);
    FUZZ_CHECK(ats_body_device_parse(ats_buf_span(&text), &back) == ATS_OK);
    ats_buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ats_device_header header;
    struct ats_device_row row;
    struct ats_csv csv;
    char *text = malloc(size + 1);
    FUZZ_CHECK(text && ats_identity_init() == ATS_OK);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    ats_csv_init(&csv, text);
    enum ats_status status = ats_device_header_read(&csv, &header, NULL);
    size_t line = 0;
    while (status == ATS_OK || status == ATS_ERR_INVALID) {
        status = ats_csv_next(&csv, NULL);
        FUZZ_CHECK(csv.line > line || status == ATS_ERR_NOT_FOUND);
        FUZZ_CHECK(csv.count <= ATS_CSV_COLUMNS_MAX && csv.rest <= text + size);
        line = csv.line;
        if (status == ATS_OK && ats_device_row_read(&header, &csv, &row, NULL) == ATS_OK)
            check_record(&row.body);
    }
    free(text);
    return 0;
}
