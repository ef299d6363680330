"""A taxon that is walked in one piece after all: what is left of its shards costs nothing more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from urllib.parse import parse_qs, urlsplit

from harvester.model import Query
from harvester.summary import Summary
from tests.wire.dated import genomes
from tests.wire.hostile import Answer, Asked, Server, Told, serve
from tests.wire.runs import harvest

_QUERY = Query("g", "genome", "taxa", ("562",))
#: All there is, and what shards have of it where these do not add up.
_WHOLE = genomes(9000)
_THIN = genomes(9000, order=lambda numbers: [number for number in numbers if number % 10])
_REFUSED = Told(b'{"message": "no"}', 404)


class Night:
    """The second night: what was asked so far, and whether the whole has begun anew."""

    def __init__(self) -> None:
        self.counts = 0
        self.anew = Event()
        self.again = Event()
        self.begun: list[str] = []

    def sees(self, asked: Asked) -> tuple[bool, str, bool]:
        """Whether this asks for a shard, for which page, and whether it only counts."""
        told = {name: one[0] for name, one in parse_qs(urlsplit(asked.target).query).items()}
        shard, page = "_release_date" in asked.target, told.get("page_token", "")
        count = told["page_size"] == "1"
        self.counts += count
        if self.counts > 1:
            self.again.set()
        if not (shard or page or count):
            self.begun.append(asked.target)
            self.anew.set()
        return shard, page, count

    def waits(self) -> None:
        assert self.anew.wait(20), "the whole is not walked in one piece"

    def waits_for_the_count(self) -> None:
        assert self.again.wait(20), "the whole is not counted again"


def _second_night(folder: Path, answer: Callable[[Night], Answer]) -> tuple[Night, Server, Summary]:
    night = Night()
    with serve(_WHOLE) as server:
        harvest(folder, server.url, _QUERY, concurrency=8)
    with serve(answer(night)) as server:
        summary = harvest(folder, server.url, _QUERY, concurrency=8)
    assert (summary.status, summary.tables["genome"].rows) == ("complete", 9000)
    assert len(night.begun) == 1, "the whole is walked once"
    return night, server, summary


def test_a_shard_that_fails_then_is_not_asked_for_in_parts(tmp_path: Path) -> None:
    def answer(night: Night) -> Answer:
        def tell(asked: Asked) -> Told:
            shard, page, _ = night.sees(asked)
            if shard and page == "1000" and "filters.first_release_date" not in asked.target:
                night.waits()
                return Told(status=500)
            return (_THIN if shard else _WHOLE)(asked)

        return tell

    _, server, _ = _second_night(tmp_path, answer)
    windows = {one.target.partition("&page_token")[0] for one in server.asked}
    assert len([one for one in windows if "_release_date" in one]) == 4


def test_a_shard_that_is_refused_then_begins_nothing_anew(tmp_path: Path) -> None:
    def answer(night: Night) -> Answer:
        def tell(asked: Asked) -> Told:
            shard, page, _ = night.sees(asked)
            if shard and page == "1000":
                night.waits()
                return _REFUSED
            return (_THIN if shard else _WHOLE)(asked)

        return tell

    _second_night(tmp_path, answer)


def test_that_shards_do_not_add_up_is_found_out_once(tmp_path: Path) -> None:
    """While the whole is counted again, a shard is refused, and that is enough."""

    def answer(night: Night) -> Answer:
        def tell(asked: Asked) -> Told:
            shard, page, count = night.sees(asked)
            if count and night.counts > 1:
                night.waits()
            if shard and page == "1000":
                night.waits_for_the_count()
                return _REFUSED
            return (_THIN if shard else _WHOLE)(asked)

        return tell

    night, _, _ = _second_night(tmp_path, answer)
    assert night.counts == 2
