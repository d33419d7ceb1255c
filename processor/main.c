/* SPDX-License-Identifier: Apache-2.0 */
/* attestream-processor: run (Kafka), replay (files), config (the options' reference and example). */
#include "common/base/buf.h"
#include "common/base/limits.h"
#include "common/base/parse.h"
#include "common/identity/key.h"
#include "processor/exit_code.h"
#include "processor/operators/dead_letter.h"
#include "processor/options.h"
#include "processor/replay.h"
#include "processor/runtime/metrics.h"
#include "processor/runtime/processor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: attestream-processor COMMAND [options]\n"
    "  run                 decide what arrives in Kafka, until SIGTERM or Ctrl-C\n"
    "  replay              decide what stands in a file, with the same code\n"
    "  config reference    the options of run as a table\n"
    "  config example      the options of run as a file for --config\n"
    "  config metrics      the metrics as a table\n"
    "  config dead-letters the rules of dead letters as a table\n"
    "attestream-processor COMMAND --help says more. --version prints the version.\n";

static void print(struct ats_buf *text)
{
    (void)fwrite(text->data, 1, text->len, stdout);
    ats_buf_fini(text);
}

static int fail(int code, const char *text)
{
    (void)fprintf(stderr, "attestream-processor: %s\n", text);
    return code;
}

/* ---- run ---- */

static void print_run_help(void)
{
    struct ats_buf text;
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    ats_buf_append_text(
        &text,
        "usage: attestream-processor run [--config FILE] [--NAME VALUE ...] [--print-config]\n"
        "Options, on the command line with - for _, or in the file:\n\n");
    ats_config_print_reference(ats_processor_properties, &text);
    ats_buf_append_text(&text, "\n" ATS_EXIT_CODES_HELP);
    print(&text);
}

/* Waits for a signal that asks to end; a second one while stopping ends at once. */
static void wait_for_signal(void)
{
    sigset_t set;
    int number = 0;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigwait(&set, &number);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Signals are taken by wait_for_signal() alone, so they are blocked before any thread is made. */
static void block_signals(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static int serve(const struct ats_processor_options *options,
                 const struct ats_config_values *values)
{
    struct ats_error err = {0};
    const char *option = NULL;
    struct ats_processor *processor = NULL;
    struct ats_log *log = ats_log_new(ats_log_to_stderr, NULL,
                                      (enum ats_log_level)options->log_level, &ats_clock_system);
    struct ats_processor_settings settings = {
        .kafka = {.config_file = options->kafka_config,
                  .bootstrap = options->kafka_bootstrap,
                  .topic_prefix = options->topic_prefix,
                  .client_id = "attestream-processor"},
        .fleet_folder = options->fleet,
        .state_folder = options->state_folder,
        .http_listen = options->http_listen,
        .workers = options->workers,
        .commit_interval_ms = options->commit_interval_ms,
        .commit_events_max = options->commit_events_max,
        .state_bytes_max = options->state_bytes_max,
        .session_timeout_ms = options->session_timeout_ms,
        .control_max_age_ms = options->control_max_age_ms,
        .log = log,
    };
    block_signals();
    enum ats_status status = ats_processor_start(&settings, &processor, &option, &err);
    if (status == ATS_OK) {
        wait_for_signal();
        ats_log_event(log, ATS_LOG_INFO, "processor.stopping", "reason=signal");
        ats_processor_stop(processor);
    }
    ats_log_free(log);
    if (option)
        ats_config_blame(ats_processor_properties, values, option, &err);
    return status == ATS_OK ? ATS_EXIT_DONE : fail(ats_exit_code(status, false), err.text);
}

static int run(int argc, char **argv)
{
    struct ats_processor_options options;
    struct ats_config_values values = {0};
    struct ats_error err = {0};
    int code = ATS_EXIT_DONE;
    enum ats_status status = ats_processor_options_parse(argc, argv, &options, &values, &err);
    if (status == ATS_ERR_AGAIN) {
        print_run_help();
    } else if (status == ATS_ERR_EXISTS) {
        struct ats_buf text;
        ats_buf_init(&text, ATS_DOCUMENT_MAX);
        ats_config_print(ats_processor_properties, &options, &text);
        print(&text);
    } else if (status != ATS_OK) {
        code = fail(ATS_EXIT_USAGE, err.text);
    } else {
        code = serve(&options, &values);
    }
    ats_config_values_fini(&values);
    return code;
}

/* ---- config ---- */

static int config(int argc, char **argv)
{
    struct ats_buf text;
    const char *what = argc == 1 ? argv[0] : "";
    ats_buf_init(&text, ATS_DOCUMENT_MAX);
    if (strcmp(what, "reference") == 0)
        ats_config_print_reference(ats_processor_properties, &text);
    else if (strcmp(what, "example") == 0)
        ats_config_print_example(ats_processor_properties, "", " = ", &text);
    else if (strcmp(what, "metrics") == 0)
        ats_metrics_print_reference(&text);
    else if (strcmp(what, "dead-letters") == 0)
        ats_dead_letters_print(&text);
    else
        return fail(ATS_EXIT_USAGE, "config: reference, example, metrics or dead-letters");
    print(&text);
    return ATS_EXIT_DONE;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (ats_identity_init() != ATS_OK)
        return fail(ATS_EXIT_FAILED, "cannot initialise libsodium");
    if (strcmp(command, "run") == 0)
        return run(argc - 2, argv + 2);
    if (strcmp(command, "replay") == 0)
        return ats_replay_main(argc - 1, argv + 1);
    if (strcmp(command, "config") == 0)
        return config(argc - 2, argv + 2);
    if (strcmp(command, "--version") == 0) {
        (void)puts("attestream-processor " ATS_VERSION);
        return ATS_EXIT_DONE;
    }
    static const char *const commands[] = {"run", "replay", "config", "help", NULL};
    const char *nearest = ats_nearest_name(command, commands);
    if (nearest && strcmp(command, nearest) != 0 && command[0] != '-') {
        (void)fprintf(stderr,
                      "attestream-processor: unknown command '%.64s' (did you mean '%s'?)\n",
                      command, nearest);
        return ATS_EXIT_USAGE;
    }
    bool help = strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 ||
                strcmp(command, "help") == 0;
    (void)fputs(usage, help ? stdout : stderr);
    return help ? ATS_EXIT_DONE : ATS_EXIT_USAGE;
}
