"""A real Chromium without a window, and what a test asks about a page in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

__all__ = ["HEIGHT", "Browser", "browsing", "is_here"]

HEIGHT = 900
#: It asks nobody outside: neither for updates nor for anything else.
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
)
_DRIVER, _CHROMIUM = shutil.which("chromedriver"), shutil.which("chromium")


def is_here() -> bool:
    """Whether this machine has one."""
    return bool(_DRIVER and _CHROMIUM)


class Browser:
    """One window; `driver` is Selenium's own."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, address: str, width: int = 1440, *, dark: bool = False) -> None:
        """Loads a page in a window of that width."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        self.resize(width)
        self.driver.get("about:blank")
        self.complaints()  # those of the page before
        self.driver.get(address)

    def resize(self, width: int) -> None:
        """Gives the window another width."""
        size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def evaluate(self, script: str) -> object:
        """What an expression of JavaScript is in the page."""
        found: object = self.driver.execute_script(f"return ({script})")
        return found

    def text(self, selector: str = "body") -> str:
        """What a person reads in the first element that the selector finds."""
        return str(self.evaluate(f"document.querySelector({selector!r})?.innerText ?? ''"))

    def complaints(self) -> list[str]:
        """What the console has against the page since one last looked."""
        told = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [str(entry["message"]) for entry in told]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        wide = "document.documentElement.scrollWidth - window.innerWidth"
        return int(str(self.evaluate(wide)))

    def picture(self, file: Path) -> None:
        """Saves what the window shows, the whole length of the page."""
        long = int(str(self.evaluate("document.documentElement.scrollHeight")))
        width = int(str(self.evaluate("window.innerWidth")))
        size = {"width": width, "height": long, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.save_screenshot(str(file))


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Starts one with an empty profile; ends it with the block."""
    options = ChromeOptions()
    options.binary_location = str(_CHROMIUM)
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=ChromeService(str(_DRIVER)))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
