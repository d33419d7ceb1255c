/* SPDX-License-Identifier: Apache-2.0 */
/* A file that says where a Schema Registry is: whatever stands in it, it is refused with a text or has addresses that may be asked. */
#include "cli/schema_registry_settings.h"

#include "tests/fuzz/input_file.h"

#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_input_file(data, size);
    const struct ats_cli cli = {.fleet = "/nonexistent", .schema_registry_config = path};
    struct ats_schema_registry_settings settings;
    struct ats_error err = {0};
    FUZZ_CHECK(chmod(path, 0600) == 0);
    if (ats_schema_registry_settings_read(&cli, &settings, &err) != ATS_OK) {
        FUZZ_CHECK(err.status != ATS_OK && err.text[0] != '\0');
        return 0;
    }
    FUZZ_CHECK(settings.url_count <= ATS_SCHEMA_REGISTRY_URLS_MAX);
    for (size_t i = 0; i < settings.url_count; i++) {
        const char *url = settings.urls[i];
        FUZZ_CHECK(strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
        FUZZ_CHECK(!strpbrk(url, "@?#,\n\r \t\""));
    }
    ats_schema_registry_settings_fini(&settings);
    return 0;
}
