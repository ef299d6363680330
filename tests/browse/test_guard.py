"""Who is let in, and what the page may do."""

from __future__ import annotations

import re
import socket
from importlib.resources import files

import pytest

from tests.browse.serving import Site

FOLDER = files("harvester.browse").joinpath("page")
PAGE = {one.name: one.read_text("utf-8") for one in FOLDER.iterdir()}
KINDS = {"css": "text/css", "js": "text/javascript", "html": "text/html", "svg": "image/svg+xml"}
HTML = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|style="


def _wrong(token: str) -> list[str]:
    return ["", token[:-1], f"{token}x", token.swapcase(), "%00", "%C3%BC"]


def test_only_who_knows_the_token_is_let_in(site: Site) -> None:
    token = site.path.strip("/")
    assert len(token) >= 32
    assert site.get().status == 200
    for wrong in _wrong(token):
        for path in ("", "page/app.js", "answers/overview", "nothing"):
            reply = site.send("GET", f"/{wrong}/{path}")
            assert reply.status == 404
            assert token not in reply.text


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}"])
def test_this_machine_is_known_by_two_names(site: Site, host: str) -> None:
    assert site.get("answers/overview", Host=host.format(port=site.port)).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example:{port}", "127.0.0.1.evil.example:{port}", "localhost", "127.0.0.1:1", "", "a b"],
)
def test_by_another_name_nobody_is_let_in(site: Site, host: str) -> None:
    reply = site.get("answers/overview", Host=host.format(port=site.port))
    assert reply.status in (400, 403)
    assert "genome" not in reply.text


def test_only_this_machine_is_listened_to(site: Site) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", site.port), timeout=5)


def test_every_answer_forbids_what_is_not_needed(site: Site) -> None:
    replies = [
        site.get(),
        site.get("page/app.js"),
        site.get("answers/overview"),
        site.get("nothing"),
        site.send("GET", "/"),
        site.send("OPTIONS", f"{site.path}answers/sql", headers={"Origin": "http://evil.example"}),
        site.download("csv", table="gene"),
    ]
    for reply in replies:
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Cache-Control"] == "no-store"
        assert not any(name.startswith("Access-Control") for name in reply.headers)


def test_other_sites_cannot_put_questions(site: Site) -> None:
    plain = {"Content-Type": "text/plain", "Origin": "http://evil.example"}
    assert site.send("POST", f"{site.path}answers/sql", b'{"sql": "SELECT 1"}', plain).status == 415
    assert site.send("OPTIONS", f"{site.path}answers/sql").status == 405
    assert site.get("answers/sql").status == 405


def test_nonsense_is_refused(site: Site) -> None:
    kind = {"Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b'"x"', b"\xff"):
        assert site.send("POST", f"{site.path}answers/sql", body, kind).status == 400
    large = b'{"sql": "%s"}' % (b" " * 2**21)
    assert site.send("POST", f"{site.path}answers/sql", large, kind).status == 413
    assert site.send("POST", f"{site.path}answers/nothing", b"{}", kind).status == 404


@pytest.mark.parametrize("name", ["../desk.py", "..%2fdesk.py", "%2e%2e/desk.py", "x.js", ""])
def test_no_other_file_is_served(site: Site, name: str) -> None:
    assert site.get(f"page/{name}").status == 404


@pytest.mark.parametrize("name", sorted(PAGE))
def test_the_page_is_served_from_the_package(site: Site, name: str) -> None:
    reply = site.get(f"page/{name}")
    assert reply.text == PAGE[name]
    assert reply.headers["Content-Type"].startswith(KINDS[name.rpartition(".")[2]])


@pytest.mark.parametrize("name", sorted(PAGE))
def test_the_page_needs_nothing_from_elsewhere_and_reads_no_text_as_html(name: str) -> None:
    addresses = set(re.findall(r"https?://[^\"'\s]+", PAGE[name]))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(HTML, PAGE[name])
