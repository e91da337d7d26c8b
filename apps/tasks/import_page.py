"""Which part of a stored preview a page shows, each line with its fields. No database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator

from apps.tasks.import_answers import AnswerForm
from apps.tasks.import_fields import NameField, RowField

QUESTIONS, CHANGED, NEW, MISSING, NOTES, ERRORS = (
    "questions", "changed", "new", "missing", "notes", "errors",
)  # fmt: skip
PAGE_PARTS = (QUESTIONS, CHANGED, NEW, MISSING, NOTES, ERRORS)
# of each part on the page of all parts, and on a page of its own
_FIRST = 30
_FIRST_NOTES = 12
_PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a part: what is stored of it, and its fields where it has some."""

    item: Any
    field: NameField | RowField | None = None
    is_name: bool = False
    # whether its fields stand at its question instead
    is_asked: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """`count` is of all; `page` only where the part has a page of its own."""

    part: str
    lines: Sequence[Line]
    count: int
    page: Page[Line] | None = None

    @property
    def has_more(self) -> bool:
        return self.page is None and self.count > len(self.lines)

    @property
    def shown(self) -> int:
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The parts in order; `part` is the one shown alone, "" for all."""

    part: str
    questions: Section
    changed: Section
    new: Section
    missing: Section
    notes: Section
    errors: Section
    open_questions: int
    # names that nobody has said anything of
    open_names: int

    @property
    def answered(self) -> int:
        return self.questions.count - self.open_questions


def page_of(preview: Mapping[str, Any], answers: AnswerForm, part: str, number: int) -> ImportPage:
    """All parts, each with its first lines; or one part, page by page."""
    asked_rows = {item["row"] for item in preview.get("asks", [])}
    questions = [Line(f.item, f, is_name=True) for f in answers.names()]
    questions += [Line(item, answers.row(item)) for item in preview.get("asks", [])]
    unanswered = sum(line.field is not None and not line.field.is_answered for line in questions)
    lines = {
        QUESTIONS: questions,
        CHANGED: _rows(preview.get("changed", []), answers, asked_rows),
        NEW: _rows(preview.get("new", []), answers, asked_rows),
        MISSING: [
            Line(item, ends=answers.ends(item["number"])) for item in preview.get("missing", [])
        ],
        NOTES: [Line(item) for item in preview.get("notes", [])],
        ERRORS: _errors(preview, answers),
    }
    # what there is no room for stays open
    unshown = preview.get("unshown", 0)
    counts = {
        QUESTIONS: len(questions) + unshown,
        CHANGED: preview.get("updated", 0),
        NEW: preview.get("created", 0),
        MISSING: preview.get("missing_count", 0),
        NOTES: preview.get("note_count", 0),
    }
    sections = {
        name: _section(name, of, counts.get(name, len(of)), part, number)
        for name, of in lines.items()
    }
    open_names = sum(not field.is_answered for field in answers.names())
    return ImportPage(
        part=part, open_questions=unanswered + unshown, open_names=open_names, **sections
    )


def _rows(items: Sequence[Mapping[str, Any]], answers: AnswerForm, asked: set[int]) -> list[Line]:
    return [Line(item, answers.row(item), is_asked=item["row"] in asked) for item in items]


def _errors(preview: Mapping[str, Any], answers: AnswerForm) -> list[Line]:
    """Each row may be left out once, at its first error."""
    seen: set[int] = set()
    lines = []
    for item in preview.get("errors", []):
        row = item[0]
        field = answers.row({"row": row, "parties": ""}) if row and row not in seen else None
        seen.add(row)
        lines.append(Line(item, field))
    return lines


def _section(name: str, lines: list[Line], count: int, part: str, number: int) -> Section:
    if part == name:
        page = Paginator(lines, _PER_PAGE).get_page(number)
        return Section(name, list(page), count, page)
    if part:
        return Section(name, [], count)
    first = _FIRST_NOTES if name == NOTES else _FIRST
    return Section(name, lines[:first], count)
