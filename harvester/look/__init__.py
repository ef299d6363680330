"""A look at the data of a published database: asked safely, described, measured."""

from harvester.look.asking import ask, reader, shut_in
from harvester.look.catalog import Column, Table, database_tables, known_tables, named, table_of
from harvester.look.fill import Fill, fills
from harvester.look.histogram import Histogram, histogram
from harvester.look.leaves import Leaf, leaves_of
from harvester.look.profile import QUANTILES, Profile, profile
from harvester.look.sample import Sample, sample_of
from harvester.look.selection import OPERATORS, Selection, one_row, selection
from harvester.look.values import as_json, plain_text

__all__ = [
    "OPERATORS",
    "QUANTILES",
    "Column",
    "Fill",
    "Histogram",
    "Leaf",
    "Profile",
    "Sample",
    "Selection",
    "Table",
    "as_json",
    "ask",
    "database_tables",
    "fills",
    "histogram",
    "known_tables",
    "leaves_of",
    "named",
    "one_row",
    "plain_text",
    "profile",
    "reader",
    "sample_of",
    "selection",
    "shut_in",
    "table_of",
]
