#!/usr/bin/env bash
# Fails when a tracked file names what belongs to one machine or one registry: a host of a package
# registry, or a path inside somebody's work place. Either breaks for everybody else, and lock
# files and logs pasted into documents carry them in unnoticed.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

# Each pattern has one letter in brackets, so that none matches its own line here.
hosts=(
    'crates[.]io($|[^-])' # but not the name of the index, which every Cargo.lock holds
    'npmjs[.](com|org)'
    'pypi[.]org'
    'pythonhosted[.]org'
    'deb[.]debian[.]org'
    'security[.]debian[.]org'
    'snapshot[.]debian[.]org'
    'rust-lang[.]org/dist'
    'pkg[.]dev/'
)
places=(
    '(^|[^[:alnum:]_.~/})-])/[w]ork/'
    '(^|[^[:alnum:]_.~/})-])/[r]oot(/|$|["`'"'"' ])'
    '(^|[^[:alnum:]_.~/})-])/[t]mp/bash_'
)

found=0
look() {
    local what=$1 pattern
    shift
    for pattern in "$@"; do
        if git grep -I --line-number --ignore-case --extended-regexp -e "$pattern" -- .; then
            echo "^ $what" >&2
            found=1
        else
            # 1 is "no match"; anything above is git's own trouble.
            [ $? = 1 ] || exit 2
        fi
    done
}
look "names the host of a package registry" "${hosts[@]}"
look "names a path of one machine" "${places[@]}"
exit "$found"
