#!/usr/bin/env bash
# Every check of the repository, in stages. The last line it prints is "N passed, N failed, N skipped".
#
#   bash tools/test.sh                  all stages, in the order below
#   bash tools/test.sh lint rust        only these, in this order
#   bash tools/test.sh --list           their names
#   bash tools/test.sh power            losses of power and failing disks; mounts by FUSE, as root
#
#   SKIP=kill,simulate   leave these out; they are counted as skipped
#   KILLS=20             how often the kill stage kills a writer
#   LOSSES=12            how often the power stage cuts the power
#   SERVER_KILLS=3       how often the postgres stage kills the server
#   SEEDS=20 STEPS=2000  how much the simulate stage tries
#   STAGE_LIMIT=1800     seconds a stage may take where nobody is watching (no terminal)
#
# Whatever a stage needs and Debian packages is installed by apt, as root or through sudo, after
# saying so. Rust itself is not: Debian's is too old.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
cd "$(dirname "$self")/.."

# Cheap first: a slip in the formatting should not cost ten minutes of compiling.
stages=(format words audit lint rust stale python node swift postgres schedules print-shop simulate kill)
# Only where it is asked for by name: it mounts a file system by FUSE, which not every machine allows.
on_request=(power)
# These run tests, and one that closes without a single test has failed to do its work.
counting=(rust python node swift postgres schedules print-shop simulate kill power)

stage_format() { cargo fmt --all --check; }

stage_words() { bash tools/words.sh; }

stage_audit() {
    python3 tools/licences.py
    bash tools/crates.sh
}

stage_lint() {
    local crate
    for crate in tympan-vault tympan-store tympan-memory; do
        cmp "crates/tympan-core/clippy.toml" "crates/$crate/clippy.toml"
    done
    cargo clippy --locked --workspace --all-targets -- -D warnings
    # Programs that a plain build leaves out.
    cargo clippy --locked --package tympan-sim --features postgres,power --bins --lib -- -D warnings
}

stage_rust() {
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --locked --workspace --exclude tympan-postgres
    else
        echo "cargo-nextest is not here: cargo test runs the same tests, more slowly"
        cargo test --locked --workspace --exclude tympan-postgres --lib --bins --tests --examples
    fi
    # nextest runs no documentation tests.
    cargo test --locked --workspace --doc
    bash tools/broken-scenarios.sh cargo test --locked --package tympan-surface --test scenarios
    bash tools/first-program.sh cargo run --quiet --locked --package tympan --example first_program
}

stage_stale() { cargo xtask docs --check && cargo xtask bindgen --check; }

stage_python() { bash tools/python.sh; }

stage_node() { bash tools/node.sh; }

# A server of its own, or the one that DATABASE_URL names.
stage_postgres() {
    bash tools/with-postgres.sh bash tools/test.sh --inner on-postgres
}

stage_on_postgres() {
    local run=(cargo test --locked --package tympan-postgres)
    if cargo nextest --version >/dev/null 2>&1; then
        run=(cargo nextest run --locked --package tympan-postgres)
    fi
    "${run[@]}"
    TYMPAN_SCENARIO_STORE=postgres cargo test --locked --package tympan-surface --test scenarios
    # And once more over encrypted connections, where the server has them.
    [ -z "${TYMPAN_TLS_URL:-}" ] || TYMPAN_ADDRESS=$TYMPAN_TLS_URL "${run[@]}" --test conformance
    # Several processes while the server is killed, where it is ours to kill.
    [ -z "${TYMPAN_PG_SERVER:-}" ] ||
        cargo run --locked --package tympan-sim --features postgres --bin bank -- --kills "${SERVER_KILLS:-3}"
}

# Compiled and run in a Debian that has Swift, which is made when there is none yet.
stage_swift() { TYMPAN_SCENARIO_STORE=postgres bash tools/with-postgres.sh bash tools/swift.sh test; }

# An optimised build, since it is asked some ten million times when something is due.
stage_schedules() {
    cargo build --locked --release --package tympan-core --example due
    python3 crates/tympan-core/tests/schedule_oracle.py "$(target_folder)/release/examples/due"
}

stage_print_shop() {
    cargo build --locked --release --package print-shop
    python3 examples/print-shop/tests/against_oracle.py "$(target_folder)/release/print-shop"
}

