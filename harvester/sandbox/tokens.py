"""Page tokens: opaque outside, inside the key of the last record and the query it belongs to."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from harvester.sandbox.asks import Refusal

__all__ = ["read_token", "write_token"]

#: The tag and wire type of a protobuf message's first field, a text.
_FIELD = b"\x0a"
_LONGEST = 127


def write_token(last: int, scope: str) -> str:
    """The token of the page that begins after a record."""
    text = json.dumps([last, scope]).encode()
    packed = zlib.compress(_FIELD + bytes([len(text)]) + text)
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_token(token: str, scope: str) -> int:
    """The key after which a page begins; a token that is no good is refused."""
    try:
        packed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        inflater = zlib.decompressobj()
        plain = inflater.decompress(packed, 2 + _LONGEST)
        last, owner = json.loads(plain[2:])
    except (ValueError, TypeError, zlib.error) as error:
        raise Refusal(400, "Invalid argument provided: 'page_token' cannot be read.") from error
    if not inflater.eof:
        raise Refusal(400, "Invalid argument provided: 'page_token' is cut off.")
    if owner != scope or not isinstance(last, int):
        raise Refusal(400, "Invalid argument provided: 'page_token' belongs to another query.")
    return last
