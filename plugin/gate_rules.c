/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/gate_rules.h"

static void tell_of_rules(const struct ats_gate *gate, const struct ats_broker_rules *rules)
{
    if (rules->per_listener && ats_gate_observes(gate))
        ats_log_event(gate->log, ATS_LOG_WARNING, "gate.listener-ungoverned",
                      "listeners=%u hint=\"mode enforce does not start with per_listener_settings: "
                      "listeners without the plugin would be governed by nobody\"",
                      rules->ungoverned);
    if (rules->plugins > 1)
        ats_log_event(gate->log, ATS_LOG_WARNING, "gate.other-plugins",
                      "plugins=%u hint=\"name this plugin first: what one before it lets in is not "
                      "asked of it, and what plugins publish themselves passes every check\"",
                      rules->plugins);
}

/* Settings with which some would pass us by. Whom a certificate or a pre-shared key names the broker lets in without asking: nobody
   would then hold client ids and `exclusive`. */
static enum ats_status check_rules(const struct ats_gate *gate,
                                   const struct ats_broker_rules *rules, struct ats_error *err)
{
    if (rules->per_listener)
        return ats_error_set(
            err, ATS_ERR_CONFIG,
            "%s: per_listener_settings true is not allowed beside this plugin (listeners that do "
            "not load it would be governed by nobody, and Mosquitto 2.0.11 then gives it no time "
            "to "
            "close connections); set it to false, or try with plugin_opt_mode observe",
            gate->rules_file);
    if (!rules->certificate_names)
        return ATS_OK;
    return ats_error_set(err, ATS_ERR_CONFIG,
                         "%s: use_identity_as_username and use_subject_as_username are not allowed "
                         "beside this plugin (with them the broker asks no plugin who may connect)",
                         gate->rules_file);
}

/* Where it enforces, what cannot be read whole may hold such a setting, and is refused like one. */
static enum ats_status read_rules(const struct ats_gate *gate, struct ats_broker_rules *ret_rules,
                                  struct ats_error *err)
{
    struct ats_error why = {0};
    enum ats_status status = ATS_ERR_NOT_FOUND;
    *ret_rules = (struct ats_broker_rules){0};
    if (gate->rules_file)
        status = ats_broker_rules_read(gate->rules_file, ret_rules, &why);
    else
        (void)ats_error_set(&why, status, "no -c FILE in the command line of the broker");
    if (status != ATS_OK && !ats_gate_observes(gate))
        return ats_error_set(err, ATS_ERR_CONFIG,
                             "%s: the broker's user must be able to read the broker's "
                             "configuration, all of it: it may hold settings with which some would "
                             "pass this plugin by",
                             why.text);
    tell_of_rules(gate, ret_rules);
    if (gate->options.broker_rules != ATS_GATE_RULES_AUTO)
        ret_rules->open_access = ret_rules->open_names =
            gate->options.broker_rules == ATS_GATE_RULES_OPEN;
    else if (status != ATS_OK || ret_rules->per_listener)
        ats_log_event(gate->log, ATS_LOG_WARNING, "gate.broker-rules-unknown",
                      "reason=\"%s\" hint=\"set plugin_opt_broker_rules to defer or open\"",
                      status == ATS_OK ? "per_listener_settings is set" : why.text);
    return ats_gate_observes(gate) ? ATS_OK : check_rules(gate, ret_rules, err);
}

enum ats_status ats_gate_rules_begin(struct ats_gate *gate, struct ats_error *err)
{
    enum ats_status status = read_rules(gate, &gate->rules, err);
    gate->tls = gate->rules.tls;
    return status;
}

void ats_gate_rules_again(struct ats_gate *gate)
{
    struct ats_error err = {0};
    struct ats_broker_rules rules;
    if (read_rules(gate, &rules, &err) == ATS_OK)
        gate->rules = rules;
    else
        ats_log_event(
            gate->log, ATS_LOG_ERROR, "gate.broker-rules-refused",
            "reason=\"%s\" hint=\"the rules of before go on, and the next start is refused\"",
            err.text);
}
