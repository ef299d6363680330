"""The fixed words and bounds of a job, which the loader and the JSON Schema share."""

from __future__ import annotations

from msgspec import Struct

from harvester.catalogue import RESOURCES, Resource

__all__ = [
    "DATE",
    "FULL_EVERY",
    "HOOKS",
    "HOOK_KEYS",
    "HOOK_TIMEOUT",
    "JOB_KEYS",
    "LIMITS",
    "NAME",
    "PATIENCE",
    "QUERY_KEYS",
    "REFRESHES",
    "REGISTERS",
    "RUNS",
    "SELECTORS",
    "SPAN",
    "SPAN_UNITS",
    "TAXON",
    "VARIANTS",
    "WHOLE",
    "Bounds",
    "has_companion",
    "query_keys",
    "selector_keys",
]

NAME = r"[a-z0-9][a-z0-9-]{0,62}"
WHOLE = r"[1-9][0-9]{0,17}"
#: A length of time, and the seconds of its units.
SPAN = r"\d{1,6}(\.\d{1,3})?[smhd]"
SPAN_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DATE = r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})?)?"

JOB_KEYS = (
    "name", "description", "schedule", "lake", "database", "register", "harvest", "limits",
    "patience", "hooks",
)  # fmt: skip
QUERY_KEYS = ("resource", "endpoint", "filters", "ignore_changes", "refresh", "full_every")
#: When a command of a job may be run; it is told how the run ended.
HOOKS = ("on_success", "on_failure", "on_change")
HOOK_KEYS = (*HOOKS, "timeout")
REGISTERS = ("tables", "views")
REFRESHES = ("full", "new")
RUNS = r"[1-9]\d{0,3} runs?"
#: The one key that goes with a selector: what the symbols of genes belong to.
TAXON = "taxon"
VARIANTS = ("default", "legacy")


class Bounds(Struct, frozen=True):
    """What a number of a job may be."""

    low: float
    high: float | None = None
    whole: bool = False
    above: bool = False

    def hold(self, value: float) -> bool:
        """Whether a number lies within."""
        if value < self.low or (self.above and value == self.low):
            return False
        return self.high is None or value <= self.high

    def __str__(self) -> str:
        number = "a whole number" if self.whole else "a number"
        if self.high is None:
            return f"{number} above {self.low:g}"
        return f"{number} from {self.low:g} to {self.high:g}"


LIMITS = {
    "requests_per_second": Bounds(0, above=True),
    "concurrency": Bounds(1, 256, whole=True),
    "max_removed_percent": Bounds(0, 100),
    "page_megabytes": Bounds(1, 1024, whole=True),
}


#: Seconds: an outage that lasts longer than a week is no outage.
PATIENCE = Bounds(1, 7 * 86400)


#: Seconds that a hook may take.
HOOK_TIMEOUT = Bounds(1, 7 * 86400)


#: Seconds: what is swept more often than once an hour need not be topped up.
FULL_EVERY = Bounds(3600, 366 * 86400)


def selector_keys(resource: Resource) -> tuple[str, ...]:
    """The keys that may say which records of a resource are wanted."""
    names = dict.fromkeys(endpoint.selector for endpoint in resource.endpoints)
    return tuple(key for name in names for key in (name, f"{name}_file"))


SELECTORS = tuple(
    dict.fromkeys(key for resource in RESOURCES.values() for key in selector_keys(resource))
)


def has_companion(resource: Resource) -> bool:
    """Whether some selector of a resource needs `taxon` beside it."""
    return any(endpoint.companion for endpoint in resource.endpoints)


def query_keys(resource: Resource | None) -> tuple[str, ...]:
    """The keys of a query of a resource, or of any."""
    if resource is None:
        return (*QUERY_KEYS, *SELECTORS, TAXON)
    taxon = (TAXON,) if has_companion(resource) else ()
    return (*QUERY_KEYS, *selector_keys(resource), *taxon)
