"""The numbers that Word counts by itself: they stand in no text, but everybody sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element
from zipfile import ZipFile

from defusedxml.ElementTree import parse

from apps.common.spreadsheets.xmlwalk import local, said, whole

_NUMBERING, _STYLES = "word/numbering.xml", "word/styles.xml"
_MAX_LEVELS = 9
_MOST_COUNTED = 100_000
_DIGITS = "零一二三四五六七八九"
_CHINESE = frozenset({
    "chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting",
    "chineseLegalSimplified", "taiwaneseCounting", "taiwaneseCountingThousand",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level:
    format: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass(slots=True)
class WordNumbers:
    """The lists of one document, counting up as its paragraphs come."""

    archive: ZipFile
    _levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    _lists: dict[str, str] = field(default_factory=dict)
    _styles: dict[str, tuple[str, int]] = field(default_factory=dict)
    _counts: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = set(self.archive.namelist())
        if _NUMBERING not in names:
            return
        self._read_lists()
        if _STYLES in names:
            self._read_styles()

    def label(self, style: str, numbering: str, level: int) -> str:
        """What Word prints before a paragraph: "1.", "（一）"; "" without a number."""
        if not numbering and style in self._styles:
            numbering, level = self._styles[style]
        abstract = self._lists.get(numbering, "")
        levels = self._levels.get(abstract, {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(abstract, [])
        while len(counts) <= level:
            counts.append(levels.get(len(counts), _Level()).start - 1)
        del counts[level + 1 :]
        counts[level] = min(counts[level] + 1, _MOST_COUNTED)
        text = levels[level].text
        for at, count in enumerate(counts):
            text = text.replace(f"%{at + 1}", _counted(count, levels.get(at, _Level()).format))
        return text

    def _read_lists(self) -> None:
        for element in self._children(_NUMBERING):
            name = local(element.tag)
            if name == "abstractNum":
                key = said(element, "abstractNumId")
                self._levels[key] = dict(_levels(element))
            elif name == "num":
                chosen = [c for c in element if local(c.tag) == "abstractNumId"]
                if chosen:
                    self._lists[said(element, "numId")] = said(chosen[0], "val")

    def _read_styles(self) -> None:
        for element in self._children(_STYLES):
            if local(element.tag) != "style":
                continue
            number, level = "", 0
            for child in element.iter():
                name = local(child.tag)
                if name == "numId":
                    number = said(child, "val")
                elif name == "ilvl":
                    level = whole(said(child, "val"), 0)
            if number:
                self._styles[said(element, "styleId")] = number, level

    def _children(self, part: str) -> list[Element]:
        with self.archive.open(part) as stream:
            root = parse(stream, forbid_dtd=True).getroot()
        return list(root) if root is not None else []


def _levels(element: Element) -> list[tuple[int, _Level]]:
    levels = []
    for child in element:
        if local(child.tag) != "lvl":
            continue
        stated = {local(part.tag): said(part, "val") for part in child}
        # A bullet is no number.
        if stated.get("numFmt") not in ("bullet", "none"):
            level = _Level(
                stated.get("numFmt", "decimal"),
                stated.get("lvlText", ""),
                whole(stated.get("start"), 1),
            )
            levels.append((whole(said(child, "ilvl"), 0), level))
    return levels[:_MAX_LEVELS]


def _counted(count: int, form: str) -> str:
    if form in _CHINESE:
        return _chinese(count)
    if form == "decimalEnclosedCircle" and 1 <= count <= len("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"):
        return chr(ord("①") + count - 1)
    if form in ("upperLetter", "lowerLetter") and 1 <= count <= len("abcdefghijklmnopqrstuvwxyz"):
        return chr(ord("A" if form == "upperLetter" else "a") + count - 1)
    return f"0{count}" if form == "decimalZero" and count < len(_DIGITS) else str(count)


def _chinese(count: int) -> str:
    """Up to 99 in words; a longer list of this kind is not printed in practice."""
    tens, ones = divmod(count, 10)
    if tens >= len(_DIGITS):
        return "".join(_DIGITS[int(digit)] for digit in str(count))
    if not tens:
        return _DIGITS[ones]
    return f"{_DIGITS[tens] if tens > 1 else ''}十{_DIGITS[ones] if ones else ''}"