stage_simulate() {
    local seeds=${SEEDS:-20} simulate=(--locked --release --package tympan-sim --bin simulate)
    cargo run "${simulate[@]}" -- --seeds "$seeds" --steps "${STEPS:-2000}"
    cargo run "${simulate[@]}" -- --seeds "$seeds" --steps "${STEPS:-2000}" --faults
    cargo run "${simulate[@]}" -- --seeds $(((seeds + 4) / 5)) --steps "${STEPS:-2000}" --clients 4
    cargo run "${simulate[@]}" -- --seeds $(((seeds + 4) / 5)) --steps "${STEPS:-2000}" --clients 4 --faults
}

stage_kill() {
    local kills=${KILLS:-20} kill=(--locked --release --package tympan-sim --bin kill)
    cargo run "${kill[@]}" -- --kills "$kills"
    cargo run "${kill[@]}" -- --kills $(((kills + 3) / 4)) --processes 3
}

stage_power() {
    local power=(--locked --release --package tympan-sim --features power)
    cargo test "${power[@]}" --lib disk
    cargo run "${power[@]}" --bin power -- --losses "${LOSSES:-12}"
}

target_folder() {
    cargo metadata --format-version 1 --no-deps |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])'
}

# --- what a stage needs ----------------------------------------------------------------------

# Prints what the machine lacks for the stage: a Debian package per line, or "!" and a sentence
# for what no package brings.
lacks() {
    case $1 in
    words) have_git ;;
    audit) have_cargo && have_python && have_certificates ;;
    format) have_cargo && have_component fmt rustfmt ;;
    lint) have_cargo && have_component clippy clippy && have_compiler && have_certificates ;;
    schedules | print-shop) have_cargo && have_compiler && have_certificates && have_python ;;
    python) have_cargo && have_compiler && have_certificates && have_python && have_venv && have_postgres ;;
    node) have_cargo && have_compiler && have_certificates && have_python && have_node && have_postgres ;;
    postgres) have_cargo && have_compiler && have_certificates && have_python && have_postgres ;;
    swift) have_cargo && have_compiler && have_certificates && have_python && have_debootstrap && have_postgres ;;
    rust) have_cargo && have_compiler && have_certificates && have_python ;;
    *) have_cargo && have_compiler && have_certificates ;;
    esac
}

have_git() { command -v git >/dev/null || echo git; }
have_cargo() { command -v cargo >/dev/null || echo "! cargo is missing: install Rust 1.89 or later"; }
have_component() {
    cargo "$1" --version >/dev/null 2>&1 ||
        echo "! cargo $1 is missing: rustup component add $2"
}
have_compiler() { # the linker of rustc, and what compiles the SQLite that rusqlite brings
    command -v cc >/dev/null || echo gcc
    echo '#include <stdio.h>' | cc -E -x c - >/dev/null 2>&1 || echo libc6-dev
}
have_certificates() {
    [ -s "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" ] || echo ca-certificates
}
have_python() { # 3.11 for tomllib; the oracles ask for real time zones
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || echo python3
    python3 -c 'import zoneinfo; zoneinfo.ZoneInfo("Europe/Berlin")' 2>/dev/null ||
        { [ -e /usr/share/zoneinfo/Europe/Berlin ] || echo tzdata; }
}

have_venv() { # Debian keeps what makes an environment in a package of its own
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

have_node() { # 20.11 and npm; bookworm's own is older
    command -v npm >/dev/null || echo npm
    command -v node >/dev/null || { echo nodejs; return; }
    node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 20 || (major === 20 && minor >= 11) ? 0 : 1);' ||
        echo "! node is older than 20.11: install a later one"
}

have_debootstrap() { # for the root of tools/swift-root.sh, as long as it is not complete
    [ -e "${TYMPAN_SWIFT_ROOT:-/var/tmp/tympan-swift-root}/.complete" ] || command -v debootstrap >/dev/null ||
        echo debootstrap
}

have_postgres() {
    [ -n "${DATABASE_URL:-}${PG_BIN:-}" ] || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql
}

# Installs what the stage lacks; fails with a sentence where it cannot.
provide() {
    local missing packages
    missing=$(lacks "$1" || true)
    if grep '^!' <<<"$missing" >&2; then return 1; fi
    packages=$(sort -u <<<"$missing" | xargs)
    [ -n "$packages" ] || return 0

    local as=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || { echo "missing: $packages; neither root nor sudo to install them" >&2; return 1; }
        as=(sudo)
    fi
    command -v apt-get >/dev/null || { echo "missing: $packages; no apt-get here, install them by hand" >&2; return 1; }
    echo "installing by apt: $packages"
    if [ -z "${apt_updated:-}" ]; then
        "${as[@]}" apt-get update -qq || return 1
        apt_updated=yes
    fi
    # shellcheck disable=SC2086 # a list of words
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        $packages >"$logs/apt" 2>&1 </dev/null || { tail -n 20 "$logs/apt" >&2; return 1; }

    missing=$(lacks "$1" || true)
    [ -z "$missing" ] || { echo "still missing after the installation: $(xargs <<<"$missing")" >&2; return 1; }
}

