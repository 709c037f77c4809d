#!/usr/bin/env bash
# Builds the Node package and tests it: in the tree with the probe of the tests, and as a package in a clean folder,
# with the examples. Prints its own count.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
root=$PWD

target=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
home=$target/node
mkdir -p "$home"
passed=0
with=()

main() {
    (cd bindings/node && npm ci --silent --no-audit --no-fund)
    tree
    package
    installed
    echo "$passed passed, 0 failed"
}

# One more check that was passed.
ok() {
    echo "ok: $*"
    passed=$((passed + 1))
}

# Runs tests, and counts them.
tests() {
    local log=$home/tests.log
    "${with[@]}" node --test --test-reporter=tap "$@" >"$log" 2>&1 || { grep -E -A 30 '^ *not ok' "$log" || cat "$log"; exit 1; }
    grep -E '^(ok|# (pass|fail|skipped))' "$log"
    passed=$((passed + $(grep -oE '^# pass [0-9]+' "$log" | grep -oE '[0-9]+')))
}

# The package with the probe in it, and its tests.
tree() {
    node bindings/node/build.mjs --features probe
    bindings/node/node_modules/.bin/tsc --project bindings/node/test/types/tsconfig.json
    ok "tsc --strict"
    local with=(env TYMPAN_SCENARIO_STORE=postgres bash tools/with-postgres.sh)
    tests bindings/node/test/*.test.mjs
    bash tools/broken-scenarios.sh node --test --test-reporter=tap bindings/node/test/scenarios.test.mjs
    ok "wrong scenarios fail"
}

# What is published: without the probe, with licences and the notice of third parties.
package() {
    python3 tools/notice.py tympan-node bindings/node/THIRD-PARTY.md
    # shellcheck disable=SC2086 # options
    node bindings/node/build.mjs ${PROFILE:+--profile "$PROFILE"}
    rm -rf "$home"/tympan-*.tgz "$home/package"
    (cd bindings/node && npm pack --silent --pack-destination "$home" >"$home/packed")
    # It holds what was built here, and is for no other machine: npm refuses it elsewhere.
    tar -C "$home" -xzf "$home"/tympan-*.tgz
    (cd "$home/package" && npm pkg set "os[0]=$(node -p process.platform)" "cpu[0]=$(node -p process.arch)")
    node -e 'process.exit(process.report.getReport().header.glibcVersionRuntime ? 0 : 1)' &&
        (cd "$home/package" && npm pkg set 'libc[0]=glibc')
    (cd "$home/package" && npm pack --silent --pack-destination "$home" >"$home/packed")
    local needed names
    names=$(tar -tzf "$home"/tympan-*.tgz)
    for needed in index.js index.cjs index.d.ts index.d.cts errors.cjs native.cjs plain.cjs runtime.cjs LICENSE-APACHE LICENSE-MIT THIRD-PARTY.md README.md; do
        grep -qx "package/$needed" <<<"$names" || { echo "$needed is missing in the package" >&2; exit 1; }
    done
    ok "everything is in the package"
    tar -xOzf "$home"/tympan-*.tgz package/package.json | node -e '
        const { os, cpu } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
        process.exit(os[0] === process.platform && cpu[0] === process.arch ? 0 : 1);'
    ok "it says for which machines it is"
}

# The package in a folder with nothing else in it: both kinds of modules, the examples and their tests.
installed() {
    local clean=$home/clean
    rm -rf "$clean"
    cp -R examples/node "$clean"
    rm -rf "$clean/node_modules"
    cd "$clean"
    npm install --silent --no-audit --no-fund --offline "$home"/tympan-*.tgz
    node --input-type=module --eval 'import { Tympan } from "tympan"; (await Tympan.open("memory:")).close();'
    node --input-type=commonjs --eval 'require("tympan").Tympan.openSync("memory:").close();'
    node --input-type=commonjs --eval 'import("tympan").then((module) => process.exit(module.TympanError === require("tympan").TympanError ? 0 : 1));'
    node --eval 'process.exit("NativeProbe" in require("./node_modules/tympan/native.cjs") ? 1 : 0);'
    ok "import and require, without the probe"
    cp "$root"/bindings/node/test/types/{module.mts,commonjs.cts} .
    "$root/bindings/node/node_modules/.bin/tsc" --noEmit --strict --exactOptionalPropertyTypes --skipLibCheck false \
        --target es2023 --lib es2023,esnext.disposable --module nodenext \
        --typeRoots "$root/bindings/node/node_modules/@types" --types node module.mts commonjs.cts
    rm module.mts commonjs.cts
    ok "the types of the installed package"
    bash "$root/tools/first-program.sh" node first-program.mjs
    ok "the first program"
    tests ./*.test.mjs
    cd "$root"
}

main
