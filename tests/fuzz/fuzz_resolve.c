/* SPDX-License-Identifier: Apache-2.0 */
/* Two schemas with "---" between: each that a contract may have has a tree, reads itself, and is compared with the other. */
#include "common/contract/resolve.h"
#include "tests/fuzz/support.h"

struct seen {
    bool broken;
    bool
        twice; /* a field has the name of another one as an alias: such a schema does not read itself */
};

static void tell(void *ctx, const struct ats_resolve_finding *finding)
{
    struct seen *seen = ctx;
    FUZZ_CHECK(finding->text[0] != '\0' && finding->path);
    seen->broken = seen->broken || finding->breaks;
    seen->twice = seen->twice || finding->fault == ATS_RESOLVE_FIELD_TWICE;
}

static bool read_tree(struct ats_span text, struct ats_avsc_tree *tree)
{
    struct ats_plan plan;
    struct ats_error err = {.text = ""};
    if (ats_plan_compile(text, "f.avsc", &plan, &err) != ATS_OK)
        return false;
    ats_plan_fini(&plan);
    FUZZ_CHECK(ats_avsc_tree_read(text, "f.avsc", tree, &err) == ATS_OK);
    return true;
}

static void compare(const struct ats_avsc_tree *reader, const struct ats_avsc_tree *writer,
                    bool same)
{
    struct seen seen = {0};
    bool readable = false;
    if (ats_resolve(reader, writer, tell, &seen, &readable) != ATS_OK)
        return;
    FUZZ_CHECK(readable == !seen.broken);
    FUZZ_CHECK(!same || readable || seen.twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *cut = size > 0 ? memmem(data, size, "---", 3) : NULL;
    size_t len = cut ? (size_t)(cut - data) : size;
    struct ats_avsc_tree a = {0};
    struct ats_avsc_tree b = {0};
    bool has_a = read_tree(ats_span_of(data, len), &a);
    bool has_b = cut && read_tree(ats_span_of(cut + 3, size - len - 3), &b);
    if (has_a)
        compare(&a, &a, true);
    if (has_a && has_b) {
        compare(&a, &b, false);
        compare(&b, &a, false);
    }
    ats_avsc_tree_fini(&a);
    ats_avsc_tree_fini(&b);
    return 0;
}
