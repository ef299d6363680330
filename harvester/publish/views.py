"""What stands around a table: flat, with its past, as it stood at a moment."""

from __future__ import annotations

from collections.abc import Iterator

from harvester.publish.layout import Layout
from harvester.publish.relations import VALID_FROM, VALID_TO
from harvester.publish.sql import columns, name, path
from harvester.schema import RUN_ID, flat_columns

__all__ = ["FILES", "MADE", "MOMENTS", "PAST", "around", "history_over_tables"]

#: The schema with what the views stand on; not meant for analysts.
PAST = "versions"
MOMENTS = f"{PAST}._runs"
FILES = f"{PAST}._files"
MADE = f"{PAST}._made"

#: A moment with a zone is taken to UTC, as all times in the database are.
_MOMENT = (
    "CASE WHEN typeof(moment) = 'TIMESTAMP WITH TIME ZONE' "
    "THEN make_timestamp(epoch_us(CAST(moment AS TIMESTAMPTZ))) "
    "ELSE CAST(moment AS TIMESTAMP) END"
)


def around(layout: Layout, history: str) -> Iterator[str]:
    """The statements that make them, with the query for all versions."""
    yield _flat_view(layout)
    yield f"CREATE VIEW {name(f'{layout.name}_history')} AS {history}"
    yield _as_of_macro(layout)


def history_over_tables(layout: Layout) -> str:
    """All versions: the current rows where they are, and the stored ones that have ended."""
    own = [field.name for field in layout.columns]
    return (
        f"SELECT {columns(own, 't')}, b.moment AS {VALID_FROM.name}, "
        f"CAST(NULL AS TIMESTAMP) AS {VALID_TO.name} FROM main.{name(layout.name)} t "
        f"LEFT JOIN {MOMENTS} b ON b.run_id = t.{RUN_ID.name} "
        f"UNION ALL SELECT {columns([*own, VALID_FROM.name, VALID_TO.name])} "
        f"FROM {PAST}.{name(layout.name)}"
    )


def _flat_view(layout: Layout) -> str:
    """Every scalar leaf as a column of its own."""
    leaves = ", ".join(_leaves(layout))
    view, table = name(f"{layout.name}_flat"), name(layout.name)
    return f"CREATE VIEW {view} AS SELECT {leaves} FROM main.{table}"


def _as_of_macro(layout: Layout) -> str:
    """The table as it stood at a moment; of `_seen_at` it tells what is known now."""
    own = columns(field.name for field in layout.columns)
    return (
        f"CREATE MACRO {name(f'{layout.name}_as_of')}(moment) AS TABLE SELECT {own} "
        f"FROM main.{name(f'{layout.name}_history')} WHERE {VALID_FROM.name} <= {_MOMENT} "
        f"AND ({VALID_TO.name} IS NULL OR {VALID_TO.name} > {_MOMENT})"
    )


def _leaves(layout: Layout) -> Iterator[str]:
    for leaf in flat_columns(layout.columns):
        yield f"{path(leaf.path)} AS {name(leaf.name)}"
