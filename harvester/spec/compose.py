"""YAML text to PyYAML's nodes by its safe loader; whatever goes wrong becomes one fault."""

from __future__ import annotations

import yaml

from harvester.errors import Fault, SpecError
from harvester.spec.faults import Place, shown

__all__ = ["compose", "place_of"]

#: What people did when PyYAML says this, by a part of what it says.
_HINTS = {
    "block end": "check the indentation of this line",
    "could not find expected ':'": "is there a colon after the key?",
    "found character '\\t'": "indent with blanks, not with tabs",
    "mapping values are not allowed": "check the indentation, or quote a text that holds a colon",
    "single document": "one job a file",
    "undefined alias": "a text that starts with * must be quoted",
}


def compose(text: str, file: str) -> yaml.Node:
    """The root node of the one document."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        fault = _marked(error, file)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        fault = Fault(f"not valid YAML: {error.reason}", file, line, column)
    except RecursionError:
        fault = Fault("not a job: nested too deeply", file)
    except (ValueError, OverflowError, yaml.YAMLError) as error:
        fault = Fault(f"not valid YAML: {shown(str(error))}", file)
    else:
        if root is not None:
            return root
        fault = Fault("the file is empty", file)
    raise SpecError((fault,)) from None


def place_of(file: str, mark: yaml.Mark | None) -> Place:
    """Where a mark points; PyYAML counts from 0."""
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _marked(error: yaml.MarkedYAMLError, file: str) -> Fault:
    place = place_of(file, error.problem_mark or error.context_mark)
    said = f"{error.context or ''} {error.problem or ''}"
    hint = next((hint for part, hint in _HINTS.items() if part in said), "")
    problem = error.problem or error.context or "cannot be understood"
    return Fault(f"not valid YAML: {problem}", file, place.line, place.column, hint)
