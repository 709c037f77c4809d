#!/usr/bin/env bash
# Has a runner play bindings/scenarios/broken, where each scenario is wrong at one step: it must fail, and name the file
# and the step of every one.
#
#   bash tools/broken-scenarios.sh cargo test --package tympan-surface --test scenarios
set -euo pipefail
folder=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../bindings/scenarios/broken" && pwd)

if said=$(TYMPAN_SCENARIOS=$folder "$@" 2>&1); then
    printf '%s\n' "$said"
    echo "scenarios that are wrong pass: $*" >&2
    exit 1
fi
for file in "$folder"/*.json; do
    step=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["wrong_at"])' "$file")
    grep -qF "${file##*/}: step $step: " <<<"$said" || {
        printf '%s\n' "$said"
        echo "nothing tells of step $step of ${file##*/}: $*" >&2
        exit 1
    }
done
echo "every scenario that is wrong fails, with its file and step"