# --- counting --------------------------------------------------------------------------------

# Reads a stage's output and prints "passed failed skipped": every summary of nextest and of
# cargo test, and of the plain closing lines the last one.
count() {
    sed 's/\x1b\[[0-9;]*m//g; s/\r$//' "$1" | awk '
        function number(text, word,   at) {     # the number before the word
            if (!match(text, "[0-9]+ " word)) return 0
            return substr(text, RSTART, RLENGTH) + 0
        }
        /^ *Summary \[.*\] .*tests? run:/ {
            sub(/^.*tests? run:/, "")
            passed += number($0, "passed"); skipped += number($0, "skipped")
            failed += number($0, "failed") + number($0, "exec failed") + number($0, "timed out")
        }
        /^test result: / {
            passed += number($0, "passed"); failed += number($0, "failed"); skipped += number($0, "ignored")
        }
        /^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { plain = $0 }
        END {
            print passed + number(plain, "passed"), failed + number(plain, "failed"), skipped + number(plain, "skipped")
        }'
}

is_one_of() {
    local word=$1 other
    shift
    for other in "$@"; do [ "$word" = "$other" ] && return 0; done
    return 1
}

# --- the run ---------------------------------------------------------------------------------

if [ "${1:-}" = --list ]; then printf '%s\n' "${stages[@]}"; exit; fi
if [ "${1:-}" = --inner ]; then "stage_${2//-/_}"; exit; fi

asked=("$@")
[ $# -gt 0 ] || asked=("${stages[@]}")
for stage in "${asked[@]}"; do
    is_one_of "$stage" "${stages[@]}" "${on_request[@]}" ||
        { echo "no stage is called $stage; there are: ${stages[*]} ${on_request[*]}" >&2; exit 2; }
done
read -ra skip <<<"$(tr ',\n' '  ' <<<"${SKIP:-}")"
for stage in "${skip[@]}"; do
    is_one_of "$stage" "${stages[@]}" || echo "SKIP names $stage, and no stage is called so" >&2
done

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0 skipped=0 apt_updated='' table=''

# Someone at a terminal can see that a stage hangs, and interrupt it; elsewhere a limit does.
limit=()
if ! [ -t 0 ]; then limit=(timeout --kill-after=10 "${STAGE_LIMIT:-1800}"); fi

for stage in "${asked[@]}"; do
    if is_one_of "$stage" "${skip[@]}"; then
        echo "== $stage: skipped"
        skipped=$((skipped + 1))
        table+=$(printf '%-12s %7s  %s' "$stage" - skipped)$'\n'
        continue
    fi

    echo "== $stage"
    began=$SECONDS
    verdict=ok
    : >"$logs/$stage"
    if ! provide "$stage"; then
        verdict='FAILED: what it needs is missing'
    else
        "${limit[@]}" bash "$self" --inner "$stage" </dev/null 2>&1 | tee "$logs/$stage" || {
            case ${PIPESTATUS[0]} in
            124 | 137) verdict="FAILED: not done after ${STAGE_LIMIT:-1800} seconds" ;;
            *) verdict=FAILED ;;
            esac
        }
    fi

    read -r p f s <<<"$(count "$logs/$stage")"
    if [ "$verdict" = ok ] && [ "$f" -gt 0 ]; then verdict='FAILED: its own count says so'; fi
    if is_one_of "$stage" "${counting[@]}"; then
        if [ "$verdict" = ok ] && [ "$p" = 0 ]; then verdict='FAILED: it ran no test'; fi
    elif [ "$verdict" = ok ]; then
        p=1
    fi
    # A stage that broke without counting a failure (it did not compile, say) is one failure.
    if [ "$verdict" != ok ] && [ "$f" = 0 ]; then f=1; fi

    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    echo "== $stage: $verdict, $((SECONDS - began)) s"
    table+=$(printf '%-12s %7s  %s' "$stage" "$((SECONDS - began))" "$verdict")$'\n'
    [ "$verdict" = ok ] || break
done

printf '\n%-12s %7s\n%s%-12s %7s\n\n' stage seconds "$table" all "$SECONDS"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
