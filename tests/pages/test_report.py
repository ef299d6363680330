"""The report of a run in a real browser: sound, readable, harmless, and its figures are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harvester.model import Query
from harvester.runpage import page_of
from harvester.sandbox import SandboxConfig, Size, serve_in_thread
from harvester.store.lake import Lake
from harvester.summary import Summary
from tests.pages.browser import Browser
from tests.wire.hostile import Asked, Told, serve
from tests.wire.runs import harvest, harvester

JOB = """\
name: nightly
limits: {requests_per_second: 40}
harvest:
  - {resource: genome, taxa: [562], filters: {assembly_level: [complete_genome, contig]}}
  - {resource: genome, taxa: [9443]}
  - {resource: gene, ids: [672, 7157, 999999999]}
  - {resource: virus, accessions: [NC_045512.2]}
"""
FAULTS = "429@4,503-json@6,unknown-field,virus/400"
#: Figures of the summary that are numbers, as they are.
PLAIN = (
    "seconds", "requests", "retries", "throttled", "bytes_received", "records", "duplicates",
    "quarantined", "unmodelled_fields",
)  # fmt: skip
EVIL = '<script>document.title = "evil"</script><img src="x" onerror="document.title=1">\u202e&amp;'


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A lake after a harvest with some faults, and what `run --json` said of it."""
    folder = tmp_path_factory.mktemp("night")
    (folder / "job.yaml").write_text(JOB)
    sizes = (Size("genome", "562", 2600),)
    with serve_in_thread(SandboxConfig(latency=0.02, rps=0, sizes=sizes, faults=FAULTS)) as served:
        done = harvester(folder, "run", "job.yaml", "--json", HARVESTER_BASE_URL=served.url)
    assert done.returncode == 3, done.stderr
    assert "no report" not in done.stderr
    return folder, json.loads(done.stdout)


@pytest.fixture(scope="module")
def page(night: tuple[Path, dict[str, Any]]) -> Path:
    folder, summary = night
    return folder / "data/lake" / page_of(summary["run_id"])


def figures(browser: Browser) -> dict[str, float]:
    """Every figure that has a name."""
    found = browser.evaluate(
        "Object.fromEntries([...document.querySelectorAll('data[id]')].map(d => [d.id, +d.value]))"
    )
    assert isinstance(found, dict)
    return found


def test_the_figures_are_those_of_the_summary(
    browser: Browser, page: Path, night: tuple[Path, dict[str, Any]]
) -> None:
    _, summary = night
    browser.open(page.as_uri())
    told = figures(browser)
    assert {name: told[name] for name in PLAIN} == {name: summary[name] for name in PLAIN}
    assert summary["retries"] >= 1
    assert summary["throttled"] == 1
    for name in ("missing", "failed"):
        assert told[name] == len(summary[name]) == 1
    for table, numbers in summary["tables"].items():
        for kind, number in numbers.items():
            assert told[f"tables.{table}.{kind}"] == number
    for name, number in summary["planned"].items():
        assert told[f"planned.{name}"] == number
    reasons = {name: number for name, number in told.items() if name.startswith("retries.")}
    assert sum(reasons.values()) == summary["retries"]
    assert reasons["retries.http 429"] == 1
    for name in ("run_id", "status"):
        assert browser.text(f"#{name}") == summary[name]
    for name in ("started_at", "finished_at"):
        assert browser.evaluate(f"document.getElementById('{name}').dateTime") == summary[name]


def test_what_is_missing_and_what_failed_is_told_with_its_reason(
    browser: Browser, page: Path, night: tuple[Path, dict[str, Any]]
) -> None:
    _, summary = night
    browser.open(page.as_uri())
    text = browser.text("section[aria-labelledby=gaps]")
    for entry in summary["missing"]:
        assert entry["value"] in text
        assert entry["reason"] in text
    for entry in summary["failed"]:
        assert entry["query"] in text
        assert entry["reason"] in text
    asked = browser.text("section[aria-labelledby=asked]")
    assert "genome taxa 562" in asked
    assert "assembly_level: complete_genome, contig" in asked


