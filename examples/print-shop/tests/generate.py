#!/usr/bin/env python3
"""Writes a random user list and page log, the same ones for the same seed.

    generate.py --seed 7 --out DIR        # DIR/users.tsv and DIR/page_log

The months are those in which things go wrong: ends of months to the second, both changes of summer
time in Berlin, jobs that spend to exactly nothing and one page more, page lines that interleave, ids
that come again, lines that are late, lines that are broken, names that look like other fields.
Standard library only.
"""

import argparse
import os
import random
from datetime import datetime, timedelta, timezone

PRINTERS = ["mfp-floor1", "mfp-floor2", "plotter-2", "colour-a3", "colour-a3-old", "Colour-A3"]
SIDES = ["-", "one-sided", "two-sided-long-edge", "two-sided-short-edge"]
MEDIA = ["-", "A4", "A3", "iso_a4_210x297mm", "na_letter"]
BILLING = ["-", "-", "4711", "ACME-77", "[x]", "total"]
HOSTS = ["localhost", "10.0.0.7", "pc-42.example.org", "-", "fe80::1"]
OFFSETS = [0, 0, 0, 60, 120, 120, -300, 330, 345, -570, 840, -720]
STRANGERS = ["guest", "svc-scan", "visitor7", "nobody"]
NAMES = [
    "untitled", "menu_été.pdf", "Invoice 2026-1147.pdf", "Microsoft Word - Angebot für Müller.docx",
    "", " ", "  ", "-", "- -", "A4 -", "foo total 5", "total 5 - localhost x A4 -", "1 1", "3 2 - -",
    "[01/Sep/2026:14:31:56 +0000]", "a [01/Sep/2026:14:31:56 +0000] total 9 - h b A4 two-sided-long-edge",
    "][", "[", "]", "\"quoted\"", "it's", "`tick`", "back\\slash", "tab\there", "100%", "a  b", " lead",
    "trail ", "日本語の資料.pdf", "مستند", "emoji 🖨️👩‍👩‍👧", "nbsp\u00a0name", "line\u2028sep", "nel\u0085x",
    "vt\x0bff\x0c", "esc\x1b[2J", "rtl\u202egnp.exe", "\ufeffbom", "nul\x00nul", "two-sided-long-edge",
    "A4 two-sided-long-edge", "0", "x" * 300, "cr\rinside",
]
SPECIAL = ["ümit", "Zoë", "José", "ann.o'neil", "dom\\user", "name@example.org", "李雷", "x" * 50, "-", "total"]
BERLIN_SECONDS_TO_MIDNIGHT = [-3601, -2, -1, 0, 1, 2, 3599]
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
DEAR, CHEAP = 150_000, 40_000
ALLOWANCE = 5_000_000


def last_sunday(year, month):
    day = datetime(year, month, 31, tzinfo=timezone.utc)
    while day.weekday() != 6:
        day -= timedelta(days=1)
    return day


def berlin_month_start(year, month):
    """The instant of midnight on the 1st in Berlin, by the rule of the European Union."""
    summer = 4 <= month <= 10
    return datetime(year, month, 1, tzinfo=timezone.utc) - timedelta(hours=2 if summer else 1)


