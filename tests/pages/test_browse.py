"""The page over a database, in a real Chromium: what a person sees and does there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from harvester.browse import Limits
from tests.browse.conftest import GENOMES, HOSTILE, another_night, genome, made
from tests.browse.serving import Site, served
from tests.pages.browser import Browser
from tests.publish.place import Place

FILTER = {"column": "symbol", "operator": "contains", "value": HOSTILE}
VIEWS = (
    "",
    "#table/genome",
    "#table/genome?tab=columns",
    "#column/genome?column=assembly_stats_contig_n50",
    "#column/gene?column=symbol",
    f"#row/genome?key={genome(7)['accession']}",
    "#changes",
    "#sql?q=FROM+genome",
    "#sql?q=SELEC+1",
    "#nothing",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return made(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def site(place: Place) -> Iterator[Site]:
    with served(place.file) as found:
        yield found


class Page:
    """The page in the browser, and hands."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser = browser
        self._site = site

    def open(self, view: str = "", width: int = 1440, *, dark: bool = False) -> None:
        """Loads the page anew, and waits for what it shows."""
        self.browser.open("about:blank")
        self.browser.open(self._site.url + view, width, dark=dark)
        self.wait(lambda: self.settled)

    @property
    def settled(self) -> bool:
        return bool(
            self.browser.evaluate(
                "document.querySelector('main h1, main [role=alert]') !== null"
                " && !document.querySelector('main').hasAttribute('aria-busy')"
                " && document.querySelector('#total')?.textContent !== '…'"
            )
        )

    def wait(self, until: Callable[[], bool]) -> None:
        WebDriverWait(self.browser.driver, 15, 0.05).until(lambda _: until())

    def find(self, selector: str) -> WebElement:
        """The element, as soon as it is there."""
        self.wait(lambda: bool(self.all(selector)))
        return self.browser.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[str]:
        return [one.text for one in self.browser.driver.find_elements(By.CSS_SELECTOR, selector)]

    def act(self, selector: str, *keys: str) -> None:
        """Types into an element, or presses it, and waits for the new view."""
        before = self.browser.evaluate("location.hash")
        element = self.find(selector)
        if keys:
            element.send_keys(*keys)
        else:
            element.click()
        self.wait(lambda: self.browser.evaluate("location.hash") != before)
        self.wait(lambda: self.settled)

    @property
    def text(self) -> str:
        return self.browser.text("main")


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    browser.complaints()
    yield Page(browser, site)
    assert browser.complaints() == []


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_is_wider_than_the_window(page: Page, view: str) -> None:
    page.open(view, 1440)
    assert page.text
    assert page.browser.overflow() == 0
    page.browser.resize(360)
    assert page.browser.overflow() == 0


def test_the_tables_are_shown_with_what_they_are(page: Page) -> None:
    page.open()
    assert "genome" in page.all(".cards a")
    assert f"{GENOMES} rows" in page.text
    assert "One row for each assembly version" in page.text
    assert "3 runs" in page.browser.text("#database")


def test_rows_are_paged_sorted_searched_and_filtered(page: Page) -> None:
    page.open("#table/genome")
    assert len(page.all("tbody tr")) == 50
    assert f"Rows 1 to 50 of {GENOMES}" in page.text
    page.act("#next")
    assert "Rows 51 to 100" in page.text
    page.act("#sort-assembly_stats_contig_n50")
    page.act("#sort-assembly_stats_contig_n50")
    assert "Rows 1 to 50" in page.text
    assert page.all("tbody tr:first-child td")[1] == genome(GENOMES)["accession"]
    assert page.find("th[aria-sort=descending]").text.startswith("assembly_stats_contig_n50")
    page.act("#search", "salmonella", Keys.ENTER)
    assert len(page.all("tbody tr")) == 1
    page.act("#search", Keys.CONTROL, "a", Keys.NULL, Keys.DELETE, Keys.ENTER)
    page.find("#filter-column").send_keys("organism_tax_id")
    page.find("#filter-operator").send_keys("is")
    page.act("#filter-value", "562", Keys.ENTER)
    assert f"of {sum(number % 3 == 0 for number in range(4, GENOMES + 1)) + 1}" in page.text
    page.act(".chips button")
    assert f"of {GENOMES}" in page.text


def test_a_row_and_a_column_are_looked_at_closely(page: Page) -> None:
    page.open(f"#table/genome?search={genome(7)['accession']}")
    page.act("tbody a.open")
    assert "Salmonella enterica" in page.text
    assert "run2\tchanged" in page.text
    page.open("#table/genome?tab=columns")
    assert "Length in bases" in page.text
    page.browser.driver.execute_script("document.querySelector('a[href*=\"contig_n50\"]').click()")
    page.wait(lambda: bool(page.all("svg")))
    assert len(page.browser.driver.find_elements(By.CSS_SELECTOR, "svg rect")) > 5
    assert "median" in page.text


