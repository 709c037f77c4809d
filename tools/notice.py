#!/usr/bin/env python3
"""Writes the notice of third parties for a crate: every library that is linked into it, with its licence.

    python3 tools/notice.py [--check] PACKAGE FILE [CARGO OPTION …]

The texts are those that the libraries bring along; the same text is told once. With --check nothing is written: the exit
status is 1 if the file says something else.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXTS = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)


def main() -> int:
    arguments = sys.argv[1:]
    is_check = arguments[:1] == ["--check"]
    package, out, *options = arguments[is_check:]
    libraries = linked(package, options)
    path, notice = pathlib.Path(out), told(package, libraries)
    if is_check and (not path.exists() or path.read_text(encoding="utf-8") != notice):
        print(f"{out} is stale: python3 tools/notice.py {' '.join(arguments[1:])}", file=sys.stderr)
        return 1
    if not is_check:
        path.write_text(notice, encoding="utf-8")
    print(f"{len(libraries)} libraries in {out}")
    return 0


def told(package: str, libraries: list[dict]) -> str:
    lines = [
        "# Third parties",
        "",
        f"What is linked into `{package}` besides its own code, and under which licence.",
        "",
        *(f"- {library['name']} {library['version']}: {library['license']}" for library in libraries),
    ]
    for text, users in texts(libraries).items():
        lines += ["", f"## {', '.join(users)}", "", "```text", text.replace("```", "'''"), "```"]
    return "\n".join(lines) + "\n"


def linked(package: str, options: list[str]) -> list[dict]:
    """The libraries that end up in the crate, without what only builds it."""
    tree = ["cargo", "tree", "--locked", "--package", package, "--edges", "normal", "--prefix", "none"]
    shown = subprocess.run([*tree, "--format", "{p}", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    names = {tuple(line.split()[:2]) for line in shown.stdout.splitlines() if line.strip()}
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
    members = set(metadata["workspace_members"])
    found = [
        library
        for library in metadata["packages"]
        if library["id"] not in members and (library["name"], f"v{library['version']}") in names
    ]
    return sorted(found, key=lambda library: (library["name"], library["version"]))


def texts(libraries: list[dict]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for library in libraries:
        folder = pathlib.Path(library["manifest_path"]).parent
        for file in sorted(folder.iterdir()):
            if file.is_file() and TEXTS.match(file.name):
                text = file.read_text(encoding="utf-8", errors="replace").strip()
                users = found.setdefault(text, [])
                if library["name"] not in users:
                    users.append(library["name"])
    return found


if __name__ == "__main__":
    sys.exit(main())
