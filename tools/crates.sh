#!/usr/bin/env bash
# Packs every crate that can be published, and looks whether the licences and the notice of third parties are in it. The
# notice is one for all crates, with whatever any of them links on any system.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

crates=()
while read -r crate; do crates+=("$crate"); done < <(cargo metadata --format-version 1 --no-deps | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    if package["publish"] is None:
        print(package["name"])')
[ "${#crates[@]}" -gt 0 ] || { echo "no crate can be published" >&2; exit 1; }

python3 tools/notice.py --check tympan THIRD-PARTY.md --target all --all-features
target=$(mktemp -d)
trap 'rm -rf "$target"' EXIT
cargo package --quiet --locked --no-verify --allow-dirty --target-dir "$target" "${crates[@]/#/--package=}"
for crate in "${crates[@]}"; do
    names=$(tar -tzf "$target/package/$crate"-[0-9]*.crate)
    for needed in LICENSE-APACHE LICENSE-MIT THIRD-PARTY.md Cargo.toml; do
        grep -q "^$crate-[^/]*/$needed\$" <<<"$names" || { echo "$needed is missing in the crate $crate" >&2; exit 1; }
    done
done
echo "${#crates[@]} crates hold their licences and the notice"