def test_the_plots_show_every_request_and_record(
    browser: Browser, page: Path, night: tuple[Path, dict[str, Any]]
) -> None:
    _, summary = night
    browser.open(page.as_uri())
    shown = browser.evaluate(
        "Object.fromEntries([...document.querySelectorAll('svg.plot')].map(s => ["
        "s.querySelector('title').textContent, [...s.querySelectorAll('rect title')].map("
        "t => +t.textContent.split(': ')[1].replace(/[^0-9]/g, ''))]))"
    )
    assert isinstance(shown, dict)
    assert sum(shown["Requests a second"]) == summary["requests"]
    assert sum(shown["Records a second"]) == summary["records"]
    assert sum(shown["Asked again, a second"]) == summary["retries"]
    assert sum(shown["How long answers took"]) == summary["requests"]
    described = "[...document.querySelectorAll('svg.plot')].every(s => s.getAttribute("
    described += "'aria-labelledby').split(' ').every(i => document.getElementById(i).textContent))"
    assert browser.evaluate(described) is True


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_it_fits_the_window_and_is_read_in_the_dark(
    width: int, browser: Browser, page: Path, *, dark: bool
) -> None:
    browser.complaints()
    browser.open(page.as_uri(), width, dark=dark)
    assert browser.overflow() == 0
    assert browser.complaints() == []
    inside = (
        "[...document.querySelectorAll('main *, header *')].filter(e => e.getClientRects().length)"
        ".filter(e => e.getBoundingClientRect().right > window.innerWidth + 1).length"
    )
    assert browser.evaluate(inside) == 0
    found = browser.evaluate(
        "['color', 'backgroundColor'].map(n => getComputedStyle(document.body)[n])"
        ".map(c => c.match(/[0-9]+/g).slice(0, 3).reduce((a, b) => a + +b, 0))"
    )
    assert isinstance(found, list)
    ink, paper = found
    assert (ink > paper + 400) if dark else (paper > ink + 400)


def test_it_asks_nobody_and_its_parts_have_names(browser: Browser, page: Path) -> None:
    browser.open(page.as_uri())
    loaded = browser.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert loaded == []
    assert browser.evaluate("document.scripts.length") == 0
    ids = browser.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert isinstance(ids, list)
    assert len(ids) == len(set(ids))
    assert browser.evaluate("document.querySelectorAll('h1').length") == 1
    for table in ("caption", "thead th[scope=col]", "tbody th[scope=row]"):
        none = f"[...document.querySelectorAll('table')].filter(t => !t.querySelector('{table}'))"
        assert browser.evaluate(f"{none}.length") == 0
    dead = "[...document.querySelectorAll('a')].filter(a => !document.querySelector(a.hash)).length"
    assert browser.evaluate(dead) == 0


def _hostile(asked: Asked) -> Told:
    if "/genome/taxon/562" in asked.target:
        names = [EVIL, "GCF_1.1"]
        reports = [
            {"accession": one, "organism": {"organism_name": EVIL}, one: one} for one in names
        ]
        more = {"total_count": 2, "messages": [{"error": {"reason": EVIL, "message": EVIL}}]}
        return Told(json.dumps({"reports": reports, **more}).encode())
    if "/genome/" in asked.target:
        return Told(json.dumps({"message": EVIL}).encode(), 400)
    return Told(b"{}", 404)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("hostile")
    with serve(_hostile) as server:
        queries = (Query("q", "genome", "taxa", ("562",)), Query("r", "genome", "taxa", (EVIL,)))
        summary = harvest(folder, server.url, *queries)
    return Path(Lake(folder / "lake").path(page_of(summary.run_id))), summary


def test_what_strangers_write_is_text(browser: Browser, hostile: tuple[Path, Summary]) -> None:
    page, summary = hostile
    assert summary.status == "partial"
    browser.complaints()
    browser.open(page.as_uri(), 360)
    assert browser.complaints() == []
    assert browser.overflow() == 0
    assert browser.evaluate("document.scripts.length + document.images.length") == 0
    assert "evil" not in str(browser.evaluate("document.title"))
    for section in ("gaps", "asked", "news", "remarks"):
        shown = browser.text(f"section[aria-labelledby={section}]")
        assert '<script>document.title = "evil"</script>' in shown, section
        assert "\\u202e&amp;" in shown
        assert "\u202e" not in shown
