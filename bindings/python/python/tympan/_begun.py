"""Waiting for answers on an event loop: no thread waits, and nothing queues in front of the store."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

from tympan._tympan import begin

Answer = TypeVar("Answer")


async def answered(call: Callable[[], Answer]) -> Answer:
    """What the call answers. It is begun here and now: its deadline runs from here on."""
    loop = asyncio.get_running_loop()
    begun = begin(call)
    try:
        while True:
            rung: asyncio.Future[None] = loop.create_future()
            answer = begun.poll(partial(loop.call_soon_threadsafe, _ring, rung))
            if answer is not None:
                return cast(Answer, answer[0])
            await rung
    finally:
        begun.leave()


def _ring(rung: "asyncio.Future[None]") -> None:
    if not rung.done():
        rung.set_result(None)
