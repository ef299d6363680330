"""The documentation as a site: built strictly, whole, without anything from outside, readable."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urldefrag, urlsplit

import pytest

from tests.pages.browser import Browser

ROOT = Path(__file__).parents[2]
#: Attributes by which a page makes the browser fetch something by itself.
FETCHED = {"src", "srcset", "poster", "data"}
#: One of each kind.
PAGES = ("index.html", "tutorial.html", "resources/genome.html", "reference/commands.html")


@dataclass
class Links(HTMLParser):
    """What a page leads to, what it fetches, and the places in it that can be led to."""

    led: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"id", "name"}:
                self.anchors.add(value or "")
            elif name == "href" and tag == "a":
                self.led.append(value or "")
            elif name in FETCHED or name == "href":
                self.fetched.append(value or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@cache
def _links(page: Path) -> Links:
    links = Links()
    links.feed(page.read_text(encoding="utf-8"))
    return links


def _astray(page: Path, address: str) -> bool:
    """Whether a link within the site leads nowhere."""
    path, anchor = urldefrag(address)
    target = (page.parent / unquote(path)).resolve() if path else page
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return True
    return bool(anchor) and target.suffix == ".html" and anchor not in _links(target).anchors


def test_every_link_and_anchor_leads_somewhere_and_nothing_comes_from_outside(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
    assert len(pages) > 30
    for page in pages:
        links = _links(page)
        here = [one for one in (*links.led, *links.fetched) if not urlsplit(one).scheme]
        assert not [one for one in here if _astray(page, one)], page.name
        outside = [one for one in links.fetched if urlsplit(one).scheme not in {"", "data"}]
        assert not outside, page.name


def test_every_page_of_the_documentation_is_on_the_site(site: Path) -> None:
    written = {page.relative_to(ROOT / "docs") for page in (ROOT / "docs").rglob("*.md")}
    assert not [page for page in written if not (site / page.with_suffix(".html")).is_file()]
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    assert not [page for page in written if f": {page}\n" not in nav], "give it a line in nav:"
    jobs = (site / "example-jobs.html").read_text(encoding="utf-8")
    assert all(path.name in jobs for path in (ROOT / "jobs").glob("*.yaml"))
    assert (site / "schemas" / "job.schema.json").is_file()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given
        del format, args


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    def handler(*args: object) -> _Quiet:
        return _Quiet(*args, directory=str(site))  # type: ignore[arg-type]  # socket and server

    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("width", [360, 1440])
def test_it_reads_well_on_a_phone_and_on_a_desk(width: int, browser: Browser, address: str) -> None:
    for page in PAGES:
        browser.open(f"{address}/{page}", width, dark=width == 360)
        assert browser.overflow() <= 0, page
        assert browser.text("h1")
        assert browser.complaints() == []
        assert _is_dark(browser) == (width == 360)
    fetched = "performance.getEntriesByType('resource').map(one => one.name)"
    assert all(str(one).startswith(address) for one in _listed(browser.evaluate(fetched)))


@pytest.mark.parametrize("source", ["server", "disk"])
def test_what_is_searched_is_found(source: str, browser: Browser, site: Path, address: str) -> None:
    place = address if source == "server" else site.as_uri()
    browser.open(f"{place}/index.html?q=gaps+scaffolds")
    wait = """
    const told = arguments[0];
    const look = () => {
      const found = document.querySelectorAll(".md-search-result__link");
      if (found.length) told([...found].map(one => one.href)); else setTimeout(look, 50);
    };
    look();
    """
    browser.driver.set_script_timeout(20)
    found = _listed(browser.driver.execute_async_script(wait))
    assert any(str(one).startswith(f"{place}/resources/genome.html") for one in found)
    assert browser.complaints() == []


def _is_dark(browser: Browser) -> bool:
    colour = str(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    return sum(map(int, re.findall(r"\d+", colour)[:3])) < 3 * 128


def _listed(found: object) -> list[object]:
    assert isinstance(found, list)
    assert found
    return found
