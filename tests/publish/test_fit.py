"""Surplus values on their way into a column that a schema learned."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from harvester.publish.fit import fit
from harvester.schema import Field

MOMENT = Field("moment", "timestamp", "A moment.")


@pytest.mark.parametrize(
    "written",
    [
        "2021-02-28T05:23:06.1234567Z",
        "20210228",
        "2021-W01-1",
        "2021-02-28T25",
        "2021-02-30",
        "soon",
    ],
)
def test_a_moment_that_would_be_cut_or_guessed_stays_where_it_is(written: str) -> None:
    rest: dict[str, msgspec.Raw] = {}
    raw = msgspec.Raw(msgspec.json.encode(written))
    assert fit(raw, MOMENT, "/moment", rest) is None
    assert rest == {"/moment": raw}


def test_a_moment_is_taken_to_utc() -> None:
    raw = msgspec.Raw(b'"2021-02-28 05:23+05:30"')
    expected = datetime(2021, 2, 27, 23, 53)  # noqa: DTZ001 - UTC by contract
    assert fit(raw, MOMENT, "/moment", {}) == expected
