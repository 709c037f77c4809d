"""The scenarios of `bindings/scenarios`, through both twins."""

import asyncio
import inspect
import json
import os
import uuid
from pathlib import Path
from typing import Any

import pytest

import stories
import tympan
import tympan.aio

FOLDER = Path(os.environ.get("TYMPAN_SCENARIOS", stories.BINDINGS / "scenarios"))
KEYS = f"tympan keys 1\nkey 1 {bytes(range(32)).hex()}\nactive 1\n"


def stores() -> list[str]:
    other = os.environ.get("TYMPAN_SCENARIO_STORE")
    named = [os.environ["DATABASE_URL"] if other == "postgres" else other] if other else []
    return ["memory:", "sqlite:", *named]


async def called(handle: Any, name: str, named: dict[str, Any]) -> Any:
    answer = getattr(handle, name)(**named)
    return await answer if inspect.isawaitable(answer) else answer


async def play(path: Path, module: Any, address: str) -> None:
    scenario = json.loads(path.read_text(encoding="utf-8"))
    opening = stories.arguments(stories.SURFACE["handle"]["methods"]["open"], scenario.get("open", {}))
    if address.startswith("postgres"):
        opening |= {"schema": f"scenario_{uuid.uuid4().hex}", "keys": KEYS}
    opened = await called(module, "open", {"address": address, **opening})
    bound: dict[str, Any] = {}
    handles = {"": opened}
    for number, step in enumerate(scenario["steps"], 1):
        try:
            await take(step, handles, bound)
        except Exception as fault:
            raise AssertionError(f"{path.name}: step {number}: {fault}") from fault
    await called(opened, "close", {})


async def take(step: dict[str, Any], handles: dict[str, Any], bound: dict[str, Any]) -> None:
    method = stories.SURFACE["handle"]["methods"][step["call"]]
    named = stories.arguments(method, stories.resolved(step.get("with", {}), bound))
    handle = handles[step.get("on", "")]
    try:
        answer = await called(handle, step["call"], named)
    except tympan.TympanError as error:
        assert "refused" in step, f"it was refused: {error}"
        stories.check(stories.resolved(step["refused"], bound), stories.refusal(error), "refused")
        return
    assert "refused" not in step, "it was not refused"
    if method["gives"] == "handle":
        handles[step["as"]] = answer
        return
    value = stories.told(answer, method["gives"])
    if "expect" in step:
        stories.check(stories.resolved(step["expect"], bound), value, "given")
    if "as" in step:
        bound[step["as"]] = value


@pytest.mark.parametrize("module", [tympan, tympan.aio], ids=["blocking", "aio"])
@pytest.mark.parametrize("store", stores())
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: str(path.stem))
def test_every_scenario_comes_true(path: Path, store: str, module: Any, tmp_path: Path) -> None:
    address = f"sqlite:{tmp_path / 'shop.db'}" if store == "sqlite:" else store
    asyncio.run(play(path, module, address))


def test_there_are_scenarios() -> None:
    assert list(FOLDER.glob("*.json"))


def test_what_should_differ_is_seen() -> None:
    for expected, found in [(1, 2), (1, True), ([1], [1, 2]), ({"a": 1}, {}), ({"$any": True}, None), (None, 0)]:
        with pytest.raises(AssertionError):
            stories.check(expected, found, "planted")
