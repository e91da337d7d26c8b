"""Folding of Chinese table text, so that rules see one spelling of what people write in many.

The original is always kept beside the folded text (product.md D1); nothing folded is ever shown.
"""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
# Dashes that stand between two dates or numbers in published tables.
_DASHES = str.maketrans(dict.fromkeys("-‐‑‒–—―−﹣－~～〜∼", "-"))
_QUOTES = str.maketrans({"〝": "“", "〞": "”", "＂": '"'})
# Bidirectional marks and zero-width characters: invisible, and able to make a text read otherwise.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")


def fold(text: str) -> str:
    """Half-width forms, one kind of dash, no invisible characters, single spaces, trimmed.

    Idempotent. The ideographic full stop and comma (。、) keep their form: they carry structure.
    """
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text).translate(_QUOTES))
    return _SPACES.sub(" ", text.translate(_DASHES)).strip()


def fold_tight(text: str) -> str:
    """`fold` without any white space: for wordings in which a line break means nothing."""
    return fold(text).replace(" ", "")
