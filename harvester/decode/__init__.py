"""From an answer's bytes to typed rows: inflate, unwrap, parse, and keep what no column holds."""

from harvester.decode.decoder import Decoded, Decoder
from harvester.decode.open import open_body
from harvester.decode.sample import days_in

__all__ = ["Decoded", "Decoder", "days_in", "open_body"]
