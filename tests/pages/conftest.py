"""The browser that the tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pages.browser import Browser, browsing, is_here


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Pages are looked at in a real Chromium; a machine without one skips that, and says so."""
    if not is_here():
        pytest.skip("there is no chromium with chromedriver on this machine")
    with browsing(tmp_path_factory.mktemp("chromium")) as found:
        yield found
