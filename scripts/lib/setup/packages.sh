# SPDX-License-Identifier: Apache-2.0
# Debian's packages, for scripts/setup.
# shellcheck shell=bash

# One entry per need; alternatives are separated by | (releases name some packages differently), the first one that is
# installed or to be had serves.
PACKAGES_DEMO=(
    gcc libc6-dev cmake ninja-build "pkg-config|pkgconf"
    mosquitto mosquitto-clients mosquitto-dev libmosquitto-dev
    librdkafka-dev libavro-dev libsodium-dev liblmdb-dev libjansson-dev libyaml-dev libmicrohttpd-dev libcurl4-openssl-dev libssl-dev zlib1g-dev uthash-dev
    # A JDK and not a JRE: the tests' judge is Java source, which is compiled here.
    "openjdk-17-jdk-headless|openjdk-21-jdk-headless|default-jdk-headless"
    maven
    python3 python3-paho-mqtt python3-jsonschema python3-cryptography python3-yaml python3-avro
    python3-confluent-kafka
    ca-certificates curl procps
)
PACKAGES_TEST=(
    clang clang-format clang-tidy
    "libclang-rt-dev|libclang-rt-19-dev|libclang-rt-14-dev"
    libcriterion-dev python3-venv
    # The device library is compiled for a microcontroller too.
    gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
    # What `bench contracts` compares with; the library is C++.
    g++ libsimdjson-dev
)

# Prints the entries that no installed package serves.
missing_packages() {
    local entry name served installed
    installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^.i  *//p')
    for entry in "$@"; do
        served=
        for name in ${entry//|/ }; do
            if grep -qxF "$name" <<<"$installed"; then served=yes; fi
        done
        [ -n "$served" ] || printf '%s\n' "$entry"
    done
}

# Prints the first alternative of an entry that apt can install, nothing if there is none.
candidate_of() {
    local name candidate
    for name in ${1//|/ }; do
        candidate=$(apt-cache policy "$name" 2>/dev/null | sed -n 's/^  Candidate: //p')
        if [ -n "$candidate" ] && [ "$candidate" != "(none)" ]; then
            printf '%s\n' "$name"
            return
        fi
    done
}

install_packages() {
    local entry name names=() unknown=()
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        missing "packages: $*" "run scripts/setup as root, or install sudo"
    fi
    say "packages: reading the package lists"
    as_root true || missing "root's rights for: $*" "run scripts/setup as root once"
    logged as_root apt-get -q update || say "packages: the lists could not all be renewed (see .cache/setup.log)"
    for entry in "$@"; do
        name=$(candidate_of "$entry")
        if [ -n "$name" ]; then names+=("$name"); else unknown+=("${entry//|/ or }"); fi
    done
    if [ ${#unknown[@]} -gt 0 ]; then
        missing "packages: ${unknown[*]}" "this machine's apt sources do not offer them (Debian 12 or 13, component main); check /etc/apt and the network"
    fi
    say "packages: installing ${names[*]}"
    hold_services
    if ! logged as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-remove --no-install-recommends install "${names[@]}"; then
        log_tail
        missing "packages: ${names[*]}" "mend what apt-get says above, or run: apt-get install ${names[*]}"
    fi
    release_services
}

set_up_packages() {
    local entries=("${PACKAGES_DEMO[@]}") lacking=()
    [ "$1" = test ] && entries+=("${PACKAGES_TEST[@]}")
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        missing "Debian's package tools" "run on Debian 12 or 13, or install by hand what stands in scripts/lib/setup/packages.sh"
    fi
    mapfile -t lacking < <(missing_packages "${entries[@]}")
    if [ ${#lacking[@]} -gt 0 ]; then
        install_packages "${lacking[@]}"
        mapfile -t lacking < <(missing_packages "${entries[@]}")
        [ ${#lacking[@]} -eq 0 ] || missing "packages: ${lacking[*]}" "apt-get took them but they are not there: see .cache/setup.log"
    fi
    say "packages: all ${#entries[@]} are there"
}
