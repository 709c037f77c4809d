#!/usr/bin/env bash
# Builds the Python package and tests it: in the tree with the probe of the tests, as a wheel in clean environments of
# every CPython from 3.10 on that is found, and from the sources. Prints its own count.
#
#   PYTHON=python3.12    the interpreter that builds and checks types
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
root=$PWD
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1

target=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
home=$target/python
export CARGO_TARGET_DIR=$target
mkdir -p "$home"
passed=0

main() {
    tools
    tree
    types
    package
    local interpreter count=0
    while read -r interpreter; do
        installed "$interpreter"
        count=$((count + 1))
    done < <(interpreters)
    from_sources
    [ "$count" -ge 2 ] || echo "ATTENTION: tried on $count CPython only, and it is to be tried on two at least:" \
        "install another one between 3.10 and 3.19, by pyenv for one" >&2
    echo "$passed passed, 0 failed"
}

# One more check that was passed.
ok() {
    echo "ok: $*"
    passed=$((passed + 1))
}

# An environment with what the tests need.
tools() {
    [ -x "$home/tools/bin/python" ] || "${PYTHON:-python3}" -m venv "$home/tools"
    "$home/tools/bin/pip" install --quiet --requirement bindings/python/requirements-test.txt
    export PATH=$home/tools/bin:$PATH
}

# The package with the probe in it, and its tests.
tree() {
    PYO3_PYTHON=$home/tools/bin/python cargo build --locked --package tympan-python --features probe
    rm -rf "$home/tree"
    mkdir -p "$home/tree"
    cp -R bindings/python/python/tympan "$home/tree/"
    rm -f "$home"/tree/tympan/*.so
    local library=$target/debug/lib_tympan
    if [ -e "$library.so" ]; then library+=.so; else library+=.dylib; fi
    cp "$library" "$home/tree/tympan/_tympan.abi3.so"
    TYMPAN_SCENARIO_STORE=postgres tests bash tools/with-postgres.sh python bindings/python/tests
    tests python examples/python-service
    PYTHONPATH=$home/tree:$root/bindings/python/tests bash tools/broken-scenarios.sh \
        python -m pytest -p no:cacheprovider bindings/python/tests/test_scenarios.py
    ok "wrong scenarios fail"
}

# Runs the tests of a folder, which is named last, by an interpreter, and counts them.
tests() {
    local log=$home/tests.log interpreter=("${@:1:$#-1}")
    PYTHONPATH=$home/tree:$root/bindings/python/tests \
        "${interpreter[@]}" -m pytest -p no:cacheprovider "${@: -1}" | tee "$log"
    passed=$((passed + $(grep -oE '[0-9]+ passed' "$log" | tail -n 1 | grep -oE '[0-9]+')))
}

types() {
    local path=$home/tree:$root/bindings/python/tests
    (cd "$home/tree" && mypy --strict --package tympan)
    MYPYPATH=$path mypy --strict bindings/python/tests examples/python examples/python-service/*.py
    ok "mypy --strict"
    (cd bindings/python && PYTHONPATH=$path pyright tests ../../examples/python ../../examples/python-service)
    ok pyright
}

# The wheel and the sources, with licences and the notice of third parties in both.
package() {
    rm -rf "$home/dist"
    python3 tools/notice.py tympan-python bindings/python/THIRD-PARTY.md
    (cd bindings/python && maturin build --locked --profile "${PROFILE:-dev}" --out "$home/dist" && maturin sdist --out "$home/dist")
    python3 - "$home"/dist/* <<'EOF'
import sys, tarfile, zipfile
for path in sys.argv[1:]:
    names = zipfile.ZipFile(path).namelist() if path.endswith(".whl") else tarfile.open(path).getnames()
    for needed in ("LICENSE-APACHE", "LICENSE-MIT", "THIRD-PARTY.md", "py.typed", "_tympan.pyi"):
        assert any(name.endswith("/" + needed) for name in names), f"{needed} is missing in {path}"
    assert not any("probe" in name for name in names if path.endswith(".whl")), f"the probe is in {path}"
EOF
    ok "licences and stub in wheel and sources"
    [ "$(uname -s)" != Linux ] || audited
}

# The wheel says on which Linux it runs, and needs nothing that is not there.
audited() {
    local wheel platform
    wheel=$(echo "$home"/dist/*.whl)
    platform=$(grep -oE 'manylinux_[0-9]+_[0-9]+_[a-z0-9_]+' <<<"${wheel##*/}") ||
        { echo "$wheel has no manylinux tag" >&2; exit 1; }
    grep -qE -- '-cp310-abi3-' <<<"${wheel##*/}" || { echo "$wheel is not for every CPython from 3.10 on" >&2; exit 1; }
    auditwheel show "$wheel" >"$home/audited"
    tr '\n' ' ' <"$home/audited" | grep -q "consistent with the following platform tag: *\"$platform\"" ||
        { cat "$home/audited" >&2; exit 1; }
    ok "the wheel is $platform, and auditwheel says so"
}

# Every CPython from 3.10 on: of the path, and of pyenv.
interpreters() {
    local found
    for found in python3 python3.{10..19} "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python; do
        command -v "$found" >/dev/null || continue
        "$found" -c 'import platform, sys
assert sys.version_info >= (3, 10) and platform.python_implementation() == "CPython"
print("{}.{}".format(*sys.version_info[:2]), getattr(sys, "_base_executable", sys.executable))' 2>/dev/null || continue
    done | sort -t . -k 2n -u -s -k 1,1 | awk '!seen[$1]++ { print $2 }'
}

# The wheel in an environment with nothing else in it, and the tests with that interpreter.
installed() {
    local clean
    clean=$home/clean-$("$1" -c 'import sys; print("{}.{}".format(*sys.version_info[:2]))')
    rm -rf "$clean"
    "$1" -m venv "$clean"
    "$clean/bin/pip" install --quiet --no-index "$home"/dist/*.whl
    (cd "$clean" && bash "$root/tools/first-program.sh" bin/python -I "$root/examples/python/first_program.py")
    ok "the wheel on $("$clean/bin/python" --version)"
    grep -E '^(gunicorn|mypy|pytest)==' bindings/python/requirements-test.txt >"$clean/requirements"
    "$clean/bin/pip" install --quiet --requirement "$clean/requirements"
    (cd "$clean" && bin/python -m mypy.stubtest tympan._tympan)
    ok "stubtest on $("$clean/bin/python" --version)"
    (cd "$clean" && PATH=$clean/bin:$PATH pyright --verifytypes tympan --ignoreexternal >verified) || { cat "$clean/verified"; exit 1; }
    grep -q 'completeness score: 100%' "$clean/verified"
    ok "every type is told"
    tests "$clean/bin/python" bindings/python/tests
}

from_sources() {
    local clean=$home/clean-sources
    rm -rf "$clean"
    "$home/tools/bin/python" -m venv "$clean"
    MATURIN_PEP517_ARGS="--profile ${PROFILE:-dev}" "$clean/bin/pip" install --quiet "$home"/dist/*.tar.gz
    (cd "$clean" && bash "$root/tools/first-program.sh" bin/python -I "$root/examples/python/first_program.py")
    ok "installed from the sources"
}

main
