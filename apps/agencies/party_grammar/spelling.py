"""One spelling for what tables write in many ways: odd brackets and colons, numbering, marks.

Only what stands between names is respelt; a name keeps its characters.
"""

from __future__ import annotations

import re
import unicodedata

from apps.agencies.party_grammar.words import BODY, LABEL_ROLE, VERB, note_claim

_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("∶︰﹕꞉ː→⇒", "："),
        **dict.fromkeys("﹝｛{﹛〖", "〔"),
        **dict.fromkeys("﹞｝}﹜〗", "〕"),
        **dict.fromkeys("<«", "〈"),
        **dict.fromkeys(">»", "〉"),
        **dict.fromkeys("「『｢", "“"),
        **dict.fromkeys("」』｣", "”"),
        **dict.fromkeys("︵", "（"),
        **dict.fromkeys("︶", "）"),
        **dict.fromkeys("﹑､﹐‚", "、"),
        **dict.fromkeys("﹔", "；"),
        **dict.fromkeys("…⋯+＋&＆\\＼‖¦", "、"),
    }
)
_QUOTED_WHOLE = re.compile(r"\s*([“\"'‘])([^“”\"'‘’]*)[”\"'’]\s*")
_SPACED_OUT = re.compile(
    r"(?:(?<=[\s，,；;。、（(\[【〔：:])|^)[一-龥](?:[ \u3000\u00a0]{1,4}[一-龥])+"
    r"(?=$|[\s，,；;。、：:）)\]】〕])"
)
_SPACES = re.compile(r"\s+")
_SPLIT_LABEL = re.compile(rf"({LABEL_ROLE}{{1,6}})[ \u3000\r\n]+({BODY}\s{{0,3}}[：:])")
# 牵头单位（市住建局）.
_LABEL_AROUND = re.compile(
    rf"(?<![^\s；;，,。、])({LABEL_ROLE}{{1,6}}{BODY})[（(]((?:[省市县区州各]|国家|自治)[^（()）]*)[)）]"
)
_BRIEF = {"牵": "牵头", "主": "主办", "配": "配合", "协": "协办"}
_BRIEF_NOTE = re.compile(f"[（(]([{''.join(_BRIEF)}])[)）]")
_DASHED_NOTE = re.compile(
    rf"\s*[—–－-]{{1,2}}\s*(?={LABEL_ROLE}{{1,3}}{BODY}?(?:$|[\s，,；;。、]))"
)
_DASHED_LABEL = re.compile(
    rf"({LABEL_ROLE}{{1,6}}{BODY})\s*(?:[—–－-]{{1,2}}|[｜|/／])\s*(?!{LABEL_ROLE})"
)
# 济南、青岛、烟台三市政府.
_COUNTED_PLACES = re.compile(
    "(、[一-龥]{2,4}?)[两三四五六七八九十](?=[市县区州镇乡旗盟](?:(?:人民)?政府|$|[、，,；;。]))"
)
_AMONG_THEM = re.compile(r"[，,、]\s*其中")
_NUMBER = re.compile(
    r"[（(](?:\d{1,2}|[一二三四五六七八九十]{1,3})[）)]|[①-⑳⑴-⒇⒈-⒛❶-❿㈠-㈩]"
    r"|(?:^|(?<=[\s，,；;。]))(?:[a-hA-H][.．](?=[一-龥])|[一二三四五六七八九]是)"
    r"|(?:^|(?<=[一-龥）)\s]))(?<!第)\d{1,2}(?:[)）]|(?=[、．]|\.(?!\d)))"
)
# A dot or dash where one body ends and the next begins.
_DOT = re.compile(
    r"(?<=[局委厅部办院会署处]) ?[.．·•‧∙●–—－~～-]{1,2} ?"
    r"(?=[省市县区州盟旗各国团]|[一-龥]{2,12}[局委厅办])"
)
_OPEN, _CLOSE = "[（(〔[【〈]", "[）)〕\\]】〉]"
_BOXED = re.compile(
    rf"{_OPEN}\s*({LABEL_ROLE}{{1,6}}{BODY}?)\s*[：:]?\s*{_CLOSE}\s*[：:]?(?=\s*[^\s，,；;。、）)〕\]】〉])"
)

