"""Opening, closing, threads, forks, signals."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import probe
import tympan
from locks import ANN, left, locked, made
from tympan import errors


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program in an interpreter of its own."""
    here = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": here},
    )  # fmt: skip


def until(condition: Callable[[], bool]) -> None:
    """Waits for another thread."""
    pause = threading.Event()
    for _ in range(5000):
        if condition():
            return
        pause.wait(0.002)
    raise AssertionError("it never came true")


def test_with_closes(tmp_path: Path) -> None:
    address = f"sqlite:{tmp_path / 'shop.db'}"
    with tympan.open(address) as shop:
        shop.bootstrap("Shop", "EUR", "Ada")
        child = shop.as_user(next(shop.users_all()).id)
    for handle in (shop, child):
        with pytest.raises(errors.Closed):
            handle.users()
    shop.close()
    with tympan.open(address, migrate=tympan.Migrate.NEVER, durability=tympan.Durability.NORMAL) as again:
        assert [user.name for user in again.users().rows] == ["Ada"]


def test_with_closes_after_an_exception_and_lets_it_through() -> None:
    shop = tympan.open("memory:")
    with pytest.raises(ZeroDivisionError):
        with shop:
            raise ZeroDivisionError
    with pytest.raises(errors.Closed):
        shop.settings()


def test_a_blocking_call_lets_other_threads_run(passer: probe.Probe) -> None:
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(passer.hold())) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: passer.held() == 3)
    passer.release()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, 1, 2]


def test_threads_charge_at_once_and_nothing_is_lost(shop: tympan.Tympan, ann: tympan.User) -> None:
    def work(number: int) -> None:
        for job in range(10):
            shop.charge(ann.id, f"{number} {job}", tympan.Usage(pages=1))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(errors.AllowanceExhausted):
        shop.charge(ann.id, "one more", tympan.Usage(pages=1))
    assert shop.verify().fault_count == 0


def test_rows_may_be_shared_by_threads(shop: tympan.Tympan) -> None:
    for number in range(40):
        shop.create_user(f"User {number:02}")
    rows = shop.users_all(limit=1)
    names: list[str] = []

    def work() -> None:
        while True:
            try:
                names.append(next(rows).name)
            except StopIteration:
                return
            except RuntimeError:
                pass  # another thread asks for the next page

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == ["Ada", *(f"User {number:02}" for number in range(40))]


