"""The text a person sees in a cell, from the stored value and its number format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# What XML cannot carry, and C0 controls but tab and line feed.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SUSPECT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")

# One element of a number format: quoted text, an escaped character, what is not shown, the rest.
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|([_*].|\[[^\]]*\]|AM/PM|A/P)|(.)', re.DOTALL | re.IGNORECASE)
_MINUTES = re.compile(r"(?<=[hs:])m+|m+(?=[s:])")
_PLAIN_CORE = re.compile(r"(?:general|@|[#0?,]*0?(?:\.(0+)|\.[#?]*)?)%?")
# Beyond this power of ten a number is shown in scientific notation, as Excel does.
_PLAIN_EXPONENT = 20
_PLACEHOLDERS = frozenset("0#?.,%@:")


def clean(text: str) -> str:
    """The text without control characters; line ends become LF, OOXML escapes are undone."""
    if not _SUSPECT.search(text):
        return text
    return strip_controls(_ESCAPED.sub(_unescape, text))


def strip_controls(text: str) -> str:
    """The text as a workbook can carry it: line ends are LF, no control characters."""
    if not _SUSPECT.search(text):
        return text
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _unescape(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    if code == ord("_"):
        return "_"
    # Printable characters need no escape: such a text was typed by a person.
    return chr(code) if code < ord(" ") else match[0]


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """What of a number format changes the text: date parts, per cent, decimals, words around."""

    parts: frozenset[str] = frozenset()
    percent: bool = False
    decimals: int = 0
    digits: int = 0
    prefix: str = ""
    suffix: str = ""


_GENERAL = NumberFormat()
_YEAR_MONTH, _MONTH_DAY = 'yyyy"年"m"月"', 'm"月"d"日"'
# What a Chinese Excel means by these numbers: it writes no code for them into the file.
CHINESE_DATE_FORMATS = {
    **dict.fromkeys((27, 36, 50, 52, 57), _YEAR_MONTH),
    **dict.fromkeys((28, 29, 51, 53, 54, 58), _MONTH_DAY),
    30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"',
}


@lru_cache(maxsize=4096)
def number_format(code: str) -> NumberFormat:
    """Read a format code such as `yyyy"年"m"月"` or `0.0%`; an unknown one counts as plain."""
    core, prefix, suffix = _split(code)
    lowered = core.lower()
    if "general" not in lowered and re.search("[ymdhs]", lowered):
        return NumberFormat(parts=frozenset(re.findall("[ymdhs]", _MINUTES.sub("", lowered))))
    plain = _PLAIN_CORE.fullmatch(lowered)
    if plain is None:
        return _GENERAL
    whole = lowered.rstrip("%").partition(".")[0]
    return NumberFormat(
        percent=lowered.endswith("%"),
        decimals=len(plain[1] or ""),
        digits=len(whole) if whole == "0" * len(whole) else 0,
        prefix=prefix,
        suffix=suffix,
    )


def _split(code: str) -> tuple[str, str, str]:
    """The placeholders of the first section, and the literal text before and after them."""
    core, literals = "", [""]
    for quoted, escaped, unseen, plain in _TOKEN.findall(code):
        if plain == ";":
            break
        if plain and (plain in _PLACEHOLDERS or (plain.isascii() and plain.isalpha())):
            core += plain
            literals.append("")
        elif not unseen:
            literals[-1] += quoted or escaped or plain
    if any(literals[1:-1]):
        # Text inside a number (a fraction, a telephone number) is not taken apart.
        return core, "", ""
    return core, literals[0] if core else "", literals[-1] if core else ""


def is_date_format(code: str) -> bool:
    """Whether a number under this code is shown as a day, month or year."""
    return bool(number_format(code).parts & set("ymd"))


def value_text(value: object, code: str = "General") -> str:
    """Text of a cell's value under its number format; "" for an empty cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        return _number(value, number_format(code))
    if isinstance(value, datetime | date | time):
        return _moment(value, number_format(code).parts)
    return _elapsed(value) if isinstance(value, timedelta) else clean(str(value))


def _number(value: float, shown: NumberFormat) -> str:
    text = _digits(value, percent=shown.percent)
    whole, _, fraction = text.partition(".")
    # 3.1 shown as 3.10 is another sub-number than 3.1; nothing is rounded away.
    if fraction and len(fraction) < shown.decimals:
        text = f"{whole}.{fraction:0<{shown.decimals}}"
    if not fraction:
        text = text.zfill(shown.digits)
    return f"{shown.prefix}{text}{'%' if shown.percent else ''}{shown.suffix}"


def _digits(value: float, *, percent: bool) -> str:
    # Fifteen digits are what a workbook shows; more are noise of binary fractions.
    exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    if percent:
        exact *= 100
    if not exact.is_finite():
        return str(value)
    if abs(exact.adjusted()) > _PLAIN_EXPONENT:
        return f"{value:.15g}"
    whole = exact.to_integral_value()
    return f"{whole if exact == whole else exact.normalize():f}"


def _moment(value: date | time, parts: frozenset[str]) -> str:
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    days = parts & set("ymd")
    clock = _clock(value)
    if not days and parts and clock:
        return clock
    texts = {
        frozenset("y"): f"{value.year}年",
        frozenset("ym"): f"{value.year}年{value.month}月",
        frozenset("md"): f"{value.month}月{value.day}日",
        frozenset("m"): f"{value.month}月",
        frozenset("d"): f"{value.day}日",
    }
    return texts.get(days, f"{value:%Y-%m-%d} {clock}".strip())


def _clock(value: date) -> str:
    if not isinstance(value, datetime) or value.time() == time():
        return ""
    return value.time().isoformat("seconds" if value.second else "minutes")


def _elapsed(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
