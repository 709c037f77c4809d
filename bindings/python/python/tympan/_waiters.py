"""Threads that wait for answers, so that an event loop need not."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

Answer = TypeVar("Answer")

THREADS: Final = 32
"""So many calls of one open store wait at once; more of them wait for a thread."""


class Waiters:
    """The threads of one open store."""

    def __init__(self) -> None:
        # Its threads end by themselves when the last handle is gone.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tympan")
        self._process = os.getpid()

    async def wait(self, call: Callable[[], Answer]) -> Answer:
        """What the call answers."""
        if os.getpid() != self._process:
            # The threads stayed behind at the fork; the call is refused with `closed` at once.
            return call()
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)
