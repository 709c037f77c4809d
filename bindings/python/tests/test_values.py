"""Every type through the border and back, and what is refused at it."""

import builtins
from collections import UserDict, UserList
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import probe
import tympan
from probe import Child, Colour, Everything, Shape
from tympan import UserId, errors

UTC = timezone.utc
USER = UserId("usr_0000000000001")
NOW = datetime(2026, 2, 28, 12, 30, 1, 250_000, UTC)


def everything(**others: Any) -> Everything:
    fields: dict[str, Any] = {
        "flag": True,
        "count": 2**31 - 1,
        "amount": 2**63 - 1,
        "text": "Zoë 🦉 \0 e\u0301",
        "secret": "4711",
        "bytes": b"\x00\xff",
        "at": NOW,
        "user": USER,
        "colour": Colour.FULL_COLOUR,
        "shape": Shape.Sized(size=-1, owner=USER),
        "maybe": -(2**63),
        "list": ["", "b"],
        "map": {"": 0, "🦉": -1},
        "children": [Child(name="a", nick_name="b"), Child(name="c")],
    }
    return Everything(**(fields | others))


def test_everything_comes_back_as_it_was_given(passer: probe.Probe) -> None:
    given = everything()
    back = passer.everything(given)
    assert back == given
    assert back is not given
    assert (back.flag, back.count, back.amount) == (True, 2**31 - 1, 2**63 - 1)
    assert (back.text, back.secret, back.bytes) == ("Zoë 🦉 \0 e\u0301", "4711", b"\x00\xff")
    assert (back.at, back.user, back.colour) == (NOW, USER, Colour.FULL_COLOUR)
    assert back.at.tzinfo is UTC
    assert back.colour is Colour.FULL_COLOUR
    assert back.shape == Shape.Sized(size=-1, owner=USER)
    assert isinstance(back.shape, Shape.Sized) and back.shape.owner == USER
    assert (back.maybe, back.list, back.map) == (-(2**63), ["", "b"], {"": 0, "🦉": -1})
    assert back.children == [Child(name="a", nick_name="b"), Child(name="c", nick_name=None)]


def test_what_may_be_left_out_is_none_empty_or_false() -> None:
    needed = {"count": 0, "amount": 0, "text": "", "secret": "", "bytes": b"", "at": NOW, "user": USER}
    least = Everything(**needed, colour=Colour.MONO, shape=Shape.Nothing())  # type: ignore[arg-type]
    assert (least.flag, least.maybe, least.list, least.map, least.children) == (False, None, [], {}, [])


@pytest.mark.parametrize("shape", [Shape.Nothing(), Shape.Named(name="x"), Shape.Sized(size=1), Shape.Sized(size=2, owner=USER)])
def test_every_shape_comes_back(passer: probe.Probe, shape: Shape) -> None:
    back = passer.shape(shape)
    assert back == shape
    assert type(back) is type(shape)
    assert back != Shape.Named(name="other")


def test_shapes_are_told_apart_by_match() -> None:
    def told(shape: Shape) -> str:
        match shape:
            case Shape.Named(name=name):
                return name
            case Shape.Sized(size=size, owner=None):
                return str(size)
            case _:
                return "nothing"

    assert [told(Shape.Named(name="x")), told(Shape.Sized(size=7)), told(Shape.Nothing())] == ["x", "7", "nothing"]


@pytest.mark.parametrize("amount", [-(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1, None])
def test_amounts_are_exact(passer: probe.Probe, amount: int | None) -> None:
    assert passer.amount(amount) == amount


@pytest.mark.parametrize("text", ["", "a" * 10_000_000, "🦉" * 10, "\r\n\t", "\U0010ffff"])
def test_text_is_exact(passer: probe.Probe, text: str) -> None:
    assert passer.text(text) == text
    assert passer.bytes(text.encode()) == text.encode()


def test_text_of_ten_megabytes_is_refused_not_cut(shop: tympan.Tympan) -> None:
    with pytest.raises(errors.TextTooLong):
        shop.create_user("x" * 10_000_000)
    assert len(shop.users().rows) == 1


@pytest.mark.parametrize(
    "at", [datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_000, UTC), NOW]
)
def test_instants_are_exact_to_the_millisecond(passer: probe.Probe, at: datetime) -> None:
    assert passer.instant(at) == at


