"""Walking through a large XML part element by element, with bounds and without document types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from apps.common.errors import Unreadable
from apps.common.spreadsheets.guard import too_big_inside

_MAX_DEPTH = 200
_MAX_DIGITS = 9

# Whether the element begins, its local name, itself, and the element around it.
Step = tuple[bool, str, Element, Element | None]


def walk(source: Any, *, file: str, most: int) -> Iterator[Step]:
    """Each element at its begin and at its end; raises Unreadable from `most` elements on.

    Who has read an element lets go of it with `let_go`, or all of the part stays in memory.
    """
    parents: list[Element] = []
    count = 0
    for event, element in iterparse(source, ("start", "end"), forbid_dtd=True):
        if event == "end":
            parents.pop()
            yield False, local(element.tag), element, parents[-1] if parents else None
            continue
        count += 1
        if count > most or len(parents) >= _MAX_DEPTH:
            raise Unreadable(too_big_inside(file))
        yield True, local(element.tag), element, parents[-1] if parents else None
        parents.append(element)


def let_go(element: Element, parent: Element | None) -> None:
    """Forget what is inside an element, and the element itself."""
    element.clear()
    if parent is not None:
        parent.remove(element)


def local(tag: Any) -> str:
    """The name without its namespace."""
    return str(tag).rpartition("}")[2]


def said(element: Element, name: str) -> str:
    """The attribute of this local name; "" without it."""
    return next((text for key, text in element.items() if local(key) == name), "")


def whole(text: str | None, otherwise: int) -> int:
    """A number of at most nine digits."""
    if text and text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS:
        return int(text)
    return otherwise
