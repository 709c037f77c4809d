"""The goals of the Swift package, each beside what Rust alone takes for the same, in turn in one run.

    bash tools/swift.sh goals [KIND …]      builds both optimised, and runs this

Prints the time by the clock of each, the ratio of the rounds and the bound; the exit status is 1 when a bound is missed.
"""

import json
import statistics
import subprocess
import sys
from pathlib import Path

ROUNDS = 7
ROOT = Path(__file__).resolve().parent.parent.parent
# What is measured, how often, how many times as long as in Rust it may take, and how many nanoseconds more: what it took
# when it was measured first, and a little, so that it gets no worse.
GOALS = [
    ("memory", "a charge in memory", 5_000, 1.0, 50_000),
    ("memory-batch", "1000 charges in one call in memory", 20_000, 1.0, 20_000),
    ("sqlite", "a charge on SQLite NORMAL", 2_000, 3.0, 0),
    ("sqlite-batch", "1000 charges in one call on SQLite NORMAL", 10_000, 4.0, 0),
]


def asked(command: list[str]) -> float:
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return float(json.loads(answer.stdout.splitlines()[-1])["wall_ns"])


def main() -> int:
    missed = 0
    for kind, about, calls, times, more in GOALS:
        if sys.argv[1:] and kind not in sys.argv[1:]:
            continue
        ours = ["bash", "tools/swift.sh", "goal", kind, str(calls)]
        native = ["cargo", "bench", "--quiet", "--package", "tympan-benches", "--bench", "native", "--", kind, "--calls", str(calls)]
        rounds = [(asked(ours), asked(native)) for _ in range(ROUNDS)]
        ratios = sorted(own / (times * other + more) for own, other in rounds)
        own, other = (statistics.median(column) for column in zip(*rounds, strict=True))
        verdict = "kept" if statistics.median(ratios) <= 1 else "MISSED"
        missed += verdict == "MISSED"
        spread = f"{statistics.median(ratios):.2f} [{ratios[0]:.2f}-{ratios[-1]:.2f}]"
        bound = f"{times} times native" + (f" and {more} ns" if more else "")
        print(f"{kind:12} {own:8.0f} ns {other:8.0f} ns  {spread} of {bound}  {verdict}: {about}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
