"""Reports of genes: which of the genes answer a query, and what is said about the others."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from harvester.sandbox.asks import Ask, Refusal, Selection, message
from harvester.sandbox.gene import DIGITS, Gene
from harvester.sandbox.gene_members import transcript_types
from harvester.sandbox.gene_traits import KNOWN
from harvester.sandbox.genes import Genes
from harvester.sandbox.noise import whole
from harvester.sandbox.templates import Record, dumps
from harvester.sandbox.tree import Taxon

__all__ = ["GeneReports"]

_ACCESSION = re.compile(r"([NX][MRP]_)(\d{1,15})(?:\.(\d+))?", re.IGNORECASE | re.ASCII)
#: The members of an element of `reports[]` that are about the gene itself.
Members = Callable[[Genes, Gene, Ask], bytes]


class GeneReports:
    """One kind of report of a universe's genes; all kinds are searched for alike."""

    def __init__(self, genes: Genes, members: Members) -> None:
        self._genes = genes
        self._members = members

    def select(self, ask: Ask) -> Selection:
        """The genes of a taxon, or those with given numbers, accessions or symbols."""
        by_taxon = ask.selector == "taxa"
        return self._filtered(ask, self._of_taxon(ask) if by_taxon else self._listed(ask))

    def _taxon(self, text: str) -> Taxon:
        taxon = self._genes.tree.find(text)
        if taxon is None:
            what = f"The taxonomy name '{text}' is not a recognized NCBI Taxonomy name."
            raise Refusal(400, what)
        return taxon

    def _of_taxon(self, ask: Ask) -> Selection:
        value = ask.values[0]
        taxon = self._taxon(value)
        subtree = ask.flag("tax_search_subtree")
        if taxon.above_species and not subtree:
            warning = _warning("ABOVE_SPECIES_TAXON", value, "names more than one species")
            return Selection((), (warning,))
        keys: array[int] = array("q")
        for one in self._genes.tree.below(taxon, itself_only=not subtree):
            keys.extend(self._genes.of_taxon(one))
        return Selection(keys)

    def _listed(self, ask: Ask) -> Selection:
        look_up = {
            "ids": self._look_up_id,
            "accessions": self._look_up_accession,
            "symbols": self._look_up_symbol,
            "locus_tags": self._look_up_symbol,
        }[ask.selector]
        taxa = self._symbol_taxa(ask) if ask.selector == "symbols" else self._genes.tree.blocks
        echo: dict[int, list[str]] = {}
        warnings: dict[int, list[Record]] = {}
        lost: dict[str, Record] = {}
        for value in dict.fromkeys(ask.values):
            genes, warning = look_up(value, taxa)
            for gene in genes:
                echo.setdefault(gene.key, []).append(value)
                if warning:
                    warnings.setdefault(gene.key, []).append(warning)
            if not genes and warning:
                lost[value] = {"warning": warning}
        return Selection(
            sorted(echo),
            tuple(lost.values()),
            {key: tuple(values) for key, values in echo.items()},
            {key: tuple(several) for key, several in warnings.items()},
            tuple(lost),
        )

    def _symbol_taxa(self, ask: Ask) -> list[Taxon]:
        taxon = self._taxon(ask.taxon)
        return self._genes.tree.below(taxon, itself_only=not ask.flag("tax_search_subtree"))

    def _look_up_id(self, value: str, _: Sequence[Taxon]) -> tuple[list[Gene], Record | None]:
        gene = self._genes.by_id(value)
        if gene:
            return [gene], None
        successor = self._genes.successor(value)
        if successor is None:
            return [], _facts("UNRECOGNIZED_GENE_ID", value, "is not a known gene number")
        returned = str(successor.gene_id)
        facts = _facts("REPLACED_GENE_ID", value, f"was replaced by {returned}")
        return [successor], facts | {"replaced_id": {"requested": value, "returned": returned}}

    def _look_up_accession(
        self, value: str, _: Sequence[Taxon]
    ) -> tuple[list[Gene], Record | None]:
        match = _ACCESSION.fullmatch(value)
        found = self._by_accession(match[2]) if match else None
        if found is None or match is None:
            return [], _facts("UNRECOGNIZED_ACCESSION", value, "is not a known accession")
        gene, number = found
        current = gene.transcript(number)
        if match[3] and match[3] != current.partition(".")[2]:
            told = f"has another version, {match[1]}{current}"
            return [gene], _facts("ACCESSION_VERSION_MISMATCH", value, told)
        return [gene], None

    def _by_accession(self, digits: str) -> tuple[Gene, int] | None:
        """The gene of a transcript or of its protein, and which of its transcripts that is."""
        for tax_id, several in KNOWN.items():
            for index, known in enumerate(several):
                if known.transcript.partition(".")[0] == digits:
                    taxon = self._genes.tree.number(tax_id)
                    gene = self._genes.if_there(taxon, index, known.gene_id)
                    return (gene, 0) if gene else None
        number = int(digits[DIGITS:] or 0)
        gene = self._genes.by_id(digits[:DIGITS])
        if gene is None or gene.transcript(number).partition(".")[0] != digits:
            return None
        return (gene, number) if number < len(transcript_types(self._genes, gene)) else None

    def _look_up_symbol(
        self, value: str, taxa: Iterable[Taxon]
    ) -> tuple[list[Gene], Record | None]:
        genes = [gene for taxon in taxa for gene in self._named(taxon, value.casefold())]
        if genes:
            return genes, None
        return [], _facts("UNRECOGNIZED_GENE_SYMBOL", value, "is not a known gene symbol")

    def _named(self, taxon: Taxon, name: str) -> list[Gene]:
        """The genes of a taxon that bear a symbol, a synonym or a locus tag."""
        keys = self._genes.of_taxon(taxon)
        likely = set(range(len(KNOWN.get(taxon.tax_id, ()))))
        if tail := re.search(r"(\d+)$", name):
            number = whole(tail[1]) or 0
            likely |= {number, 2 * number, 2 * number + 1}
        genes = (self._genes.gene(keys[index]) for index in sorted(likely) if index < len(keys))
        return [gene for gene in genes if name in gene.names]

    def _filtered(self, ask: Ask, found: Selection) -> Selection:
        words = ask.one("query").casefold().split()
        types, tags = set(ask.many("types")), set(ask.many("locus_tags"))
        sequences = set(ask.many("accession_filter"))
        if not (words or types or tags or sequences):
            return found
        genes = map(self._genes.gene, found.keys)
        keys = [
            gene.key
            for gene in genes
            if (not types or gene.traits.type in types)
            and (not tags or gene.locus_tag in tags)
            and (
                not sequences
                or self._genes.place(gene)[2] in sequences
                or gene.accession in sequences
            )
            and all(word in _text(gene) for word in words)
        ]
        return replace(found, keys=keys)

    def render(self, ask: Ask, selection: Selection, keys: Sequence[int]) -> list[bytes]:
        """The reports, each wrapped together with what was asked."""
        return [self._wrapped(ask, selection, self._genes.gene(key)) for key in keys]

    def _wrapped(self, ask: Ask, selection: Selection, gene: Gene) -> bytes:
        query = selection.echo.get(gene.key) or ask.values
        warnings = selection.warnings.get(gene.key)
        tail = b',"query":' + dumps(query)
        if warnings:
            tail += b',"warnings":' + dumps(warnings)
        return b"{" + self._members(self._genes, gene, ask) + tail + b"}"


def _text(gene: Gene) -> str:
    return "\n".join((*gene.names, gene.description.casefold()))


def _facts(code: str, value: str, told: str) -> Record:
    text = f"{value} {told}."
    return {
        "gene_warning_code": code,
        "reason": text,
        "message": text,
        "unrecognized_identifier": "" if code == "REPLACED_GENE_ID" else value,
    }


def _warning(code: str, value: str, told: str) -> Record:
    return message("warning", **_facts(code, value, told))