def instants(rng, count):
    """Rising instants over a few months, thick around month ends and changes of summer time."""
    year, month = rng.choice([2024, 2025, 2026, 2027]), rng.choice([1, 2, 3, 3, 9, 10, 10, 11, 12])
    begin = datetime(year, month, rng.randint(1, 28), rng.randint(0, 23), tzinfo=timezone.utc)
    if rng.random() < 0.2:
        begin = berlin_month_start(year, month)
    span = rng.choice([20, 40, 70, 130, 400])
    found = [begin]
    edges = []
    for offset in range(span // 28 + 2):
        m = month - 1 + offset
        edges.append(berlin_month_start(year + m // 12, m % 12 + 1))
    for y in range(year, year + 3):
        edges += [last_sunday(y, 3) + timedelta(hours=1), last_sunday(y, 10) + timedelta(hours=1)]
    edges = [edge for edge in edges if begin <= edge <= begin + timedelta(days=span)]
    while len(found) < count:
        if edges and rng.random() < 0.4:
            found.append(rng.choice(edges) + timedelta(seconds=rng.choice(BERLIN_SECONDS_TO_MIDNIGHT)))
        else:
            found.append(begin + timedelta(seconds=rng.randrange(span * 86_400)))
    return sorted(instant for instant in found if instant >= begin)


def users_file(rng):
    """The lines of the list, and what each user has."""
    known = {}
    lines = []
    names = [f"{rng.choice('abcdefghij')}{rng.choice(['bauer', 'smith', 'rossi', 'muller'])}{n}" for n in range(rng.randint(3, 14))]
    names += rng.sample(SPECIAL, rng.randint(0, 5))
    rng.shuffle(names)
    for index, name in enumerate(names):
        unlimited = rng.random() < 0.15
        own = rng.choice(["0.00", "0", "2.50", "5.00", "10.00", "25.00", "0.04", "0.1125", "0.000001", "-1.50", "", "0.03", "1.24"])
        amount = own_micros(own)
        flag = "N" if unlimited else rng.choice(["Y", "Y", "Y", "", "y"])
        email = rng.choice(["", f"user{index}@example.org"])
        card = rng.choice(["", f"{10_000_000 + 7919 * index}"])
        fields = [name, own, flag, f"Nr. {index} Ünï", email, "Sales", f"Floor {index % 4}", card]
        fields += [""] * rng.randint(0, 6)
        if rng.random() < 0.2:
            fields = fields[: rng.randint(3, len(fields))]
        if rng.random() < 0.1:
            fields[0] = f" {fields[0]} "
        lines.append("\t".join(fields))
        known[name] = [unlimited, amount]
    for _ in range(rng.choice([0, 0, 1, 3])):
        lines.insert(
            rng.randint(0, len(lines)),
            rng.choice(
                [
                    "\t5.00\tY\tnobody",
                    "broken1\t5,00\tY",
                    "broken2\t0.1234567\tY",
                    "broken3\t99999999999999999999\tY",
                    "broken4\t1.00\tmaybe",
                    "broken5\t+1\tY",
                    "broken6\t1e3\tY",
                    "y" * 51,
                    "broken7\t1.00\tY" + "\t" * 12 + "extra",
                    "broken8\t5.\tN",
                ]
            ),
        )
    if rng.random() < 0.3:
        lines.append(f"{rng.choice(names).upper()}\t99.00\tN\tagain")
    for _ in range(rng.randint(0, 2)):
        lines.insert(rng.randint(0, len(lines)), rng.choice(["", " ", "\t\t"]))
    return lines, known


def own_micros(text):
    whole, _, fraction = text.lstrip("-").partition(".")
    amount = int(whole or 0) * 1_000_000 + int(fraction.ljust(6, "0"))
    return -amount if text.startswith("-") else amount


class Writer:
    def __init__(self, rng, known):
        self.rng, self.known = rng, known
        self.next_id = rng.choice([1, 1, 57, 99_990, 2_147_483_000])
        self.left = {}
        self.lines = []  # (time to stand at, text)
        self.totals = []

    def when(self, instant):
        local = instant + timedelta(minutes=self.rng.choice(OFFSETS))
        minutes = round((local - instant).total_seconds() / 60)
        sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
        zone = f"{sign}{minutes // 60:02}{minutes % 60:02}"
        return f"[{local.day:02}/{MONTHS[local.month - 1]}/{local.year:04}:{local:%H:%M:%S} {zone}]"

    def line(self, job, instant, kind, pages):
        printer, user, number, billing, host, name, media, sides = job
        return f"{printer} {user} {number} {self.when(instant)} {kind} {pages} {billing} {host} {name} {media} {sides}"

    def put(self, instant, text):
        self.lines.append((instant, len(self.lines), text))

    def user(self):
        rng = self.rng
        if rng.random() < 0.07:
            return rng.choice(STRANGERS)
        name = rng.choice(sorted(self.known))
        return rng.choice([name.upper(), name.title()]) if rng.random() < 0.05 else name

    def ticket(self, user=None):
        rng = self.rng
        number, self.next_id = self.next_id, self.next_id + rng.choice([1, 1, 1, 2])
        if self.next_id > 2_147_483_600 or rng.random() < 0.01:
            self.next_id = 1
        return (
            rng.choice(PRINTERS), user or self.user(), number, rng.choice(BILLING), rng.choice(HOSTS),
            rng.choice(NAMES), rng.choice(MEDIA), rng.choice(SIDES),
        )

    def pages(self, job, instant):
        """How many pages: often what empties the user's wallets exactly, or one page more."""
        rng = self.rng
        price = DEAR if job[0] == "colour-a3" else CHEAP
        if job[7].startswith("two-sided"):
            price = price * 3 // 4
        wallet = next((key for key in self.known if key.lower() == job[1].lower()), None)
        pages = rng.choice([0, 1, 1, 2, 3, 5, 8, 13, 40, 125])
        if wallet is not None and not self.known[wallet][0]:
            berlin = instant + timedelta(hours=1)
            month = (berlin.year, berlin.month)
            kept, allowance, own = self.left.get(wallet, (None, 0, self.known[wallet][1]))
            if kept != month:
                allowance = ALLOWANCE
            have = allowance + max(own, 0)
            if rng.random() < 0.25:
                pages = have // price + rng.choice([0, 0, 1])
            cost = pages * price
            if cost <= have:
                own -= max(cost - allowance, 0)
                allowance -= min(cost, allowance)
            self.left[wallet] = (month, allowance, own)
        return pages

    def total(self, instant):
        job = self.ticket()
        pages = self.pages(job, instant)
        self.totals.append((job, instant, pages))
        self.put(instant, self.line(job, instant, "total", pages))

    def exact(self, instant):
        """A user who comes down to nothing with one job after the other."""
        rng = self.rng
        user = rng.choice(sorted(self.known))
        for step in range(rng.randint(2, 4)):
            job = self.ticket(user)
            job = (rng.choice(["mfp-floor1", "colour-a3"]),) + job[1:]
            at = instant + timedelta(seconds=step)
            self.put(at, self.line(job, at, "total", self.pages(job, at)))

    def page_job(self, instant, job=None):
        rng = self.rng
        job = job or self.ticket()
        at, written = instant, []
        for _ in range(rng.choice([1, 1, 1, 2])):
            for number in range(1, rng.randint(1, 9) + 1):
                written.append((at, self.line(job, at, str(number), rng.choice([1, 1, 1, 2, 7, 0]))))
                at += timedelta(seconds=rng.choice([0, 1, 1, 5, 60, 3000]))
            at += timedelta(seconds=rng.choice([1, 30, 3599]))
        if rng.random() < 0.1:
            at += timedelta(days=3)
            written.append((at, self.line(job, at, str(99), 1)))
        for stands, text in written:
            self.put(stands, text)
        return job, at, written

    def again(self, instant):
        """A total that is in the log already: the same, or with something else in it."""
        if not self.totals:
            return
        rng = self.rng
        job, at, pages = rng.choice(self.totals[-20:])
        kind = rng.choice(["same", "same", "pages", "user", "sides", "name", "late id"])
        if kind == "pages":
            pages += 1
        elif kind == "user":
            job = job[:1] + (self.user(),) + job[2:]
        elif kind == "sides":
            job = job[:7] + (rng.choice(SIDES),)
        elif kind == "name":
            job = job[:5] + ("renamed",) + job[6:]
        elif kind == "late id":
            at = instant
        self.put(instant, self.line(job, at, "total", pages))

    def pages_again(self, instant):
        """A job of page lines, then part or all of it again, or the same id after a reinstall."""
        rng = self.rng
        job, end, written = self.page_job(instant)
        kind = rng.choice(["stretch", "all", "reinstall", "reinstall", "other user", "copies", "total"])
        if kind in ("stretch", "all"):
            first = rng.randrange(len(written)) if kind == "stretch" else 0
            for _, text in written[first:]:
                self.put(end + timedelta(seconds=rng.randint(0, 600)), text)
        elif kind == "reinstall":
            later = end + timedelta(seconds=rng.choice([3600, 3601, 7200, 86_400, 40 * 86_400]))
            self.page_job(later, job if rng.random() < 0.7 else job[:5] + ("other",) + job[6:])
        elif kind == "other user":
            other = job[:1] + (self.user(),) + job[2:]
            at = written[-1][0]
            self.put(end, self.line(other, at, str(rng.randint(1, 3)), 1))
        elif kind == "copies":
            self.put(end, self.line(job, written[0][0], "1", 9))
        else:
            self.put(end, self.line(job, rng.choice([end, written[-1][0]]), "total", len(written)))

    def broken(self, instant):
        rng = self.rng
        good = self.line(self.ticket(), instant, "total", 3)
        words = good.split(" ")
        self.put(
            instant,
            rng.choice(
                [
                    "", "   ", "\t", "garbage", "total 5", "\ufeff",
                    good[: rng.randrange(1, len(good))],
                    good.replace("total", "Total", 1),
                    good.replace(" total 3 ", " total -3 ", 1),
                    good.replace(" total 3 ", " total 3.5 ", 1),
                    good.replace(" total 3 ", " total 2147483648 ", 1),
                    good.replace(" total 3 ", " total ", 1),
                    good.replace(" total 3 ", " total ٣ ", 1),
                    good.replace("[", "", 1),
                    good.replace("]", "", 1),
                    good.replace("/2", "/1", 1),
                    good.replace(":", ".", 1),
                    good.replace("+", "", 1),
                    " " + good,
                    good + " ",
                    good.replace(" ", "  ", 1),
                    " ".join(words[:2] + ["x7"] + words[3:]),
                    " ".join(words[:2] + ["-7"] + words[3:]),
                    " ".join(words[1:]),
                    "p u 1 [30/Feb/2026:10:00:00 +0000] total 1 - h n A4 -",
                    "p u 1 [01/Sep/2026:10:00:60 +0000] total 1 - h n A4 -",
                    "p u 1 [01/Sep/2026:10:00:00 +2400] total 1 - h n A4 -",
                    "p u 1 [01/Sep/2126:10:00:00 +0000] total 1 - h n A4 -",
                    "p u 1 [01/sep/2026:10:00:00 +0000] total 1 - h n A4 -",
                    "p u 1 [01/Sep/2026:10:00:00 +0000] total 1 - h A4 -",
                ]
            ),
        )

    def log(self, count):
        rng = self.rng
        kinds = [self.total] * 12 + [self.exact] * 2 + [self.page_job] * 3
        kinds += [self.again] * 2 + [self.pages_again] * 2 + [self.broken]
        for instant in instants(rng, count):
            rng.choice(kinds)(instant)
        # By the time each line was written; a few stand later than they should.
        late = lambda stands: stands + timedelta(hours=rng.choice([1, 30, 800])) if rng.random() < 0.05 else stands
        ordered = sorted((late(stands), index, text) for stands, index, text in self.lines)
        return [text for _, _, text in ordered]


def generate(seed, out):
    rng = random.Random(seed)
    users, known = users_file(rng)
    writer = Writer(rng, known)
    log = writer.log(rng.choice([0, 1, 5, 40, 120, 250]) if seed % 10 == 0 else rng.randint(60, 250))
    os.makedirs(out, exist_ok=True)
    for name, lines in (("users.tsv", users), ("page_log", log)):
        end = rng.choice(["\n", "\n", "\n", "\r\n"])
        text = end.join(lines) + rng.choice([end, end, ""])
        mark = "\ufeff" if rng.random() < 0.1 else ""
        with open(os.path.join(out, name), "wb") as file:
            file.write((mark + text).encode("utf-8"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    generate(arguments.seed, arguments.out)


if __name__ == "__main__":
    main()
