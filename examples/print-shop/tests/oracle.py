#!/usr/bin/env python3
"""What a user list and a page log come to, worked out without tympan.

    oracle.py --users users.tsv --log page_log --json out.json [--lines lines.json]

It shares nothing with the program that it checks: another language, another way to read a line (one
pattern for the whole line), another way to gather page lines (per job, not per line), another way
to know that a month is over (the calendar month in Berlin of each instant, not a schedule). Amounts
are whole micros of a euro; there is no float in here.

Python 3.9 or later, standard library only. The time zone comes from the system's tz database (Debian
and Ubuntu: the package `tzdata`), or from the package `tzdata` of PyPI.
"""

import argparse
import json
import re
import sys
from collections import defaultdict
from datetime import datetime, timedelta, timezone

try:
    from zoneinfo import ZoneInfo

    BERLIN = ZoneInfo("Europe/Berlin")
except Exception as error:  # noqa: BLE001 - whatever is missing, the advice is the same
    sys.exit(
        f"oracle.py: no time zone Europe/Berlin ({error}); "
        "install the system's package tzdata, or `pip install tzdata`"
    )

ALLOWANCE = 5_000_000
DEAR_QUEUE = "colour-a3"
PAGE_PRICE = {"dear": 150_000, "other": 40_000}
ONE_HOUR = 3600
INT64 = range(-(2**63), 2**63)
CUPS_MAX = 2**31 - 1
# More on one line is a broken counter.
PAGES_MAX = 10**9

LINE = re.compile(
    r"(?P<printer>[^ ]+) (?P<user>[^ ]+) (?P<id>[0-9]+) "
    r"\[(?P<date>[^\]]*)\] (?P<kind>total|[0-9]+) (?P<count>[0-9]+) "
    r"(?P<billing>[^ ]+) (?P<host>[^ ]+) (?P<name>.*) (?P<media>[^ ]+) (?P<sides>[^ ]+)",
    re.DOTALL,
)
DATE = re.compile(
    r"([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"
)
MONTH = {name: n for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
AMOUNT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]{1,6}))?")


class Wrong(Exception):
    """A line that is left out."""


def numbered_lines(path):
    """Number and text of each line that is not blank. Only a line feed ends a line."""
    with open(path, "rb") as file:
        raw = file.read()
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        sys.exit(f"oracle.py: {path} is not UTF-8: line {line}, byte {error.start} of the file")
    if raw[:3] == b"\xef\xbb\xbf":
        raw = raw[3:]
    for number, line in enumerate(raw.split(b"\n"), 1):
        if line[-1:] == b"\r":
            line = line[:-1]
        if line.strip(b" \t\r"):
            yield number, line.decode("utf-8")


# --- users ---------------------------------------------------------------------------------------


def micros(text):
    match = AMOUNT.fullmatch(text)
    if not match:
        raise Wrong("balance")
    sign, whole, fraction = match.groups()
    amount = int(whole) * 1_000_000 + int((fraction or "").ljust(6, "0"))
    amount = -amount if sign else amount
    if amount not in INT64:
        raise Wrong("balance out of range")
    return amount


class User:
    def __init__(self, line):
        fields = [field.strip(" ") for field in line.split("\t")]
        if any(fields[14:]):
            raise Wrong("too many fields")
        fields += [""] * 14
        self.username, balance, restricted = fields[:3]
        if not 1 <= len(self.username) <= 50:
            raise Wrong("username")
        self.own = micros(balance) if balance else 0
        if restricted not in ("", "Y", "y", "N", "n"):
            raise Wrong("restricted")
        self.unlimited = restricted in ("N", "n")
        self.allowance = 0
        self.month = None
        self.printed = self.refused = self.pages = self.cost = 0

    def see(self, instant):
        """The allowance as it is at an instant: set anew whenever Berlin is in a later month."""
        local = datetime.fromtimestamp(instant, timezone.utc).astimezone(BERLIN)
        month = (local.year, local.month)
        if self.month is None or month > self.month:
            self.month = month
            self.allowance = ALLOWANCE

    def pay(self, cost, pages):
        from_allowance = min(cost, self.allowance)
        from_own = cost - from_allowance
        if from_own > 0 and not self.unlimited and self.own < from_own:
            self.refused += 1
            return False
        self.allowance -= from_allowance
        self.own -= from_own
        self.printed += 1
        self.pages += pages
        self.cost += cost
        return True


def read_users(path):
    users, wrong = {}, []
    for number, line in numbered_lines(path):
        try:
            user = User(line)
            if user.username.lower() in users:
                raise Wrong("username twice")
            users[user.username.lower()] = user
        except Wrong:
            wrong.append(number)
    return users, wrong


# --- the log -------------------------------------------------------------------------------------


