"""Which rows may go: what every question that ever delivered them has since left out."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harvester.compaction import Keep, fold_lake
from harvester.publish import (
    Asked,
    Loss,
    Staged,
    orphans,
    survey,
    write_members,
)
from tests.publish.place import Place

TABLE = "genome"
#: A run: what each question (by number) brought, and which queries came to a good end.
Run = tuple[dict[int, set[str]], set[str]]


def _query(scope: int) -> str:
    """Questions 0 and 1 belong to one query, 2 to another, 3 to a third."""
    return {0: "p", 1: "p", 2: "q", 3: "r"}[scope]


@dataclass
class Model:
    """The slow obvious way: for each question the rows that it delivers, and those it once did."""

    now: dict[int, set[str]] = field(default_factory=dict)
    ever: dict[int, set[str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def losses(self, brought: dict[int, set[str]]) -> dict[str, Loss]:
        found = {}
        for query in {_query(scope) for scope in brought}:
            scopes = [scope for scope in brought if _query(scope) == query]
            before = set().union(*(self.now.get(scope, set()) for scope in scopes))
            got = set().union(*(brought[scope] for scope in scopes))
            if before:
                found[query] = Loss(len(before), len(before - got))
        return found

    def orphans(self, brought: dict[int, set[str]], settled: set[str]) -> set[str]:
        after = {scope: set(keys) for scope, keys in self.now.items()}
        for scope, keys in brought.items():
            kept = set() if _query(scope) in settled else after.get(scope, set())
            after[scope] = kept | keys
        asked = [scope for scope in brought if _query(scope) in settled]
        once = set().union(*(self.ever.get(scope, set()) for scope in asked)) & self.held
        return once - set().union(*after.values())

    def is_steady(self, brought: dict[int, set[str]]) -> bool:
        """Whether nothing can be learned by looking at rows one by one."""
        present = set().union(*brought.values())
        left = {
            key for one in brought for key in self.ever.get(one, set()) - self.now.get(one, set())
        }
        same = all(self.now.get(scope, set()) == keys for scope, keys in brought.items())
        return any(self.ever.values()) and same and not (left & self.held) - present

    def end(self, brought: dict[int, set[str]], settled: set[str], removed: set[str]) -> None:
        for scope, keys in brought.items():
            kept = set() if _query(scope) in settled else self.now.get(scope, set())
            self.now[scope] = kept | keys
            self.ever[scope] = self.ever.get(scope, set()) | keys
            self.held |= keys
        self.held -= removed


def _staged(place: Place, run_id: str, brought: dict[int, set[str]]) -> Staged:
    rows = [
        {"accession": key, "_chain": f"{scope}/0"}
        for scope, keys in brought.items()
        for key in sorted(keys)
    ]
    parts = place.stage(run_id, TABLE, rows) if rows else []
    asked = [Asked(str(scope), _query(scope), [f"v{scope}"], [scope]) for scope in brought]
    labels = frozenset(f"{scope}/0" for scope in brought)
    return place.staged(run_id, TABLE, parts, labels, asked)


def _keys(table: object) -> set[str]:
    return set(table.column("accession").to_pylist())  # type: ignore[attr-defined]


def _end(place: Place, staged: Staged, settled: set[str], removed: set[str]) -> None:
    gone = [{"accession": key} for key in sorted(removed)]
    change = place.merge_staged(staged, removed=gone)
    members = write_members(staged, settled)
    place.commit(staged.run_id, replace(change, files=change.files + members))


KEYS = st.sets(st.sampled_from("abcdef"))
BROUGHT = st.dictionaries(st.integers(0, 3), KEYS, min_size=1)
RUNS = st.lists(st.tuples(BROUGHT, st.sets(st.sampled_from("pqr"))), min_size=1, max_size=5)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    runs=RUNS,
    remove=st.sampled_from(["what is proven", "nothing"]),
    fold=st.sampled_from([None, Keep(), Keep(runs=1)]),
)
def test_many_runs_against_the_slow_way(
    runs: list[Run], remove: str, fold: Keep | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whether or not the files with what was learned are folded after each run."""
    place, model = Place(tmp_path_factory.mktemp("lake")), Model()
    for brought, settled in runs:
        staged = _staged(place, place.begin(), brought)
        surveyed = survey(staged)
        assert surveyed.losses == model.losses(brought)
        found = _keys(orphans(staged, settled))
        assert found == model.orphans(brought, settled)
        assert surveyed.steady == ({TABLE} if model.is_steady(brought) else set())
        if surveyed.steady:
            assert not _keys(orphans(staged, set(), doubtful={"p", "q", "r"}))
            assert write_members(staged, settled).members == ()
        removed = found if remove == "what is proven" else set()
        _end(place, staged, settled, removed)
        model.end(brought, settled, removed)
        if fold is not None:
            fold_lake(place.lake, [], fold, lambda _: None)
            assert len(place.manifest.table(TABLE).members) <= 1
        assert place.manifest.table(TABLE).rows == len(model.held)


