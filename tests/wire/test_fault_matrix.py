"""Every passing fault, on every kind of page: exact rows, and no request more than it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from harvester.decode import open_body
from harvester.errors import HarvesterError, RefusedError, TokenRefused, TransientError
from harvester.fetch import Mark, Pace, Policy, Traffic, open_asker, walk
from harvester.fetch.traffic import is_reason
from harvester.model import Chain, Page
from harvester.plan import endpoint_of
from harvester.sandbox import FAULTS, SandboxConfig, Served, Size, serve_in_thread

#: Patient in number, impatient in time.
POLICY = Policy(attempts=12, first_wait=0.01, longest_wait=0.1)
#: The same, for answers that do not come: pages that were asked for before take no time.
HASTY = replace(POLICY, silence=0.4, deadline=0.4)
SIZES = (
    Size("genome", "1280", 2100),
    Size("gene", "10090", 2100),
    Size("virus", "1335626", 2100),
    Size("annotation", "GCF_000005845.2", 2100),
)


@dataclass(frozen=True)
class Kind:
    """One kind of page: the chain that asks for it, and how many pages that chain has."""

    chain: Chain
    pages: int

    @property
    def family(self) -> str:
        return self.chain.resource


def _kind(resource: str, selector: str, value: str, pages: int) -> Kind:
    return Kind(Chain("q.0", "q", resource, selector, tuple(value.split(","))), pages)


MANY_IDS = ",".join(str(number) for number in range(100_000, 100_400))
KINDS = {
    "genome": _kind("genome", "taxa", "1280", 3),
    "gene": _kind("gene", "taxa", "10090", 3),
    "virus": _kind("virus", "taxa", "1335626", 3),
    "annotation": _kind("annotation", "accessions", "GCF_000005845.2", 3),
    "posted": _kind("gene", "ids", f"672,7157,{MANY_IDS}", 1),
    "node": _kind("taxonomy_node", "taxa", "9606,562", 1),
    "summary": _kind("virus_summary", "taxa", "1335626", 1),
}
PAGED = [name for name, kind in KINDS.items() if kind.pages > 1]

#: Fault: the reason that is counted for it.
REASONS = {
    "408": "http 408",
    "429": "http 429",
    "429-seconds": "http 429",
    "429-date": "http 429",
    "500": "http 500",
    "500-html": "http 500",
    "500-empty": "http 500",
    "502": "http 502",
    "503": "http 503",
    "503-json": "http 503",
    "503-empty": "http 503",
    "503-seconds": "http 503",
    "504": "http 504",
    "html403": "blocked",
    "reset-body": "truncated",
    "truncated": "truncated",
    "badgzip": "bad gzip",
    "drip": "timeout",
    "hang": "timeout",
    "reset": "connection",
    "refused": "connect",
}
#: These take their time, so few pages of each are enough.
SLOW = {"429-seconds", "429-date", "503-seconds", "drip", "hang", "refused"}
FEW = ("genome", "posted")
#: These may cost more than one try: the door stays shut, or a busy machine is slow once more.
SEVERAL = {"refused", "drip", "hang"}
#: What is tested elsewhere: these are answers, not faults of the wire.
ANSWERS = set(FAULTS) - set(REASONS)


@dataclass
class Walked:
    """What a walk brought, and what it cost."""

    rows: list[bytes] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    traffic: Traffic = field(default_factory=Traffic)
    error: HarvesterError | None = None


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, sizes=SIZES)) as server:
        yield server


@pytest.fixture
def calm(served: Served) -> Iterator[Served]:
    yield served
    served.faults.set("")


def _walk(url: str, chain: Chain, policy: Policy = POLICY, patience: float = 5.0) -> Walked:
    walked = Walked()

    async def keep(page: Page) -> None:
        walked.pages.append(page)
        walked.rows += page.opened.data.split(b"\n")

    async def work() -> None:
        pace = Pace(url, rate=1000, concurrency=4, policy=policy, patience=patience)
        resource, endpoint = endpoint_of(chain)
        async with open_asker(pace, open_body, walked.traffic) as asker:
            try:
                await walk(chain, resource, endpoint, Mark(), asker, keep)
            except HarvesterError as error:
                walked.error = error

    asyncio.run(work())
    walked.rows = sorted(row for row in walked.rows if row)
    return walked


@pytest.fixture(scope="module")
def clean(served: Served) -> dict[str, Walked]:
    served.faults.set("")
    walks = {name: _walk(served.url, kind.chain) for name, kind in KINDS.items()}
    for name, kind in KINDS.items():
        assert walks[name].traffic.requests == kind.pages
        assert walks[name].rows
    return walks


def _cases() -> Iterator[tuple[str, str, int]]:
    for fault in REASONS:
        for name in FEW if fault in SLOW else KINDS:
            for page in sorted({1, KINDS[name].pages}):
                yield fault, name, page


@pytest.mark.parametrize(("fault", "name", "page"), list(_cases()))
def test_a_passing_fault_costs_time_and_nothing_else(
    fault: str, name: str, page: int, calm: Served, clean: dict[str, Walked]
) -> None:
    kind = KINDS[name]
    calm.faults.set(f"{kind.family}/{fault}@{page}")
    before = calm.stats.faults[fault]
    walked = _walk(calm.url, kind.chain, HASTY if fault in {"drip", "hang"} else POLICY)
    assert walked.error is None
    assert walked.rows == clean[name].rows
    assert len(walked.pages) == kind.pages
    assert calm.stats.faults[fault] == before + 1
    assert walked.traffic.requests <= kind.pages + walked.traffic.retried
    assert walked.traffic.throttled == fault.startswith("429")
    if fault in SEVERAL:
        assert REASONS[fault] in set(walked.traffic.retries) <= {REASONS[fault], "connection"}
    else:
        assert walked.traffic.retries == {REASONS[fault]: 1}
        assert walked.traffic.requests == kind.pages + 1


def test_the_reasons_are_a_closed_set() -> None:
    assert all(map(is_reason, REASONS.values()))
    assert not is_reason("http 404")
    assert not is_reason("something else")


@pytest.mark.parametrize("name", PAGED)
def test_a_refused_token_is_told_apart_from_a_refusal(name: str, calm: Served) -> None:
    calm.faults.set(f"{KINDS[name].family}/stale-token@1")
    walked = _walk(calm.url, KINDS[name].chain)
    assert isinstance(walked.error, TokenRefused)
    assert walked.traffic.retries == {"token refused": 1}
    assert len(walked.pages) == 1


@pytest.mark.parametrize("name", PAGED)
def test_a_repeated_token_is_an_error_not_a_loop(name: str, calm: Served) -> None:
    calm.faults.set(f"{KINDS[name].family}/repeat-token@1")
    walked = _walk(calm.url, KINDS[name].chain)
    assert isinstance(walked.error, RefusedError)
    assert walked.traffic.requests == 2


@pytest.mark.parametrize(
    ("name", "page"),
    [
        (name, page)
        for name in [*PAGED, "posted", "node"]
        for page in sorted({1, KINDS[name].pages})
    ],
)
def test_an_empty_answer_is_asked_once_more(
    name: str, page: int, calm: Served, clean: dict[str, Walked]
) -> None:
    kind = KINDS[name]
    calm.faults.set(f"{kind.family}/empty@{page}")
    walked = _walk(calm.url, kind.chain)
    assert walked.rows == clean[name].rows
    assert walked.traffic.retries == {"empty": 1}
    assert walked.traffic.requests == kind.pages + 1


@pytest.mark.parametrize("status", ["400", "404"])
def test_an_answer_is_not_asked_again(status: str, calm: Served) -> None:
    calm.faults.set(f"genome/{status}@1")
    walked = _walk(calm.url, KINDS["genome"].chain)
    assert isinstance(walked.error, RefusedError)
    assert (walked.traffic.requests, walked.traffic.retries) == (1, {})


def test_a_page_that_never_comes_fails_by_its_own_budget_when_ncbi_lives(calm: Served) -> None:
    calm.faults.set("genome/500@2+")
    walked = _walk(calm.url, KINDS["genome"].chain, patience=0.3)
    assert isinstance(walked.error, TransientError)
    assert len(walked.pages) == 1
    assert walked.traffic.retries == {"http 500": walked.traffic.retried}
    assert POLICY.attempts <= walked.traffic.retried <= 2 * POLICY.attempts


def test_what_is_listed_is_all_there_is() -> None:
    """A new fault is either a row of the matrix, or an answer that others test."""
    assert {
        "400", "404", "stale-token", "repeat-token", "shifted", "skipped", "empty",
        "unknown-field", "broken-line", "moving-total", "refuse-list", "camel", "bare",
        "shrink", "gone", "unsorted",
    } == ANSWERS  # fmt: skip
