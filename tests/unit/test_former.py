"""Former layouts move to today's places where those are free, and today's are left alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from harvester.catalogue import RESOURCES
from harvester.decode import Decoder
from harvester.model import Stamp
from tests.unit.leaves import lost, rows_of

STAMP = Stamp("20261121T020000Z-test", datetime(2026, 11, 21, 2, tzinfo=UTC), "q.0/0")
FLAT = {
    "organismName": "Canis lupus familiaris",
    "taxId": 9615,
    "breed": "boxer",
    "sex": "female",
    "assemblyInfo": {
        "assemblyAccession": "GCA_000000001.1",
        "genbankAssmAccession": "GCA_000000001.1",
        "biosampleAccession": "SAMN00000001",
        "ucscAssmName": "canFam9",
    },
}


def row(resource: str, record: dict[str, Any]) -> dict[str, Any]:
    decoded = Decoder(RESOURCES[resource]).decode(json.dumps(record).encode(), STAMP)
    (found,) = rows_of(decoded)
    assert lost(record, found, RESOURCES[resource], former=True) == []
    return found


def test_a_flat_organism_becomes_one() -> None:
    found = row("genome", FLAT)
    assert found["accession"] == "GCA_000000001.1"
    assert found["organism"]["organism_name"] == "Canis lupus familiaris"
    assert found["organism"]["tax_id"] == 9615
    assert found["organism"]["infraspecific_names"]["breed"] == "boxer"
    assert found["assembly_info"]["biosample"]["accession"] == "SAMN00000001"
    assert found["assembly_info"]["synonym"] == "canFam9"
    assert json.loads(found["_extra"]) == {
        "/assembly_info/genbank_assm_accession": "GCA_000000001.1"
    }


def test_both_spellings_are_the_same() -> None:
    flat = json.loads(
        json.dumps(FLAT).replace("organismName", "organism_name").replace("taxId", "tax_id")
    )
    flat["assembly_info"] = {"assembly_accession": "GCA_000000001.1"}
    del flat["assemblyInfo"]
    assert row("genome", flat)["organism"]["organism_name"] == "Canis lupus familiaris"


def test_a_place_that_is_taken_stays_as_it_is() -> None:
    record = FLAT | {"organism": {"organismName": "Canis lupus"}}
    found = row("genome", record)
    assert found["organism"]["organism_name"] == "Canis lupus"
    assert json.loads(found["_extra"])["/organism_name"] == "Canis lupus familiaris"


def test_todays_reports_keep_what_they_call_new() -> None:
    record = FLAT | {"accession": "GCA_000000002.1"}
    decoded = Decoder(RESOURCES["genome"]).decode(json.dumps(record).encode(), STAMP)
    (found,) = rows_of(decoded)
    assert found["accession"] == "GCA_000000002.1"
    assert found["organism"] is None
    assert json.loads(found["_extra"])["/breed"] == "boxer"


@pytest.mark.parametrize("number", [1, 2])
def test_an_annotation_with_one_assembly_is_that_assemblys(number: int) -> None:
    scope = [{"accession": f"GCF_00000000{n}.1", "name": f"A{n}"} for n in range(number)]
    annotation = {"releaseDate": "2023-03-15", "releaseName": "RS", "assembliesInScope": scope}
    found = row("gene", {"geneId": "1", "annotations": [annotation]})["annotations"][0]
    assert found["annotation_name"] == "RS"
    assert str(found["annotation_release_date"]) == "2023-03-15"
    assert found["assembly_accession"] == (None if number > 1 else "GCF_000000000.1")


def test_a_name_that_is_given_twice_moves_nowhere() -> None:
    line = b'{"breed":"a","breed":"b","assemblyInfo":{"assemblyAccession":"GCA_000000001.1"}}'
    decoded = Decoder(RESOURCES["genome"]).decode(line, STAMP)
    assert [one.data for one in decoded.quarantine] == [line]
