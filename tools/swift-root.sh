#!/usr/bin/env bash
# Prints the folder of a Debian with Swift in it, and makes it first where it is not there: 2.6 GB,
# a minute or two. Debian has Swift since trixie; what is older or something else needs a root of
# its own, which outlives the checkout.
#
#   TYMPAN_SWIFT_ROOT=/folder   where it is, if not under /var/tmp
set -euo pipefail

root=${TYMPAN_SWIFT_ROOT:-/var/tmp/tympan-swift-root}
as=()
[ "$(id -u)" = 0 ] || as=(sudo)

if ! [ -e "$root/.complete" ]; then
    # What an interrupted run left is of no use, and another folder is not ours to remove.
    if [ -e "$root" ] && ! [ -d "$root/debootstrap" ] && [ -n "$(ls -A "$root")" ]; then
        echo "$root is there, and is no root of Swift: name another folder by TYMPAN_SWIFT_ROOT" >&2
        exit 1
    fi
    echo "making a Debian with Swift in $root: 2.6 GB" >&2
    "${as[@]}" rm -rf "$root"
    "${as[@]}" debootstrap --variant=minbase --include=swiftlang,libc6-dev,libstdc++-14-dev trixie "$root" >&2
    "${as[@]}" chroot "$root" apt-get clean
    "${as[@]}" touch "$root/.complete"
fi
echo "$root"
