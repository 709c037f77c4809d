#!/usr/bin/env bash
# The Swift binding, with the compiler of Debian trixie (tools/swift-root.sh).
#
#   bash tools/swift.sh test     compares what is generated, builds without a warning, runs the tests
#                                and the example; the last line is "N passed, N failed"
#   bash tools/swift.sh package  packs what is shipped for this machine: sources, archive, licences
#   bash tools/swift.sh bindgen  writes what uniffi generates from the library
#   bash tools/swift.sh goals [KIND…]
#                                measures a charge beside the same in Rust, optimised: benches/swift
#   bash tools/swift.sh run FOLDER CMD…
#                                runs a command in a folder of the repository, with the library at
#                                hand; what it builds belongs under /build
#
#   TYMPAN_SCENARIOS=FOLDER   the stories that are told, instead of bindings/scenarios
set -euo pipefail
stories=${TYMPAN_SCENARIOS:+$(cd "$TYMPAN_SCENARIOS" && pwd)}
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

target=$(cargo metadata --format-version 1 --no-deps |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
archive=$target/debug/libtympan_swift_probe.a
place=$target/swift

build_library() {
    cargo build --locked --package tympan-swift-probe
    # Under the name by which the package links the binding: the probe's archive holds it too.
    mkdir -p "$place/lib"
    if ! cmp -s "$archive" "$place/lib/libtympan_swift.a"; then
        cp "$archive" "$place/lib/libtympan_swift.a"
        # Swift knows nothing of the archive: what was linked with the one before is linked anew.
        for linked in "$place"/{package,shop}/debug/{*.xctest,Leaver,FirstProgram,Guide}; do rm -rf "$linked"; done
    fi
}

bindgen() {
    cargo run --locked --package tympan-swift-bindgen --features generate -- "$archive" "$@"
}

# Runs a command in a folder of the sources, in the root and in a mount namespace of its own, so
# that nothing stays mounted. The sources are read-only there, and so are stories from elsewhere.
in_swift() {
    local root name as=() environment=(HOME=/build LANG=C.UTF-8 PATH=/usr/bin:/bin LIBRARY_PATH=/build/lib)
    root=$(bash tools/swift-root.sh)
    [ "$(id -u)" = 0 ] || as=(sudo)
    for name in DATABASE_URL TYMPAN_SCENARIO_STORE; do
        [ -z "${!name:-}" ] || environment+=("$name=${!name}")
    done
    [ -z "$stories" ] || environment+=(TYMPAN_SCENARIOS=/stories)
    "${as[@]}" mkdir -p "$root/src" "$root/build" "$root/stories"
    # shellcheck disable=SC2016 # expanded by the inner shells
    "${as[@]}" unshare --mount --propagation private sh -euc '
        root=$1 src=$2 place=$3 stories=$4; shift 4
        mount -t proc proc "$root/proc"
        mount --bind /dev "$root/dev"
        mount --bind "$src" "$root/src"
        mount -o remount,bind,ro "$root/src"
        mount --bind "$place" "$root/build"
        if [ -n "$stories" ]; then
            mount --bind "$stories" "$root/stories"
            mount -o remount,bind,ro "$root/stories"
        fi
        exec chroot "$root" /usr/bin/env -i "$@"
    ' sh "$root" "$PWD" "$place" "$stories" "${environment[@]}" sh -euc 'cd "/src/$1" && shift && exec "$@"' sh "$@"
}

# Builds a package without a warning and runs its tests.
test_package() {
    local folder=$1 flags=(--scratch-path "/build/$2" -Xswiftc -warnings-as-errors)
    in_swift "$folder" swift build --build-tests "${flags[@]}" &&
        in_swift "$folder" swift test --skip-build --disable-xctest "${flags[@]}"
}

# Swift Testing closes with "Test run with 40 tests passed …" or "… failed … with 2 issues", and
# tells each test that failed; there are two packages, so two such lines.
count() {
    awk '/Test run with [0-9]+ tests? (in [0-9]+ suites? )?(passed|failed)/ {
            match($0, /with [0-9]+ test/); all += substr($0, RSTART + 5)
        }
        /^[^ ]+ Test .* failed after / && !/Test run with/ { failed++ }
        END { printf "%d passed, %d failed\n", all - failed, failed }'
}

