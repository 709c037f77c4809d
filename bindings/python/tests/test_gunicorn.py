"""gunicorn, which loads the application and then forks its workers."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import pytest

import tympan

PAGES = 1000
HERE = Path(__file__).parent


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    store = f"sqlite:{tmp_path / 'shop.db'}"
    with tympan.open(store) as shop:
        shop.bootstrap("Shop", "EUR", "Ada")
        plan = tympan.Plan(measure="total_pages", amount=PAGES, schedule=tympan.Schedule.NEVER)
        profile = shop.create_profile("Staff", plans=[plan])
        shop.create_user("Ann", username="ann", profile=profile.id)
    # The socket listens before anybody accepts, so the first request waits until a worker does.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        options = ["--preload", "--workers", "2", "--bind", f"fd://{listening.fileno()}"]
        command = [sys.executable, "-m", "gunicorn", *options, "forked_service:application"]
        env = {**os.environ, "TYMPAN_STORE": store, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
        with subprocess.Popen(command, env=env, cwd=tmp_path, pass_fds=[listening.fileno()]) as server:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_workers_that_were_forked_charge_one_store(address: str) -> None:
    def charge(job: int) -> tuple[str, int]:
        with urlopen(f"{address}/job-{job}", timeout=60) as answer:
            process, left = answer.read().decode().split()
            return process, int(left)

    with ThreadPoolExecutor(8) as pool:
        charged: list[tuple[str, int]] = []
        while len({process for process, _ in charged}) < 2 and len(charged) < PAGES:
            charged += pool.map(charge, range(len(charged), len(charged) + 20))
    assert len({process for process, _ in charged}) == 2
    assert sorted(left for _, left in charged) == list(range(PAGES - len(charged), PAGES))
    # The same job is charged once, whichever worker is asked.
    assert charge(0)[1] == charged[0][1]
