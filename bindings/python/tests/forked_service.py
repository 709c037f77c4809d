"""What gunicorn serves: a store that each worker opens behind the fork, and one that was opened before it."""

import os
from collections.abc import Callable
from typing import Any

import tympan
from tympan import Usage, UserReference, errors

STORE = os.environ["TYMPAN_STORE"]

early = tympan.open(STORE)
late: dict[int, tympan.Tympan] = {}


def application(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    try:
        early.settings()
    except errors.Closed:
        pass
    else:
        start_response("500 opened before the fork", [])
        return []
    process = os.getpid()
    shop = late.get(process) or late.setdefault(process, tympan.open(STORE))
    receipt = shop.charge(UserReference.Username(username="ann"), environ["PATH_INFO"], Usage(pages=1))
    start_response("200 OK", [("content-type", "text/plain")])
    return [f"{process} {receipt.lines[0].balance_after}".encode()]
