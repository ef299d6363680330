"""The sandbox's universe: the same every time, and its filters filter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harvester.errors import SpecError
from harvester.sandbox import SandboxConfig, Size, World, parse_size

Record = dict[str, Any]


@pytest.fixture(scope="module")
def world() -> World:
    return World(SandboxConfig())


def keys(records: Any) -> list[str]:
    return [record["accession"] for record in records]


def genomes(world: World, taxon: str = "562", **filters: Any) -> list[Record]:
    """The genomes that pass filters; some do, and not all."""
    found = list(world.genomes(taxon, **filters))
    everything = list(world.genomes(taxon, assembly_version="all_assemblies"))
    assert 0 < len(found) < len(everything)
    assert set(keys(found)) <= set(keys(everything))
    return found


def test_two_worlds_of_one_seed_are_equal(world: World) -> None:
    again = World(SandboxConfig())
    assert list(world.genomes("562")) == list(again.genomes("562"))
    assert list(world.viruses("10239")) == list(again.viruses("10239"))
    assert list(world.genes("human")) == list(again.genes("human"))


def test_another_seed_gives_other_records(world: World) -> None:
    other = World(SandboxConfig(seed=2))
    assert list(world.genomes("562")) != list(other.genomes("562"))


def test_a_record_does_not_depend_on_how_many_there_are(world: World) -> None:
    larger = World(SandboxConfig(sizes=(Size("genome", "562", 5000),)))
    assert list(larger.genomes("562"))[:2300] == list(world.genomes("562"))[:2300]


def test_sizes() -> None:
    wanted = ("genome:562=40", "gene:human=50", "virus:2697049=60", "annotation:GCF_000005845.2=70")
    sized = World(SandboxConfig(sizes=tuple(map(parse_size, wanted))))
    assert len(list(sized.genomes("Escherichia coli"))) == 40
    assert len(list(sized.genes("human"))) == 50
    assert len(list(sized.viruses("SARS-CoV-2"))) == 60
    assert len(list(sized.annotations("GCF_000005845.2"))) == 70
    assert len(list(World(SandboxConfig(scale=0.5)).genomes("1280"))) == 150


@pytest.mark.parametrize("text", ["genome:562", "genes:562=1", "genome:562=x", "gene:=4"])
def test_bad_sizes_are_told(text: str) -> None:
    with pytest.raises(SpecError, match="RESOURCE:ID=COUNT"):
        parse_size(text)


def test_a_size_below_what_stands_under_the_taxon_is_told() -> None:
    with pytest.raises(SpecError, match="less than"):
        World(SandboxConfig(sizes=(Size("genome", "562", 1),)))


def test_keys_are_unique(world: World) -> None:
    for found in (keys(world.genomes("1")), keys(world.viruses("10239"))):
        assert len(found) == len(set(found)) > 3000
    genes = [one["gene"]["gene_id"] for one in world.genes("1", tax_search_subtree=True)]
    assert len(genes) == len(set(genes)) > 9000


def test_every_record_is_found_by_its_key(world: World) -> None:
    for record in list(world.genomes("2", assembly_version="all_assemblies"))[::37]:
        assert list(world.records("genome", "accessions", [record["accession"]])) == [record]
    for record in list(world.viruses("10239"))[::37]:
        assert list(world.records("virus", "accessions", [record["accession"]])) == [record]
    for record in list(world.genes("1", tax_search_subtree=True))[::97]:
        gene = record["gene"]
        (found,) = world.records("gene", "ids", [gene["gene_id"]])
        assert found["gene"] == gene
        named = world.records("gene", "symbols", [gene["symbol"]], gene["tax_id"])
        assert gene in [one["gene"] for one in named]


def test_a_taxon_brings_those_below_it(world: World) -> None:
    primates = {one["organism"]["tax_id"] for one in world.genomes("primates")}
    assert primates == {9606, 63221, 9598, 9593, 9544}
    exact = {one["organism"]["tax_id"] for one in world.genomes("9606", tax_exact_match=True)}
    assert exact == {9606}


def test_an_accession_without_its_version_brings_all(world: World) -> None:
    found = keys(world.records("genome", "accessions", ["GCA_000001405"]))
    assert sorted(found, key=lambda one: int(one[14:])) == [
        f"GCA_000001405.{n}" for n in range(1, 30)
    ]


def test_pairs_name_each_other(world: World) -> None:
    found = {one["accession"]: one for one in world.genomes("562")}
    paired = [one for one in found.values() if "paired_accession" in one]
    assert 0.4 < len(paired) / len(found) < 0.5
    for one in paired:
        twin = found[one["paired_accession"]]
        assert twin["paired_accession"] == one["accession"]
        assert twin["accession"][:3] != one["accession"][:3]


def test_genomes_by_source_and_level(world: World) -> None:
    for one in genomes(world, assembly_source="refseq"):
        assert one["accession"].startswith("GCF_")
    for one in genomes(world, assembly_source="genbank"):
        assert one["source_database"] == "SOURCE_DATABASE_GENBANK"
    for one in genomes(world, assembly_level=["contig", "complete_genome"]):
        assert one["assembly_info"]["assembly_level"] in {"Contig", "Complete Genome"}
    for one in genomes(world, exclude_paired_reports=True):
        assert "paired_accession" not in one or one["accession"].startswith("GCF_")


def test_genomes_by_quality(world: World) -> None:
    assert all("annotation_info" in one for one in genomes(world, has_annotation=True))
    for one in genomes(world, exclude_atypical=True):
        assert "atypical" not in one["assembly_info"]
    reference = genomes(world, "2759", reference_only=True)
    assert {one["assembly_info"]["refseq_category"] for one in reference} == {"reference genome"}
    multi = "from large multi-isolate project"
    for one in genomes(world, exclude_multi_isolate=True):
        assert multi not in one["assembly_info"].get("genome_notes", [])
    only = genomes(world, is_metagenome_derived="metagenome_derived_only")
    none = genomes(world, is_metagenome_derived="metagenome_derived_exclude")
    assert len(only) + len(none) == len(list(world.genomes("562")))


def test_genomes_by_type_material(world: World) -> None:
    assert all("type_material" in one for one in genomes(world, is_type_material=True))
    for one in genomes(world, type_material_category="PATHOVAR_TYPE"):
        assert one["type_material"]["type_label"] == "PATHOVAR_TYPE"
    for one in genomes(world, "10239", is_ictv_exemplar=True):
        assert one["type_material"]["type_label"] == "TYPE_ICTV"


def test_genomes_by_date_and_text(world: World) -> None:
    between = {"first_release_date": "2015-01-01", "last_release_date": "2019-12-31T00:00:00Z"}
    for one in genomes(world, **between):
        assert "2015-01-01" <= one["assembly_info"]["release_date"] <= "2019-12-31"
    for one in genomes(world, search_text=["harbour"]):
        assert one["assembly_info"]["submitter"] == "Harbour University"
    older = genomes(world, assembly_version="all_assemblies", assembly_source="refseq")
    assert {one["assembly_info"]["assembly_status"] for one in older} == {
        "current",
        "previous",
        "suppressed",
    }


def test_dates_split_a_taxon_without_loss(world: World) -> None:
    parts = [
        keys(world.genomes("562", first_release_date=f"{year}-01-01", last_release_date=f"{year}-12-31"))
        for year in range(2000, 2028)
    ]
    assert sorted(sum(parts, [])) == sorted(keys(world.genomes("562")))
    assert max(map(len, parts)) > 3 * len(keys(world.genomes("562"))) / 26


def test_short_contents(world: World) -> None:
    assert set(next(world.genomes("9606", returned_content="ASSM_ACC"))) == {"accession"}
    pair = next(world.genomes("9606", returned_content="PAIRED_ACC"))
    assert set(pair) == {"accession", "paired_accession"}
    assert next(world.genes("human", returned_content="IDS_ONLY"))["gene"] == {"gene_id": "7157"}
    assert set(next(world.viruses("10239", returned_content="ACCESSIONS_ONLY"))) == {"accession"}


def test_gene_filters(world: World) -> None:
    tags = [one["gene"]["locus_tag"] for one in world.genes("511145")][3:5]
    found = list(world.records("gene", "taxa", ["511145"], filters={"locus_tags": tags}))
    assert [one["gene"]["locus_tag"] for one in found] == tags
    types = {one["gene"]["type"] for one in world.genes("human", types=["tRNA", "rRNA"])}
    assert types == {"tRNA", "rRNA"}
    assert [one["gene"]["symbol"] for one in world.genes("human", query="TP53")] == ["TP53"]
    placed = next(world.genes("human"))["gene"]["annotations"][0]["genomic_locations"][0]
    sequence = placed["genomic_accession_version"]
    on_it = list(world.genes("human", accession_filter=[sequence]))
    assert 0 < len(on_it) < 3000
    assert not list(world.genes("primates"))
    subtree = list(world.genes("primates", tax_search_subtree=True))
    assert {one["gene"]["tax_id"] for one in subtree} == {"9606", "63221", "9598", "9593", "9544"}


def test_retired_genes(world: World) -> None:
    old = [one["gene"] for one in world.genes("mouse") if "replaced_gene_id" in one["gene"]]
    assert old
    (found,) = world.records("gene", "ids", [old[0]["replaced_gene_id"], old[0]["gene_id"]])
    assert found["gene"] == old[0]
    assert found["query"] == [old[0]["replaced_gene_id"], old[0]["gene_id"]]
    assert found["warnings"][0]["gene_warning_code"] == "REPLACED_GENE_ID"


def test_taxonomy_filters(world: World) -> None:
    below = world.records("taxonomy", "taxa", ["9604"], filters={"children": True})
    assert [one["taxonomy"]["tax_id"] for one in below] == [9604, 9605, 9596, 9592]
    genera = {"children": True, "ranks": ["GENUS"]}
    ranked = world.records("taxonomy", "taxa", ["9604"], filters=genera)
    assert {one["taxonomy"]["rank"] for one in ranked} == {"GENUS"}
    (number,) = world.records("taxonomy", "taxa", ["9606"], filters={"returned_content": "TAXIDS"})
    assert number["taxonomy"] == {"tax_id": 9606}


def places(records: Any) -> list[tuple[str, int, int]]:
    found = []
    for record in records:
        place = record["annotation"]["annotations"][0]["genomic_locations"][0]
        ends = place["genomic_range"]
        found.append((place["genomic_accession_version"], int(ends["begin"]), int(ends["end"])))
    return found


def test_annotation_filters(world: World) -> None:
    human = "GCF_000001405.40"
    everything = places(world.annotations(human))
    assert len({row["row_id"] for row in world.annotations(human)}) == 6000
    assert [row["row_id"] for row in world.annotations(human, annotation_ids=["7", "9"])] == ["7", "9"]
    genes = {row["annotation"]["symbol"] for row in world.annotations(human, symbols=["TP53"])}
    assert genes == {"TP53"}
    for wanted in (["protein-coding"], ["PROTEIN_CODING"]):
        rows = list(world.annotations(human, gene_types=wanted))
        assert {row["annotation"]["gene_type"] for row in rows} == {"protein-coding"}
    on_x = places(world.annotations(human, locations=["X"]))
    assert on_x == places(world.annotations(human, locations=["NC_000023.11"]))
    assert on_x == [place for place in everything if place[0] == "NC_000023.11"]
    part = places(world.annotations(human, locations=["NC_000001.11:1000000-2000000"]))
    assert part == [
        place
        for place in everything
        if place[0] == "NC_000001.11" and place[1] <= 2_000_000 and place[2] >= 1_000_000
    ]
    assert 0 < len(part) < len(on_x)
    texts = list(world.annotations(human, search_text=["tumor protein"]))
    assert texts
    assert all("tumor protein" in row["annotation"]["description"] for row in texts)


def test_locations_split_an_annotation_without_loss(world: World) -> None:
    human = "GCF_000001405.40"
    names = [one["refseq_accession"] for one in world.sequences(human)]
    parts = [row["row_id"] for name in names for row in world.annotations(human, locations=[name])]
    assert parts == [row["row_id"] for row in world.annotations(human)]


def test_sequence_filters(world: World) -> None:
    human = "GCF_000001405.40"
    placed = list(world.sequences(human, role_filters=["assembled-molecule"]))
    assert [one["chr_name"] for one in placed] == [*map(str, range(1, 23)), "X", "Y"]
    assert all("assembly_unplaced_count" not in one for one in placed)
    (counted, *_) = world.sequences(human, count_assembly_unplaced=True)
    assert counted["assembly_unplaced_count"] == 20


def test_virus_filters(world: World) -> None:
    def some(**filters: Any) -> list[Record]:
        found = list(world.viruses("2697049", **filters))
        assert 0 < len(found) < 3000
        return found

    assert {one["source_database"] for one in some(refseq_only=True)} == {"RefSeq"}
    assert all(one["is_annotated"] for one in some(annotated_only=True))
    assert {one["completeness"] for one in some(complete_only=True)} == {"COMPLETE"}
    assert all(one["release_date"] >= "2020-01-01" for one in some(released_since="2020-01-01"))
    assert all(one["update_date"] >= "2024-01-01" for one in some(updated_since="2024-01-01"))
    assert {one["host"]["tax_id"] for one in some(host="9606")} == {9606}
    assert {one["host"]["tax_id"] for one in some(host="primates")} == {9606, 9544, 9598}
    virus = {one["virus"]["pangolin_classification"] for one in some(pangolin_classification="BA.2")}
    assert virus == {"BA.2"}
    for place in ("Asia", "Japan"):
        for one in some(geo_location=place):
            assert place in json.dumps(one["location"])
    assert {one["location"]["usa_state"] for one in some(usa_state="ca")} == {"CA"}


def test_odd_text_is_there(world: World) -> None:
    everything = json.dumps(list(world.genomes("562")), ensure_ascii=False)
    assert "ü" in everything
    assert "示例大学" in everything
    assert "<for practice>" in everything
    ask = {"family": "genome", "selector": "taxa", "values": ["562"]}
    assert all(len(json.dumps(one)) > 1500 for one in world.records(**ask))