# Plays scenarios, with which the tests were built before.
scenarios() {
    in_swift bindings/swift swift test --skip-build --disable-xctest --scratch-path /build/package \
        -Xswiftc -warnings-as-errors --filter ScenarioTests
}

# What the README of the package shows, twice: the second run finds what the first one made, and changes nothing.
guide() {
    local run first second told
    rm -f "$place"/shop.db*
    run=(in_swift examples/swift/shop sh -c 'cd /build && exec ./shop/debug/Guide')
    first=$("${run[@]}") && second=$("${run[@]}") || return 1
    told=$'refund 12 500 the paper was crumpled\nrefuse 0 488 \ncharge -12 488 \ngrant 500 500 '
    [[ $first == '488 pages are left'*$told && $second == 'set up before'*$told ]] ||
        { echo "the guide says something else: $first, then $second" >&2; return 1; }
    echo "what the README shows runs"
}

# What is shipped: the package, the archive for this machine, licences, the notice of third parties.
package() {
    local profile=${PROFILE:-dev} folder=$place/packed/tympan-swift
    python3 tools/notice.py tympan-swift bindings/swift/THIRD-PARTY.md
    cargo build --locked --package tympan-swift --profile "$profile"
    rm -rf "$place/packed"
    mkdir -p "$folder/lib"
    (cd bindings/swift && cp -R Package.swift README.md LICENSE-APACHE LICENSE-MIT THIRD-PARTY.md Sources Tests "$folder/")
    cp "$target/${profile/#dev/debug}/libtympan_swift.a" "$folder/lib/"
    tar -C "$place/packed" -czf "$place/tympan-swift.tar.gz" tympan-swift
    echo "packed: $place/tympan-swift.tar.gz"
}

# What was packed holds everything, and builds in a folder with nothing else.
test_packed() {
    local needed names
    names=$(tar -tzf "$place/tympan-swift.tar.gz")
    for needed in Package.swift README.md LICENSE-APACHE LICENSE-MIT THIRD-PARTY.md lib/libtympan_swift.a \
        Sources/Tympan/Tympan.swift Sources/TympanFFI/TympanFFI.h Sources/TympanFFI/module.modulemap; do
        grep -qx "tympan-swift/$needed" <<<"$names" || { echo "$needed is missing in the package" >&2; return 1; }
    done
    rm -rf "$place/unpacked"
    mkdir -p "$place/unpacked"
    tar -C "$place/unpacked" -xzf "$place/tympan-swift.tar.gz"
    in_swift . env LIBRARY_PATH=/build/unpacked/tympan-swift/lib swift build --product Leaver \
        --package-path /build/unpacked/tympan-swift --scratch-path /build/unpacked/build -Xswiftc -warnings-as-errors &&
        echo "what was packed builds"
}

# Builds what the goals are measured with.
build_goals() {
    cargo build --locked --release --package tympan-swift
    cargo bench --locked --quiet --package tympan-benches --bench native --no-run
    mkdir -p "$place/optimised"
    cp "$target/release/libtympan_swift.a" "$place/optimised/"
    in_swift benches/swift/goals env LIBRARY_PATH=/build/optimised swift build --configuration release --scratch-path /build/goals
}

test_all() {
    local log=$place/log verdict=0
    build_library
    bindgen --check
    cargo clippy --locked --package tympan-swift-bindgen --features generate --all-targets -- -D warnings
    {
        test_package bindings/swift package &&
            bash tools/broken-scenarios.sh bash tools/swift.sh scenarios &&
            test_package examples/swift/shop shop &&
            bash tools/first-program.sh bash tools/swift.sh first-program &&
            guide &&
            package && test_packed
    } 2>&1 | tee "$log" || verdict=1
    count <"$log"
    return "$verdict"
}

case ${1:-} in
test) test_all ;;
scenarios) scenarios ;;
first-program) in_swift examples/swift/shop swift run --skip-build --scratch-path /build/shop FirstProgram ;;
package)
    build_library
    package
    ;;
bindgen)
    build_library
    bindgen
    cargo xtask bindgen --stamp
    ;;
goals)
    shift
    build_goals
    python3 benches/swift/goals.py "$@"
    ;;
goal)
    shift
    in_swift benches/swift/goals /build/goals/release/Goals "$@"
    ;;
run)
    shift
    build_library
    in_swift "$@"
    ;;
*)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d' >&2
    exit 2
    ;;
esac
