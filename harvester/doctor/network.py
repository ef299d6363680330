"""The way to NCBI: whether it answers, what it thinks the time is, whether it likes the key."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from harvester.doctor.finding import Finding
from harvester.errors import HarvesterError, TransientError
from harvester.fetch import Probed, probe
from harvester.settings import Settings

__all__ = ["examine_key", "examine_network"]

#: Seconds until nobody is thought to answer.
_PATIENCE = 5.0
#: Seconds by which a clock may be wrong before anybody notices.
_CLOSE = 60
#: What NCBI gives out: 36 characters of hexadecimal digits.
_KEY = re.compile(r"[0-9a-f]{36}")
_OK, _SERVER_ERROR = 200, 500
_ADVICE = {
    "name resolution": "its name cannot be looked up: see to the network and the DNS here",
    "connect": "nobody listens there: is the address right, does a firewall stand between?",
    "connect timeout": "nobody takes the call: does a firewall stand between?",
    "tls": "the connection is not trusted: is the clock right, does a proxy open it on the way?",
}
_ELSE = "look at the network and try again; a run waits as long as its `patience` says"
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def examine_network(
    settings: Settings, variables: Mapping[str, str], patience: float = _PATIENCE
) -> Iterator[Finding]:
    """Whether NCBI, or what is asked in its place, can be reached, and at what rate."""
    host = urlsplit(settings.base_url).netloc
    key = settings.api_key if settings.sends_key else None
    try:
        probed = asyncio.run(probe(settings.base_url, key, patience))
    except TransientError as error:
        yield _unreachable(host, error, variables)
        yield Finding("clock", "skipped", "nobody to compare it with")
        return
    except HarvesterError as error:
        yield Finding("network", "look", f"{host}: {error}", _ELSE)
        return
    yield _answer(host, probed)
    yield _clock(probed.reply.headers.get("Date", ""), datetime.now(UTC))


def examine_key(settings: Settings) -> Finding:
    """The API key, by its looks; it is never shown."""
    if settings.api_key is None:
        advice = "with a key of an NCBI account in NCBI_API_KEY it is 10"
        return Finding("key", "fine", "none: NCBI allows 5 requests a second", advice)
    if settings.key_is_open:
        advice = "take their right to read it away: chmod 600"
        return Finding("key", "look", "others on this machine can read the key file", advice)
    if not settings.sends_key:
        advice = "the key travels over https, or to this machine, only"
        return Finding("key", "look", "there is one, and the address gets none of it", advice)
    if not _KEY.fullmatch(settings.api_key.lower()):
        advice = "copy it again from the settings of your NCBI account"
        return Finding("key", "look", "there is one that does not look like NCBI's", advice)
    return Finding("key", "fine", "there is one: NCBI allows 10 requests a second")


def _unreachable(host: str, error: TransientError, variables: Mapping[str, str]) -> Finding:
    advice = _ADVICE.get(error.reason, _ELSE)
    proxy = next((name for name in _PROXIES if variables.get(name)), "")
    if proxy:
        advice = f"{proxy} is set, and the harvester uses no proxy: it needs a direct way"
    return Finding("network", "wrong", f"{host} cannot be reached ({error.reason})", advice)


def _answer(host: str, probed: Probed) -> Finding:
    reply, took = probed.reply, f"{probed.seconds:.2f} s"
    limit = reply.headers.get("X-RateLimit-Limit", "").split(",")[0].strip()
    if reply.good:
        allowed = f", {limit} requests a second" if limit.isdigit() else ""
        return Finding("network", "fine", f"{host} answers in {took}{allowed}")
    told = f"{host} answers {reply.status}"
    if reply.status in (401, 403) or "api key" in reply.detail.lower():
        advice = "the key is wrong, or this address is blocked: try without NCBI_API_KEY, or later"
        return Finding("network", "wrong", told, advice)
    advice = (
        "NCBI is out of service: wait"
        if reply.status >= _SERVER_ERROR
        else ("is --base-url or HARVESTER_BASE_URL the root of NCBI Datasets v2?")
    )
    return Finding("network", "look", told, advice)


def _clock(date: str, now: datetime) -> Finding:
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return Finding("clock", "skipped", "the answer does not say the time")
    apart = abs((now - (told if told.tzinfo else told.replace(tzinfo=UTC))).total_seconds())
    if apart <= _CLOSE:
        return Finding("clock", "fine", f"{now:%Y-%m-%d %H:%M:%S} UTC, as NCBI has it")
    advice = "set it, best by NTP: runs are named and ordered by it"
    return Finding("clock", "look", f"{apart:,.0f} s apart from NCBI's", advice)
