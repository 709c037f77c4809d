#!/usr/bin/env bash
# Proves that a clone builds and passes its tests on a machine that has nothing: a minimal Debian
# bookworm with only this machine's Rust, Python 3 and Node in it.
#
#   bash tools/fresh.sh            both commands of the README, each in a root of its own
#   bash tools/fresh.sh test       only `bash tools/test.sh`
#   bash tools/fresh.sh print-shop only `cargo run --release -p print-shop`
#
#   TYMPAN_FRESH=FOLDER   where the roots live (default: under /var/tmp, outside the repository)
#   SKIP, KILLS, SEEDS, STEPS, STAGE_LIMIT are handed on to tools/test.sh
#
# Runs as root on Debian or a kin of it. Everything is mounted in a private mount namespace and
# gone with it. The base root is made once and kept; every command runs in a fresh layer over it,
# with an empty cargo home and no target directory, on a clone of HEAD: what is not committed is
# not seen.
#
# How package clients reach their registries is this machine's affair and is taken from it as it
# stands (apt's sources, pip's and npm's and cargo's configuration, certificates, proxies), bound
# read-only, so that nothing of it stays behind in the root.
# shellcheck disable=SC2030,SC2031 # a layer's variables live and die in the subshell of its command
set -euo pipefail

repository=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
fresh=${TYMPAN_FRESH:-/var/tmp/tympan-fresh}
suite=bookworm
base=$fresh/base

