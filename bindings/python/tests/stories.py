"""Plays the scenarios: values between JSON and Python, by the types that `surface.json` tells."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import tympan

BINDINGS = Path(__file__).parents[2]
SURFACE: dict[str, Any] = json.loads((BINDINGS / "surface.json").read_text(encoding="utf-8"))


def pascal(word: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in word.split("_"))


def fields(value: dict[str, Any], described: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields that are there, as arguments."""
    return {field["name"]: given(value[field["name"]], field["type"]) for field in described if value.get(field["name"]) is not None}


def given(value: Any, kind: Any) -> Any:
    """What Python gives for the JSON of a type."""
    match kind:
        case {"option": inner}:
            return None if value is None else given(value, inner)
        case {"list": inner}:
            return [given(element, inner) for element in value]
        case {"map": inner}:
            return {name: given(element, inner) for name, element in value.items()}
        case {"record": name}:
            return getattr(tympan, name)(**fields(value, SURFACE["records"][name]["fields"]))
        case {"enum": name} if isinstance(value, str):
            return getattr(tympan, name)(value)
        case {"enum": name}:
            variant = next(v for v in SURFACE["enums"][name]["variants"] if v["name"] == pascal(value["type"]))
            return getattr(getattr(tympan, name), variant["name"])(**fields(value, variant["fields"]))
        case "timestamp":
            return datetime.fromisoformat(value.replace("Z", "+00:00"))
        case _:
            return value


def told(value: Any, kind: Any) -> Any:
    """The JSON of what Python got."""
    match kind:
        case {"option": inner}:
            return None if value is None else told(value, inner)
        case {"list": inner}:
            return [told(element, inner) for element in value]
        case {"map": inner}:
            return {name: told(element, inner) for name, element in value.items()}
        case {"record": name}:
            return {f["name"]: told(getattr(value, f["name"]), f["type"]) for f in SURFACE["records"][name]["fields"]}
        case {"enum": name}:
            variants = SURFACE["enums"][name]["variants"]
            if not any(variant["fields"] for variant in variants):
                return value.value
            variant = next(v for v in variants if isinstance(value, getattr(getattr(tympan, name), v["name"])))
            word = "".join("_" * (at > 0 and c.isupper()) + c.lower() for at, c in enumerate(variant["name"]))
            return {"type": word} | {f["name"]: told(getattr(value, f["name"]), f["type"]) for f in variant["fields"]}
        case "timestamp":
            return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case "error":
            return refusal(value)
        case _:
            return value


def refusal(error: tympan.TympanError) -> dict[str, Any]:
    return {"code": error.code, "kind": error.kind, "retry": error.retry, "message": error.message, "details": error.details}


def resolved(value: Any, bound: dict[str, Any]) -> Any:
    """The value with every `{"$": "name.field.0"}` put in."""
    match value:
        case {"$": str(path)}:
            first, *words = path.split(".")
            found = bound[first]
            for word in words:
                found = found[int(word)] if isinstance(found, list) else found[word]
            return found
        case dict():
            return {name: resolved(element, bound) for name, element in value.items()}
        case list():
            return [resolved(element, bound) for element in value]
        case _:
            return value


def check(expected: Any, found: Any, place: str) -> None:
    """An object is expected in part, a list whole, everything else as it stands."""
    if isinstance(expected, dict) and "$any" in expected:
        assert found is not None, f"{place}: nothing"
    elif isinstance(expected, dict) and isinstance(found, dict):
        for name, element in expected.items():
            assert name in found, f"{place}.{name} is missing"
            check(element, found[name], f"{place}.{name}")
    elif isinstance(expected, list) and isinstance(found, list):
        assert len(expected) == len(found), f"{place}: expected {expected}, found {found}"
        for at, (element, other) in enumerate(zip(expected, found, strict=True)):
            check(element, other, f"{place}.{at}")
    else:
        same = expected == found and isinstance(expected, bool) == isinstance(found, bool)
        assert same, f"{place}: expected {expected!r}, found {found!r}"


def arguments(method: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """The parameters and options of a call, by name."""
    options = SURFACE["records"][method["options"]]["fields"] if method["options"] else []
    described = method["parameters"] + options
    unknown = set(value) - {parameter["name"] for parameter in described}
    assert not unknown, f"no parameter is called {unknown}"
    return fields(value, described)
