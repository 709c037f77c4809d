"""What the README shows runs: one program after the other, in one folder."""

import ast
import asyncio
import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


def test_what_the_readme_shows_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    programs = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(programs) == 3
    names: dict[str, object] = {}
    for program in programs:
        code = compile(program, README.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        waits = eval(code, names)
        if waits is not None:
            asyncio.run(waits)
    assert capsys.readouterr().out.splitlines() == [
        "488 pages are left",
        "set up before",
        "refund 12 500 the paper was crumpled",
        "refuse 0 488 ",
        "charge -12 488 ",
        "grant 500 500 ",
        "Ada Admin",
        "Ann Müller",
    ]
