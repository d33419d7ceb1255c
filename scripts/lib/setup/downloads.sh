# SPDX-License-Identifier: Apache-2.0
# What comes from package registries through their ordinary clients, for scripts/setup. Each part is made in a new folder and
# moved into place whole; a file beside it holds the digest of what it was made from.
# shellcheck shell=bash

# made_from FOLDER FILE [MORE]: whether the folder was made from this file (and this further text).
made_from() { [ -d "$1" ] && [ "$(cat "$1.made-from" 2>/dev/null)" = "$(digest "$2" "${3-}")" ]; }
digest() { { cat "$1" && printf '%s' "${2-}"; } | sha256sum | cut -d' ' -f1; }

# put NEW FOLDER FILE [MORE]
put() {
    rm -rf "$2" "$2.made-from"
    mv "$1" "$2"
    digest "$3" "${4-}" >"$2.made-from"
}

# fetch_jars POM LIB WHAT HOW: what the POM names, with all that it needs.
fetch_jars() {
    made_from "$2" "$1" && return
    say "$3: Maven fetches it into ${2#"$ROOT"/}"
    rm -rf "$2.new"
    mkdir -p "$(dirname "$2")"
    if ! logged mvn -B -ntp -f "$1" \
        org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$2.new"; then
        log_tail
        missing "$3" "let Maven reach its repository (a proxy or mirror goes into ~/.m2/settings.xml)$4"
    fi
    put "$2.new" "$2" "$1"
}

set_up_kafka() {
    local pom=$ROOT/scripts/kafka/pom.xml lib=$CACHE/kafka/lib
    fetch_jars "$pom" "$lib" "Apache Kafka" ", or set ATS_KAFKA_BOOTSTRAP or ATS_KAFKA_CONFIG to a cluster for ./scripts/demo"
    say "Kafka: $(sed -n 's/.*<kafka.version>\(.*\)<.*/\1/p' "$pom") in ${lib#"$ROOT"/}"
}

# Avro's Java library, which the tests hold ours against.
set_up_avro() {
    local pom=$ROOT/scripts/avro/pom.xml lib=$CACHE/avro/lib
    fetch_jars "$pom" "$lib" "Apache Avro for Java" ""
    say "Avro: $(sed -n 's/.*<avro.version>\(.*\)<.*/\1/p' "$pom") for Java in ${lib#"$ROOT"/}"
}

set_up_venv() {
    local wanted=$ROOT/scripts/lib/requirements.txt venv=$CACHE/venv python
    python=$(readlink -f /usr/bin/python3)
    if ! made_from "$venv" "$wanted" "$python $ROOT"; then
        say "Python: pip fetches the stock Avro deserializer into ${venv#"$ROOT"/}"
        # A venv knows its own path, so this one is made in place.
        rm -rf "$venv" "$venv.made-from"
        logged /usr/bin/python3 -m venv --system-site-packages "$venv"
        if ! logged "$venv/bin/python" -m pip install --disable-pip-version-check -r "$wanted"; then
            log_tail
            rm -rf "$venv"
            missing "the Python packages of scripts/lib/requirements.txt" "let pip reach its index (a proxy or mirror goes into pip.conf)"
        fi
        digest "$wanted" "$python $ROOT" >"$venv.made-from"
    fi
    say "Python: stock Avro deserializer in ${venv#"$ROOT"/}"
}

# Debian's npm is four hundred packages, so it is used only where somebody has one; without it a few checks are skipped.
# set_up_node NAME WHAT: what tests/NAME/package-lock.json locks.
set_up_node() {
    local what=$2 from=$ROOT/tests/$1 made=$CACHE/$1
    if ! made_from "$made" "$from/package-lock.json"; then
        if ! command -v npm >/dev/null; then
            say "Node: $what is left out, there is no npm"
            return
        fi
        say "Node: npm fetches $what into ${made#"$ROOT"/}"
        rm -rf "$made.new"
        mkdir -p "$made.new"
        cp "$from/package.json" "$from/package-lock.json" "$made.new"
        if ! logged env -C "$made.new" npm ci --ignore-scripts --no-audit --no-fund; then
            log_tail
            rm -rf "$made.new"
            say "Node: $what is left out, npm does not reach it (a proxy or mirror goes into ~/.npmrc)"
            return
        fi
        put "$made.new" "$made" "$from/package-lock.json"
    fi
    say "Node: $what in ${made#"$ROOT"/}"
}
