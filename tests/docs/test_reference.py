"""What the documentation takes from the code is as the code is, whatever commands there are."""

from __future__ import annotations

import click
import pytest

from harvester.catalogue import RESOURCES
from harvester.schema import Field, table_fields
from tests.docs.shown import ROOT
from tools.reference.columns import columns
from tools.reference.commands import commands_page
from tools.reference.pages import pages
from tools.reference.text import plain, replaced


def test_the_stored_pages_are_current() -> None:
    behind = [
        str(path.relative_to(ROOT))
        for path, text in pages(ROOT).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not behind, "renew them: make docs, or python -m tools.reference"


@click.group()
def cli() -> None:
    """A group."""


@cli.group()
def outer() -> None:
    """Holds another."""


@outer.command()
@click.option("--how", type=click.Choice(["a", "b"]), default="a", show_default=True, help="As.")
@click.argument("table")
def inner(how: str, table: str) -> None:
    """Show <table>_flat, `a_b` and _all_.

    \b
    An example:  harvester outer inner --how b
    """


@cli.command(hidden=True)
def secret() -> None:
    """Not to be told."""


def test_the_page_of_commands_tells_what_is_there_and_nothing_else() -> None:
    page = commands_page(cli)
    assert "| [`outer inner`](#outer-inner) | Show &lt;table>\\_flat, `a_b` and \\_all_. |" in page
    assert "### `outer inner`\n\n```text\nharvester outer inner [OPTIONS] TABLE\n```\n" in page
    assert "```text\nAn example:  harvester outer inner --how b\n```" in page
    assert "- `--how [a|b]`: As. \\[default: a\\]\n" in page
    assert "secret" not in page


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_leaf_is_on_the_page_with_its_words(resource: str) -> None:
    page = columns(table_fields(RESOURCES[resource]))
    missing = [
        field.name
        for field in _leaves(table_fields(RESOURCES[resource]))
        if plain(field.doc) not in page or f"{field.name}" not in page
    ]
    assert not missing


def _leaves(fields: tuple[Field, ...]) -> list[Field]:
    return [leaf for field in fields for leaf in (_leaves(field.fields) or [field])]


def test_a_page_keeps_what_people_wrote_around_the_marks() -> None:
    page = "before\n<!-- a -->\nold\n<!-- end -->\nafter\n<!-- b -->\n<!-- end -->\n"
    assert replaced(page, "a", "new\n") == page.replace("old", "new")
    with pytest.raises(ValueError, match="no <!-- c -->"):
        replaced(page, "c", "new\n")
