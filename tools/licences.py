#!/usr/bin/env python3
"""Checks licences, bans and sources of every locked dependency against deny.toml.

cargo-deny does the same and more, but takes minutes to build; this reads the same file and
needs nothing but cargo and Python 3.11. Exit status 1 when a dependency breaks a rule.
"""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main() -> int:
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    cargo = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE)
    if cargo.returncode != 0:
        return 1  # cargo has said why
    metadata = json.loads(cargo.stdout)
    members = set(metadata["workspace_members"])
    packages = [p for p in metadata["packages"] if p["id"] not in members]

    allowed = set(rules["licenses"]["allow"])
    banned = {ban["crate"]: ban.get("reason", "") for ban in rules["bans"].get("deny", [])}
    problems: list[str] = []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if problem := licence_problem(package, allowed):
            problems.append(f"{name}: {problem}")
        if package["name"] in banned:
            problems.append(f"{name}: banned: {banned[package['name']]}")
    problems += source_problems(packages)

    for problem in sorted(problems):
        print(problem)
    print(f"{len(packages)} dependencies looked at, {len(problems)} problems")
    return 1 if problems else 0


def licence_problem(package: dict, allowed: set[str]) -> str | None:
    expression = package["license"]
    if not expression:
        return "declares no licence expression"
    try:
        satisfied = Expression(expression, allowed).evaluate()
    except ValueError as error:
        return f"licence `{expression}` cannot be read: {error}"
    return None if satisfied else f"licence `{expression}` is not allowed"


def source_problems(packages: list[dict]) -> list[str]:
    """Everything from one registry; no git, no second registry. A path has no source at all."""
    problems = []
    registries = set()
    for package in packages:
        source = package["source"]
        if source is None:
            problems.append(f"{package['name']}: a path outside the workspace")
        elif not source.startswith(("registry+", "sparse+")):
            problems.append(f"{package['name']}: comes from `{source.split('+')[0]}`, not from a registry")
        else:
            registries.add(source)
    if len(registries) > 1:
        problems.append(f"dependencies come from {len(registries)} registries, one is allowed")
    return problems


class Expression:
    """An SPDX expression: OR binds weakest, then AND, then `X WITH Y`; a slash is an old OR."""

    def __init__(self, text: str, allowed: set[str]) -> None:
        self.tokens = re.findall(r"[()]|[^\s()]+", text.replace("/", " OR "))
        self.allowed = allowed

    def evaluate(self) -> bool:
        """Whether the allow list satisfies it."""
        satisfied = self.any_of()
        if self.tokens:
            raise ValueError(f"`{self.tokens[0]}` is left over")
        return satisfied

    def any_of(self) -> bool:
        satisfied = self.all_of()
        while self.take("OR"):
            satisfied = self.all_of() or satisfied  # read it in any case
        return satisfied

    def all_of(self) -> bool:
        satisfied = self.one()
        while self.take("AND"):
            satisfied = self.one() and satisfied
        return satisfied

    def one(self) -> bool:
        if self.take("("):
            satisfied = self.any_of()
            if not self.take(")"):
                raise ValueError("a parenthesis is not closed")
            return satisfied
        if not self.tokens or self.tokens[0] in ("OR", "AND", "WITH", ")"):
            raise ValueError("a licence is missing")
        licence = self.tokens.pop(0)
        if self.take("WITH"):
            if not self.tokens:
                raise ValueError("an exception is missing")
            licence += f" WITH {self.tokens.pop(0)}"
        return licence in self.allowed

    def take(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False


if __name__ == "__main__":
    sys.exit(main())
