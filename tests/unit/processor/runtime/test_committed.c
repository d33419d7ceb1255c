/* SPDX-License-Identifier: Apache-2.0 */
#include "processor/runtime/worker_internal.h"

#include <criterion/criterion.h>

Test(committed, is_not_asked_for_again_where_kafka_refuses_for_good)
{
    static const rd_kafka_resp_err_t refusals[] = {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                                                   RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                                                   RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                                                   RD_KAFKA_RESP_ERR_INVALID_GROUP_ID,
                                                   RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION,
                                                   RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE,
                                                   RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
                                                   RD_KAFKA_RESP_ERR__AUTHENTICATION,
                                                   RD_KAFKA_RESP_ERR_INVALID_REQUEST,
                                                   RD_KAFKA_RESP_ERR__INVALID_ARG};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        cr_assert(ats_committed_is_refused(refusals[i]), "%s", rd_kafka_err2name(refusals[i]));
}

Test(committed, is_asked_for_again_where_that_can_help)
{
    static const rd_kafka_resp_err_t transient[] = {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
                                                    RD_KAFKA_RESP_ERR__TIMED_OUT,
                                                    RD_KAFKA_RESP_ERR__TRANSPORT,
                                                    RD_KAFKA_RESP_ERR__WAIT_COORD,
                                                    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                                                    RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                                                    RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
                                                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                                                    RD_KAFKA_RESP_ERR__BAD_MSG,
                                                    RD_KAFKA_RESP_ERR_UNKNOWN};
    for (size_t i = 0; i < sizeof(transient) / sizeof(transient[0]); i++)
        cr_assert_not(ats_committed_is_refused(transient[i]), "%s",
                      rd_kafka_err2name(transient[i]));
}

Test(committed, names_a_transaction_only_where_kafka_does)
{
    cr_assert_not_null(
        strstr(ats_committed_waits_for(RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT), "transaction"));
    cr_assert_null(strstr(ats_committed_waits_for(RD_KAFKA_RESP_ERR__TIMED_OUT), "transaction"));
    cr_assert_null(strstr(ats_committed_waits_for(RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE),
                          "transaction"));
}
