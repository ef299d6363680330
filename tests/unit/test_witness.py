"""Whose word counts where a request fails."""

from __future__ import annotations

from harvester.fetch.request import Request
from harvester.fetch.witness import Witness

HEAVY, LIGHT = 1_000_000, 300


def _page(name: str) -> Request:
    small = Request("GET", f"/{name}/one", "")
    return Request("GET", f"/{name}", "", small=small)


def test_before_any_page_the_least_question_speaks_but_not_without_end() -> None:
    witness, page = Witness(), _page("a")
    asked = [witness.question(page, "gene") for _ in range(12)]
    assert asked == [page.small] * 8 + [None] * 4
    assert witness.question(page, "genome") == page.small


def test_the_heaviest_page_speaks_as_often_as_it_is_asked() -> None:
    witness = Witness()
    witness.remember(_page("a"), "gene", HEAVY)
    witness.remember(_page("b"), "gene", LIGHT)
    assert [witness.question(_page("c"), "gene") for _ in range(20)] == [_page("a")] * 20


def test_a_light_page_is_no_better_than_a_small_question() -> None:
    witness = Witness()
    witness.remember(_page("a"), "gene", LIGHT)
    assert [witness.question(_page("b"), "gene") for _ in range(9)] == [_page("a")] * 8 + [None]


def test_no_request_speaks_for_itself() -> None:
    witness, alone = Witness(), Request("GET", "/a", "", small=Request("GET", "/a", ""))
    assert witness.question(alone, "gene") is None
    witness.remember(_page("b"), "gene", HEAVY)
    assert witness.question(_page("b"), "gene") == _page("b").small


def test_what_goes_stale_or_is_no_page_is_not_remembered() -> None:
    witness = Witness()
    witness.remember(Request("GET", "/a?page_token=t", "", small=_page("a")), "gene", HEAVY)
    witness.remember(Request("POST", "/a", "", b'{"page_token":"t"}', small=_page("a")), "gene", 1)
    witness.remember(Request("GET", "/version", ""), "gene", HEAVY)
    assert witness.question(_page("b"), "gene") == _page("b").small
