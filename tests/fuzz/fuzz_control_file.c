/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded piece of the control log, as `control_file` takes one: nothing goes in that the pinned root has no part in, and what was
   left out left no trace. The pins are those of tests/vectors/control.json. */
#include "common/control/import.h"

#include "tests/fuzz/input_file.h"

#include <string.h>

static struct ats_store *store;
static struct ats_registry *registry;
static char folder[] = "/tmp/ats-fuzz-import-XXXXXX";

static const struct ats_registry_pins pins = {
    .root = {0x58, 0x90, 0x8c, 0x65, 0x51, 0x1a, 0x7b, 0x98, 0x4d, 0xfe, 0x8f,
             0x29, 0x7e, 0x0b, 0xa8, 0x0d, 0xe5, 0x4c, 0x9b, 0xba, 0xb4, 0x46,
             0x88, 0x4d, 0xba, 0x26, 0x6a, 0xdf, 0x4f, 0x99, 0x7e, 0xfd},
    .successor = {0xf3, 0x21, 0xed, 0xbf, 0xe4, 0x24, 0x1d, 0x56, 0x7c, 0x5a, 0x3d,
                  0x29, 0x75, 0xee, 0xa0, 0x11, 0xb7, 0x49, 0x3d, 0xa4, 0x97, 0x54,
                  0xef, 0xd2, 0xe2, 0x53, 0xcb, 0xcc, 0xff, 0x14, 0x23, 0xf8},
};

static void remove_store(void)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "lock"};
    char path[96];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
}

/* An empty copy, where there is none. */
static void open_copy(void)
{
    struct ats_error err = {.text = ""};
    if (registry)
        return;
    FUZZ_CHECK(ats_identity_init() == ATS_OK);
    FUZZ_CHECK(ats_store_open(folder, (size_t)16 << 20, &store, &err) == ATS_OK);
    FUZZ_CHECK(ats_registry_open(store, &pins, &registry, &err) == ATS_OK);
}

static void close_copy(void)
{
    ats_registry_close(registry);
    ats_store_close(store);
    registry = NULL;
    store = NULL;
    remove_store();
}

static void remove_folder(void)
{
    close_copy();
    (void)rmdir(folder);
}

struct told {
    uint64_t records;
    uint64_t accepted;
};

static void note(void *ctx, const struct ats_kafka_record *record, enum ats_control_outcome outcome,
                 const struct ats_error *reason)
{
    struct told *told = ctx;
    (void)record;
    (void)reason;
    told->records++;
    told->accepted += outcome == ATS_CONTROL_ACCEPTED ? 1 : 0;
}

static void committed(void *ctx)
{
    (void)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;
    struct ats_import import;
    struct ats_error err = {.text = ""};
    struct told told = {0};
    if (!made)
        FUZZ_CHECK(mkdtemp(folder) && atexit(remove_folder) == 0);
    made = true;
    open_copy();
    enum ats_status status = ats_control_import(registry, fuzz_input_file(data, size), note,
                                                committed, &told, &import, &err);
    FUZZ_CHECK(status == ATS_OK || (err.text[0] != '\0' && told.records == 0));
    FUZZ_CHECK(told.records == import.taken && told.accepted == import.accepted);
    FUZZ_CHECK(ats_registry_count(registry) == import.accepted);
    FUZZ_CHECK(import.left == 0 || import.outcome != ATS_CONTROL_ACCEPTED);
    if (ats_registry_next_offset(registry) != 0)
        close_copy();
    return 0;
}
