from collections.abc import Iterator

import pytest

import probe
import tympan


@pytest.fixture
def passer() -> probe.Probe:
    """Passes values through."""
    return probe.start("passer")


@pytest.fixture
def shop() -> Iterator[tympan.Tympan]:
    """A shop in memory, with its administrator only."""
    with tympan.open("memory:") as opened:
        opened.bootstrap("Shop", "EUR", "Ada")
        yield opened


@pytest.fixture
def ann(shop: tympan.Tympan) -> tympan.User:
    """Ann, who may print a hundred pages a month."""
    plan = tympan.Plan(measure="total_pages", amount=100, schedule=tympan.Schedule.MONTHLY)
    profile = shop.create_profile("Staff", plans=[plan])
    return shop.create_user("Ann", username="ann", profile=profile.id).user
