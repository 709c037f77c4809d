#!/usr/bin/env python3
"""Runs print-shop beside the oracle, on the shipped month and on generated ones.

    against_oracle.py target/release/print-shop [--count 200] [--seed 1] [--kill 10] [--keep]

Each case: the figures are the oracle's; stderr names every malformed line, every job that is seen
again with other content, and no other line; a second run over the same database reports the same and
changes nothing in it; `--strict` ends with 1 exactly if a line was malformed. In `--kill` of the cases
the first run is killed at a random moment, and the one after it must come out as if nothing had
happened. Standard library only.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(os.path.dirname(HERE), "data")
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import generate  # noqa: E402
import oracle  # noqa: E402

TIMEOUT_SECONDS = 300


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def dump(path, ignored):
    """Every row of every table, so that a change to any of them shows."""
    if not os.path.exists(path):
        return {}
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        names = [name.decode() for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
        read = lambda name: sorted(map(repr, connection.execute(f'select * from "{name}"')))
        return {name: read(name) for name in names if name not in ignored}
    finally:
        connection.close()


def run(binary, folder, users, log, *more, expect=0):
    command = [binary, "--users", users, "--log", log, "--db", os.path.join(folder, "shop.db"), *more]
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, cwd=folder)
    stderr = done.stderr.decode("utf-8", "replace")
    check(done.returncode == expect, f"ended with {done.returncode}, not {expect}: {stderr[-500:]}")
    return stderr


def first_difference(got, want):
    for key in want["totals"]:
        if got["totals"].get(key) != want["totals"][key]:
            return f"totals.{key}: {got['totals'].get(key)}, the oracle says {want['totals'][key]}"
    for mine, theirs in zip(got["users"], want["users"]):
        if mine != theirs:
            return f"{mine}, the oracle says {theirs}"
    return f"{len(got['users'])} users, the oracle says {len(want['users'])}, or other fields"


def named_lines(stderr, path):
    """The lines of a file that stderr says are malformed, and those that contradict earlier ones."""
    found = re.findall(rf"^{re.escape(path)}:(\d+): (.*)$", stderr, re.MULTILINE)
    again = [int(number) for number, reason in found if "not charged again" in reason]
    return [int(number) for number, _ in found if int(number) not in again], again


def case(binary, folder, users, log, kill_after, ignored):
    want, wrong = oracle.work_out(users, log)
    out = [os.path.join(folder, f"{n}.json") for n in range(3)]
    began = time.monotonic()
    if kill_after is not None:
        command = [binary, "--users", users, "--log", log, "--db", os.path.join(folder, "shop.db")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)
        try:
            process.wait(kill_after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    stderr = run(binary, folder, users, log, "--json", out[0])
    got = load(out[0])
    check(got == want, first_difference(got, want))
    for path, numbers in ((users, (wrong["users"], [])), (log, (wrong["log"], wrong["otherwise"]))):
        named = named_lines(stderr, path)
        check(named == numbers, f"{path}: names lines {named}, the oracle {numbers}")
    took = time.monotonic() - began

    before = dump(os.path.join(folder, "shop.db"), ignored)
    run(binary, folder, users, log, "--json", out[1])
    check(load(out[1]) == got, "the second run reports " + first_difference(load(out[1]), got))
    after = dump(os.path.join(folder, "shop.db"), ignored)
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    check(not changed, f"the second run changes the tables {sorted(changed)}")
    run(binary, folder, users, log, "--strict", expect=1 if want["totals"]["malformed"] else 0)
    return want["totals"], took


def refused_files(binary, folder):
    """Files that cannot be used: an error that says why, and no database."""
    good = {"users": os.path.join(DATA, "users.tsv"), "log": os.path.join(DATA, "page_log")}
    latin = os.path.join(folder, "latin")
    with open(latin, "wb") as file:
        file.write(b"ok\nM\xfcller\t1.00\tY\n")
    for which in good:
        for path, words in ((latin, ["not UTF-8", "line 2", "byte 2"]), (os.path.join(folder, "none"), ["none"]), (folder, [folder])):
            files = {**good, which: path}
            stderr = run(binary, folder, files["users"], files["log"], expect=2)
            for word in words:
                check(word in stderr, f"`{word}` is not in: {stderr}")
            check(not os.path.exists(os.path.join(folder, "shop.db")), "a database was made all the same")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("binary")
    parser.add_argument("--count", type=int, default=200, help="how many generated months")
    parser.add_argument("--seed", type=int, default=1, help="of the first of them")
    parser.add_argument("--kill", type=int, default=10, help="in how many the first run is killed")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="cases at a time")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed cases")
    parser.add_argument("--ignore-table", action="append", default=[], help="a table that any run may change")
    arguments = parser.parse_args()
    binary = os.path.abspath(arguments.binary)
    root = tempfile.mkdtemp(prefix="print-shop-")
    kill = set(random.Random(arguments.seed).sample(range(arguments.count), min(arguments.kill, arguments.count)))
    sums, usual = {}, []

    def one(index):
        """The name of a case, and what is wrong with it."""
        name = {-2: "refused files", -1: "shipped month"}.get(index, f"seed {arguments.seed + index}")
        folder = os.path.join(root, name.replace(" ", "-"))
        os.makedirs(folder)
        try:
            if index == -2:
                refused_files(binary, folder)
            else:
                users, log = os.path.join(DATA, "users.tsv"), os.path.join(DATA, "page_log")
                if index >= 0:
                    generate.generate(arguments.seed + index, folder)
                    users, log = os.path.join(folder, "users.tsv"), os.path.join(folder, "page_log")
                kill_after = None
                if index in kill:
                    longest = max(usual[-20:], default=0.1)
                    kill_after = random.Random(arguments.seed + index).uniform(0, longest)
                totals, took = case(binary, folder, users, log, kill_after, arguments.ignore_table)
                if index >= 0:
                    usual.append(took)
                for key, value in totals.items():
                    sums[key] = sums.get(key, 0) + value
        except Failed as failure:
            return name, str(failure)
        except Exception as error:  # noqa: BLE001 - a case must not end the others
            return name, repr(error)
        if not arguments.keep:
            shutil.rmtree(folder)
        return name, None

    with ThreadPoolExecutor(arguments.jobs) as pool:
        results = list(pool.map(one, range(-2, arguments.count)))
    failed = [(name, failure) for name, failure in results if failure]
    for name, failure in failed:
        print(f"{name}: {failure}")
    print("in all: " + ", ".join(f"{value} {key}" for key, value in sums.items()))
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    if arguments.keep and failed:
        print(f"kept in {root}")
    else:
        shutil.rmtree(root)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
