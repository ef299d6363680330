"""`harvester init`: writes a first job from flags, or from the answers to a few questions."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.errors import SpecError
from harvester.spec.draft import Draft, check_draft, first_question, guess_resource, read_filter
from harvester.spec.identifiers import complaint

__all__ = ["init"]

_QUESTIONS = {
    "taxa": "Which taxa, by number or name",
    "accessions": "Which accessions",
    "ids": "Which gene numbers",
    "symbols": "Which symbols",
}
_EXAMPLE = 'harvester init --taxon "Escherichia coli" --resource genome'


@click.command()
@click.option("--taxon", "taxa", multiple=True, metavar="TAXON", help="Number or name; repeatable.")
@click.option("--accession", "accessions", multiple=True, metavar="ACCESSION", help="Repeatable.")
@click.option(
    "--symbol", "symbols", multiple=True, metavar="SYMBOL", help="Gene of --taxon; repeatable."
)
@click.option("--gene-id", "ids", multiple=True, metavar="NUMBER", help="Gene; repeatable.")
@click.option(
    "--resource",
    type=click.Choice(list(RESOURCES)),
    metavar="RESOURCE",
    help="Table, as `harvester tables` lists them [default: by what is asked for].",
)
@click.option(
    "--filter", "filters", multiple=True, metavar="NAME=VALUE",
    help="Such as reference_only=true; repeatable.",
)  # fmt: skip
@click.option("--output", metavar="FILE", help="Where [default: the job's name; - is stdout].")
@click.option("--force", is_flag=True, help="Replace the file where it is there already.")
def init(
    *,
    taxa: tuple[str, ...],
    accessions: tuple[str, ...],
    symbols: tuple[str, ...],
    ids: tuple[str, ...],
    resource: str | None,
    filters: tuple[str, ...],
    output: str | None,
    force: bool,
) -> None:
    """Write a first job, with comments that say what else it could do.

    Without a taxon, accession, symbol or gene number it asks, on a terminal.

    \b
    harvester init
    harvester init --taxon "Escherichia coli" --resource genome
    harvester init --taxon primates --filter reference_only=true
    harvester init --symbol BRCA1 --symbol TP53 --taxon human
    harvester init --accession GCF_000005845.2 --resource annotation
    """
    given = {"symbols": symbols, "accessions": accessions, "ids": ids, "taxa": taxa}
    draft = _from_flags(given, resource) if any(given.values()) else _from_answers(resource)
    chosen = dict(read_filter(draft.endpoint, one) for one in filters)
    draft = replace(draft, filters=chosen)
    text = check_draft(draft)
    if output == "-":
        click.echo(text, nl=False)
        return
    path = output or f"{draft.name}.yaml"
    _write(Path(path), text, force=force)
    click.echo(_next_steps(path, draft))


def _from_flags(given: dict[str, tuple[str, ...]], resource: str | None) -> Draft:
    """One kind of identifiers; a taxon beside symbols says where they mean something."""
    taxa = given.pop("taxa") if given["symbols"] else ()
    kinds = [kind for kind, values in given.items() if values]
    if len(kinds) > 1:
        raise SpecError(f"a query asks by one kind of thing: {' or '.join(kinds)}, not both")
    (selector,) = kinds
    values = tuple(dict.fromkeys(value.strip() for value in given[selector]))
    if selector == "symbols" and len(taxa) != 1:
        raise SpecError("symbols mean something within one taxon: add --taxon, such as human")
    taxon = taxa[0] if taxa else None
    return Draft(resource or guess_resource(selector, values), selector, values, taxon)


def _from_answers(resource: str | None) -> Draft:
    """What a person on a terminal says."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SpecError(f"say what to harvest, for instance: {_EXAMPLE}")
    if resource is None:
        widest = max(map(len, RESOURCES))
        for name, one in RESOURCES.items():
            click.echo(f"  {name:{widest}}  {one.title}", err=True)
        names = click.Choice(list(RESOURCES))
        resource = _ask("Which table", "genome", names)
    selectors = list(dict.fromkeys(one.selector for one in RESOURCES[resource].endpoints))
    selector = selectors[0]
    if len(selectors) > 1:
        selector = _ask("Ask by", selector, click.Choice(selectors))
    endpoint = RESOURCES[resource].endpoint(selector)
    kind = endpoint.value_kind if endpoint else "string"
    values = _values(f"{_QUESTIONS[selector]} (commas between several)", kind)
    if selector != "symbols":
        return Draft(resource, selector, values)
    return Draft(resource, selector, values, _values("Of which taxon", "taxon")[0])


def _ask(question: str, default: str, choices: click.Choice[str]) -> str:
    return str(click.prompt(question, default=default, type=choices, err=True, show_choices=False))


def _values(question: str, kind: str) -> tuple[str, ...]:
    """The answer's values; what is wrong with one is said, and the question comes again."""

    def read(answer: str) -> tuple[str, ...]:
        values = tuple(dict.fromkeys(one.strip() for one in answer.split(",") if one.strip()))
        if not values:
            raise click.UsageError("name at least one")
        for value in values:
            if problem := complaint(value, kind):
                raise click.UsageError(f"{value!r} {problem}")
        return values

    found: Sequence[str] = click.prompt(question, value_proc=read, err=True)
    return tuple(found)


def _write(path: Path, text: str, *, force: bool) -> None:
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        message = f"{path} is there already: give another --output, or --force to replace it"
        raise SpecError(message) from None
    except FileNotFoundError:
        raise SpecError(f"there is no folder {path.parent}: make it first") from None
    except OSError as error:
        raise SpecError(f"cannot write {path}: {error.strerror}") from error


def _next_steps(path: str, draft: Draft) -> str:
    file = shlex.quote(path)
    question = first_question(RESOURCES[draft.resource])
    return "\n".join(
        [
            f"wrote {path}; look into it, then:",
            f"  harvester validate {file}",
            f"  harvester plan {file}",
            f"  harvester run {file}",
            f'  harvester query "{question}"',
        ]
    )
