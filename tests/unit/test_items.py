"""What became of each identifier, from the verdict to the rows of meta.items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from harvester import meta
from harvester.ledger import Ledger
from harvester.model import Query, Taxon
from harvester.publish import Survey, write_meta
from harvester.report import Item, Items, Verdict, judge
from harvester.store.lake import Lake

GENES = Query("q", "gene", "ids", ("1", "2", "3"))


def test_items_without_reasons_and_taxa_have_none() -> None:
    assert list(Items(GENES, ["1", "2"], ["ok", "empty"], [5, 0])) == [
        Item(GENES, "1", "ok", 5, "", None),
        Item(GENES, "2", "empty", 0, "", None),
    ]


def test_each_item_keeps_its_own_reason_and_taxon() -> None:
    taxon = Taxon(9606, "Homo sapiens", (1, 9605))
    (one, other) = Items(GENES, ["a", "b"], ["ok", "failed"], [1, 0], ["", "why"], [taxon, None])
    assert (one.reason, one.taxon) == ("", taxon)
    assert (other.reason, other.taxon) == ("why", None)


def test_those_that_ended_alike_are_found_in_their_order() -> None:
    first = Items(GENES, ["1", "2", "3"], ["unknown", "ok", "unknown"], [0, 1, 0])
    second = Items(GENES, ["4"], ["ok"], [1])
    third = Items(GENES, ["5"], ["unknown"], [0])
    verdict = Verdict((), (first, second, third))
    assert [item.value for item in verdict.having("unknown")] == ["1", "3", "5"]
    assert [item.value for item in verdict.each_item()] == ["1", "2", "3", "4", "5"]


def test_counts_go_to_the_values_that_they_are_of() -> None:
    ledger = Ledger.replay([_page("q.0")])
    found = Survey(matches={"q.0": [0, 2, 1]})
    told = {item.value: item.records for item in judge([GENES], ledger, found, 2.0).each_item()}
    assert told == {"1": 0, "2": 2, "3": 1}


def test_a_list_that_nothing_answers_brought_nothing() -> None:
    verdict = judge([GENES], Ledger.replay([_page("q.0")]), Survey(), 2.0)
    assert [(item.records, item.outcome) for item in verdict.each_item()] == [(0, "unknown")] * 3


def test_a_taxon_whose_walk_failed_in_the_middle_failed_and_a_list_tells_what_came() -> None:
    taxon = Query("t", "genome", "taxa", ("562",))
    failures = [{"is": "failed", "chain": f"{one}.0", "status": 0, "reason": "no"} for one in "qt"]
    ledger = Ledger.replay([_page("q.0"), _page("t.0"), *failures])
    found = Survey(matches={"q.0": [0, 2, 1]})
    told = [
        (one.outcome, one.records) for one in judge([GENES, taxon], ledger, found, 2).each_item()
    ]
    assert told == [("failed", 0), ("ok", 2), ("ok", 1), ("failed", 3)]


def test_taxa_are_told_with_what_taxonomy_says_of_them() -> None:
    query = Query("q", "genome", "taxa", ("human", "9606", "nobody"))
    human = {"tax_id": 9606, "lineage": [1, 9605], "counts": [], "children": []}
    found = {"names": query.values, "taxa": {"human": human, "9606": human}}
    ledger = Ledger.replay([{"is": "taxa", **found}])
    items = judge([query], ledger, Survey(), 2.0).each_item()
    rows = [(row["value"], row["tax_id"], row["lineage"]) for row in meta.item_rows("r", items)]
    assert rows == [
        ("human", 9606, [1, 9605]),
        ("9606", 9606, [1, 9605]),
        ("nobody", None, None),
    ]


def test_that_nothing_is_new_is_no_fault_of_an_identifier() -> None:
    query = Query("q", "genome", "taxa", ("562",), refresh="new")
    answered = _page("q.0") | {"pages": [_page("q.0")["pages"][0] | {"received": 0, "rows": 0}]}
    ledger = Ledger.replay([{"is": "refresh", "since": {"q.0": "2026-01-01"}}, answered])
    (item,) = judge([query], ledger, Survey(), 2.0).each_item()
    assert (item.outcome, item.reason) == ("ok", "NCBI has nothing new since 2026-01-01")


def test_more_rows_than_are_held_at_a_time_are_written(tmp_path: Path) -> None:
    values = [str(number) for number in range(25_000)]
    items = Items(GENES, values, ["ok"] * len(values), range(len(values)))
    rows = meta.item_rows("r", Verdict((), (items,)).each_item())
    lake = Lake(tmp_path)
    (file,) = write_meta(lake, "items", "r", rows)
    written: list[dict[str, Any]] = pq.read_table(lake.path(file.path)).to_pylist()
    assert file.rows == len(values)
    assert [(row["value"], row["records"]) for row in written] == list(
        zip(values, range(len(values)), strict=True)
    )


def test_no_rows_are_no_file(tmp_path: Path) -> None:
    assert write_meta(Lake(tmp_path), "items", "r", iter(())) == ()


def _page(chain: str) -> dict[str, Any]:
    page = {"chain": chain, "epoch": 0, "number": 0, "next": "", "received": 3, "rows": 3}
    return {"is": "pages", "table": "gene", "part": "p.parquet", "pages": [page]}
