/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call answers. A status has a class, which says what the caller can do about it; text for
 * people is made only at the edges (see error.h).
 */
#ifndef ATS_BASE_STATUS_H
#define ATS_BASE_STATUS_H

#define ATS_MUST_USE __attribute__((warn_unused_result))
#define ATS_PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

enum ats_status {
    ATS_OK = 0,
    /* Retry: the same call may succeed later. */
    ATS_ERR_AGAIN,       /* nothing there now, or a queue is full */
    ATS_ERR_UNAVAILABLE, /* a service does not answer */
    /* Drop: this input is bad, others are not affected. */
    ATS_ERR_MALFORMED, /* cannot be read at all */
    ATS_ERR_INVALID,   /* can be read, breaks a rule */
    ATS_ERR_LIMIT,     /* exceeds a limit of limits.h or of the configuration */
    ATS_ERR_REFUSED,   /* a proof, signature or scope does not hold */
    ATS_ERR_NOT_FOUND,
    ATS_ERR_EXISTS,
    /* Fatal: the part that called cannot go on. */
    ATS_ERR_MEMORY,
    ATS_ERR_IO,
    ATS_ERR_DISK, /* full or broken: another file or folder there would not do better */
    ATS_ERR_CORRUPT,
    ATS_ERR_CONFIG,
    ATS_ERR_FENCED, /* another instance has taken over */
    ATS_ERR_INTERNAL,
};

enum ats_status_class { ATS_CLASS_OK, ATS_CLASS_RETRY, ATS_CLASS_DROP, ATS_CLASS_FATAL };

enum ats_status_class ats_status_class(enum ats_status status);
/* A stable short name such as "malformed". */
const char *ats_status_name(enum ats_status status);
/* What a file, folder or device said: NOT_FOUND, MEMORY, DISK, else IO. */
enum ats_status ats_status_of_errno(int error);

#endif