def test_what_is_equal_has_one_hash() -> None:
    assert len({Child(name="a"), Child(name="a", nick_name=None), Child(name="b")}) == 2
    assert len({Shape.Named(name="x"), Shape.Named(name="x"), Shape.Sized(size=7)}) == 2


def test_instants_are_rounded_down_and_told_in_utc(passer: probe.Probe) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    given = datetime(2026, 1, 1, 1, 0, 0, 999_999, east)
    back = passer.instant(given)
    assert back == given.replace(microsecond=999_000)
    assert back.tzinfo is UTC


def test_sequences_and_mappings_of_other_classes_are_taken(passer: probe.Probe) -> None:
    given = everything(list=("a", "b"), map=UserDict({"a": 1}), children=UserList([Child(name="a")]))
    assert (given.list, given.map, given.children) == (["a", "b"], {"a": 1}, [Child(name="a")])


def test_options_are_named_and_have_defaults(passer: probe.Probe) -> None:
    assert passer.options("x") == "x loud=false times=none words="
    assert passer.options("x", loud=True, times=3, words=["a", "b"]) == "x loud=true times=3 words=a,b"
    with pytest.raises(TypeError):
        passer.options("x", True)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        passer.options("x", lout=True)  # type: ignore[call-arg]


def test_pages_are_read_row_by_row(passer: probe.Probe) -> None:
    assert [row.name for row in passer.words_all()] == ["one", "two", "three"]
    assert [row.name for row in passer.words_all(after="1")] == ["two", "three"]
    rows = passer.words_all()
    assert iter(rows) is rows
    assert next(rows).name == "one"
    with pytest.raises(TypeError):
        passer.words_all(times="many")  # type: ignore[arg-type]


def test_words_are_text() -> None:
    text: str = Colour.FULL_COLOUR
    assert text == "full_colour"
    assert str(Colour.FULL_COLOUR) == f"{Colour.FULL_COLOUR}" == "full_colour"
    assert Colour("mono") is Colour.MONO
    assert everything(colour="mono") == everything(colour=Colour.MONO)
    assert everything(colour="mono").colour is Colour.MONO


def test_records_are_frozen_and_show_no_secret() -> None:
    record = everything()
    with pytest.raises(AttributeError):
        record.count = 1  # type: ignore[misc]
    with pytest.raises(AttributeError):
        record.other = 1  # type: ignore[attr-defined]
    assert "4711" not in repr(record)
    assert "secret=<hidden>" in repr(record)
    assert repr(Child(name="it's")) == 'Child(name="it\'s", nick_name=None)'
    assert repr(Shape.Sized(size=1)) == "Shape.Sized(size=1, owner=None)"
    assert repr(tympan.UserReference.Pin(pin="4711")) == "UserReference.Pin(pin=<hidden>)"
    assert repr(tympan.NewIdentity(kind="pin", value="4711")) == (
        "NewIdentity(kind='pin', value=<hidden>, label=None, disabled=False, alone=False, source=None)"
    )


def test_what_only_calls_give_is_made_by_nobody_else() -> None:
    for made in (tympan.User, tympan.Tympan, tympan.UserReference, tympan.Receipt, probe.Probe):
        with pytest.raises(TypeError, match="cannot create"):
            made()


Refused = tuple[str, Callable[[probe.Probe], object], type[Exception]]

