"""What the harvester can ask NCBI for, as data; a new resource is one entry and one schema file."""

from harvester.catalogue.filters import NOT_YOURS
from harvester.catalogue.resources import RESOURCES
from harvester.catalogue.types import (
    PAGE_SIZE,
    Endpoint,
    Footprint,
    Lineage,
    Newer,
    Param,
    Resource,
    Split,
)

__all__ = [
    "NOT_YOURS",
    "PAGE_SIZE",
    "RESOURCES",
    "Endpoint",
    "Footprint",
    "Lineage",
    "Newer",
    "Param",
    "Resource",
    "Split",
]
