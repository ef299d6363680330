"""Records of another taxon than the one that was asked for, through a whole harvest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harvester.model import Query
from tests.wire.hostile import NDJSON, Asked, Told, serve
from tests.wire.runs import ask, harvest

TOLD = "SELECT code, message FROM meta.messages"


def _virus(accession: str, own: int, *above: int) -> dict[str, object]:
    lineage = [{"tax_id": number} for number in above]
    return {"accession": accession, "virus": {"tax_id": own, "lineage": lineage}}


def _answer(asked: Asked) -> Told:
    if "/virus/taxon/" not in asked.target:
        return Told(b'{"code":404,"message":"nothing here"}', 404)
    found = [_virus("A.1", 7, 1, 5), _virus("B.1", 9, 1, 5, 7), _virus("C.1", 8, 1, 5)]
    return Told("\n".join(map(json.dumps, found)).encode(), 200, NDJSON)


@pytest.mark.parametrize(("taxon", "strays"), [("7", 1), ("5", 0)])
def test_strangers_are_kept_and_told(taxon: str, strays: int, tmp_path: Path) -> None:
    with serve(_answer) as server:
        summary = harvest(tmp_path, server.url, Query("q", "virus", "taxa", (taxon,)))
    assert (summary.status, summary.tables["virus"].rows) == ("complete", 3)
    assert ask(tmp_path, "SELECT strays FROM meta.queries") == [(strays,)]
    words = "records do not name the taxon asked for in their lineage"
    assert ask(tmp_path, TOLD) == [("OTHER_TAXON", f"{strays} {words}")] * bool(strays)
