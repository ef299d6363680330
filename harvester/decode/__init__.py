"""From an answer's bytes to typed rows: inflate, unwrap, parse, and keep what no column holds."""

from harvester.decode.decoder import Decoded, Decoder
from harvester.decode.open import inflate, open_body

__all__ = ["Decoded", "Decoder", "inflate", "open_body"]