def test_sql_is_answered_and_an_error_is_told_kindly(page: Page) -> None:
    page.open("#sql")
    page.act("#sql", "SELECT 6 * 7 AS answer", Keys.CONTROL, Keys.ENTER, Keys.NULL)
    assert page.all(".grid td") == ["42"]
    page.open("#sql?q=SELECT+acession+FROM+genome")
    assert "accession" in page.browser.text("[role=alert]")
    page.open("#sql?q=DROP+TABLE+genome")
    assert "only reading is possible" in page.browser.text("[role=alert]")
    page.act(".examples a")
    assert page.all(".grid tbody tr")


def test_a_question_without_end_is_stopped(browser: Browser, place: Place) -> None:
    with served(place.file, Limits(seconds=1)) as hasty:
        page = Page(browser, hasty)
        page.open("#sql?q=SELECT+count(*)+FROM+range(1000000000000)")
        assert "took longer than 1 seconds" in browser.text("[role=alert]")


def test_what_is_selected_goes_on_in_sql_and_into_a_file(page: Page, tmp_path: Path) -> None:
    page.open("#table/genome?search=salmonella&sort=accession")
    where = {"behavior": "allow", "downloadPath": str(tmp_path)}
    page.browser.driver.execute_cdp_cmd("Browser.setDownloadBehavior", where)
    file = tmp_path / "genome.csv"
    page.find("#download-csv").click()
    page.wait(file.exists)
    assert "Salmonella enterica" in file.read_text()
    page.act(".downloads a")
    assert len(page.all(".grid tbody tr")) == 1
    assert "Salmonella enterica" in page.text


@pytest.mark.parametrize(
    "view",
    [
        "#table/gene?columns=symbol",
        "#row/gene?key=1",
        "#column/gene?column=symbol",
        "#sql?q=SELECT+symbol,+1+AS+%22<img+src=x+onerror=alert(1)>%22+FROM+gene",
        f"#row/gene?key={quote(HOSTILE)}",
        f"#table/{quote(HOSTILE, safe='')}",
        f"#column/gene?column={quote(HOSTILE)}",
        f"#sql?q={quote(HOSTILE)}",
        f"#table/gene?filters={quote(json.dumps([FILTER]))}",
    ],
)
def test_what_records_and_addresses_hold_does_no_harm(page: Page, view: str) -> None:
    page.open(view)
    assert "onerror" in page.text
    assert page.browser.evaluate("document.querySelectorAll('img').length") == 0
    assert str(page.browser.evaluate("document.title")).endswith("harvester")


def test_a_key_board_is_enough(page: Page) -> None:
    page.open("#table/genome")
    page.find("#next").send_keys(Keys.ENTER)
    page.wait(lambda: "Rows 51 to 100" in page.text)
    assert page.browser.evaluate("document.activeElement.id") == "next"
    page.browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    page.wait(lambda: "Rows 101 to 150" in page.text)
    unnamed = (
        "[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea')]"
        ".filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') "
        "|| e.labels?.length)).length"
    )
    assert page.browser.evaluate(unnamed) == 0


def test_a_new_run_is_told_and_shown(browser: Browser, place: Place, tmp_path: Path) -> None:
    file = tmp_path / "x.duckdb"
    shutil.copy(place.file, file)
    with served(file) as site:
        page = Page(browser, site)
        page.open("#table/genome")
        assert f"of {GENOMES}" in page.text
        another_night(file, tmp_path / "aside", 4).replace(file)
        page.act("#sort-accession")
        page.wait(lambda: f"of {GENOMES + 1}" in page.text)
        page.wait(lambda: "new database" in browser.text("#news"))
        assert "4 runs" in browser.text("#database")
        assert browser.complaints() == []


def test_dark_is_dark(page: Page) -> None:
    colours = []
    for dark in (False, True):
        page.open("#table/genome", dark=dark)
        colours.append(page.browser.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(251, 252, 251)", "rgb(19, 25, 23)"]


def test_who_has_lost_the_program_is_told_so(browser: Browser, place: Place) -> None:
    with served(place.file) as site:
        page = Page(browser, site)
        page.open("#table/genome")
    page.act("#next")
    page.wait(lambda: "start `harvester browse` again" in browser.text("[role=alert]"))
    browser.complaints()  # that nobody answered
