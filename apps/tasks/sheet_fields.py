"""The fields of one row of the sheet as they are typed: strings, right or wrong; pure.

They are those of content.FIELDS. A draft keeps them as they are, a text beside 同上期 too, which
is not sent: whoever ticks the box by mistake finds it again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from apps.tasks.assessments import Assessment
from apps.tasks.content import (
    FIELDS,
    Content,
    RowFacts,
    content_reasons,
    fields_of,
    number_of,
    same_words,
)
from apps.tasks.models import Progress
from apps.tasks.wording import plain_number

Fields = dict[str, str]
ON = "on"
# as many digits as their columns hold
_VERSIONS, _KEYS = re.compile(r"[0-9]{1,9}"), re.compile(r"[0-9]{1,18}")
# the form has a box and a list of reasons for `unchanged`
_SAME, _REASON, _VERSION, _WAS = "same", "reason", "version", "was"
# In the order in which they are looked for in a sentence: 自评 also stands in those that ask for
# an explanation, 同上期 in one about the text.
_NAMED = (
    ("存在问题", "problems"),
    ("下一步措施", "next_step"),
    ("完成值", "value"),
    ("汇总进展", "whole_text"),
    ("的原因请从列表里选", "unchanged"),
    ("本期进展", "text"),
    ("自评", "self_assessment"),
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the fields say; `wrong`: by field what is to be mended, one sentence each."""

    content: Content
    wrong: dict[str, str]


def blank() -> Fields:
    return dict.fromkeys(FIELDS, "")


def of_progress(progress: Progress | None) -> Fields:
    """What the fields hold before anybody types."""
    return blank() if progress is None else {**blank(), **fields_of(progress)}


def of_draft(kept: Mapping[str, str]) -> Fields:
    """One that was kept before a field came to be lacks it."""
    return {name: str(kept.get(name, "")) for name in FIELDS}


def posted(data: Mapping[str, str], duty_id: int) -> Fields:
    """The row's fields in a form, called d12-text and so on."""
    sent = {name: data.get(f"d{duty_id}-{name}", "").replace("\r\n", "\n") for name in FIELDS}
    same = data.get(f"d{duty_id}-{_SAME}")
    sent["unchanged"] = data.get(f"d{duty_id}-{_REASON}", "") if same else ""
    return sent


def posted_version(data: Mapping[str, str], duty_id: int) -> int:
    """The version the person had before them; nonsense is as good as none."""
    version = data.get(f"d{duty_id}-{_VERSION}", "")
    return int(version) if _VERSIONS.fullmatch(version) else 0


def touched(data: Mapping[str, str], duty_id: int, base: Fields) -> bool:
    """Whether the person wrote something else than what was reported when the page was drawn.

    A colleague may have reported since: a row that was only looked at must not undo that.
    """
    was = data.get(f"d{duty_id}-{_WAS}") or digest(base)
    return digest(posted(data, duty_id)) != was


def digest(fields: Fields) -> str:
    """Equal for what would be reported alike."""
    told = json.dumps(_normal(fields), sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]


def duties_named(names: Iterable[str]) -> set[int]:
    """The duties whose fields a form holds."""
    known = {*FIELDS, _SAME, _REASON, _VERSION, _WAS}
    heads = (each.partition("-") for each in names)
    ids = {head[1:] for head, _, name in heads if head.startswith("d") and name in known}
    return {int(pk) for pk in ids if _KEYS.fullmatch(pk)}


def differs(typed: Fields, base: Fields) -> bool:
    """Whether it would be reported otherwise; a box that only confirms says nothing by itself."""
    return _normal(typed) != _normal(base)


def _normal(fields: Fields) -> Fields:
    kept = {name: "\n".join(value.split()) for name, value in fields.items()}
    number = number_of(kept["value"])
    if number is not None and number.is_finite():
        kept["value"] = plain_number(number)
    kept["falling_confirmed"] = ""
    if kept["unchanged"]:
        kept["text"] = ""
    return kept


def repeats(fields: Fields, previous: Progress | None) -> bool:
    """与上期一字不差: told before it is sent, and never printed (D10)."""
    if previous is None or fields["unchanged"] or not fields["text"].strip():
        return False
    return same_words(fields["text"], previous.text)


def read(fields: Fields, facts: RowFacts) -> Reading:
    """What would be reported, and everything that stands against it."""
    wrong: dict[str, str] = {}
    value = _value(fields["value"], wrong)
    assessment = _assessment(fields["self_assessment"], wrong)
    content = Content(
        text="" if fields["unchanged"] else fields["text"].strip(),
        self_assessment=assessment,
        value=value,
        problems=fields["problems"].strip(),
        next_step=fields["next_step"].strip(),
        unchanged=fields["unchanged"],
        whole_text=fields["whole_text"].strip(),
        falling_confirmed=fields["falling_confirmed"] == ON,
    )
    for name, sentence in placed(content_reasons(content, facts)):
        wrong.setdefault(name, sentence)
    return Reading(content, wrong)


def placed(reasons: Iterable[str]) -> list[tuple[str, str]]:
    """Each reason with the field it is about; what names none stands at the text."""
    return [
        (next((name for words, name in _NAMED if words in reason), "text"), reason)
        for reason in reasons
    ]


def _value(typed: str, wrong: dict[str, str]) -> Decimal | None:
    if not typed.strip():
        return None
    number = number_of(typed)
    if number is None:
        wrong["value"] = "完成值只填数字，单位不用写。"
    return number


def _assessment(typed: str, wrong: dict[str, str]) -> Assessment:
    """One that is not chosen is taken for the plainest, so that the rest is said in one round."""
    try:
        return Assessment(typed)
    except ValueError:
        said = f"没有“{typed}”这一项，请从列表里选。" if typed else "请选择自评。"
        wrong["self_assessment"] = said
        return Assessment.NORMAL
