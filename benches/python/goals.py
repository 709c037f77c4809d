"""The goals of the Python package, each beside its yardstick, in turn in one process.

    pip install -r benches/python/requirements.txt
    python benches/python/goals.py              # all; names on the command line choose some

Prints the CPU time of each, the ratio and the bound; the exit status is 1 when a bound is missed.
What is compared does the same: a charge keeps a line with a unique key and takes from a balance.
The package must be a release build; `cargo bench --bench native` is asked what Rust alone takes.
"""

import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import tympan
from tympan import Durability, Job, Plan, Schedule, Usage, UserId

ROUNDS = 7
USERS = 1000
Timed = Callable[[int], None]
# Nanoseconds of a call, of so many.
Measured = Callable[[int], float]


def cpu_ns(work: Timed, calls: int) -> float:
    """Nanoseconds of CPU for one call, every thread of the process counted."""
    began = time.process_time_ns()
    work(calls)
    return (time.process_time_ns() - began) / calls


def timed(work: Timed) -> Measured:
    return lambda calls: cpu_ns(work, calls)


def in_turn(ours: tuple[Measured, int], yardstick: tuple[Measured, int]) -> tuple[float, float, list[float]]:
    """Medians of both, and the ratio of each round, in order."""
    rounds = [(ours[0](ours[1]), yardstick[0](yardstick[1])) for _ in range(ROUNDS)]
    own, other = zip(*rounds, strict=True)
    return statistics.median(own), statistics.median(other), sorted(a / b for a, b in rounds)


def native(kind: str, more: Callable[[], float] = lambda: 0.0) -> Measured:
    """What Rust alone takes for the same, in a process of its own, and what is allowed beside it."""

    def measured(calls: int) -> float:
        command = ["cargo", "bench", "--quiet", "--bench", "native", "--", kind, "--calls", str(calls)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parent)
        return json.loads(answer.stdout)["cpu_ns"] + more()

    return measured


def opened(address: str) -> tuple[tympan.Tympan, list[UserId]]:
    shop = tympan.open(address, durability=Durability.NORMAL)
    shop.bootstrap("Shop", "EUR", "Ada")
    plan = Plan(measure="total_pages", amount=10**12, schedule=Schedule.NEVER)
    profile = shop.create_profile("Staff", plans=[plan])
    return shop, [shop.create_user(f"User {number}", profile=profile.id).user.id for number in range(USERS)]


class Keys:
    """Keys that were never used."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> str:
        self.last += 1
        return f"job {self.last:012}"


def charges(shop: tympan.Tympan, users: list[UserId], keys: Keys) -> Timed:
    usage = Usage(pages=1)

    def work(calls: int) -> None:
        for call in range(calls):
            shop.charge(users[call % USERS], keys.next(), usage)

    return work


def charges_at_once(shop: tympan.Tympan, users: list[UserId], keys: Keys) -> Timed:
    usage = Usage(pages=1)

    def work(calls: int) -> None:
        for _ in range(calls // 1000):
            jobs = [Job(user=users[place % USERS], key=keys.next(), usage=usage) for place in range(1000)]
            assert all(outcome.receipt is not None for outcome in shop.charge_all(jobs))

    return work


def by_hand(path: Path, keys: Keys, batch: int = 1) -> Timed:
    """The two statements by the module sqlite3."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(
        "pragma journal_mode = wal; pragma synchronous = normal;"
        "create table account (id integer primary key, balance integer not null) strict;"
        "create table line (id integer primary key, account integer not null, key text not null unique,"
        " pages integer not null, balance integer not null, at integer not null) strict;"
    )
    database.executemany("insert into account values (?, ?)", [(number, 10**12) for number in range(USERS)])

    def work(calls: int) -> None:
        for call in range(calls):
            if call % batch == 0:
                database.execute("begin immediate")
            account = call % USERS
            taken = "update account set balance = balance - 1 where id = ? and balance >= 1 returning balance"
            (balance,) = database.execute(taken, (account,)).fetchone()
            line = "insert into line (account, key, pages, balance, at) values (?, ?, 1, ?, ?)"
            database.execute(line, (account, keys.next(), balance, time.time_ns()))
            if call % batch == batch - 1:
                database.execute("commit")

    return work


def by_django(path: Path, keys: Keys) -> Timed:
    import django
    from django.conf import settings
    from django.db import connection, models, transaction

    options = {"init_command": "pragma journal_mode = wal; pragma synchronous = normal;"}
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}},
        INSTALLED_APPS=[],
    )
    django.setup()

    class Account(models.Model):
        balance = models.BigIntegerField()

        class Meta:
            app_label = "goals"

    class Line(models.Model):
        account = models.ForeignKey(Account, on_delete=models.CASCADE)
        key = models.CharField(max_length=200, unique=True)
        pages = models.IntegerField()

        class Meta:
            app_label = "goals"

    with connection.schema_editor() as editor:
        editor.create_model(Account)
        editor.create_model(Line)
    Account.objects.bulk_create(Account(id=number + 1, balance=10**12) for number in range(USERS))

    def work(calls: int) -> None:
        for call in range(calls):
            account = call % USERS + 1
            with transaction.atomic():
                has = Account.objects.filter(id=account, balance__gte=1)
                assert has.update(balance=models.F("balance") - 1) == 1
                Line.objects.create(account_id=account, key=keys.next(), pages=1)

    return work


