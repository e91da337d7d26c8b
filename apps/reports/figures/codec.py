"""Figures as JSON and back, exactly: what is frozen is what is read, years later too.

Decimals and days are text. A row of the figures holds its facts by place, as `compute` keeps both
in one order; so nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from apps.common.errors import Unreadable
from apps.reports.figures.kinds import Facts, Figures

VERSION = 1


def to_json(figures: Figures) -> dict[str, Any]:
    """Only what JSON has: objects, lists, text, whole numbers, true, false and null."""
    same = zip(figures.rows, figures.facts.rows, strict=True)
    assert all(row.fact is fact or row.fact == fact for row, fact in same)
    data: dict[str, Any] = _plain(replace(figures, rows=()))
    data["rows"] = [_plain_fields(row, leaving_out="fact") for row in figures.rows]
    return {"version": VERSION, **data}


def from_json(data: dict[str, Any]) -> Figures:
    """Unreadable: written by another version of this module, or not whole."""
    if data.get("version") != VERSION:
        raise Unreadable("这份报告的冻结数据不是本系统可读的版本，请联系系统管理员。")
    try:
        facts = _reader(Facts)(data["facts"])
        rows = [{**row, "fact": fact} for row, fact in zip(data["rows"], facts.rows, strict=True)]
        whole = {**data, "facts": facts, "rows": rows}
        figures: Figures = _reader(Figures)(whole)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unreadable("这份报告的冻结数据不完整，无法读取，请联系系统管理员。") from error
    return figures


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def _plain_fields(value: Any, *, leaving_out: str = "") -> dict[str, Any]:
    return {
        field.name: _plain(getattr(value, field.name))
        for field in fields(value)
        if field.name != leaving_out
    }


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """How a value of this type is read; each type is looked at once."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin is UnionType:
        read = _reader(next(each for each in inside if each is not NoneType))
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        item = _reader(inside[0])
        return lambda value: tuple(item(each) for each in value)
    if origin is dict:
        item = _reader(inside[1])
        return lambda value: {key: item(each) for key, each in value.items()}
    return _single(kind)


def _single(kind: Any) -> Callable[[Any], Any]:
    if kind is date:
        return date.fromisoformat
    if kind is Decimal:
        return Decimal
    return _whole(kind) if is_dataclass(kind) else _checked(kind)


def _checked(kind: Any) -> Callable[[Any], Any]:
    """Text, whole numbers and yes or no are in JSON as they are."""

    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(value)
        return value

    return read


def _whole(kind: Any) -> Callable[[Any], Any]:
    readers = {name: _reader(hint) for name, hint in get_type_hints(kind).items()}

    def read(value: Any) -> Any:
        # facts that were read before their row
        if type(value) is kind:
            return value
        return kind(**{name: item(value[name]) for name, item in readers.items()})

    return read