def seconds(text):
    """Seconds since 1970 of a date in the log."""
    match = DATE.fullmatch(text)
    if not match:
        raise Wrong("date")
    day, month, year, hour, minute, second, sign, off_hours, off_minutes = match.groups()
    if month not in MONTH or not 1970 <= int(year) <= 2099 or int(off_hours) > 23 or int(off_minutes) > 59:
        raise Wrong("date")
    east = timedelta(hours=int(off_hours), minutes=int(off_minutes))
    try:
        local = datetime(int(year), MONTH[month], int(day), int(hour), int(minute), int(second))
    except ValueError:
        raise Wrong("date") from None
    since = local - datetime(1970, 1, 1) - (-east if sign == "-" else east)
    return since.days * 86_400 + since.seconds


class Line:
    def __init__(self, number, text, clock):
        match = LINE.fullmatch(text)
        if not match:
            raise Wrong("form")
        self.number = number
        self.printer, self.user, self.sides = match["printer"], match["user"], match["sides"]
        self.id, self.count = int(match["id"]), int(match["count"])
        self.page = None if match["kind"] == "total" else int(match["kind"])
        if max(self.id, self.page or 0) > CUPS_MAX or self.count > PAGES_MAX:
            raise Wrong("number")
        self.at = seconds(match["date"])
        self.clock = self.at if clock is None else max(clock, self.at)
        # What CUPS knows of the job, and repeats on each of its page lines.
        self.about = tuple(
            match[part] for part in ("printer", "user", "billing", "host", "name", "media", "sides")
        ) + (self.id,)


def runs(lines, otherwise):
    """Splits page lines that say the same about their job, in the order of the log, into jobs.

    Lines that say again how often a page was printed, and say it otherwise, go to `otherwise`."""
    unseen, copies = [], {}
    for line in lines:
        page = (line.page, line.at)
        if page not in copies:
            copies[page] = line.count
            unseen.append(line)
        elif copies[page] != line.count:
            otherwise.append(line.number)
    run, have = [], set()
    for line in unseen:
        if line.page in have and abs(line.at - run[-1].at) > ONE_HOUR:
            yield run
            run, have = [], set()
        run.append(line)
        have.add(line.page)
    if run:
        yield run


def read_jobs(path):
    """The jobs in the order in which they are charged, the first and the latest time, the wrong
    lines, and those where something is seen again that is not as it was."""
    jobs, page_lines, wrong, otherwise, clock, first = [], defaultdict(list), [], [], None, None
    for number, text in numbered_lines(path):
        try:
            line = Line(number, text, clock)
        except Wrong:
            wrong.append(number)
            continue
        clock = line.clock
        if first is None:
            first = clock
        if line.page is None:
            jobs.append([line])
        else:
            page_lines[line.about].append(line)
    for lines in page_lines.values():
        jobs.extend(runs(lines, otherwise))
    jobs.sort(key=lambda job: job[-1].number)

    once = {}
    for job in jobs:
        known = once.setdefault((job[-1].printer, job[-1].id, job[-1].at), job)
        if content(known) != content(job):
            otherwise.append(job[-1].number)
    return list(once.values()), first, clock, wrong, sorted(otherwise)


def content(job):
    return job[-1].user, job[-1].sides, sum(line.count for line in job)


# --- the month -----------------------------------------------------------------------------------


def price(line):
    """Of one page."""
    full = PAGE_PRICE["dear" if line.printer == DEAR_QUEUE else "other"]
    if line.sides.startswith("two-sided"):
        three_quarters, rest = divmod(full * 3, 4)
        assert rest == 0
        return three_quarters
    return full


def work_out(users_path, log_path):
    users, wrong_users = read_users(users_path)
    jobs, first, last, wrong_lines, otherwise = read_jobs(log_path)
    for user in users.values():
        if first is None:
            user.allowance = ALLOWANCE
        else:
            user.see(first)
    printed = refused = unknown = 0
    for job in jobs:
        end = job[-1]
        user = users.get(end.user.lower())
        if user is None:
            unknown += 1
            continue
        user.see(end.clock)
        pages = sum(line.count for line in job)
        if user.pay(pages * price(end), pages):
            printed += 1
        else:
            refused += 1
    if last is not None:
        for user in users.values():
            user.see(last)

    report = {
        "totals": {
            "jobs": len(jobs),
            "printed": printed,
            "refused": refused,
            "unknown_user": unknown,
            "malformed": len(wrong_users) + len(wrong_lines),
        },
        "users": [
            {
                "username": user.username,
                "jobs_printed": user.printed,
                "jobs_refused": user.refused,
                "pages": user.pages,
                "cost_micros": user.cost,
                "allowance_left_micros": user.allowance,
                "own_funds_micros": user.own,
            }
            for user in sorted(users.values(), key=lambda user: user.username.encode("utf-8"))
        ],
    }
    return report, {"users": wrong_users, "log": wrong_lines, "otherwise": otherwise}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--users", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--json", required=True, help="where to write the report")
    parser.add_argument("--lines", help="where to write the numbers of the lines that are left out or contradict")
    arguments = parser.parse_args()
    report, wrong = work_out(arguments.users, arguments.log)
    for path, content in ((arguments.json, report), (arguments.lines, wrong)):
        if path:
            with open(path, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2, ensure_ascii=False)
                file.write("\n")


if __name__ == "__main__":
    main()
