"""Starts the service on the loopback interface with two workers, and calls it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

import tympan

HERE = Path(__file__).parent
Answer = tuple[int, dict[str, Any]]


class Service:
    def __init__(self, address: str) -> None:
        self.address = address

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = Request(f"{self.address}{path}", data, headers, method=method)
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    store = f"sqlite:{tmp_path_factory.mktemp('shop') / 'shop.db'}"
    with tympan.open(store) as shop:
        shop.bootstrap("Print shop", "EUR", "Ada Admin")
        plan = tympan.Plan(measure="total_pages", amount=100, schedule=tympan.Schedule.NEVER)
        profile = shop.create_profile("Everybody", plans=[plan])
        shop.edit_settings(default_profile=profile.id)
    # The socket listens before anybody accepts, so the first request waits until a worker does.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        inherited = listening.fileno()
        command = [sys.executable, "-m", "uvicorn", "service:app", "--fd", str(inherited), "--workers", "2"]
        env = {**os.environ, "TYMPAN_STORE": store, "PYTHONPATH": os.pathsep.join(sys.path)}
        with subprocess.Popen(command, cwd=HERE, env=env, pass_fds=[inherited]) as process:
            yield Service(f"http://127.0.0.1:{listening.getsockname()[1]}")
            process.send_signal(signal.SIGINT)
            process.wait(30)


def test_a_user_prints_until_nothing_is_left(service: Service) -> None:
    status, user = service.call("POST", "/users", {"name": "Ann Müller", "username": "ann"})
    assert (status, user["name"], user["username"]) == (201, "Ann Müller", "ann")

    jobs = [f"/jobs/job%20{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        charged = list(pool.map(lambda job: service.call("POST", job, {"username": "ann", "pages": 5}), jobs))
    assert sorted(answer["left"][0] for status, answer in charged) == list(range(0, 100, 5))
    assert service.call("POST", jobs[7], {"username": "ann", "pages": 5}) == charged[7]

    status, refused = service.call("POST", "/jobs/more", {"username": "ann", "pages": 1})
    assert (status, refused["code"], refused["details"]["available"]) == (402, "allowance_exhausted", "0")

    status, shown = service.call("GET", "/users/ann")
    assert (status, shown["wallets"]) == (200, [{"measure": "total_pages", "available": 0}])


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/users/nobody", None, (404, "unknown_user")),
        ("POST", "/users", {"name": "", "username": "x"}, (422, "empty_text")),
        ("POST", "/jobs/1", {"username": "nobody", "pages": 1}, (404, "unknown_user")),
        ("POST", "/jobs/1", {"username": "ann", "pages": 1, "colour_pages": 2}, (422, "invalid_usage")),
    ],
)
def test_refusals_are_told(service: Service, method: str, path: str, body: dict[str, Any] | None, expected: tuple[int, str]) -> None:
    status, answer = service.call(method, path, body)
    assert (status, answer["code"]) == expected
