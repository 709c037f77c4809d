#!/usr/bin/env python3
"""Compares when schedules are due with an oracle that shares nothing with them.

    schedule_oracle.py target/release/examples/due [--full] [--jobs 2]

The oracle knows a zone only by asking Python's zoneinfo for its distance from UTC at every minute,
and days only by trying each one. In every zone, for the five years round its oddest date: at every
minute, and at every second within two days of each change of the clocks, the last instant that was
due and the next that will be are the same on both sides. Without `--full`, for the tests, it is a
third of the schedules, the seconds of two hours, and zones asked every quarter of an hour. Standard
library only.
"""

import argparse
import bisect
import datetime
import subprocess
import sys
import time
import zoneinfo
from concurrent.futures import ThreadPoolExecutor

MINUTE, QUARTER, HOUR, DAY = 60, 900, 3_600, 86_400
HALF = 913 * DAY  # half of five years
FAR = 3 * 366 * DAY  # no schedule but stated days has nothing in a stretch of this length
EPOCH = datetime.date(1970, 1, 1)

# Each with its oddest date.
ZONES = {
    "America/Sao_Paulo": "2018-11-04",  # midnight does not come
    "Asia/Beirut": "2024-03-31",  # midnight does not come
    "America/Havana": "2024-11-03",  # midnight comes twice
    "Pacific/Apia": "2011-12-30",  # the day does not come
    "Europe/Berlin": "2026-03-29",  # ten changes lie within the five years, five each way
    "America/St_Johns": "2010-11-07",  # put back at 00:01, into the day before
    "Australia/Lord_Howe": "2026-04-05",  # half an hour
    "Africa/Casablanca": "2018-10-28",  # puts its clocks back for Ramadan
    "Africa/Monrovia": "1972-01-07",  # forty-four and a half minutes
    "Pacific/Kwajalein": "1993-08-21",  # the day does not come
    "Antarctica/Troll": "2025-10-26",  # two hours
    "America/Caracas": "2007-12-09",  # put back by half an hour, for good
}

SCHEDULES = [
    ("daily", "00:00"),
    ("daily", "23:45"),
    ("weekly:saturday", "06:00"),
    ("daily", "02:30"),
    ("monthly:1", "00:00"),
    ("weekly:sunday", "00:30"),
    ("monthly:31", "23:59"),
    ("quarterly:2-15", "02:00"),
    ("half_yearly:6-30", "00:01"),
    ("yearly:2-29", "12:00"),
    ("yearly:ODD", "00:15"),
    ("once:DATE", "06:00"),
    ("dates:DATE NEXT", "00:00"),
    ("rolling:30", "03:00"),
]


class Failed(Exception):
    pass


# --- the oracle ------------------------------------------------------------------------------


class Zone:
    """Stretches of time with one distance from UTC: (first second, end, distance in seconds)."""

    def __init__(self, name, start, end, step):
        zone = zoneinfo.ZoneInfo(name)

        def distance(second):
            return int(datetime.datetime.fromtimestamp(second, zone).utcoffset().total_seconds())

        self.stretches = []
        # Nothing changes twice within a quarter of an hour.
        begun, before, second = start - FAR, distance(start - FAR), start - FAR
        while second < end + FAR:
            following = second + (step if start <= second < end else QUARTER)
            now = distance(following)
            if now != before:
                change = next(at for at in range(second + 1, following + 1) if distance(at) != before)
                self.stretches.append((begun, change, before))
                begun, before = change, now
            second = following
        self.stretches.append((begun, second, before))

    def changes(self):
        return [begun for begun, _, _ in self.stretches[1:]]

    def first_shows(self, local):
        """The first second at which clocks show a local time, in seconds, or later."""
        for begun, ended, distance in self.stretches:
            at = max(begun, local - distance)
            if at < ended:
                return at
        raise Failed("out of range")


def is_on(schedule, day):
    """Whether a schedule names a day."""
    word, _, on = schedule.partition(":")
    if word in ("daily", "rolling"):
        return True
    if word in ("once", "dates"):
        return day.isoformat() in on.split(" ")
    if word == "weekly":
        return day.strftime("%A").lower() == on
    months = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}[word]
    month, day_of_month = on.split("-") if "-" in on else ("1", on)
    if (day.month - 1) % months != int(month) - 1:
        return False
    is_last = (day + datetime.timedelta(days=1)).day == 1
    return day.day == int(day_of_month) or (is_last and day.day < int(day_of_month))


