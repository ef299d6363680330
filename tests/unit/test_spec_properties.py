"""Whatever a file holds, the loader answers with a job or with faults, and ids hold still."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.catalogue import RESOURCES, Endpoint, Param
from harvester.errors import SpecError
from harvester.model import Job
from harvester.spec import load_job
from harvester.spec.rules import JOB_KEYS, LIMITS, QUERY_KEYS, SELECTORS

#: No deadline: a busy machine is no fault of the loader.
TRIES = settings(max_examples=100, deadline=None)

WORDS = sorted(
    {"name", "human", "9606", "true", "1e5", "2026-01-01", "~", "<<", "=", "*a", "&a", "!x"}
    | {"legacy", "tables", "1:30", ".inf", "0x1F", "''", "page_size", "filters.host"}
    | {*JOB_KEYS, *LIMITS, *QUERY_KEYS, *SELECTORS, *RESOURCES}
)
SYNTAX = st.sampled_from(["\n", "\n  ", "\n  - ", ": ", ", ", "[", "]", "{", "}", "#", '"', "\t"])

PIECES = st.lists(st.one_of(st.sampled_from(WORDS), SYNTAX, st.text(max_size=3)), max_size=40)

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates()
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), SCALARS), inner, max_size=5),
    ),
    max_leaves=12,
)
ENTRIES = st.fixed_dictionaries(
    {"resource": st.sampled_from(sorted(RESOURCES))},
    optional={
        **{key: DOCUMENTS for key in SELECTORS if not key.endswith("_file")},
        "taxon": DOCUMENTS,
        "endpoint": st.sampled_from(["default", "legacy", "x"]),
        "filters": DOCUMENTS,
    },
)
JOBS = st.fixed_dictionaries(
    {"name": st.just("x"), "harvest": st.lists(ENTRIES, max_size=3)},
    optional={key: DOCUMENTS for key in JOB_KEYS if key not in ("name", "harvest")},
)


@contextmanager
def _file(data: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "job.yaml")
        path.write_bytes(data)
        yield path


def _job_or_faults(data: bytes) -> Job | None:
    """The job, or None where the loader refused; anything else than these fails the test."""
    with _file(data) as path:
        try:
            return load_job(path)
        except SpecError as error:
            refused = error
    assert refused.faults
    assert all(fault.message and fault.file for fault in refused.faults)
    assert len(str(refused).encode().splitlines()) == len(refused.faults)
    return None


@TRIES
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    _job_or_faults(data)


@TRIES
@given(PIECES.map("".join))
def test_any_text(text: str) -> None:
    _job_or_faults(text.encode("utf-8", "surrogatepass"))


@TRIES
@given(DOCUMENTS)
def test_any_document(document: object) -> None:
    _job_or_faults(yaml.safe_dump(document).encode())


@TRIES
@given(JOBS)
def test_anything_in_the_place_of_a_value(document: object) -> None:
    job = _job_or_faults(yaml.safe_dump(document, sort_keys=False).encode())
    assert job is None or job.queries


def _values(endpoint: Endpoint) -> st.SearchStrategy[list[str] | list[int]]:
    if endpoint.value_kind == "int":
        return st.lists(st.integers(1, 10**9), min_size=1, max_size=4)
    return st.lists(st.from_regex(r"[A-Z]{2}_[0-9]{1,6}", fullmatch=True), min_size=1, max_size=4)


def _filter(param: Param) -> st.SearchStrategy[object]:
    one: st.SearchStrategy[object] = {
        "bool": st.booleans(),
        "int": st.integers(0, 1000),
        "date": st.dates().map(str),
        "enum": st.sampled_from(param.choices or ("",)),
        "string": st.from_regex(r"[a-zA-Z0-9:-]{1,8}", fullmatch=True),
    }[param.kind]
    return st.lists(one, min_size=1, max_size=3) if param.many else one


@st.composite
def _good_entries(draw: st.DrawFn) -> dict[str, object]:
    """A query that is right, with any of its filters."""
    resource = draw(st.sampled_from(list(RESOURCES.values())))
    endpoint = draw(st.sampled_from(resource.endpoints))
    params = draw(st.lists(st.sampled_from(endpoint.filters), max_size=4, unique=True))
    entry: dict[str, object] = {
        "resource": resource.name,
        "endpoint": endpoint.variant,
        endpoint.selector: draw(_values(endpoint)),
        "filters": {param.name: draw(_filter(param)) for param in params},
    }
    return entry | ({"taxon": "human"} if endpoint.companion else {})


def _dump(entry: dict[str, object]) -> bytes:
    return yaml.safe_dump({"name": "x", "harvest": [entry]}, sort_keys=False).encode()


@TRIES
@given(_good_entries(), st.randoms(use_true_random=False))
def test_ids_do_not_know_the_order_of_keys(entry: dict[str, object], chance: random.Random) -> None:
    filters = entry["filters"]
    assert isinstance(filters, dict)
    shuffled = dict(chance.sample(list(entry.items()), len(entry)))
    shuffled["filters"] = dict(chance.sample(list(filters.items()), len(filters)))
    one, other = _job_or_faults(_dump(entry)), _job_or_faults(_dump(shuffled))
    assert one is not None
    assert other is not None
    assert one.queries == other.queries


@TRIES
@given(_good_entries())
def test_every_filter_of_the_catalogue_is_accepted_as_it_is(entry: dict[str, object]) -> None:
    job = _job_or_faults(_dump(entry))
    assert job is not None
    assert [name for name, _ in job.queries[0].filters] == sorted(entry["filters"])  # type: ignore[call-overload]
