/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file.h"
#include "tests/unit/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[96];

static void set_up(void)
{
    scratch_folder(folder, sizeof(folder), "ats-file");
    (void)snprintf(path, sizeof(path), "%s/file", folder);
}

static void tear_down(void)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(file, .init = set_up, .fini = tear_down);

static size_t files_in_folder(void)
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    cr_assert_not_null(dir);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += entry->d_name[0] != '.';
    (void)closedir(dir);
    return count;
}

static mode_t mode_of(const char *file)
{
    struct stat st;
    cr_assert_eq(stat(file, &st), 0);
    return st.st_mode & 07777;
}

static void assert_holds(const char *text)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 100000);
    cr_assert_eq(ats_file_read(path, &buf, NULL), ATS_OK);
    cr_assert(ats_span_is(ats_buf_span(&buf), text));
    ats_buf_fini(&buf);
}

Test(file, is_read_as_it_was_written)
{
    static char text[70001];
    memset(text, 'x', sizeof(text) - 1);
    cr_assert_eq(ats_file_write(path, ats_span_text(text), 0640, NULL), ATS_OK);
    assert_holds(text);
    cr_assert_eq(mode_of(path), 0640);
    cr_assert_eq(files_in_folder(), 1, "nothing temporary stays");
}

Test(file, writing_replaces_contents_and_mode)
{
    cr_assert_eq(ats_file_write(path, ats_span_text("old"), 0600, NULL), ATS_OK);
    cr_assert_eq(ats_file_write(path, ats_span_text("new"), 0644, NULL), ATS_OK);
    assert_holds("new");
    cr_assert_eq(mode_of(path), 0644);
}

Test(file, creating_never_replaces)
{
    struct ats_error err;
    cr_assert_eq(ats_file_create(path, ats_span_text("first"), 0600, NULL), ATS_OK);
    cr_assert_eq(mode_of(path), 0600);
    cr_assert_eq(ats_file_create(path, ats_span_text("second"), 0600, &err), ATS_ERR_EXISTS);
    cr_assert_not_null(strstr(err.text, path));
    assert_holds("first");
    cr_assert_eq(files_in_folder(), 1);
}

Test(file, an_empty_one_can_be_written_and_read)
{
    cr_assert_eq(ats_file_write(path, ats_span_of(NULL, 0), 0600, NULL), ATS_OK);
    assert_holds("");
}

Test(file, a_missing_one_is_not_found)
{
    struct ats_buf buf;
    struct ats_error err;
    ats_buf_init(&buf, 100);
    cr_assert_eq(ats_file_read(path, &buf, &err), ATS_ERR_NOT_FOUND);
    cr_assert_not_null(strstr(err.text, path));
    ats_buf_fini(&buf);
}

Test(file, one_of_the_maximum_size_fits_and_a_larger_one_does_not)
{
    struct ats_buf buf;
    struct ats_error err;
    cr_assert_eq(ats_file_write(path, ats_span_text("12345678"), 0600, NULL), ATS_OK);
    ats_buf_init(&buf, 8);
    cr_assert_eq(ats_file_read(path, &buf, NULL), ATS_OK);
    cr_assert_eq(buf.len, 8);
    ats_buf_fini(&buf);
    ats_buf_init(&buf, 7);
    cr_assert_eq(ats_file_read(path, &buf, &err), ATS_ERR_LIMIT);
    ats_buf_fini(&buf);
}

Test(file, a_folder_is_not_a_file)
{
    struct ats_buf buf;
    ats_buf_init(&buf, 100);
    cr_assert_eq(ats_file_read(folder, &buf, NULL), ATS_ERR_IO);
    ats_buf_fini(&buf);
}

Test(file, a_secret_that_others_may_read_is_refused)
{
    struct ats_buf buf;
    struct ats_error err;
    const mode_t modes[] = {0640, 0604, 0610, 0602, 0644};
    ats_buf_init(&buf, 100);
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        cr_assert_eq(ats_file_write(path, ats_span_text("s"), modes[i], NULL), ATS_OK);
        cr_assert_eq(ats_file_read_secret(path, &buf, &err), ATS_ERR_REFUSED);
        cr_assert_not_null(strstr(err.text, "0600"));
    }
    cr_assert_eq(ats_file_write(path, ats_span_text("s"), 0400, NULL), ATS_OK);
    cr_assert_eq(ats_file_read_secret(path, &buf, NULL), ATS_OK);
    ats_buf_fini(&buf);
}

