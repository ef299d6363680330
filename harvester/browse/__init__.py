"""A small web page over a published database, for one person on this machine."""

from harvester.browse.server import Limits, serve

__all__ = ["Limits", "serve"]
