"""Each promise of docs/security.md names the test that holds it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
PROMISES = re.findall(r"^\| (?!promise|---)(.+?) \| (.+?) \|$", PAGE, re.MULTILINE)


def test_the_page_promises_something() -> None:
    assert len(PROMISES) > 20


@pytest.mark.parametrize(("promise", "test"), PROMISES, ids=lambda text: text[:40])
def test_every_promise_names_a_test_that_exists(promise: str, test: str) -> None:
    named = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", test)
    assert named, promise
    tree = ast.parse((ROOT / named[1]).read_text(encoding="utf-8"))
    assert named[2] in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
