"""The one error, as exceptions."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

import probe
import tympan
from tympan import TympanError, errors

SURFACE = json.loads((Path(__file__).parents[2] / "surface.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", SURFACE["codes"], ids=lambda code: str(code["code"]))
def test_every_code_is_a_class_below_that_of_its_kind(passer: probe.Probe, code: dict[str, Any]) -> None:
    details = {name: "x" for name in code["details"]}
    with pytest.raises(TympanError) as raised:
        passer.refuse(code["code"], details)
    error = raised.value
    assert type(error) is errors.BY_CODE[code["code"]]
    category = "".join(word.title() for word in code["kind"].split("_")) + "Error"
    assert type(error).__mro__[1] is getattr(tympan, category)
    assert (error.code, error.kind, error.retry) == (code["code"], code["kind"], code["retry"])
    assert error.details == details
    assert error.message
    assert str(error) == f"{error.code}: {error.message}"


def test_all_codes_have_a_class_and_no_class_is_without() -> None:
    assert sorted(errors.BY_CODE) == sorted(code["code"] for code in SURFACE["codes"])


def test_errors_can_be_pickled() -> None:
    error = errors.Denied("no", {"permission": "user.read"})
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), back.message, back.details) == (errors.Denied, "no", {"permission": "user.read"})


def test_what_is_immediate_refuses_too(passer: probe.Probe) -> None:
    with pytest.raises(errors.Closed):
        passer.refuse_at_once()


def test_a_panic_is_an_internal_error(passer: probe.Probe) -> None:
    with pytest.raises(errors.Internal) as raised:
        passer.panics()
    assert raised.value.kind == "internal"
    # At the border, outside of any call, it is one too, and ends nothing else.
    with pytest.raises(errors.Internal):
        passer.panics_at_once()
    # And where a page is asked for while rows are read.
    with pytest.raises(errors.Internal):
        next(passer.words_all(after="fault"))
    assert passer.text("still here") == "still here"


def test_an_error_may_be_a_value(shop: tympan.Tympan, ann: tympan.User) -> None:
    usage = tympan.Usage
    jobs = [
        tympan.Job(user=ann.id, key="1", usage=usage(pages=60)),
        tympan.Job(user=ann.id, key="2", usage=usage(pages=60)),
        tympan.Job(user=tympan.UserReference.Username(username="bob"), key="3", usage=usage(pages=1)),
    ]
    first, second, third = shop.charge_all(jobs)
    assert first.receipt is not None and first.refused is None
    assert isinstance(second.refused, errors.AllowanceExhausted)
    assert (second.refused.details["needed"], second.refused.details["available"]) == ("60", "40")
    assert isinstance(third.refused, errors.UnknownUser)
    assert (third.receipt, third.refused.code) == (None, "unknown_user")
