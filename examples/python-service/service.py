"""A small host of the kind that print servers call: users and jobs over HTTP, with FastAPI.

    TYMPAN_STORE=sqlite:shop.db uvicorn service:app --workers 2

Each worker opens the store for itself, behind the fork, and calls are awaited, so that a thousand
requests share commits. Whoever calls this is trusted: a service that is reachable by others puts
its own recognition of callers in front, and then acts `as_user`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

import tympan.aio
from tympan import TympanError, Usage, UserDetails, UserReference, errors

STATUS = {
    "invalid": 422,
    "not_found": 404,
    "conflict": 409,
    "refused": 402,
    "denied": 403,
    "throttled": 429,
    # Nothing was changed, or nobody knows: the same request with the same key finds out.
    "storage": 503,
    "unknown_outcome": 503,
    "internal": 500,
}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with await tympan.aio.open(os.environ.get("TYMPAN_STORE", "sqlite:shop.db")) as shop:
        try:
            await shop.bootstrap("Print shop", "EUR", "Ada Admin")
        except errors.BootstrapDone:
            pass
        app.state.shop = shop
        yield


app = FastAPI(lifespan=lifespan)


def the_shop(request: Request) -> tympan.aio.Tympan:
    shop: tympan.aio.Tympan = request.app.state.shop
    return shop


Shop = Annotated[tympan.aio.Tympan, Depends(the_shop)]


class NewUser(BaseModel):
    name: str
    username: str


class ShownWallet(BaseModel):
    measure: str
    available: int


class ShownUser(BaseModel):
    id: str
    name: str
    username: str | None
    wallets: list[ShownWallet] = []


class Job(BaseModel):
    username: str
    pages: int
    colour_pages: int = 0


class Charged(BaseModel):
    cost_micros: int | None
    left: list[int]


@app.exception_handler(TympanError)
async def refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TympanError)
    told = {"code": error.code, "message": error.message, "details": error.details, "retry": error.retry}
    return JSONResponse(told, STATUS[error.kind])


@app.post("/users", status_code=201)
async def create_user(asked: NewUser, shop: Shop) -> ShownUser:
    user = (await shop.create_user(asked.name, username=asked.username)).user
    return ShownUser(id=user.id, name=user.name, username=user.username)


@app.get("/users/{username}")
async def show_user(username: str, shop: Shop) -> ShownUser:
    details = await shop.user_details(UserReference.Username(username=username))
    if details is None:
        raise errors.UnknownUser("there is no such user")
    return shown(details)


def shown(details: UserDetails) -> ShownUser:
    wallets = [ShownWallet(measure=wallet.measure, available=wallet.available) for wallet in details.wallets or ()]
    user = details.user
    return ShownUser(id=user.id, name=user.name, username=user.username, wallets=wallets)


@app.post("/jobs/{key}")
async def charge_job(key: str, job: Job, shop: Shop) -> Charged:
    """The key is the job's own name: a caller that got no answer sends the same request again."""
    usage = Usage(pages=job.pages, colour_pages=job.colour_pages)
    receipt = await shop.charge(UserReference.Username(username=job.username), key, usage)
    return Charged(cost_micros=receipt.cost_micros, left=[line.balance_after for line in receipt.lines])