FORKED = """
import asyncio, os, sys, tympan, tympan.aio
from tympan import errors
shop = tympan.open(sys.argv[1])
shop.bootstrap("Shop", "EUR", "Ada")
twin = asyncio.run(tympan.aio.open("memory:"))
async def settings(): return await twin.settings()
try: asyncio.run(settings())
except errors.UnknownTenant: pass
child = os.fork()
if child == 0:
    code = 1
    try: shop.users()
    except errors.Closed:
        try: asyncio.run(settings())
        except errors.Closed:
            with tympan.open(sys.argv[1]) as mine:
                mine.create_user("Ann")
                code = 0
    os._exit(code)
assert os.waitpid(child, 0)[1] == 0
print([user.name for user in shop.users_all()])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_store_opened_before_a_fork_is_closed_behind_it(tmp_path: Path) -> None:
    done = run(FORKED, f"sqlite:{tmp_path / 'shop.db'}")
    assert (done.returncode, done.stdout) == (0, "['Ada', 'Ann']\n"), done.stderr


LEFT_OPEN = """
import sys, threading, probe, tympan
shop = tympan.open(sys.argv[1])
shop.bootstrap("Shop", "EUR", "Ada")
held = probe.start("held")
threading.Thread(target=held.hold, daemon=True).start()
while not held.held(): pass
"""


def test_leaving_without_closing_loses_nothing_and_does_not_hang(tmp_path: Path) -> None:
    address = f"sqlite:{tmp_path / 'shop.db'}"
    done = run(LEFT_OPEN, address)
    assert done.returncode == 0, done.stderr
    with tympan.open(address) as shop:
        assert [user.name for user in shop.users().rows] == ["Ada"]


def test_ctrl_c_ends_the_wait(passer: probe.Probe) -> None:
    def press() -> None:
        until(lambda: passer.held() == 1)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        passer.hold()
    thread.join()
    passer.release()
    until(lambda: passer.held() == 0)


def test_a_handler_that_raises_nothing_does_not_end_the_wait(passer: probe.Probe) -> None:
    handled: list[int] = []

    def handle(number: int, _: object) -> None:
        handled.append(number)
        passer.release()

    def press() -> None:
        until(lambda: passer.held() == 1)
        os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        thread = threading.Thread(target=press)
        thread.start()
        assert passer.hold() == 0
        thread.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert handled == [signal.SIGUSR1]


UNREACHABLE = """
import os, signal, socket, sys, threading, tympan
server = socket.create_server(("127.0.0.1", 0))
def press():
    server.accept()
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press, daemon=True).start()
try: tympan.open(f"postgres://r:p@127.0.0.1:{server.getsockname()[1]}/d", keys=f"tympan keys 1\\nkey 1 {bytes(range(32)).hex()}\\nactive 1\\n")
except KeyboardInterrupt: print("interrupted")
sys.stdout.flush()
os._exit(0)
"""


def test_ctrl_c_ends_the_wait_for_a_server_that_does_not_answer() -> None:
    done = run(UNREACHABLE)
    assert done.stdout == "interrupted\n", done.stderr


def test_a_deadline_that_passes_changes_nothing(tmp_path: Path) -> None:
    address = made(tmp_path / "shop.db")
    with tympan.open(address, deadline_ms=50) as shop, locked(tmp_path / "shop.db"):
        with pytest.raises(errors.StorageError) as raised:
            shop.charge(ANN, "job", tympan.Usage(pages=1))
        assert raised.value.retry
    assert left(address) == 100


def test_who_finds_the_queue_full_waits_for_room_and_is_told_that_it_is_busy(tmp_path: Path) -> None:
    address = made(tmp_path / "shop.db")
    refused: list[errors.StorageError] = []

    def charge(shop: tympan.Tympan, number: int) -> None:
        try:
            shop.charge(ANN, f"job {number}", tympan.Usage(pages=1))
        except errors.StorageError as error:
            refused.append(error)

    def eight(shop: tympan.Tympan) -> list[threading.Thread]:
        threads = [threading.Thread(target=charge, args=(shop, number)) for number in range(8)]
        for thread in threads:
            thread.start()
        return threads

    with tympan.open(address, queue_limit=1, deadline_ms=200) as shop, locked(tmp_path / "shop.db"):
        for thread in eight(shop):
            thread.join()
    assert len(refused) == 8 and all(error.retry for error in refused)
    assert sum(isinstance(error, errors.Busy) for error in refused) >= 3
    assert left(address) == 100

    # With time enough there is room for everybody, one after the other.
    refused.clear()
    with tympan.open(address, queue_limit=1) as shop:
        with locked(tmp_path / "shop.db"):
            threads = eight(shop)
        for thread in threads:
            thread.join()
    assert (refused, left(address)) == ([], 92)


INTERRUPTED = """
import sys, tympan
from tympan import Usage, UserReference
ann = UserReference.Username(username="ann")
with tympan.open(sys.argv[1]) as shop:
    print("opened", flush=True)
    sys.stdin.readline()
    try:
        print("waits", flush=True)
        shop.charge(ann, "job", Usage(pages=1))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
    sys.stdin.readline()
    print(shop.charge(ann, "job", Usage(pages=1)).lines[0].balance_after)