main() {
    local commands=("$@") verdict=0 status began name
    [ $# -gt 0 ] || commands=(print-shop test)
    for name in "${commands[@]}"; do
        case $name in print-shop | test) ;; *) stop "no command is called $name: print-shop or test" ;; esac
    done
    [ "$(id -u)" = 0 ] || stop "run it as root: it makes a root file system and mounts into it"
    case $(readlink -m "$fresh")/ in "$repository"/*) stop "TYMPAN_FRESH lies inside the repository" ;; esac

    # Everything below happens in a mount namespace that dies with this process.
    if [ -z "${TYMPAN_FRESH_INSIDE:-}" ]; then
        export TYMPAN_FRESH_INSIDE=yes
        exec unshare --mount --propagation private bash "$0" "${commands[@]}"
    fi

    find_toolchains
    make_base
    git -C "$repository" diff --quiet HEAD -- || say "there are uncommitted changes: they are not part of this run"
    say "commit $(git -C "$repository" log -1 --format='%h %s')"

    local lines=()
    for name in "${commands[@]}"; do
        began=$SECONDS
        set +e # not as a condition: that would switch -e off inside
        in_fresh_layer "$name"
        status=$?
        set -e
        if [ "$status" = 0 ]; then
            lines+=("$name: works from nothing, $((SECONDS - began)) s")
        else
            lines+=("$name: FAILED, $((SECONDS - began)) s")
            verdict=1
        fi
    done
    printf '\n'
    printf '%s\n' "${lines[@]}"
    if [ $verdict = 0 ]; then echo "fresh machine: PASSED"; else echo "fresh machine: FAILED"; fi
    return $verdict
}

say() { printf '== %s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 2; }

# --- what the machine has --------------------------------------------------------------------

find_toolchains() {
    local program
    for program in rustc python3 node git; do
        command -v "$program" >/dev/null || stop "$program is missing on this machine"
    done
    rust=$(rustc --print sysroot)
    python=$(python3 -c 'import sys; print(sys.base_prefix)')
    node=$(node -p 'require("fs").realpathSync(process.execPath)')
    # Node's own modules lie beside its bin: npm is one of them.
    node_modules=$(dirname "$(dirname "$node")")/lib/node_modules
}

# The first address of the suite in apt's sources, of either format.
mirror() {
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
        awk -v suite="$suite" '
            $1 == "deb" {
                sub(/\[[^]]*\]/, "")
                if ($3 == suite) { print $2; exit }
            }
            $1 == "Types:" || NF == 0 { if (found && uri) { print uri; exit } uri = ""; found = 0 }
            $1 == "URIs:" { uri = $2 }
            $1 == "Suites:" { for (i = 2; i <= NF; i++) if ($i == suite) found = 1 }
            END { if (found && uri) print uri }' | head -n 1
}

# --- the base root ---------------------------------------------------------------------------

make_base() {
    if [ -e "$base/.complete" ]; then
        say "the base root is there: $base"
        return
    fi
    if ! command -v debootstrap >/dev/null; then
        say "installing debootstrap by apt"
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
    fi
    local from began=$SECONDS
    from=$(mirror)
    [ -n "$from" ] || stop "apt's sources on this machine have no $suite"
    say "making a minimal $suite in $base"
    rm -rf "$base"
    mkdir -p "$base"
    local more=()
    case $from in https:*) more=(--include=ca-certificates) ;; esac
    debootstrap --variant=minbase "${more[@]}" "$suite" "$base" "$from" >"$fresh/debootstrap.log" 2>&1 ||
        { tail -n 20 "$fresh/debootstrap.log" >&2; stop "debootstrap failed"; }
    # debootstrap wrote down where it took the packages from; the machine's own sources are bound
    # over this at every run.
    rm -f "$base/etc/apt/sources.list"
    rm -rf "$base/var/lib/apt/lists" "$base/var/cache/apt/archives"
    mkdir -p "$base/var/lib/apt/lists/partial" "$base/var/cache/apt/archives/partial"
    touch "$base/.complete"
    say "made in $((SECONDS - began)) s, $(du -sh "$base" | cut -f1)"
}

# --- one command in a fresh layer ------------------------------------------------------------

in_fresh_layer() (
    set -e
    local name=$1
    layer=$fresh/$name
    root=$layer/root
    say "$name: a fresh layer in $layer"
    rm -rf "$layer"
    mkdir -p "$root" "$layer/upper" "$layer/work"
    if ! mount -t overlay overlay -o "lowerdir=$base,upperdir=$layer/upper,workdir=$layer/work" "$root" 2>/dev/null; then
        say "no overlay here: copying the base root"
        cp -a "$base/." "$root/"
    fi
    trap 'leave' EXIT
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/run"

    bind_toolchains
    bind_configuration
    make_environment
    clone

    case $name in
    print-shop)
        # rustc alone does not link: this is what Rust's own installer asks for.
        run 'command -v cc >/dev/null || { echo "installing by apt: gcc libc6-dev ca-certificates";
             apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev ca-certificates >/dev/null 2>&1; }' || return 1
        run 'time cargo run --release -p print-shop'
        ;;
    test)
        run 'time bash tools/test.sh'
        ;;
    esac
)

leave() {
    # What the layer holds is only of use while its command runs; its mounts first, and no
    # deletion at all unless every one of them is gone.
    umount --recursive --lazy "$root"
    if ! grep -q " ${root}[/ ]" /proc/self/mountinfo; then rm -rf --one-file-system "$layer"; fi
}

# Binds a file or folder of the machine into the root at the same path (or at $2), read-only.
bind() {
    local from=$1 to=$root${2:-$1}
    [ -e "$from" ] || return 0
    if [ -d "$from" ]; then
        mkdir -p "$to"
    else
        mkdir -p "$(dirname "$to")"
        [ -e "$to" ] || : >"$to"
    fi
    mount --bind "$from" "$to"
    mount -o remount,bind,ro "$to"
}

bind_toolchains() {
    bind "$rust"
    path=$rust/bin

    bind "$node"
    bind "$node_modules"
    mkdir -p "$root/opt/node/bin"
    ln -sf "$node" "$root/opt/node/bin/node"
    ln -sf "$node_modules/npm/bin/npm-cli.js" "$root/opt/node/bin/npm"
    ln -sf "$node_modules/npm/bin/npx-cli.js" "$root/opt/node/bin/npx"
    path+=:/opt/node/bin

    if [ "$python" = /usr ]; then
        python_packages='python3 python3-venv'
    else
        bind "$python"
        path+=:$python/bin
        # What a Python built from source takes from the system.
        python_packages='libssl3 libffi8 libsqlite3-0 libbz2-1.0 liblzma5 zlib1g libreadline8 libncursesw6 libuuid1'
    fi
}

# How this machine's package clients reach their registries.
bind_configuration() {
    local file
    cp --dereference /etc/resolv.conf "$root/etc/resolv.conf"
    cp /etc/hosts "$root/etc/hosts"
    for file in /etc/apt/apt.conf /etc/apt/sources.list; do bind "$file"; done
    # Copied, for some packages write a file of their own beside these (PostgreSQL's does).
    if [ -d /etc/apt/apt.conf.d ]; then cp -r --dereference /etc/apt/apt.conf.d "$root/etc/apt/"; fi
    for file in /etc/apt/auth.conf.d /etc/apt/sources.list.d /etc/apt/preferences.d \
        /etc/apt/keyrings /etc/apt/trusted.gpg.d /usr/share/keyrings; do bind "$file"; done
    # A certificate authority that only this machine trusts must be known before the root has
    # ca-certificates: the folder is bound where an installation does not write.
    certificates=/opt/certificates
    bind "$(readlink -f "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}")" "$certificates/ca-certificates.crt"
    for file in /etc/pip.conf /etc/npmrc /usr/etc/npmrc; do bind "$file"; done
    for file in .npmrc .config/pip .pip; do bind "$HOME/$file" "/home/fresh/$file"; done
    for file in config.toml config; do # no credentials: nothing is published from here
        bind "${CARGO_HOME:-$HOME/.cargo}/$file" "/home/fresh/.cargo/$file"
    done
    [ -z "${PIP_FIND_LINKS:-}" ] || bind "$PIP_FIND_LINKS"
}

make_environment() {
    mkdir -p "$root/home/fresh/.cargo"
    environment=(
        HOME=/home/fresh CARGO_HOME=/home/fresh/.cargo LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
        "PATH=$path:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    )
    local name
    # Where a registry is and how to reach it, and what tools/test.sh may be told.
    while IFS='=' read -r -d '' name _; do
        case $name in
        *TOKEN*) ;;
        *_proxy | *_PROXY | CARGO_REGISTRIES_* | CARGO_REGISTRY_* | CARGO_SOURCE_* | CARGO_NET_* | CARGO_HTTP_* | \
            PIP_INDEX_URL | PIP_EXTRA_INDEX_URL | PIP_TRUSTED_HOST | PIP_FIND_LINKS | PIP_DEFAULT_TIMEOUT | \
            npm_config_* | NPM_CONFIG_* | SKIP | KILLS | SEEDS | STEPS | STAGE_LIMIT | CI)
            environment+=("$name=${!name}")
            ;;
        SSL_CERT_FILE | PIP_CERT | CURL_CA_BUNDLE | NODE_EXTRA_CA_CERTS | GIT_SSL_CAINFO | REQUESTS_CA_BUNDLE)
            environment+=("$name=$certificates/ca-certificates.crt")
            ;;
        esac
    done < <(env --null)

    run 'rustc --version && cargo --version && node --version' || stop "the machine's Rust or Node does not run in the root"
    local modules='import ssl, sqlite3, hashlib, ctypes, lzma, bz2, zlib, venv, zoneinfo'
    if ! run "python3 -c '$modules'" 2>/dev/null; then
        say "apt for what Python needs of the system: $python_packages"
        run "apt-get update -qq && apt-get install -y -qq --no-install-recommends $python_packages >/dev/null 2>&1" || true
        if ! run "python3 -c '$modules'"; then
            say "the machine's Python does not run in the root: Debian's python3 instead"
            environment+=("PATH=${path%:"$python/bin"}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            run 'apt-get install -y -qq --no-install-recommends python3 python3-venv >/dev/null 2>&1' || stop "no Python in the root"
        fi
    fi
    run 'python3 --version'
}

clone() {
    # By the machine's git: the root has none, and tools/test.sh has to bring it.
    git clone --quiet --no-hardlinks "$repository" "$root/home/fresh/tympan" || stop "the repository cannot be cloned"
    git -C "$root/home/fresh/tympan" checkout --quiet --detach "$(git -C "$repository" rev-parse HEAD)"
    git -C "$root/home/fresh/tympan" remote remove origin
}

run() {
    chroot "$root" /usr/bin/env -i "${environment[@]}" bash -c "cd /home/fresh/tympan 2>/dev/null || cd /; $1" </dev/null
}

main "$@"
