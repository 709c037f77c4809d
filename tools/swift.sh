#!/usr/bin/env bash
# The Swift binding, with the compiler of Debian trixie (tools/swift-root.sh).
#
#   bash tools/swift.sh test     compares what is generated, builds without a warning, runs the tests
#                                and the example; the last line is "N passed, N failed"
#   bash tools/swift.sh bindgen  writes what uniffi generates from the library
#   bash tools/swift.sh run FOLDER CMD…
#                                runs a command in a folder of the repository, with the library at
#                                hand; what it builds belongs under /build
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

target=$(cargo metadata --format-version 1 --no-deps |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
archive=$target/debug/libtympan_swift_probe.a
place=$target/swift

build_library() {
    cargo build --locked --package tympan-swift-probe
    # Under the name by which the package links the binding: the probe's archive holds it too.
    mkdir -p "$place/lib"
    cmp -s "$archive" "$place/lib/libtympan_swift.a" || cp "$archive" "$place/lib/libtympan_swift.a"
}

bindgen() {
    cargo run --locked --package tympan-swift-bindgen --features generate -- "$archive" "$@"
}

# Runs a command in a folder of the sources, in the root and in a mount namespace of its own, so
# that nothing stays mounted. The sources are read-only there.
in_swift() {
    local root as=()
    root=$(bash tools/swift-root.sh)
    [ "$(id -u)" = 0 ] || as=(sudo)
    "${as[@]}" mkdir -p "$root/src" "$root/build"
    # shellcheck disable=SC2016 # expanded by the inner shell
    "${as[@]}" unshare --mount --propagation private sh -euc '
        root=$1 src=$2 place=$3; shift 3
        mount -t proc proc "$root/proc"
        mount --bind /dev "$root/dev"
        mount --bind "$src" "$root/src"
        mount -o remount,bind,ro "$root/src"
        mount --bind "$place" "$root/build"
        exec chroot "$root" /usr/bin/env -i HOME=/build LANG=C.UTF-8 PATH=/usr/bin:/bin LIBRARY_PATH=/build/lib \
            sh -euc '\''cd "/src/$1" && shift && exec "$@"'\'' sh "$@"
    ' sh "$root" "$PWD" "$place" "$@"
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

test_all() {
    local log=$place/log verdict=0
    build_library
    bindgen --check
    {
        test_package bindings/swift package &&
            test_package examples/swift/shop shop &&
            in_swift examples/swift/shop swift run --skip-build --scratch-path /build/shop Charge
    } 2>&1 | tee "$log" || verdict=1
    count <"$log"
    return "$verdict"
}

case ${1:-} in
test) test_all ;;
bindgen)
    build_library
    bindgen
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
