"""The judge of pages is judged first: it sees what is wrong with one."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver.support.ui import WebDriverWait

from tests.pages.browser import Browser

_PAGE = """<!doctype html><meta charset="utf-8"><title>x</title><link rel="icon" href="data:,">
<style>@media (prefers-color-scheme: dark) {{ body {{ color: rgb(1, 2, 3) }} }}</style>
<p>Grüße</p>{}"""


def _page(folder: Path, more: str = "") -> str:
    file = folder / "page.html"
    file.write_text(_PAGE.format(more), encoding="utf-8")
    return file.as_uri()


def test_a_page_without_fault_is_without_complaint(browser: Browser, tmp_path: Path) -> None:
    browser.open(_page(tmp_path), 360)
    assert browser.text("p") == "Grüße"
    assert browser.overflow() == 0
    assert browser.complaints() == []


def test_what_is_wider_than_the_window_is_seen(browser: Browser, tmp_path: Path) -> None:
    page = _page(tmp_path, '<div style="width: 500px">wide</div>')
    browser.open(page, 360)
    assert browser.overflow() > 100
    browser.open(page, 1440)
    assert browser.overflow() == 0


def test_an_error_in_a_script_is_heard(browser: Browser, tmp_path: Path) -> None:
    browser.open(_page(tmp_path, "<script>nothing.here()</script>"))
    (complaint,) = WebDriverWait(browser.driver, 15, 0.05).until(lambda _: browser.complaints())
    assert "nothing is not defined" in complaint


def test_dark_is_dark_and_a_picture_is_taken(browser: Browser, tmp_path: Path) -> None:
    browser.open(_page(tmp_path), 400, dark=True)
    assert browser.evaluate("getComputedStyle(document.body).color") == "rgb(1, 2, 3)"
    browser.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