Test(file, a_credential_of_systemd_comes_before_the_folders_file)
{
    struct ats_buf buf;
    char credentials[128], found[256];
    (void)snprintf(credentials, sizeof(credentials), "%s/credentials", folder);
    cr_assert_eq(mkdir(credentials, 0700), 0);
    cr_assert_eq(ats_file_secret_path(folder, "key", found, sizeof(found)), ATS_OK);
    cr_assert_null(strstr(found, "/credentials/"));
    cr_assert_eq(setenv("CREDENTIALS_DIRECTORY", credentials, 1), 0);
    cr_assert_eq(ats_file_secret_path(folder, "key", found, sizeof(found)), ATS_OK);
    cr_assert_null(strstr(found, "/credentials/"), "there is none of this name");
    (void)snprintf(found, sizeof(found), "%s/key", credentials);
    cr_assert_eq(ats_file_write(found, ats_span_text("s"), 0440, NULL), ATS_OK);
    cr_assert_eq(ats_file_secret_path(folder, "key", found, sizeof(found)), ATS_OK);
    cr_assert_not_null(strstr(found, "/credentials/key"), "%s", found);
    ats_buf_init(&buf, 100);
    cr_assert_eq(ats_file_read_secret(found, &buf, NULL), ATS_OK,
                 "an ACL shows as the group's mode");
    cr_assert_eq(chmod(found, 0444), 0);
    cr_assert_eq(ats_file_read_secret(found, &buf, NULL), ATS_ERR_REFUSED);
    cr_assert_eq(ats_file_secret_path(folder, "key", found, 10), ATS_ERR_LIMIT);
    cr_assert_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    (void)snprintf(found, sizeof(found), "%s/key", credentials);
    (void)unlink(found);
    (void)rmdir(credentials);
    ats_buf_fini(&buf);
}

/* Only root may turn into somebody who may not. */
Test(file, that_a_user_may_not_open_names_path_and_user)
{
    struct ats_error err = {0};
    struct ats_buf buf;
    char wanted[160];
    uid_t user = geteuid();
    const uid_t other = user == 0 ? 65534 : user;
    ats_buf_init(&buf, 100);
    cr_assert_eq(ats_file_write(path, ats_span_text("s"), 0000, NULL), ATS_OK);
    cr_assert_eq(chmod(folder, 0755), 0);
    cr_assert_eq(seteuid(other), 0);
    cr_assert_neq(ats_file_read(path, &buf, &err), ATS_OK);
    cr_assert_eq(seteuid(user), 0);
    (void)snprintf(wanted, sizeof(wanted), "%s as user %u: Permission denied", path, other);
    cr_assert_not_null(strstr(err.text, wanted), "%s", err.text);
    ats_buf_fini(&buf);
}

Test(file, writing_into_a_missing_folder_is_not_found)
{
    char missing[128];
    (void)snprintf(missing, sizeof(missing), "%s/none/file", folder);
    cr_assert_eq(ats_file_write(missing, ats_span_text("x"), 0600, NULL), ATS_ERR_NOT_FOUND);
}

Test(file, writing_over_a_folder_fails_and_leaves_nothing)
{
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_assert_eq(ats_file_write(path, ats_span_text("x"), 0600, NULL), ATS_ERR_IO);
    cr_assert_eq(ats_file_create(path, ats_span_text("x"), 0600, NULL), ATS_ERR_EXISTS);
    cr_assert_eq(files_in_folder(), 1);
}

Test(file, a_path_that_is_too_long_is_said_so)
{
    static char text[PATH_MAX + 10];
    memset(text, 'p', sizeof(text) - 1);
    cr_assert_eq(ats_file_write(text, ats_span_text("x"), 0600, NULL), ATS_ERR_LIMIT);
    cr_assert_eq(ats_file_make_folder(text, 0700, NULL), ATS_ERR_LIMIT);
    cr_assert_eq(ats_file_make_folder("", 0700, NULL), ATS_ERR_LIMIT);
}

Test(file, makes_a_folder_and_those_above_it)
{
    char deep[128];
    (void)snprintf(deep, sizeof(deep), "%s/a//b/c/", folder);
    cr_assert_eq(ats_file_make_folder(deep, 0750, NULL), ATS_OK);
    cr_assert_eq(ats_file_make_folder(deep, 0750, NULL), ATS_OK, "it is there already");
    cr_assert_eq(mode_of(deep), 0750);
}

Test(file, a_file_is_not_a_folder)
{
    struct ats_error err;
    char below[128];
    cr_assert_eq(ats_file_write(path, ats_span_text("x"), 0600, NULL), ATS_OK);
    cr_assert_eq(ats_file_make_folder(path, 0700, &err), ATS_ERR_IO);
    cr_assert_not_null(strstr(err.text, "not a folder"));
    (void)snprintf(below, sizeof(below), "%s/b", path);
    cr_assert_eq(ats_file_make_folder(below, 0700, NULL), ATS_ERR_IO);
}
