"""The sandbox's universe: the same every time, and its filters filter."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.cases import SPREAD
from harvester.errors import SpecError
from harvester.sandbox import SandboxConfig, Size, World, parse_size
from harvester.sandbox.answers import Answers
from harvester.sandbox.asks import Refusal
from harvester.sandbox.faults import Effects
from harvester.sandbox.reading import read_ask
from harvester.sandbox.routes import ROUTES, Route
from harvester.sandbox.tree import Tree

ROOT = Path(__file__).parents[2]
Record = dict[str, Any]
WORLD = World(SandboxConfig(scale=0.01))


@pytest.fixture(scope="module")
def world() -> World:
    return World(SandboxConfig())


def keys(records: Any) -> list[str]:
    return [record["accession"] for record in records]


def genomes(world: World, taxon: str = "28901", **filters: Any) -> list[Record]:
    """The genomes that pass filters; some do, and not all."""
    found = list(world.genomes(taxon, **filters))
    versions = {"assembly_version": "all_assemblies", "returned_content": "ASSM_ACC"}
    everything = keys(world.genomes(taxon, **versions))
    assert 0 < len(found) < len(everything)
    assert set(keys(found)) <= set(everything)
    return found


def test_two_worlds_of_one_seed_are_equal(world: World) -> None:
    again = World(SandboxConfig())
    assert list(world.genomes("573")) == list(again.genomes("573"))
    assert list(world.viruses("1335626")) == list(again.viruses("1335626"))
    assert list(world.genes("9598")) == list(again.genes("9598"))


def test_benchmarks_ask_for_fifty_taxa_that_share_no_genome() -> None:
    tree = Tree()
    lineages = {int(taxon): tree.number(int(taxon)).lineage for taxon in SPREAD}
    assert len(lineages) == 50
    assert all(lineages.keys().isdisjoint(lineage) for lineage in lineages.values())
    assert all(tree.number(taxon).genomes for taxon in lineages)


def test_the_tree_is_as_large_as_the_page_says() -> None:
    page = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
    assert f"the tree has {len(Tree().taxa)} taxa" in page


def test_another_seed_gives_other_records(world: World) -> None:
    other = World(SandboxConfig(seed=2))
    assert list(world.genomes("573")) != list(other.genomes("573"))


def test_a_record_does_not_depend_on_how_many_there_are(world: World) -> None:
    larger = World(SandboxConfig(sizes=(Size("genome", "573", 500),)))
    assert list(larger.genomes("573"))[:240] == list(world.genomes("573"))


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
    short = world.genomes("1", returned_content="ASSM_ACC")
    for found in (keys(short), keys(world.viruses("10239", returned_content="ACCESSIONS_ONLY"))):
        assert len(found) == len(set(found)) > 3000
    every = world.genes("1", tax_search_subtree=True, returned_content="IDS_ONLY")
    genes = [one["gene"]["gene_id"] for one in every]
    assert len(genes) == len(set(genes)) > 9000


def test_every_record_is_found_by_its_key(world: World) -> None:
    for record in list(world.genomes("543", assembly_version="all_assemblies"))[::37]:
        assert list(world.records("genome", "accessions", [record["accession"]])) == [record]
    for record in list(world.viruses("10239"))[::37]:
        assert list(world.records("virus", "accessions", [record["accession"]])) == [record]
    for record in list(world.genes("2", tax_search_subtree=True))[::37]:
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
    assert 0.25 < len(paired) / len(found) < 0.35
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
    assert len(only) + len(none) == len(list(world.genomes("28901")))


@pytest.mark.parametrize(
    "taxon", ["9606", "10090", "10116", "7955", "7227", "6239", "4932", "3702"]
)
def test_model_organisms_have_one_reference_genome(world: World, taxon: str) -> None:
    found = keys(world.genomes(taxon, reference_only=True, assembly_source="refseq"))
    assert len(found) == 1
    twin = next(world.records("genome", "accessions", found))["paired_accession"]
    assert keys(world.records("genome", "accessions", [twin])) == [twin]


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
    older = genomes(world, "562", assembly_version="all_assemblies", assembly_source="refseq")
    assert {one["assembly_info"]["assembly_status"] for one in older} == {
        "current",
        "previous",
        "suppressed",
    }


def test_dates_split_a_taxon_without_loss(world: World) -> None:
    parts = []
    for year in range(2000, 2028):
        first, last = f"{year}-01-01", f"{year}-12-31"
        parts.append(keys(world.genomes("562", first_release_date=first, last_release_date=last)))
    everything = keys(world.genomes("562"))
    assert sorted(chain.from_iterable(parts)) == sorted(everything)
    assert max(map(len, parts)) > 3 * len(everything) / len(parts)


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


def test_products_agree_with_the_genes(world: World) -> None:
    genes = {one["gene"]["gene_id"]: one["gene"] for one in world.genes("9593")}
    silent = 0
    for record in world.products("9593"):
        product = record["product"]
        gene, transcripts = genes.pop(product["gene_id"]), product.pop("transcripts", [])
        assert product.items() <= gene.items()
        kinds = Counter(one["type"] for one in transcripts)
        assert kinds == {
            one["type"]: one["count"] for one in gene.get("transcript_type_counts", ())
        }
        assert len([one for one in transcripts if "protein" in one]) == gene.get("protein_count", 0)
        silent += not transcripts
        for one in transcripts:
            check_transcript(one, gene)
    assert not genes
    assert silent


def check_transcript(one: Record, gene: Record) -> None:
    """Exons are read in order, lie within the gene, and add up to what they make."""
    for place in one["genomic_locations"]:
        spans = [(int(exon["begin"]), int(exon["end"])) for exon in place["exons"]]
        ends = place["genomic_range"]
        assert (min(spans)[0], max(spans)[1]) == (int(ends["begin"]), int(ends["end"]))
        assert spans == sorted(spans, reverse=ends["orientation"] == "minus")
        assert ends["orientation"] == gene["orientation"]
        assert sum(end - begin + 1 for begin, end in spans) == one["length"]
    for part in one.get("cds", {}).get("range", ()):
        assert 1 <= int(part["begin"]) <= int(part["end"]) <= one["length"]


def test_products_are_found_by_each_of_their_accessions(world: World) -> None:
    found = list(world.products("mouse"))[::97]
    for record in found:
        for one in record["product"].get("transcripts", ()):
            for told in filter(None, (one, one.get("protein"))):
                accession = told["accession_version"]
                (only,) = world.records("product", "accessions", [accession])
                assert only == {"product": record["product"], "query": [accession]}
    assert not list(world.records("product", "accessions", ["NM_00000067299.1", "NM_999999999.1"]))


def test_product_filters(world: World) -> None:
    types = {one["product"]["type"] for one in world.products("human", types=["ncRNA", "rRNA"])}
    assert types == {"ncRNA", "rRNA"}
    (only,) = world.products("human", query="TP53")
    assert only["product"]["symbol"] == "TP53"
    assert not list(world.products("primates"))
    below = world.products("543", tax_search_subtree=True)
    assert {one["product"]["tax_id"] for one in below} == {"562", "511145", "28901", "573"}


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
    genera: dict[str, Any] = {"children": True, "ranks": ["GENUS"]}
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
    assert [row["row_id"] for row in world.annotations(human, annotation_ids=["7", "9"])] == [
        "7",
        "9",
    ]
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
    worm = "GCF_000002985.6"
    names = [one["refseq_accession"] for one in world.sequences(worm)]
    parts = [row["row_id"] for name in names for row in world.annotations(worm, locations=[name])]
    assert parts == [row["row_id"] for row in world.annotations(worm)]


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
    virus = {
        one["virus"]["pangolin_classification"] for one in some(pangolin_classification="BA.2")
    }
    assert virus == {"BA.2"}
    for place in ("Asia", "Japan"):
        for one in some(geo_location=place):
            assert place in json.dumps(one["location"])
    assert {one["location"]["usa_state"] for one in some(usa_state="ca")} == {"CA"}


def test_odd_text_is_there(world: World) -> None:
    everything = json.dumps(list(world.genomes("28901")), ensure_ascii=False)
    assert "ü" in everything
    assert "示例大学" in everything
    assert "<for practice>" in everything


def test_messages_that_hold_nothing_are_there(world: World) -> None:
    everything = list(world.genomes("28901"))
    samples = [one["assembly_info"]["biosample"] for one in everything]
    assert any(one["owner"]["contacts"] == [{}] for one in samples)
    assert any(one["bioprojects"] == [{}] for one in samples)
    assert any(one["gene"].get("gene_ontology") == {} for one in world.genes("human"))


def test_an_assembly_without_annotation_has_none(world: World) -> None:
    bare = next(one for one in world.genomes("562") if "annotation_info" not in one)
    assert list(world.annotations(bare["accession"])) == []
    assert list(world.sequences(bare["accession"]))


@settings(deadline=None)
@given(data=st.data(), route=st.sampled_from(ROUTES))
def test_whatever_is_asked_is_answered_or_refused(data: st.DataObject, route: Route) -> None:
    """No request, however odd, is a bug of the sandbox."""
    text = st.text(max_size=30) | st.sampled_from(
        ["9606", "human", "672", "NM_007294.4", "GCF_000001405.40", "NC_045512", "true", "1,2", "²"]
    )
    names = st.sampled_from([*route.params, "nosuch"]) if route.params else st.just("nosuch")
    pairs = data.draw(st.lists(st.tuples(names, text), max_size=5))
    values = tuple(data.draw(text) for _ in range(route.path.count("{}")))
    with suppress(Refusal):
        ask = read_ask(route, values, pairs, b"")
        answer = Answers(WORLD).answer(ask, Effects(), ndjson=False, number=1)
        assert isinstance(json.loads(answer.body), dict)