"""


def test_what_ctrl_c_cut_short_is_found_out_by_its_key(tmp_path: Path) -> None:
    address = made(tmp_path / "shop.db")
    command = [sys.executable, "-c", INTERRUPTED, address]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    waiting = subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert waiting.stdin is not None and waiting.stdout is not None
    assert waiting.stdout.readline() == "opened\n"
    with locked(tmp_path / "shop.db"):
        print(file=waiting.stdin, flush=True)
        assert waiting.stdout.readline() == "waits\n"
        waiting.send_signal(signal.SIGINT)
        # The lock is still held: nothing but the signal can have ended the wait.
        assert waiting.stdout.readline() == "interrupted\n"
    told, _ = waiting.communicate("\n", timeout=60)
    assert (told, waiting.returncode, left(address)) == ("99\n", 0, 99)


def test_a_store_is_copied_to_another_that_has_the_same_keys(tmp_path: Path) -> None:
    keys, others = tympan.new_keys(), tympan.new_keys()
    assert keys != others and keys.startswith("tympan keys 1\nkey 1 ")
    with tympan.open("memory:", keys=keys) as shop:
        shop.bootstrap("Shop", "EUR", "Ada", username="ada")
        copied = shop.copy_to(f"sqlite:{tmp_path / 'copy.db'}", keys=keys)
        assert (copied.found, copied.rows > 0) == (0, True)
        with pytest.raises(errors.StoreKeys):
            shop.copy_to(f"sqlite:{tmp_path / 'other.db'}", keys=others)
    with tympan.open(f"sqlite:{tmp_path / 'copy.db'}", keys=keys) as copy:
        assert [user.username for user in copy.users().rows] == ["ada"]
        assert copy.verify().fault_count == 0
    with pytest.raises(errors.StoreKeys):
        tympan.open(f"sqlite:{tmp_path / 'copy.db'}", keys=others)


PASSPHRASE = "a ream of paper, an inch of ink"


def test_a_backup_is_checked_and_put_back_with_its_keys(tmp_path: Path) -> None:
    backup, back = str(tmp_path / "backup.db"), str(tmp_path / "back.db")
    with tympan.open(f"sqlite:{tmp_path / 'shop.db'}") as shop:
        shop.bootstrap("Shop", "EUR", "Ada", username="ada")
        shop.backup_to(backup)
        sealed = shop.seal_keys(PASSPHRASE)
        with pytest.raises(errors.InvalidValue):
            shop.seal_keys("too short")
    with pytest.raises(errors.InvalidValue) as refused:
        tympan.unseal_keys(sealed, PASSPHRASE + "!")
    assert refused.value.details["field"] == "passphrase"
    keys = tympan.unseal_keys(sealed, PASSPHRASE)
    assert tympan.verify_backup(backup, keys).fault_count == 0
    assert tympan.restore(backup, back, keys).users == 1
    with pytest.raises(errors.InvalidValue):
        tympan.restore(backup, back, keys)
    with pytest.raises(errors.StoreKeys):
        tympan.verify_backup(backup, tympan.new_keys())
    with tympan.open(f"sqlite:{back}", keys=keys) as shop:
        money = tympan.StatedCost(cost_micros=1_000_000, currency="EUR")
        user = shop.create_user("Ann").user.id
        wallet = tympan.WalletName.OwnFunds(currency="EUR")
        shop.adjust(user, wallet, 5_000_000, "paid", "payment 1")
        assert shop.charge(user, "job 1", tympan.Usage(pages=1), cost=money).lines[0].balance_after == 4_000_000


LOGGING = """
import logging, sys, tympan
logging.basicConfig(level=5, format="%(name)s %(levelname)s %(message)s", stream=sys.stdout)
def print_once(pages, key):
    with tympan.open("memory:") as shop:
        shop.bootstrap("Shop", "EUR", "Ada")
        ann = shop.create_user("Ann").user.id
        shop.charge(ann, key, tympan.Usage(pages=pages), cost=tympan.StatedCost(cost_micros=0, currency="EUR"))
print_once(1, "silent job")
print("asked")
tympan.enable_logging()
tympan.enable_logging()
print_once(2, "told job")
"""


def test_pythons_logging_is_told_when_it_asks_and_not_before() -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", LOGGING], capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.split("asked\n")
    assert before == "" and done.stderr == ""
    assert "tympan DEBUG batch code=ok commands=1" in after and "command name=charge code=ok" in after
    assert "job" not in after and "Ann" not in after
