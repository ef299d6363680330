"""Plots: sound SVG whatever they are made of, and what is drawn is what was given."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.runpage.draw import Bar, Drawing, Mark, Steps, columns, rounded, share
from harvester.runpage.words import lasting

LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
WORDS = st.text(LETTERS) | st.sampled_from(["<script>alert(1)</script>", '"><b>', "&amp;", "']]>"])
HEIGHTS = st.floats(0, 1e9, allow_subnormal=False)


def _plot(
    bars: list[Bar], *, lines: list[Steps] | None = None, marks: list[Mark] | None = None
) -> ET.Element:
    drawn = columns(
        "x", "a title", "a word", bars, unit="a second", ends=("0 s", "1 s"),
        lines=lines or [], marks=marks or [],
    )  # fmt: skip
    return _parsed(drawn)


def _parsed(drawing: Drawing) -> ET.Element:
    return ET.fromstring(drawing.__html__())  # noqa: S314 - our own


def _height(bar: ET.Element) -> float:
    return float(bar.attrib["height"])


@given(st.lists(st.builds(Bar, HEIGHTS, WORDS), max_size=15), WORDS, WORDS, WORDS)
def test_any_words_and_numbers_make_sound_svg(
    bars: list[Bar], name: str, title: str, told: str
) -> None:
    drawn = columns(name, title, told, bars, unit=told, ends=(title, told))
    root = _parsed(drawn)
    kinds = {element.tag for element in root.iter()}
    assert kinds <= {"svg", "title", "desc", "line", "rect", "text"}
    assert (root.findtext("title") or "", root.findtext("desc") or "") == (title, told)
    assert root.attrib["aria-labelledby"] == f"{name}-title {name}-desc"
    drawn_bars = root.findall("rect")
    shown = [bar for bar in bars if bar.height > 0]
    assert [bar.findtext("title") or "" for bar in drawn_bars] == [bar.told for bar in shown]
    for bar in drawn_bars:
        assert float(bar.attrib["y"]) >= 0
        assert float(bar.attrib["y"]) + _height(bar) <= 180
        assert 0 <= float(bar.attrib["x"].rstrip("%")) < 100


def test_heights_are_in_proportion_and_stand_in_their_places() -> None:
    root = _plot([Bar(1), Bar(0), Bar(2), Bar(4)])
    heights = [_height(bar) for bar in root.findall("rect")]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert heights[2] == pytest.approx(4 * heights[0], abs=0.2)
    assert [bar.attrib["x"] for bar in root.findall("rect")] == ["0.000%", "50.000%", "75.000%"]


def test_a_line_of_one_level_is_one_line_and_a_gap_is_a_gap() -> None:
    levels = [5.0, 5.0, None, 2.5, 5.0]
    root = _plot([Bar(1)] * 5, lines=[Steps("limit", [5.0] * 5), Steps("pace", levels)])
    spans = {
        kind: [
            (line.attrib["x1"], line.attrib["x2"])
            for line in root.findall(f"line[@class='{kind}']")
        ]
        for kind in ("line0", "line1")
    }
    assert spans["line0"] == [("0.000%", "100.000%")]
    ends = [("0.000%", "40.000%"), ("60.000%", "80.000%"), ("80.000%", "100.000%")]
    assert spans["line1"] == ends


def test_a_line_above_all_bars_is_inside_the_picture() -> None:
    root = _plot([Bar(1)], lines=[Steps("limit", [50.0])])
    (line,) = root.findall("line[@class='line0']")
    assert 0 < float(line.attrib["y1"]) < 180


def test_a_mark_says_what_it_is() -> None:
    root = _plot([Bar(1)] * 4, marks=[Mark(1, "resumed")])
    (line,) = root.findall("line[@class='mark']")
    assert line.attrib["x1"] == line.attrib["x2"] == "25.000%"
    assert "resumed" in [(text.text or "").strip() for text in root.findall("text")]


def test_nothing_makes_an_empty_picture() -> None:
    root = _plot([])
    assert root.findall("rect") == []
    assert root.findall("text")


@given(st.floats(1e-6, 1e15))
def test_a_scale_ends_at_a_round_number_just_above(highest: float) -> None:
    assert highest <= rounded(highest) * (1 + 1e-9)
    assert rounded(highest) <= 2 * highest


@given(st.floats(allow_nan=False))
def test_a_share_stays_in_its_place(part: float) -> None:
    (bar,) = _parsed(share(part)).findall("rect")
    assert 0 <= float(bar.attrib["width"].rstrip("%")) <= 100


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "0 ms"), (0.25, "250 ms"), (1.0, "1 s"), (59.97, "60 s"), (60.0, "1 min 0 s"),
        (119.9, "1 min 59 s"), (3599.9, "59 min 59 s"), (3600.0, "1 h 0 min"),
        (86399.0, "23 h 59 min"), (86400.0, "1 d 0 h"), (200_000.0, "2 d 7 h"),
    ],
)  # fmt: skip
def test_a_span_of_time_in_words(seconds: float, words: str) -> None:
    assert lasting(seconds) == words
