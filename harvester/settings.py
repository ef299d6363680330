"""Environment and flags to one frozen value: the only place that reads the environment."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from harvester.errors import SpecError
from harvester.model import Job
from harvester.texts import Mask

__all__ = [
    "NCBI",
    "Settings",
    "cache_folder",
    "environment",
    "granted",
    "key_mask",
    "rate",
    "web_address",
]

NCBI = "https://api.ncbi.nlm.nih.gov/datasets/v2"

#: Requests a second that NCBI grants without a key and with one.
_WITHOUT_KEY = 5.0
_WITH_KEY = 10.0
_MOST_IN_FLIGHT = 256
#: A file that is longer holds no key.
_LONGEST_KEY_FILE = 4096


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where this program keeps what it can make again."""
    home = environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(home, "harvester")


def environment() -> Mapping[str, str]:
    """The environment of this process, as it is now."""
    return dict(os.environ)


@dataclass(frozen=True, slots=True)  # not a struct: its repr leaves out the key
class Settings:
    """What flags and environment say; `None` leaves it to the job."""

    base_url: str = NCBI
    api_key: str | None = field(default=None, repr=False)
    lake: str | None = None
    database: str | None = None
    rps: float | None = None
    concurrency: int | None = None
    key_is_open: bool = False

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str],
        *,
        base_url: str | None = None,
        lake: str | None = None,
        database: str | None = None,
        rps: float | None = None,
        concurrency: int | None = None,
    ) -> Settings:
        """A flag beats a variable; what is empty counts as not given."""
        return cls(
            base_url=web_address(base_url or environ.get("HARVESTER_BASE_URL") or NCBI, environ),
            api_key=_api_key(environ),
            lake=lake or environ.get("HARVESTER_LAKE") or None,
            database=database or environ.get("HARVESTER_DATABASE") or None,
            rps=_checked_rate(rps),
            concurrency=_checked_concurrency(concurrency),
            key_is_open=_others_may_read(environ),
        )

    @property
    def sends_key(self) -> bool:
        """Whether there is a key and it may travel: over plain http to this machine only."""
        parts = urlsplit(self.base_url)
        safe = parts.scheme == "https" or _is_loopback(parts.hostname or "")
        return self.api_key is not None and safe


def rate(job: Job, settings: Settings) -> float:
    """Requests a second: a flag beats the job, which beats what NCBI grants."""
    return settings.rps or job.limits.requests_per_second or granted(settings)


def granted(settings: Settings) -> float:
    """Requests a second that NCBI grants."""
    return _WITH_KEY if settings.sends_key else _WITHOUT_KEY


def key_mask(environ: Mapping[str, str]) -> Mask:
    """What takes the key out of texts; where the key cannot be had, nothing is taken out."""
    try:
        return Mask(_api_key(environ))
    except SpecError:
        return Mask(None)


def _api_key(environ: Mapping[str, str]) -> str | None:
    """The key itself, or the content of the file that holds it; no message ever shows it."""
    key = environ.get("NCBI_API_KEY", "").strip()
    source = "NCBI_API_KEY"
    if not key and environ.get("NCBI_API_KEY_FILE"):
        source = "NCBI_API_KEY_FILE"
        key = _read_key(environ[source])
    if not all("!" <= letter <= "~" for letter in key):
        raise SpecError(f"{source} holds a character that no API key has: copy the key again")
    return key or None


def _read_key(path: str) -> str:
    """The content of the key file; its name stays out of messages: it may be the key, misplaced."""
    try:
        key = _text_of(Path(path)).strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text file"
        raise SpecError(f"NCBI_API_KEY_FILE names a file that cannot be read: {reason}") from None
    if not key:
        raise SpecError("NCBI_API_KEY_FILE names an empty file: put the key into it")
    return key


def _text_of(path: Path) -> str:
    """A small file's text; a pipe or a device could keep us waiting for ever."""
    if not path.is_dir() and path.exists() and not path.is_file():
        raise ValueError
    with path.open("rb") as file:
        data = file.read(_LONGEST_KEY_FILE + 1)
    if len(data) > _LONGEST_KEY_FILE:
        raise ValueError
    return data.decode()


def _others_may_read(environ: Mapping[str, str]) -> bool:
    """Whether our own key file is open to other users of this machine."""
    path = environ.get("NCBI_API_KEY_FILE")
    if not path or environ.get("NCBI_API_KEY", "").strip():
        return False
    facts = Path(path).stat()
    return facts.st_uid == os.geteuid() and bool(facts.st_mode & (stat.S_IRGRP | stat.S_IROTH))


def web_address(url: str, environ: Mapping[str, str], what: str = "the base URL") -> str:
    """The address without a slash at its end; a message shows it only where it holds no secret."""
    parts = _split(url, what)
    if parts.username is not None or parts.password is not None:
        raise SpecError(f"{what} holds a user name or password: leave them out")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise SpecError(f"{what} must end with its path: leave out everything from ? or # on")
    if parts.scheme == "http" and not _may_be_plain(parts.hostname or "", environ):
        message = (
            f"{what} {url!r} must begin with https:// unless its host is this machine; "
            "HARVESTER_ALLOW_HTTP=1 allows plain http, without the API key"
        )
        raise SpecError(message)
    return url.rstrip("/")


def _split(url: str, what: str) -> SplitResult:
    """The parts of an address that http can reach."""
    try:
        parts = urlsplit(url)
        good = bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    plain = all("!" <= letter <= "~" and letter != "\\" for letter in url)
    if not good or not plain or parts.scheme not in ("http", "https"):
        raise SpecError(f"{what} is no web address: it should look like {NCBI}")
    return parts


def _may_be_plain(host: str, environ: Mapping[str, str]) -> bool:
    return _is_loopback(host) or environ.get("HARVESTER_ALLOW_HTTP") == "1"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _checked_rate(rps: float | None) -> float | None:
    if rps is not None and not (math.isfinite(rps) and rps > 0):
        raise SpecError(f"rps must be a number above 0, not {rps:g}")
    return rps


def _checked_concurrency(concurrency: int | None) -> int | None:
    if concurrency is not None and not 1 <= concurrency <= _MOST_IN_FLIGHT:
        raise SpecError(f"concurrency must be from 1 to {_MOST_IN_FLIGHT}, not {concurrency}")
    return concurrency
