# SPDX-License-Identifier: Apache-2.0
# A second, newer Mosquitto beside the system's own, for scripts/setup: unpacked, not installed.
# shellcheck shell=bash

BACKPORT=2.0.21
BACKPORT_FOLDER=$CACHE/mosquitto-$BACKPORT

# Mosquitto's -h ends with exit code 3.
backport_runs() {
    local help
    [ -x "$BACKPORT_FOLDER/usr/sbin/mosquitto" ] || return 1
    help=$("$BACKPORT_FOLDER/usr/sbin/mosquitto" -h 2>/dev/null || true)
    [[ $help == *"version $BACKPORT"* ]]
}

# apt with the backports source alone, in a folder of its own: the system's sources and lists stay as they are.
apt_beside() {
    local tool=$1
    shift
    "$tool" -q -o Dir::Etc::sourcelist="$TEMP/apt/backports.sources" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$TEMP/apt/lists" \
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Cache::archives="$TEMP/apt/archives" \
        -o Acquire::Languages=none -o APT::Sandbox::User= "$@"
}

download_backport() {
    local suite=$1 version
    mkdir -p "$TEMP/apt/lists/partial" "$TEMP/apt/archives/partial"
    if ! /usr/bin/python3 "$ROOT/scripts/lib/setup/backports_source.py" "$suite" >"$TEMP/apt/backports.sources" 2>>"$LOG"; then
        missing "an apt source with ${suite%-backports}, component main" "add Debian's own source to /etc/apt/sources.list (only its address is used)"
    fi
    say "Mosquitto $BACKPORT: downloading from $suite"
    if ! logged apt_beside apt-get -o APT::Update::Error-Mode=any update; then
        log_tail
        missing "Mosquitto $BACKPORT" "let this machine reach its Debian mirror, which must offer $suite"
    fi
    version=$(apt_beside apt-cache madison mosquitto 2>>"$LOG" | awk -F'|' '{ gsub(/ /, "", $2); print $2 }' | grep -m1 "^$BACKPORT" || true)
    [ -n "$version" ] || missing "Mosquitto $BACKPORT" "$suite on this machine's mirror has another version"
    if ! (cd "$TEMP/apt" && logged apt_beside apt-get download "mosquitto=$version"); then
        log_tail
        missing "Mosquitto $version" "see .cache/setup.log"
    fi
    rm -rf "$BACKPORT_FOLDER" "$BACKPORT_FOLDER.new"
    logged dpkg -x "$TEMP"/apt/mosquitto_*.deb "$BACKPORT_FOLDER.new"
    dpkg-deb -f "$TEMP"/apt/mosquitto_*.deb Depends >"$BACKPORT_FOLDER.new/depends"
    mv "$BACKPORT_FOLDER.new" "$BACKPORT_FOLDER"
}

# The packages that the unpacked one depends on, as entries for missing_packages: "a (>= 1), b | c" is a and b|c.
backport_needs() { tr ',' '\n' <"$BACKPORT_FOLDER/depends" | sed 's/([^)]*)//g; s/:any//g; s/ //g'; }

set_up_backport() {
    local own needs=() lacking=()
    own=$(dpkg-query -W -f '${Version}' mosquitto)
    if dpkg --compare-versions "$own" ge "$BACKPORT"; then
        say "Mosquitto $BACKPORT: not needed, this machine's own is $own"
        return
    fi
    if [ ! -e "$BACKPORT_FOLDER/depends" ]; then
        download_backport "$(. /etc/os-release && printf '%s-backports' "$VERSION_CODENAME")"
    fi
    mapfile -t needs < <(backport_needs)
    mapfile -t lacking < <(missing_packages "${needs[@]}")
    [ ${#lacking[@]} -eq 0 ] || install_packages "${lacking[@]}"
    backport_runs || missing "a Mosquitto $BACKPORT that runs" "remove $BACKPORT_FOLDER and run scripts/setup again"
    say "Mosquitto $BACKPORT: in ${BACKPORT_FOLDER#"$ROOT"/}"
}
