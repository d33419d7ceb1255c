# SPDX-License-Identifier: Apache-2.0
# Keeps newly installed packages from starting or enabling services (Debian's mosquitto starts a broker on 1883),
# for scripts/setup.
# shellcheck shell=bash

POLICY=/usr/sbin/policy-rc.d
POLICY_SAVED=/usr/sbin/policy-rc.d.before-attestream
POLICY_MARK="attestream: temporary, while scripts/setup installs packages"
services_held=

# Prints what starts at boot: systemd's wants and the S links of SysV.
enabled_services() {
    find /etc/systemd/system -path '*.wants/*.service' 2>/dev/null | sort
    find /etc/rc2.d /etc/rc3.d /etc/rc5.d -name 'S*' 2>/dev/null | sort
}

# While held, invoke-rc.d and deb-systemd-invoke start nothing. An earlier run that was killed may have left its own file.
hold_services() {
    if [ -e "$POLICY" ] && ! grep -qF "$POLICY_MARK" "$POLICY"; then
        as_root mv "$POLICY" "$POLICY_SAVED"
    fi
    services_held=yes
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
    local link name
    restore_service_policy
    enabled_services >"$TEMP/enabled.after"
    while read -r link; do
        name=$(basename "$link" .service | sed 's/^S[0-9][0-9]//')
        say "packages: $name would start at boot now: disabled"
        case $link in
        /etc/systemd/*) logged as_root systemctl disable "$name.service" || logged as_root rm -f "$link" ;;
        *) logged as_root update-rc.d "$name" disable || say "packages: could not disable $name" ;;
        esac
    done < <(comm -13 "$TEMP/enabled.before" "$TEMP/enabled.after" | awk -F/ '{ n = $NF; sub(/^S[0-9][0-9]/, "", n); sub(/\.service$/, "", n) } !seen[n]++')
}