def due_seconds(zone, schedule, time_of_day, start, end):
    """Every second that is due round a stretch of time, each once, in order."""
    hour, minute = map(int, time_of_day.split(":"))
    day = EPOCH + datetime.timedelta(days=(start - FAR) // DAY + 3)
    last = EPOCH + datetime.timedelta(days=(end + FAR) // DAY - 3)
    found = set()
    while day < last:
        if is_on(schedule, day):
            local = (day - EPOCH).days * DAY + hour * HOUR + minute * MINUTE
            found.add(zone.first_shows(local))
        day += datetime.timedelta(days=1)
    return sorted(second for second in found if second >= 0)


# --- the comparison --------------------------------------------------------------------------


def told_by(program, questions):
    text = "".join("\t".join(map(str, question)) + "\n" for question in questions)
    run = subprocess.run([program], input=text, capture_output=True, text=True)
    if run.returncode != 0:
        raise Failed(run.stderr)
    answers = [[]]
    for line in run.stdout.splitlines():
        if line:
            answers[-1].append(line.split(" "))
        else:
            answers.append([])
    return answers[:-1]


def expected(due, first, end, step):
    """What the program should tell: the oracle's own seconds, seen at each instant asked about."""
    lines, at = [], first
    while at < end:
        place = bisect.bisect_right(due, at)
        last = str(due[place - 1] * 1_000) if place > 0 else "-"
        following = str(due[place] * 1_000) if place < len(due) else "-"
        lines.append([str(at), last, following])
        if place == len(due):
            break
        # The next instant asked about at which something else is true.
        at = first + -(-(due[place] - first) // step) * step
    return lines


def compare(program, name, odd, is_full):
    odd_day = datetime.date.fromisoformat(odd)
    middle = (odd_day - EPOCH).days * DAY
    start, end = max(0, middle - HALF), middle + HALF
    zone = Zone(name, start, end, MINUTE if is_full else QUARTER)
    changes = [at for at in zone.changes() if start <= at < end]
    following = (odd_day + datetime.timedelta(days=1)).isoformat()
    questions, answers, instants = [], [], 0
    seconds_round = 2 * DAY if is_full else 2 * HOUR
    for schedule, time_of_day in SCHEDULES if is_full else SCHEDULES[::3]:
        schedule = schedule.replace("DATE", odd).replace("NEXT", following)
        schedule = schedule.replace("ODD", f"{odd_day.month}-{odd_day.day}")
        due = due_seconds(zone, schedule, time_of_day, start, end)
        rows = [(start, end, MINUTE)]
        rows += [(max(0, at - seconds_round), at + seconds_round, 1) for at in changes]
        for row in rows:
            questions.append((name, schedule, time_of_day, *row))
            answers.append(expected(due, *row))
            instants += -(-(row[1] - row[0]) // row[2])
    found = told_by(program, questions)
    if len(found) != len(questions):
        raise Failed(f"{len(found)} answers to {len(questions)} questions")
    for question, ours, theirs in zip(questions, found, answers):
        if ours != theirs:
            pairs = zip(ours, theirs)
            first, second = next((pair for pair in pairs if pair[0] != pair[1]), (ours[-1], theirs[-1]))
            raise Failed(f"{question}: the program says {first}, the oracle {second}")
    return instants, len(changes)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("program")
    arguments.add_argument("--full", action="store_true", help="every schedule, every second")
    arguments.add_argument("--jobs", type=int, default=1)
    given = arguments.parse_args()
    begun, failed, counted = time.monotonic(), 0, 0
    with ThreadPoolExecutor(given.jobs) as pool:
        runs = {
            name: pool.submit(compare, given.program, name, odd, given.full)
            for name, odd in ZONES.items()
        }
        for name, run in runs.items():
            try:
                instants, changes = run.result()
                counted += instants
                print(f"{name}: {instants} instants, {changes} changes of the clocks, no difference", flush=True)
            except Failed as error:
                failed += 1
                print(f"{name}: {error}", file=sys.stderr, flush=True)
    seconds = time.monotonic() - begun
    print(f"{counted} instants in {seconds:.0f} s")
    print(f"{len(ZONES) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