def checks(shop: tympan.Tympan, users: list[UserId]) -> Timed:
    def work(calls: int) -> None:
        for call in range(calls):
            shop.may(users[call % USERS], "user.read")

    return work


def by_casbin(folder: Path) -> Timed:
    import casbin

    model = folder / "model.conf"
    model.write_text(
        "[request_definition]\nr = sub, obj, act\n[policy_definition]\np = sub, obj, act\n"
        "[role_definition]\ng = _, _\n[policy_effect]\ne = some(where (p.eft == allow))\n"
        "[matchers]\nm = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act\n"
    )
    policy = folder / "policy.csv"
    grants = [f"p, role{role}, thing{thing}, do" for role in range(10) for thing in range(20)]
    holders = [f"g, user{user}, role{user % 10}" for user in range(USERS)]
    policy.write_text("\n".join(grants + holders))
    enforcer = casbin.FastEnforcer(str(model), str(policy), cache_key_order=[2, 1])

    def work(calls: int) -> None:
        for call in range(calls):
            enforcer.enforce(f"user{call % USERS}", f"thing{call % 20}", "do")

    return work


def by_cedar() -> Timed:
    import cedarpy

    policies = cedarpy.PolicySet.from_str(
        "".join(
            f'permit(principal in Role::"{role}", action == Action::"do", resource == Thing::"{thing}");'
            for role in range(10)
            for thing in range(20)
        )
    )
    users = [
        {"uid": {"type": "User", "id": f"{user}"}, "attrs": {}, "parents": [{"type": "Role", "id": f"{user % 10}"}]}
        for user in range(USERS)
    ]
    entities = cedarpy.Entities.from_json_str(json.dumps(users))

    def work(calls: int) -> None:
        for call in range(calls):
            request = {
                "principal": f'User::"{call % USERS}"',
                "action": 'Action::"do"',
                "resource": f'Thing::"{call % 20}"',
            }
            cedarpy.is_authorized(request, policies, entities)

    return work


def bare_calls(shop: tympan.Tympan) -> Timed:
    """A call that crosses the border, takes nothing and gives nothing."""
    leave = shop.__enter__

    def work(calls: int) -> None:
        for _ in range(calls):
            leave()

    return work


def main() -> int:
    wanted = sys.argv[1:]
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        memory, known = opened("memory:")
        file, users = opened(f"sqlite:{folder / 'shop.db'}")
        keys = Keys()
        bare = timed(bare_calls(memory))
        goals: list[tuple[str, str, float, Callable[[], tuple[tuple[Measured, int], tuple[Measured, int]]]]] = [
            ("stdlib", "a charge on SQLite NORMAL, beside the two statements by sqlite3", 1 / 0.7,
             lambda: ((timed(charges(file, users, keys)), 2000), (timed(by_hand(folder / "hand.db", keys)), 2000))),
            ("django", "a charge on SQLite NORMAL, beside Django's update and create", 1 / 5,
             lambda: ((timed(charges(file, users, keys)), 2000), (timed(by_django(folder / "django.db", keys)), 1000))),
            ("batch", "1000 charges in one call on SQLite NORMAL, beside as many in Rust", 1.3,
             lambda: ((timed(charges_at_once(file, users, keys)), 10_000), (native("sqlite-batch"), 10_000))),
            ("batch-memory", "1000 charges in one call in memory, beside as many in Rust and 0.5 µs each", 1.0,
             lambda: ((timed(charges_at_once(memory, known, keys)), 20_000), (native("memory-batch", lambda: 500.0), 20_000))),
            ("casbin", "a permission check, beside casbin's FastEnforcer", 1 / 100,
             lambda: ((timed(checks(memory, known)), 100_000), (timed(by_casbin(folder)), 2000))),
            ("cedar", "a permission check, beside cedarpy with everything built before", 1 / 100,
             lambda: ((timed(checks(memory, known)), 100_000), (timed(by_cedar()), 2000))),
            ("memory", "a charge in memory, beside one in Rust and six bare calls", 1.0,
             lambda: ((timed(charges(memory, known, keys)), 20_000), (native("memory", lambda: 6 * bare(200_000)), 20_000))),
        ]  # fmt: skip
        for goal, about, bound, made in goals:
            if wanted and goal not in wanted:
                continue
            ours, yardstick, ratios = in_turn(*made())
            ratio = statistics.median(ratios)
            verdict = "kept" if ratio <= bound else "MISSED"
            missed += verdict == "MISSED"
            spread = f"{ratio:.4f} [{ratios[0]:.4f}-{ratios[-1]:.4f}]"
            print(f"{goal:12} {ours:10.0f} ns {yardstick:10.0f} ns  {spread} at most {bound:.4f}  {verdict}: {about}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
