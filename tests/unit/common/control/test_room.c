/* SPDX-License-Identifier: Apache-2.0 */
/* What a full disk does to a copy, and what is told before. */
#include "common/base/limits.h"
#define TEST_MAP_SIZE ATS_CONTROL_MAP
#include "common/control/room.h"
#include "tests/unit/common/control/fleet.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define MIB ((uint64_t)1 << 20)

static bool mounted;

/* A disk of its own; where this test may not mount one, a limit on the size of files. */
static void resize_disk(uint64_t bytes, unsigned long flags)
{
    char options[64];
    (void)snprintf(options, sizeof(options), "size=%llu", (unsigned long long)bytes);
    mounted = mount("tmpfs", fleet.folder, "tmpfs", flags, options) == 0;
    if (mounted)
        return;
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void resize(uint64_t bytes)
{
    resize_disk(bytes, mounted ? MS_REMOUNT : 0);
}

static struct ats_body_place place;

static void begin(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    if (unshare(CLONE_NEWNS) == 0)
        cr_assert_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    fleet_begin();
    close_registry();
    remove_store();
    resize_disk(3 * MIB, 0);
    open_registry();
    cr_assert_eq(apply_root(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    cr_assert_eq(apply_operator("op", &body), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    place.count = ats_registry_count(fleet.registry);
    ats_registry_chain(fleet.registry, place.chain);
}

static void end(void)
{
    close_registry();
    remove_store();
    if (mounted)
        cr_assert_eq(umount2(fleet.folder, MNT_DETACH), 0);
    (void)rmdir(fleet.folder);
}

TestSuite(room, .init = begin, .fini = end, .timeout = 120);

/* As large as a device's record gets. */
static void next_device(int n, struct ats_buf *ret_value)
{
    char name[16];
    struct ats_buf text;
    struct ats_body_device device = device_body(ATS_DEVICE_ACTIVE);
    (void)snprintf(name, sizeof(name), "d%d", n);
    device.contract_count = ATS_DEVICE_CONTRACTS_MAX;
    for (size_t i = 0; i < device.contract_count; i++)
        memset(device.contracts[i], 'a' + (int)i, ATS_NAME_MAX);
    ats_buf_init(&text, ATS_CONTROL_RECORD_MAX);
    cr_assert_eq(ats_body_device_format(&device, &text), ATS_OK);
    struct ats_control_record record =
        next_record(ATS_CONTROL_DEVICE, name, "op", ats_buf_span(&text));
    encode(&record, &fleet.operator_, ret_value);
    ats_buf_fini(&text);
}

static enum ats_status try_value(struct ats_span value)
{
    enum ats_control_outcome outcome = ATS_CONTROL_OUTCOME_COUNT;
    fleet.err = (struct ats_error){0};
    enum ats_status status =
        ats_registry_apply(fleet.registry, fleet.offset, value, &outcome, &fleet.err);
    if (status != ATS_OK)
        return status;
    cr_assert_eq(outcome, ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    fleet.offset++;
    return ATS_OK;
}

/* The record that did not fit. */
static void fill(struct ats_buf *ret_value)
{
    for (int n = 0;; n++) {
        next_device(n, ret_value);
        enum ats_status status = try_value(ats_buf_span(ret_value));
        if (status != ATS_OK) {
            cr_assert_eq(status, ATS_ERR_DISK, "%s", fleet.err.text);
            return;
        }
        ats_buf_fini(ret_value);
    }
}

static enum ats_control_outcome undo(void)
{
    struct ats_body_operator body = operator_body("op", &fleet.operator_);
    body.revoked = true;
    body.stands_until = place;
    return apply_operator("op", &body);
}

static bool holds(const char *device)
{
    struct ats_store_view *view = NULL;
    struct ats_control_record record;
    cr_assert_eq(ats_registry_view_open(fleet.registry, &view), ATS_OK);
    enum ats_status status =
        ats_registry_find(view, ATS_CONTROL_DEVICE, ats_span_text(device), &record);
    ats_store_view_close(view);
    return status == ATS_OK;
}

Test(room, a_copy_whose_disk_is_full_goes_on_once_there_is_room_and_takes_the_roots_revocation)
{
    struct ats_buf value;
    fill(&value);
    uint64_t count = ats_registry_count(fleet.registry);
    cr_assert(strstr(fleet.err.text, "disk is full"), "%s", fleet.err.text);
    cr_assert(holds("d0"));
    cr_assert_eq(try_value(ats_buf_span(&value)), ATS_ERR_DISK);
    cr_assert_eq(ats_registry_count(fleet.registry), count);
    resize(64 * MIB);
    cr_assert_eq(try_value(ats_buf_span(&value)), ATS_OK, "%s", fleet.err.text);
    ats_buf_fini(&value);
    cr_assert_eq(ats_registry_count(fleet.registry), count + 1);
    cr_assert_eq(undo(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_not(holds("d0"));
}

Test(room, a_copy_whose_disk_is_full_opens_again)
{
    struct ats_buf value;
    fill(&value);
    uint64_t count = ats_registry_count(fleet.registry);
    close_registry();
    open_registry();
    cr_assert_eq(ats_registry_count(fleet.registry), count);
    cr_assert(holds("d0"));
    resize(64 * MIB);
    cr_assert_eq(try_value(ats_buf_span(&value)), ATS_OK, "%s", fleet.err.text);
    ats_buf_fini(&value);
}

static uint64_t used(void)
{
    struct ats_store_size size;
    ats_registry_measure(fleet.registry, &size);
    return size.used_bytes;
}

Test(room, a_revocation_that_undoes_takes_no_more_than_what_is_called_low)
{
    struct ats_buf value;
    resize(64 * MIB);
    for (int n = 0; n < 1000; n++) {
        next_device(n, &value);
        cr_assert_eq(try_value(ats_buf_span(&value)), ATS_OK, "%s", fleet.err.text);
        ats_buf_fini(&value);
    }
    uint64_t before = used();
    cr_assert_eq(undo(), ATS_CONTROL_ACCEPTED, "%s", fleet.err.text);
    cr_assert_leq(used(), (1 + ATS_CONTROL_ROOM_COPIES) * before, "%llu of %llu",
                  (unsigned long long)used(), (unsigned long long)before);
}

struct said {
    int low;
    int enough;
};

static void note(void *ctx, enum ats_log_level level, const char *line)
{
    struct said *said = ctx;
    (void)level;
    said->low += strncmp(line, "control.room-low ", 17) == 0;
    said->enough += strncmp(line, "control.room-enough ", 20) == 0;
}

static void look(struct ats_control_room *room)
{
    ats_control_room_look(room, room->next_look_ms);
}

Test(room, little_room_is_told_once_and_so_is_its_end)
{
    struct said said = {0};
    char path[128];
    if (!mounted) {
        end(); /* which a test that is skipped does not come to */
        cr_skip_test("only on a disk of its own");
    }
    resize(ATS_CONTROL_ROOM_MIN + 40 * MIB);
    struct ats_control_room room = {.registry = fleet.registry,
                                    .log =
                                        ats_log_new(note, &said, ATS_LOG_INFO, &ats_clock_system)};
    look(&room);
    cr_assert_eq(said.low + said.enough, 0);
    (void)snprintf(path, sizeof(path), "%s/other", fleet.folder);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(posix_fallocate(fd, 0, 45 * MIB), 0);
    look(&room);
    look(&room);
    cr_assert_eq(said.low, 1);
    cr_assert_eq(ftruncate(fd, 35 * MIB), 0);
    look(&room);
    cr_assert_eq(said.enough, 0, "a little more is not enough yet");
    cr_assert_eq(ftruncate(fd, 0), 0);
    look(&room);
    cr_assert_eq(said.enough, 1);
    cr_assert_eq(said.low, 1);
    (void)close(fd);
    (void)unlink(path);
    ats_log_free((struct ats_log *)room.log);
}
