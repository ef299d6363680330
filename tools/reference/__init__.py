"""The reference, written from the code: commands from click, tables from schemas and catalogue."""

from tools.reference.pages import pages

__all__ = ["pages"]
