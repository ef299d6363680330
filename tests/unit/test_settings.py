"""Flags and environment: who beats whom, which addresses are fine, and where the key may go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harvester.errors import SpecError
from harvester.model import Job, Limits
from harvester.settings import NCBI, Settings, environment, rate

KEY = "0123456789abcdef"


def test_without_anything_ncbi_is_asked_and_the_job_decides() -> None:
    assert Settings.load({}) == Settings(
        base_url="https://api.ncbi.nlm.nih.gov/datasets/v2",
        api_key=None,
        lake=None,
        database=None,
        rps=None,
        concurrency=None,
    )


def test_the_environment_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARVESTER_LAKE", "somewhere")
    assert environment()["HARVESTER_LAKE"] == "somewhere"
    assert environment() == dict(os.environ)


def test_a_flag_beats_a_variable() -> None:
    environ = {
        "HARVESTER_BASE_URL": "https://b.example",
        "HARVESTER_LAKE": "b",
        "HARVESTER_DATABASE": "b.duckdb",
    }
    told = Settings.load(environ)
    assert (told.base_url, told.lake, told.database) == ("https://b.example", "b", "b.duckdb")
    flags = Settings.load(environ, base_url="https://a.example", lake="a", database="a.duckdb")
    assert (flags.base_url, flags.lake, flags.database) == ("https://a.example", "a", "a.duckdb")


def test_an_empty_variable_counts_as_not_given() -> None:
    environ = dict.fromkeys(
        ("HARVESTER_BASE_URL", "HARVESTER_LAKE", "HARVESTER_DATABASE", "NCBI_API_KEY"), ""
    )
    assert Settings.load(environ | {"NCBI_API_KEY_FILE": ""}) == Settings()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://api.example/datasets/v2/", "https://api.example/datasets/v2"),
        ("HTTPS://api.example", "HTTPS://api.example"),
        ("https://api.example:8443/v2", "https://api.example:8443/v2"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://LOCALHOST:8080", "http://LOCALHOST:8080"),
        ("http://127.0.0.1:8080/datasets/v2", "http://127.0.0.1:8080/datasets/v2"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_fine_addresses(url: str, kept: str) -> None:
    assert Settings.load({}, base_url=url).base_url == kept
    assert Settings.load({"HARVESTER_BASE_URL": url}).base_url == kept


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[::2]",
    ],
)
def test_plain_http_is_for_this_machine_unless_allowed(url: str) -> None:
    with pytest.raises(SpecError, match="HARVESTER_ALLOW_HTTP=1"):
        Settings.load({}, base_url=url)
    with pytest.raises(SpecError, match="https"):
        Settings.load({"HARVESTER_ALLOW_HTTP": "0"}, base_url=url)
    assert Settings.load({"HARVESTER_ALLOW_HTTP": "1"}, base_url=url).base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "api.example",
        "ftp://api.example",
        "file:///etc/passwd",
        "https://",
        "https:///v2",
        "https://api.example:99999",
        "https://api.example:port",
        "https://[::1",
        "https://api.example/a b",
        "https://api.example/\n",
        "https://ａpi.example",  # noqa: RUF001 - a letter that only looks plain
        "https://localhost\\@api.example",
    ],
)
def test_what_is_no_web_address(url: str) -> None:
    with pytest.raises(SpecError, match=f"should look like {NCBI}"):
        Settings.load({"HARVESTER_ALLOW_HTTP": "1"}, base_url=url)


@pytest.mark.parametrize(
    "url",
    [
        f"https://me:{KEY}@api.example",
        f"https://{KEY}@api.example",
        f"https://api.example?api_key={KEY}",
        f"https://api.example/v2#{KEY}",
        f"http://api.example?api_key={KEY}",
    ],
)
def test_secrets_in_an_address_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SpecError) as caught:
        Settings.load({}, base_url=url)
    assert KEY not in str(caught.value)


def test_an_empty_query_is_refused_too() -> None:
    with pytest.raises(SpecError, match="leave out everything"):
        Settings.load({}, base_url="https://api.example/?")


@pytest.mark.parametrize(
    ("url", "sends"),
    [
        ("https://api.example", True),
        ("http://localhost:1", True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]:1", True),
        ("http://sandbox:1", False),
    ],
)
def test_the_key_goes_over_plain_http_to_this_machine_only(url: str, sends: bool) -> None:  # noqa: FBT001
    environ = {"NCBI_API_KEY": KEY, "HARVESTER_ALLOW_HTTP": "1"}
    settings = Settings.load(environ, base_url=url)
    assert settings.api_key == KEY
    assert settings.sends_key is sends
    assert not Settings.load({"HARVESTER_ALLOW_HTTP": "1"}, base_url=url).sends_key


def test_the_key_is_not_shown() -> None:
    settings = Settings.load({"NCBI_API_KEY": f" {KEY}\n"})
    assert settings.api_key == KEY
    assert KEY not in f"{settings!r} {settings}"


def test_the_key_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    assert Settings.load({"NCBI_API_KEY_FILE": str(file)}).api_key == KEY
    both = {"NCBI_API_KEY": "other", "NCBI_API_KEY_FILE": str(file)}
    assert Settings.load(both).api_key == "other"


@pytest.mark.parametrize("broken", [f"{KEY}\x07", f"{KEY} {KEY}", f"{KEY}\r\nHost: x", f"{KEY}é"])
def test_a_key_with_odd_characters_is_refused_and_not_repeated(broken: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(broken, encoding="utf-8")
    for environ in ({"NCBI_API_KEY": broken}, {"NCBI_API_KEY_FILE": str(file)}):
        with pytest.raises(SpecError, match=next(iter(environ))) as caught:
            Settings.load(environ)
        assert KEY not in str(caught.value)


def test_a_key_file_that_is_of_no_use(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    told = {
        "empty": "names an empty file",
        "binary": "it is not a text file",
        "absent": "No such file",
        ".": "Is a directory",
        "\0": "cannot be read",
    }
    for name, message in told.items():
        with pytest.raises(SpecError, match=message):
            Settings.load({"NCBI_API_KEY_FILE": f"{tmp_path}/{name}"})


def test_a_key_in_the_place_of_a_file_name_is_not_repeated() -> None:
    with pytest.raises(SpecError) as caught:
        Settings.load({"NCBI_API_KEY_FILE": KEY})
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("rps", [0.0, -1.0, float("inf"), float("nan")])
def test_rates_that_are_none(rps: float) -> None:
    with pytest.raises(SpecError, match=r"^rps must"):
        Settings.load({}, rps=rps)


@pytest.mark.parametrize("concurrency", [0, -1, 257])
def test_concurrency_has_bounds(concurrency: int) -> None:
    with pytest.raises(SpecError, match=r"^concurrency must"):
        Settings.load({}, concurrency=concurrency)


def test_the_rate_is_the_flag_else_the_job_else_what_ncbi_grants() -> None:
    plain = Job("x", ())
    slow = Job("x", (), limits=Limits(requests_per_second=2))
    key = {"NCBI_API_KEY": KEY, "HARVESTER_ALLOW_HTTP": "1"}
    assert rate(slow, Settings.load(key, rps=3)) == 3
    assert rate(slow, Settings.load(key)) == 2
    assert rate(plain, Settings.load(key)) == 10
    assert rate(plain, Settings.load({})) == 5
    assert rate(plain, Settings.load(key, base_url="http://sandbox")) == 5
