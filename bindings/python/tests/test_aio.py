"""The twin for asyncio."""

import asyncio
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

import probe.aio
import tympan
import tympan.aio
from locks import ANN, left, locked, made
from tympan import errors

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(asyncio.wait_for(coroutine, 60))


async def shop_of_ann() -> tuple[tympan.aio.Tympan, tympan.UserId]:
    shop = await tympan.aio.open("memory:")
    await shop.bootstrap("Shop", "EUR", "Ada")
    plan = tympan.Plan(measure="total_pages", amount=100, schedule=tympan.Schedule.NEVER)
    profile = await shop.create_profile("Staff", plans=[plan])
    return shop, (await shop.create_user("Ann", profile=profile.id)).user.id


def test_a_day_in_a_shop() -> None:
    async def day() -> None:
        shop, ann = await shop_of_ann()
        async with shop:
            charges = [shop.charge(ann, f"job {number}", tympan.Usage(pages=1)) for number in range(100)]
            receipts = await asyncio.gather(*charges)
            assert len({receipt.entry for receipt in receipts}) == 100
            with pytest.raises(errors.AllowanceExhausted):
                await shop.charge(ann, "one more", tympan.Usage(pages=1))
            assert [user.name async for user in shop.users_all(limit=1)] == ["Ada", "Ann"]
            her = shop.as_user(ann)
            with pytest.raises(errors.Denied):
                await her.users()
        with pytest.raises(errors.Closed):
            await her.may(ann, "user.read")

    run(day())


def test_the_event_loop_runs_while_calls_wait() -> None:
    async def many() -> None:
        passer = await probe.aio.start("passer")
        tasks = [asyncio.create_task(passer.hold()) for _ in range(8)]
        while passer.held() < 8:
            await asyncio.sleep(0)
        passer.release()
        assert sorted(await asyncio.gather(*tasks)) == list(range(8))
        assert await passer.amount(2**63 - 1) == 2**63 - 1
        assert [word.name async for word in passer.words_all()] == ["one", "two", "three"]
        with pytest.raises(errors.Internal):
            await passer.panics()
        with pytest.raises(TypeError, match="^count "):
            await passer.count("1")  # type: ignore[arg-type]

    run(many())


def test_who_cancels_finds_out_by_the_same_key() -> None:
    async def cancelled() -> None:
        shop, ann = await shop_of_ann()
        async with shop:
            for number in range(30):
                task = asyncio.create_task(shop.charge(ann, f"job {number}", tympan.Usage(pages=1)))
                for _ in range(number % 3):
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                receipt = await shop.charge(ann, f"job {number}", tympan.Usage(pages=1))
                assert receipt.lines[0].balance_after == 99 - number

    run(cancelled())


def test_calls_under_way_are_answered_when_somebody_closes() -> None:
    async def closed() -> None:
        shop, ann = await shop_of_ann()
        charges = [shop.charge(ann, f"job {number}", tympan.Usage(pages=1)) for number in range(50)]
        tasks = [asyncio.create_task(charge) for charge in charges]
        await asyncio.sleep(0)
        closing = asyncio.create_task(shop.close())
        await asyncio.sleep(0)
        with pytest.raises(errors.Closed):
            await shop.charge(ann, "too late", tympan.Usage(pages=1))
        receipts = await asyncio.gather(*tasks)
        assert {receipt.lines[0].balance_after for receipt in receipts} == set(range(50, 100))
        await closing

    run(closed())


def test_whoever_awaits_the_close_finds_the_file_closed(tmp_path: Path) -> None:
    async def closed() -> None:
        shop = await tympan.aio.open(f"sqlite:{tmp_path / 'shop.db'}")
        await shop.bootstrap("Shop", "EUR", "Ada")
        assert (tmp_path / "shop.db-wal").exists()
        await shop.close()
        assert not (tmp_path / "shop.db-wal").exists()
        await shop.close()

    run(closed())


def test_no_thread_waits_and_the_deadline_runs_for_every_call_at_once(tmp_path: Path) -> None:
    address = made(tmp_path / "shop.db")

    async def charge(shop: tympan.aio.Tympan, number: int) -> errors.StorageError | None:
        try:
            await shop.charge(ANN, f"job {number}", tympan.Usage(pages=1))
        except errors.StorageError as error:
            return error
        return None

    async def hundred(shop: tympan.aio.Tympan) -> list[asyncio.Task[errors.StorageError | None]]:
        tasks = [asyncio.create_task(charge(shop, number)) for number in range(100)]
        await asyncio.sleep(0)
        return tasks

    async def busy() -> None:
        before = threading.active_count()
        async with await tympan.aio.open(address, queue_limit=1, deadline_ms=200) as shop:
            with locked(tmp_path / "shop.db"):
                tasks = await hundred(shop)
                assert threading.active_count() == before
                refused = await asyncio.gather(*tasks)
        assert all(error is not None and error.retry for error in refused)
        # A few have their turn, one after the other; all others find no room.
        assert sum(isinstance(error, errors.Busy) for error in refused) >= 90
        assert left(address) == 100

    async def patient() -> None:
        async with await tympan.aio.open(address, queue_limit=1) as shop:
            with locked(tmp_path / "shop.db"):
                tasks = await hundred(shop)
            assert set(await asyncio.gather(*tasks)) == {None}
        assert left(address) == 0

    run(busy())
    run(patient())


CTRL_C = """
import asyncio, os, signal, probe.aio
async def main():
    passer = await probe.aio.start("passer")
    async def press():
        while not passer.held(): await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGINT)
    await asyncio.gather(passer.hold(), press())
try: asyncio.run(main())
except KeyboardInterrupt: print("interrupted")
"""


def test_ctrl_c_ends_the_wait_and_the_process_though_the_call_goes_on() -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", CTRL_C], capture_output=True, text=True, timeout=60, env=env)
    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr


def test_both_twins_have_the_same_methods() -> None:
    blocking = {name for name in vars(tympan.Tympan) if not name.startswith("_")}
    waiting = {name for name in vars(tympan.aio.Tympan) if not name.startswith("_")}
    assert blocking == waiting
    for name in blocking:
        given = inspect.signature(getattr(tympan.Tympan, name)).parameters
        taken = inspect.signature(getattr(tympan.aio.Tympan, name)).parameters
        assert [(p.name, p.kind) for p in taken.values()][1:] == [(p.name, p.kind) for p in given.values()][1:]


def test_a_file_can_be_used_by_both(tmp_path: Path) -> None:
    async def made() -> None:
        async with await tympan.aio.open(f"sqlite:{tmp_path / 'shop.db'}") as shop:
            await shop.bootstrap("Shop", "EUR", "Ada")

    run(made())
    with tympan.open(f"sqlite:{tmp_path / 'shop.db'}") as shop:
        assert shop.users().rows[0].name == "Ada"


def test_a_backup_is_put_back(tmp_path: Path) -> None:
    async def moved() -> int:
        backup, back = str(tmp_path / "backup.db"), str(tmp_path / "back.db")
        async with await tympan.aio.open(f"sqlite:{tmp_path / 'shop.db'}") as shop:
            await shop.bootstrap("Shop", "EUR", "Ada")
            await shop.backup_to(backup)
            sealed = await shop.seal_keys("a ream of paper, an inch of ink")
        keys = await tympan.aio.unseal_keys(sealed, "a ream of paper, an inch of ink")
        assert (await tympan.aio.verify_backup(backup, keys)).fault_count == 0
        return (await tympan.aio.restore(backup, back, keys)).users

    assert run(moved()) == 1