REFUSED: list[Refused] = [
    ("count", lambda p: p.count(2**31), OverflowError),
    ("count", lambda p: p.count(-(2**31) - 1), OverflowError),
    ("count", lambda p: p.count(1.0), TypeError),  # type: ignore[arg-type]
    ("count", lambda p: p.count(True), TypeError),
    ("count", lambda p: p.count("1"), TypeError),  # type: ignore[arg-type]
    ("count", lambda p: p.count(None), TypeError),  # type: ignore[arg-type]
    ("amount", lambda p: p.amount(2**63), OverflowError),
    ("amount", lambda p: p.amount(-(2**63) - 1), OverflowError),
    ("amount", lambda p: p.amount(10**400), OverflowError),
    ("amount", lambda p: p.amount(1.5), TypeError),  # type: ignore[arg-type]
    ("amount", lambda p: p.amount(float("nan")), TypeError),  # type: ignore[arg-type]
    ("amount", lambda p: p.amount(False), TypeError),
    ("text", lambda p: p.text("\ud800"), ValueError),
    ("text", lambda p: p.text(b"x"), TypeError),  # type: ignore[arg-type]
    ("text", lambda p: p.text(None), TypeError),  # type: ignore[arg-type]
    ("bytes", lambda p: p.bytes("x"), TypeError),  # type: ignore[arg-type]
    ("at", lambda p: p.instant(datetime(2026, 1, 1)), ValueError),
    ("at", lambda p: p.instant(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)), OverflowError),
    ("at", lambda p: p.instant(NOW.date()), TypeError),  # type: ignore[arg-type]
    ("at", lambda p: p.instant(0), TypeError),  # type: ignore[arg-type]
    ("shape", lambda p: p.shape(Child(name="x")), TypeError),  # type: ignore[arg-type]
    ("shape", lambda p: p.shape("nothing"), TypeError),  # type: ignore[arg-type]
    ("name", lambda p: p.shape(Shape.Named(name=1)), TypeError),  # type: ignore[arg-type]
    ("loud", lambda p: p.options("x", loud=None), TypeError),  # type: ignore[arg-type]
    ("loud", lambda p: p.options("x", loud=1), TypeError),  # type: ignore[arg-type]
    ("words", lambda p: p.options("x", words="abc"), TypeError),
    ("words", lambda p: p.options("x", words=["a", 1]), TypeError),  # type: ignore[list-item]
    ("words", lambda p: p.options("x", words=["\udfff"]), ValueError),
    ("words", lambda p: p.options("x", words=None), TypeError),  # type: ignore[arg-type]
    ("words", lambda p: p.options("x", words=(w for w in "ab")), TypeError),  # type: ignore[arg-type]
    ("words", lambda p: p.options("x", words={"a"}), TypeError),  # type: ignore[arg-type]
    ("details", lambda p: p.refuse("denied", [("a", "b")]), TypeError),  # type: ignore[arg-type]
    ("details", lambda p: p.refuse("denied", {1: "b"}), TypeError),  # type: ignore[dict-item]
    ("colour", lambda _: everything(colour="red"), ValueError),
    ("colour", lambda _: everything(colour=1), TypeError),
    ("colour", lambda _: everything(colour=tympan.Filter.ALL), TypeError),
    ("user", lambda _: everything(user=1), TypeError),
    ("children", lambda _: everything(children=[None]), TypeError),
    ("map", lambda _: everything(map={"a": 2**63}), OverflowError),
]


@pytest.mark.parametrize("place", range(len(REFUSED)))
def test_what_does_not_fit_is_refused_with_the_name_of_the_argument(passer: probe.Probe, place: int) -> None:
    name, call, error = REFUSED[place]
    with pytest.raises(error, match=rf"^{name} "):
        call(passer)


def test_an_id_of_another_form_is_an_error_of_tympan() -> None:
    for text in ("", "usr_", "rol_0000000000001", "usr_000000000000l!"):
        with pytest.raises(tympan.errors.InvalidId):
            everything(user=text)


def test_a_user_is_meant_by_a_bare_id_too(shop: tympan.Tympan, ann: tympan.User) -> None:
    by_name = shop.look_up(tympan.UserReference.Username(username="ANN"))
    assert shop.look_up(ann.id) == shop.look_up(tympan.UserReference.Id(id=ann.id)) == by_name == ann
    job = tympan.Job(user=ann.id, key="1", usage=tympan.Usage(pages=1))
    assert job.user == tympan.UserReference.Id(id=ann.id)
    with pytest.raises(tympan.errors.InvalidId):
        shop.look_up(UserId("ann"))
    with pytest.raises(TypeError, match="^user must be UserReference or UserId, not int$"):
        shop.look_up(1)  # type: ignore[arg-type]


def test_a_star_import_hides_nothing_of_pythons() -> None:
    names: dict[str, object] = {}
    exec("from tympan import *", names)
    assert names["Tympan"] is tympan.Tympan
    assert not set(names) & set(dir(builtins)) - {"__builtins__"}, "what Python has by itself"