# （以上为牵头单位） is the verb of all that stands before it; 以下为配合单位 is a label.
_ABOVE = re.compile(
    rf"[，,；;、\s]*[（(]?(?:(?:以上|上述|前述)(?:各|所列)?(?:单位|部门)?均?|(?<=[（(])[均都皆]"
    r"|(?<=[（(，,；;])[两三四五六七八九][个家]?(?:单位|部门)[均都]?(?:共同|联合|分别)?)"
    rf"([为是]{LABEL_ROLE}{{1,6}}{BODY}|(?:牵头|配合)(?:负责)?(?=$|[)），,；;。]))[)）]?[，,]?"
)
_BELOW = re.compile(rf"[（(]?以下(?:单位|部门)?均?[为是]({LABEL_ROLE}{{1,6}}{BODY})[)）]?[：:，,]?")
_GROUPS = re.compile(r"[，,；;。\s]+")
_NOTE = re.compile(r"[（(]([^（()）]{2,9})[)）]")

_MARK = "[*＊★☆※△▲●◆]"
# （*为牵头单位）, 带★的为牵头单位.
_MARKED_LEAD = re.compile(
    rf"[（(]?(?:[注其中：:，,]{{0,4}}[加带标有注画打]{{0,3}})[“\"']?({_MARK})[”\"']?号?[的者]?(?:单位|部门)?"
    r"[的者]?(?:[为是]|表示|代表)?(?:牵头|主[责办])(?:责任)?(?:单位|部门)[^，,、。；;（）()]{0,10}[)）]?"
)
_ITEM = "[^、，,；;。：:（）()\\s]*"


def spelt(text: str) -> str:
    """`text` without invisible characters, its punctuation of one kind each."""
    text = "".join(
        c for c in text if unicodedata.category(c) not in ("Cf", "Cs", "Cc") or c in "\t\r\n"
    )
    text = text.translate(_PUNCTUATION)
    if whole := _QUOTED_WHOLE.fullmatch(text):
        text = whole[2]
    text = _SPACED_OUT.sub(lambda match: _SPACES.sub("", match[0]), text)
    text = _SPLIT_LABEL.sub(r"\1\2", text)
    text = _BRIEF_NOTE.sub(lambda note: f"（{_BRIEF[note[1]]}）", text)
    text = _DASHED_LABEL.sub(r"\1：", _DASHED_NOTE.sub("", text))
    text = _COUNTED_PLACES.sub(r"\1", _LABEL_AROUND.sub(r"；\1：\2；", text))
    text = _NUMBER.sub("、", _AMONG_THEM.sub("；", text))
    text = _unboxed(_with_marks_read(text))
    return _DOT.sub("、", _with_notes_of_groups_read(_BELOW.sub(r"；\1：", _above_read(text))))


def _above_read(text: str) -> str:
    read, done = "", 0
    for above in _ABOVE.finditer(text):
        read += re.sub("[，,；;]", "、", text[done : above.start()]) + above[1] + "，"
        done = above.end()
    return read + text[done:]


def _with_notes_of_groups_read(text: str) -> str:
    """市财政局、市审计局（牵头），市教育局、市人社局（配合）: a note for each whole group."""
    groups = [group for group in _GROUPS.split(text) if group]
    if len(groups) == 1 or not all(map(_ends_in_its_only_note, groups)):
        return text
    return _NOTE.sub(_note_as_verb, text)


def _ends_in_its_only_note(group: str) -> bool:
    notes = [note for note in _NOTE.finditer(group) if note_claim(note[1])]
    return len(notes) == 1 and notes[0].end() == len(group)


def _note_as_verb(note: re.Match[str]) -> str:
    if not note_claim(note[1]):
        return note[0]
    return note[1] if VERB.fullmatch(note[1]) else f"为{note[1]}"


def _with_marks_read(text: str) -> str:
    """A mark that the cell explains as 牵头 becomes that note behind the names that carry it."""
    stated = _MARKED_LEAD.search(text)
    if stated is None:
        return text
    mark = re.escape(stated[1])
    plain = re.sub(f"[（(]{mark}[)）]", stated[1], text[: stated.start()] + text[stated.end() :])
    return re.sub(
        f"{_ITEM}{mark}{_ITEM}", lambda item: item[0].replace(stated[1], "") + "（牵头）", plain
    )


def _unboxed(text: str) -> str:
    """【责任单位】市财政局 says 责任单位：市财政局; behind a name it is a note."""
    if _BOXED.match(text.lstrip()):
        return _BOXED.sub(r"；\1：", text)
    return text
