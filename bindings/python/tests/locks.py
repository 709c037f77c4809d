"""A shop in a file that another process locks."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tympan
from tympan import UserReference

# In a process of its own: two copies of SQLite in one do not see each other's locks.
LOCKING = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("begin immediate")
print("locked", flush=True)
sys.stdin.read()
"""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """While another process holds the lock of a database."""
    command = [sys.executable, "-c", LOCKING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None and other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        try:
            yield
        finally:
            other.stdin.close()


ANN = UserReference.Username(username="ann")


def made(path: Path) -> str:
    """The address of a shop in a file, and Ann in it, who has a hundred pages."""
    address = f"sqlite:{path}"
    with tympan.open(address) as shop:
        shop.bootstrap("Shop", "EUR", "Ada")
        plan = tympan.Plan(measure="total_pages", amount=100, schedule=tympan.Schedule.NEVER)
        profile = shop.create_profile("Staff", plans=[plan])
        shop.create_user("Ann", username="ann", profile=profile.id)
    return address


def left(address: str) -> int:
    """How many pages Ann has."""
    with tympan.open(address) as shop:
        details = shop.user_details(ANN)
        assert details is not None and details.wallets is not None
        return details.wallets[0].available