def test_a_question_that_brings_nothing_is_told(place: Place) -> None:
    first = _staged(place, place.begin(), {0: {"a"}, 1: {"b"}})
    assert survey(first).emptied == frozenset()
    _end(place, first, {"p"}, set())
    second = survey(_staged(place, place.begin(), {0: set(), 1: {"b"}}))
    assert second.emptied == {0}
    assert second.losses == {"p": Loss(2, 1)}
    assert second.losses["p"].percent == 50.0


def test_of_a_query_in_doubt_the_rows_that_it_just_left_out_are_told(place: Place) -> None:
    first = _staged(place, place.begin(), {2: {"a", "b", "c"}})
    _end(place, first, {"q"}, set())
    second = _staged(place, place.begin(), {2: {"a"}})
    assert _keys(orphans(second, settled=set())) == set()
    assert _keys(orphans(second, settled=set(), doubtful={"q"})) == {"b", "c"}


def test_a_key_of_several_columns_with_nulls(place: Place) -> None:
    def staged(*rows: tuple[str, str | None]) -> Staged:
        run_id = place.begin()
        found = [
            {"assembly_accession": "G", "genbank_accession": one, "refseq_accession": other}
            for one, other in rows
        ]
        parts = place.stage(run_id, "sequence", found)
        asked = [Asked("q.0", "q", ["G"], [1])]
        return place.staged(run_id, "sequence", parts, {"q.0/0"}, asked)

    first = staged(("A", None), ("B", "NC_1"))
    change = place.merge_staged(first)
    members = write_members(first, {"q"})
    place.commit(first.run_id, replace(change, files=change.files + members))
    second = staged(("B", "NC_1"))
    (left,) = orphans(second, {"q"}).to_pylist()
    assert left == {
        "query": "q",
        "assembly_accession": "G",
        "genbank_accession": "A",
        "refseq_accession": None,
    }


@pytest.mark.parametrize("keep", [Keep(), Keep(runs=1)], ids=["all words", "the newest words"])
def test_of_folded_words_the_newest_counts(keep: Keep, place: Place) -> None:
    """Of `a` the last word is that it is left out, of `b` that it came back."""
    for brought in ({"a", "b"}, {"a"}, {"b"}, {"b", "c"}):
        _end(place, _staged(place, place.begin(), {2: brought}), {"q"}, set())
        words = place.manifest.table(TABLE).versions
        fold_lake(place.lake, [], keep, lambda _: None)
        assert place.manifest.table(TABLE).versions == words
    (file,) = place.manifest.table(TABLE).members
    assert file.rows == (6 if keep.runs is None else 3)
    last = _staged(place, place.begin(), {2: set()})
    assert survey(last).losses == {"q": Loss(2, 2)}
    assert _keys(orphans(last, {"q"})) == {"a", "b", "c"}


def test_each_question_of_a_list_has_the_rows_that_answer_it(place: Place) -> None:
    """And one more has those that answer none of them."""
    run = place.begin()
    rows = [{"gene_id": number, "_query": [name]} for number, name in enumerate("abcx")]
    parts = place.stage(run, "gene", rows)
    asked = [Asked("q.0", "q", ["a", "b", "c", None], [10, 11, 12, 13])]
    (file,) = write_members(place.staged(run, "gene", parts, {"q.0/0"}, asked), {"q"}).members
    written = pq.read_table(place.lake.path(file.path)).to_pylist()
    assert [(row["scope"], row["gene_id"]) for row in written] == [
        (10, 0), (11, 1), (12, 2), (13, 3),
    ]  # fmt: skip
