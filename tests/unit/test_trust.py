"""Files that a job names, and texts on their way out."""

from __future__ import annotations

import asyncio
import html
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.errors import SpecError
from harvester.fetch.pacing import Pacer
from harvester.fetch.retry import retry_after
from harvester.spec import load_job
from harvester.texts import MASK, Mask, json_line, printable
from tests.unit.jobfiles import faults_of, wrap, write

KEY = "k<3\"&/%'0123456789"


@pytest.mark.parametrize("kind", ["pipe", "/dev/zero", "/dev/tty"])
def test_a_pipe_or_a_device_is_no_file(kind: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (fault,) = faults_of(tmp_path, wrap(f"resource: gene, ids_file: {kind}"))
    assert fault.endswith(f"{kind}: is a pipe or a device, not a file")
    with pytest.raises(SpecError, match="is a pipe or a device"):
        load_job(tmp_path / kind)


def test_a_file_that_is_no_list_is_not_printed(tmp_path: Path) -> None:
    secret = "root:x:0:0:" + "s" * 500
    write(tmp_path, f"672\n{secret}\n7157\n\x1b[31m\n" + "x\n" * 1000, "passwd")
    told = faults_of(tmp_path, wrap("resource: gene, ids_file: passwd"))
    assert len(told) == 21
    assert secret[:61] not in "\n".join(told)
    assert not any(number in "\n".join(told) for number in ("672", "7157"))
    assert all(one.isprintable() for one in told)


@given(st.text(), st.text())
def test_the_key_is_taken_out_in_each_of_its_forms(before: str, after: str) -> None:
    mask = Mask(KEY)
    for form in (KEY, json.dumps(KEY)[1:-1], quote(KEY, safe=""), html.escape(KEY)):
        assert mask.text(f"{before}{form}{after}") == f"{before}{MASK}{after}"
        sent = before.encode() + form.encode() + after.encode()
        assert mask.data(sent) == before.encode() + MASK.encode() + after.encode()


@given(st.text())
def test_a_text_without_the_key_stays_as_it_is(text: str) -> None:
    for key in (None, "", "short", KEY):
        assert Mask(key).text(text) == text
        data = text.encode()
        assert Mask(key).data(data) is data


@given(st.recursive(st.text() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_json_that_does_not_paint_is_the_same_json(value: object) -> None:
    line = json_line(json.dumps(value, ensure_ascii=False))
    assert line.isprintable()
    assert json.loads(line) == value


@given(st.text())
def test_what_is_printable_is_left_and_all_becomes_printable(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


@pytest.mark.parametrize(
    "stated",
    [
        "Mon, 1 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 1 Jan 2030 00:00:00 +99999999999999",
        "²",
    ],
)
def test_a_wait_that_no_calendar_holds_is_none(stated: str) -> None:
    assert retry_after(stated, datetime(2026, 11, 21, tzinfo=UTC)) is None


@pytest.mark.parametrize("stated", ["²", "٣", "9" * 5000, "-1", "0"])
def test_a_limit_that_is_no_number_changes_nothing(stated: str) -> None:
    async def paced() -> float:
        pacer = Pacer(5.0)
        pacer.heed({"X-RateLimit-Limit": stated, "X-RateLimit-Remaining": "0"})
        return pacer.rate

    assert asyncio.run(paced()) == 5.0
