/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a fuzz target each file of its corpus once, where there is no libFuzzer. */
#include "common/base/buf.h"
#include "common/base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of exactly its size, so that a sanitizer sees each byte read beyond. */
static void run_exact(struct ats_span input)
{
    uint8_t *exact = malloc(input.len > 0 ? input.len : 1);
    if (!exact)
        abort();
    if (input.len > 0)
        memcpy(exact, input.data, input.len);
    (void)LLVMFuzzerTestOneInput(exact, input.len);
    free(exact);
}

static bool run(const char *name)
{
    char path[1024];
    struct ats_buf text;
    struct ats_error err = {.text = ""};
    (void)snprintf(path, sizeof(path), "%s/%s", ATS_CORPUS, name);
    ats_buf_init(&text, INPUT_MAX);
    bool good = ats_file_read(path, &text, &err) == ATS_OK;
    if (good)
        run_exact(ats_buf_span(&text));
    else
        (void)fprintf(stderr, "%s\n", err.text);
    ats_buf_fini(&text);
    return good;
}

int main(void)
{
    int files = 0;
    bool good = true;
    DIR *folder = opendir(ATS_CORPUS);
    for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry;
         entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        good = run(entry->d_name) && good;
        files++;
    }
    if (folder)
        (void)closedir(folder);
    (void)printf("%d files\n", files);
    return good && files > 0 ? 0 : 1;
}
