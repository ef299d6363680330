"""The filters on genomes, read once a query and applied to each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from harvester.sandbox.asks import Ask
from harvester.sandbox.genome_traits import Traits
from harvester.sandbox.noise import day_number, day_text

if TYPE_CHECKING:
    from harvester.sandbox.genomes import Genome

__all__ = ["GenomeFilter"]

_SWITCHES = (
    "reference_only", "has_annotation", "exclude_atypical", "exclude_multi_isolate",
    "is_type_material", "is_ictv_exemplar",
)  # fmt: skip
_DERIVED = {"metagenome_derived_only": True, "metagenome_derived_exclude": False}


class _Wanted(Struct):
    """What a request demands; empty means that anything will do."""

    source: str = ""
    unpaired: bool = False
    levels: frozenset[str] = frozenset()
    switches: frozenset[str] = frozenset()
    metagenome: bool | None = None
    category: str = ""
    first: str = ""
    last: str = ""
    words: tuple[str, ...] = ()


class GenomeFilter:
    """Whether genomes pass the filters of one request."""

    def __init__(self, ask: Ask) -> None:
        source, category = ask.one("assembly_source"), ask.one("type_material_category")
        self._wanted = _Wanted(
            source="" if source == "all" else source,
            unpaired=ask.flag("exclude_paired_reports"),
            levels=frozenset(ask.many("assembly_level")),
            switches=frozenset(name for name in _SWITCHES if ask.flag(name)),
            metagenome=_DERIVED.get(ask.one("is_metagenome_derived")),
            category="" if category == "NONE" else category,
            first=ask.one("first_release_date")[:10],
            last=ask.one("last_release_date")[:10],
            words=tuple(word.casefold() for word in ask.many("search_text")),
        )
        self._traits: dict[tuple[Traits, bool], bool] = {}
        #: Older versions are records of their own.
        self.all_versions = ask.one("assembly_version") == "all_assemblies"
        dated = replace(self._wanted, first="", last="")
        #: The first and the last day, where nothing but the time of release is asked for.
        self.days = self._days() if dated == _Wanted() and not self.all_versions else None
        self.idle = self._wanted == _Wanted() and not self.all_versions

    def _days(self) -> tuple[int, int]:
        first, last = self._wanted.first, self._wanted.last
        return day_number(first) if first else 0, day_number(last) if last else 1 << 31

    def accepts(self, genome: Genome, traits: Traits) -> bool:
        """Whether a genome passes."""
        place = (traits, genome.refseq)
        passes = self._traits.get(place)
        if passes is None:
            passes = self._traits[place] = self._good(traits, refseq=genome.refseq)
        return passes and self._released(genome) and self._matches(genome, traits)

    def _good(self, traits: Traits, *, refseq: bool) -> bool:
        wanted = self._wanted
        if wanted.source and (wanted.source == "refseq") != refseq:
            return False
        if wanted.levels and traits.level.lower().replace(" ", "_") not in wanted.levels:
            return False
        if wanted.metagenome is not None and wanted.metagenome != traits.metagenome:
            return False
        if wanted.category and wanted.category != traits.type_label:
            return False
        return all(_switch(name, traits, refseq=refseq) for name in wanted.switches)

    def _released(self, genome: Genome) -> bool:
        wanted = self._wanted
        if wanted.unpaired and genome.paired and not genome.refseq:
            return False
        if not wanted.first and not wanted.last:
            return True
        day = day_text(genome.day)
        return wanted.first <= day and (not wanted.last or day <= wanted.last)

    def _matches(self, genome: Genome, traits: Traits) -> bool:
        if not self._wanted.words:
            return True
        taxon = genome.taxon
        names = (taxon.name, *taxon.common, genome.name, genome.strain, traits.submitter)
        text = "\n".join(names).casefold()
        return all(word in text for word in self._wanted.words)


def _switch(name: str, traits: Traits, *, refseq: bool) -> bool:
    exemplar = traits.type_label == "TYPE_ICTV"
    passes = {
        "reference_only": traits.reference and refseq,
        "has_annotation": traits.is_annotated(refseq=refseq),
        "exclude_atypical": not traits.atypical,
        "exclude_multi_isolate": not traits.multi_isolate,
        "is_type_material": bool(traits.type_label) and not exemplar,
        "is_ictv_exemplar": exemplar,
    }
    return passes[name]
