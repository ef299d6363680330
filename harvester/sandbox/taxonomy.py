"""Taxonomy reports, in today's layout and in the older one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harvester.sandbox.asks import Ask, Selection
from harvester.sandbox.noise import whole
from harvester.sandbox.taxa import RETIRED
from harvester.sandbox.templates import Json, Record, dumps
from harvester.sandbox.tree import Taxon, Tree

__all__ = ["Counts", "Taxonomy"]

Counts = Callable[[Taxon], tuple[int, int]]
_CLASSES = ("SUPERKINGDOM", "KINGDOM", "PHYLUM", "CLASS", "ORDER", "FAMILY", "GENUS", "SPECIES")
_MORE_CLASSES = ("DOMAIN", "REALM", "ACELLULAR_ROOT")
#: Keys at or above this stand for an unknown name: its position in the request.
_UNKNOWN = 1 << 20


class Taxonomy:
    """The taxonomy reports of a universe; `counts` gives the genomes and genes of a subtree."""

    def __init__(self, tree: Tree, counts: Counts) -> None:
        self._tree = tree
        self._counts = counts

    def select(self, ask: Ask) -> Selection:
        """The taxa asked for, or their children; unknown names answer with an error each."""
        echo: dict[int, list[str]] = {}
        for position, value in enumerate(dict.fromkeys(ask.values)):
            taxon = self._tree.find(value)
            if taxon is None:
                echo[_UNKNOWN + position] = [value]
                continue
            for one in self._named(taxon, ask):
                echo.setdefault(one.place, []).append(value)
        unknown = tuple(values[0] for key, values in echo.items() if key >= _UNKNOWN)
        asked = {key: tuple(values) for key, values in echo.items()}
        return Selection(sorted(echo), echo=asked, unknown=unknown)

    def _named(self, taxon: Taxon, ask: Ask) -> list[Taxon]:
        several = [taxon]
        if ask.flag("children"):
            several += [self._tree.number(child) for child in taxon.children]
        ranks = ask.many("ranks")
        return [one for one in several if not ranks or one.rank in ranks]

    def render(self, ask: Ask, selection: Selection, keys: Sequence[int]) -> list[bytes]:
        """The reports, each wrapped together with what was asked."""
        write = self._node if ask.family == "taxonomy_node" else self._report
        content = ask.one("returned_content")
        return [dumps(self._element(key, selection.echo[key], write, content)) for key in keys]

    def _element(
        self,
        key: int,
        query: tuple[str, ...],
        write: Callable[[Taxon, str], Record],
        content: str,
    ) -> Record:
        asked: list[Json] = list(query)
        if key >= _UNKNOWN:
            told = f"The taxonomy name '{query[0]}' is not a recognized NCBI Taxonomy name."
            return {"errors": [{"reason": told, "invalid_identifiers": asked}], "query": asked}
        taxon = self._tree.taxa[key]
        warning = self._merged(taxon, query)
        report = {"tax_id": taxon.tax_id} if content == "TAXIDS" else write(taxon, content)
        if write == self._node:
            return {"warnings": [warning] if warning else None, "query": asked, "taxonomy": report}
        return {"taxonomy": report, "query": asked, "warning": warning}

    @staticmethod
    def _merged(taxon: Taxon, query: tuple[str, ...]) -> Record | None:
        for value in query:
            if whole(value) in RETIRED:
                told = f"The taxon {value} was merged into {taxon.tax_id}."
                replaced: Record = {"requested": value, "returned": str(taxon.tax_id)}
                return {"reason": told, "message": told, "replaced_id": replaced}
        return None

    def _report(self, taxon: Taxon, content: str) -> Record:
        virus, formal = taxon.is_virus, taxon.rank in {"SPECIES", "GENUS"}
        return {
            "tax_id": taxon.tax_id,
            "rank": "" if taxon.rank == "NO_RANK" else taxon.rank,
            "current_scientific_name": self._name(taxon),
            "basionym": {"name": f"Primum {taxon.name}"} if formal and not virus else None,
            "curator_common_name": taxon.common_name,
            "group_name": taxon.group,
            "has_type_material": taxon.is_bacterial and formal,
            "classification": self._classification(taxon),
            "parents": list(taxon.lineage),
            "children": list(taxon.children),
            "counts": None if content == "METADATA" else self._count_list(taxon),
            "genomic_moltype": _moltype(taxon),
            "current_scientific_name_is_formal": formal,
            "secondary_tax_ids": _merged_ids(taxon),
            "extinct": "neanderthalensis" in taxon.name,
            "genetic_code": _genetic_code(taxon),
        }

    def _name(self, taxon: Taxon) -> Record:
        if not taxon.above_species and taxon.is_bacterial:
            return _full_name(taxon)
        authority = "(Linnaeus, 1758)" if taxon.rank in {"ORDER", "SPECIES"} else None
        accepted = [_note(taxon)] if taxon.is_virus and taxon.rank == "SPECIES" else None
        return {"name": taxon.name, "authority": authority, "notes": accepted}

    def _classification(self, taxon: Taxon) -> Record:
        by_rank: dict[str, Json] = {}
        for number in (*taxon.lineage, taxon.tax_id):
            one = self._tree.number(number)
            by_rank[one.rank] = {"name": one.name, "id": one.tax_id}
        if taxon.tax_id == 10090:  # noqa: PLR2004 - one taxon in the layout of some years ago
            by_rank["SUPERKINGDOM"] = by_rank.pop("DOMAIN")
        return {rank.lower(): by_rank.get(rank) for rank in _CLASSES + _MORE_CLASSES}

    def _count_list(self, taxon: Taxon) -> list[Json]:
        genomes, genes = self._counts(taxon)
        return [
            {"type": "COUNT_TYPE_ASSEMBLY", "count": genomes} if genomes else None,
            {"type": "COUNT_TYPE_GENE", "count": genes} if genes else None,
            {"type": "COUNT_TYPE_PROTEIN_CODING", "count": genes * 7 // 10} if genes else None,
        ]

    def _node(self, taxon: Taxon, content: str) -> Record:
        species = sum(one.rank == "SPECIES" for one in self._tree.below(taxon))
        return {
            "tax_id": taxon.tax_id,
            "organism_name": taxon.name,
            "common_name": taxon.common[-1] if len(taxon.common) > 1 else "",
            "genbank_common_name": taxon.common_name,
            "acronyms": ["SARS2"] if "SARS-CoV-2" in taxon.common else None,
            "genbank_acronym": next((n for n in taxon.common if n.isupper()), ""),
            "blast_name": taxon.group,
            "lineage": list(taxon.lineage),
            "children": list(taxon.children),
            "descendent_with_described_species_names_count": species,
            "rank": "" if taxon.rank == "NO_RANK" else taxon.rank,
            "has_described_species_name": taxon.rank == "SPECIES",
            "counts": None if content == "METADATA" else self._count_list(taxon),
            "min_ord": taxon.place,
            "max_ord": taxon.last,
            "extinct": "neanderthalensis" in taxon.name,
            "genomic_moltype": _moltype(taxon),
        }


def _merged_ids(taxon: Taxon) -> list[Json]:
    return [old for old, new in RETIRED.items() if new == taxon.tax_id]


def _moltype(taxon: Taxon) -> str:
    if 2559587 in taxon.lineage:  # noqa: PLR2004 - Riboviria
        return "ssRNA"
    return "dsDNA" if taxon.length else ""


def _genetic_code(taxon: Taxon) -> Record:
    """The translation tables of the nucleus and the organelles."""
    bacterial: Record = {"id": 11, "name": "Bacterial, Archaeal and Plant Plastid"}
    if taxon.is_bacterial:
        return {"primary": bacterial}
    lineage = {*taxon.lineage, taxon.tax_id}
    animal, plant = 33208 in lineage, 33090 in lineage  # noqa: PLR2004 - taxon numbers
    vertebrate: Record = {"id": 2, "name": "Vertebrate Mitochondrial"}
    fungal: Record = {"id": 4, "name": "Mold Mitochondrial"}
    return {
        "primary": {"id": 1, "name": "Standard"},
        "mitochondrial": vertebrate if animal else None,
        "plastid": bacterial if plant else None,
        "hydrogenosome": fungal if taxon.group == "fungi" else None,
    }


def _note(taxon: Taxon) -> Record:
    return {"name": taxon.name, "note": "accepted in practice", "note_classifier": "ictv_accepted"}


def _full_name(taxon: Taxon) -> Record:
    """A name with all that can be said about one: authority, synonyms, types, publications."""
    return {
        "name": taxon.name,
        "authority": "(Exempel 1899) Müller and Sample 1919",
        "type_strains": [
            {
                "type_strain_name": f"SBX {taxon.place}",
                "type_strain_id": f"{taxon.place}.{taxon.tax_id}",
                "bio_collection_id": str(taxon.place),
                "bio_collection_name": "Sandbox Culture Collection",
                "collection_type": ["collection_culture_collection"],
                "type_class": "type strain",
            }
        ],
        "curator_synonym": f"Bacterium {taxon.name.split()[-1]}",
        "homotypic_synonyms": [
            {
                "name": f"Bacillus {taxon.name.split()[-1]}",
                "authority": "Exempel 1899",
                "basionym": {"name": f"Primum {taxon.name}", "formal": True},
                "homotypic_synonyms": [{"name": f"Secundum {taxon.name}"}],
            }
        ],
        "heterotypic_synonyms": [{"name": f"Alterum {taxon.name}", "formal": True}],
        "other_synonyms": [{"name": f"{taxon.name} group"}],
        "informal_names": [f"{taxon.name} (in practice)"],
        "basionym": {"name": f"Primum {taxon.name}", "authority": "Exempel 1899"},
        "publications": [
            {"name": taxon.name, "citation": "J. Sandbox 1 (1919) 1-9", "pmid": str(taxon.tax_id)}
        ],
        "notes": [{"name": taxon.name, "note": "effective", "note_classifier": "effective_name"}],
        "formal": True,
    }
