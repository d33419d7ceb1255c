# SPDX-License-Identifier: Apache-2.0
# Keeps newly installed packages from starting or enabling services (Debian's mosquitto starts a broker on 1883),
# for scripts/setup.
# shellcheck shell=bash

POLICY=/usr/sbin/policy-rc.d
POLICY_SAVED=/usr/sbin/policy-rc.d.before-attestream
POLICY_MARK="attestream: temporary, while scripts/setup installs packages"
services_held=

# Prints what starts at boot: systemd's wants and the S links of SysV (one line for each service, without the run level).
enabled_services() {
    {
        find /etc/systemd/system -path '*.wants/*.service' -printf 'systemd %f\n' 2>/dev/null || true
        find /etc/rc[2-5].d -name 'S*' -printf 'sysv %f\n' 2>/dev/null | sed 's/ S[0-9][0-9]/ /' || true
    } | LC_ALL=C sort -u
}

# A run that was killed (SIGKILL) has left its policy file: it must not stay.
restore_after_killed_run() {
    if grep -qsF "$POLICY_MARK" "$POLICY"; then
        services_held=yes
        restore_service_policy
    fi
}

# While held, invoke-rc.d and deb-systemd-invoke start nothing.
hold_services() {
    services_held=yes
    if [ -e "$POLICY" ]; then as_root mv "$POLICY" "$POLICY_SAVED"; fi
    printf '#!/bin/sh\n# %s\nexit 101\n' "$POLICY_MARK" >"$TEMP/policy-rc.d"
    as_root install -m 0755 "$TEMP/policy-rc.d" "$POLICY"
    enabled_services >"$TEMP/enabled.before"
}

restore_service_policy() {
    [ -n "$services_held" ] || return 0
    services_held=
    as_root rm -f "$POLICY"
    if [ -e "$POLICY_SAVED" ]; then as_root mv "$POLICY_SAVED" "$POLICY"; fi
}

release_services() {
    local kind name
    restore_service_policy
    enabled_services >"$TEMP/enabled.after"
    while read -r kind name; do
        say "packages: $name would start at boot now ($kind): disabled"
        case $kind in
        systemd) logged as_root systemctl disable "$name" || logged as_root find /etc/systemd/system -path "*.wants/$name" -delete ;;
        sysv) logged as_root update-rc.d "$name" disable ;;
        esac
    done < <(LC_ALL=C comm -13 "$TEMP/enabled.before" "$TEMP/enabled.after")
}
