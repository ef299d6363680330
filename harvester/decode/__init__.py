"""From an answer's bytes to typed rows: inflate, unwrap, parse, and keep what no column holds."""

from harvester.decode.decoder import Decoded, Decoder, decoder_of
from harvester.decode.envelope import members_of
from harvester.decode.kinds import likelier_kind
from harvester.decode.lines import split_lines
from harvester.decode.names import snake
from harvester.decode.open import inflate, open_body
from harvester.decode.sample import days_in

__all__ = [
    "Decoded",
    "Decoder",
    "days_in",
    "decoder_of",
    "inflate",
    "likelier_kind",
    "members_of",
    "open_body",
    "snake",
    "split_lines",
]
