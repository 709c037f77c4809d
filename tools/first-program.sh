#!/usr/bin/env bash
# Runs the first program of a language, which must say what it says in every language: examples/first-program.txt,
# where the PIN that was drawn is left out.
#
#   bash tools/first-program.sh cargo run --package tympan --example first_program
set -euo pipefail
expected=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../examples/first-program.txt

"$@" | sed -E 's/^(Ann.s PIN, told this once: )[0-9]+$/\1…/' | diff "$expected" - ||
    { echo "the first program says something else: $*" >&2; exit 1; }
