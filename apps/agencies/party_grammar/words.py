"""The words of responsibility: verbs behind a list of bodies, labels in front of one."""

from __future__ import annotations

import enum
import re

from apps.agencies.party_grammar import names


class Claim(enum.Enum):
    """What a word says about the bodies beside it; some depend on what the rest of the row says."""

    LEAD = "牵头"
    CHIEF = "主责"  # leads unless somebody else is said to
    CONVENE = "会同"  # the same, but only a support beside a lead
    STEER = "统筹"  # the same, but only guides beside a lead
    NAMED = "责任单位"  # shared, also beside a lead
    WORK = "按职责分工负责"  # shared; a support beside a lead
    SUPPORT = "参加"
    GUIDE = "指导"
    IMPLEMENT = "负责落实"
    DATA = "数据提供"
    MUTE = ""  # a label of something that is not responsibility


# In the order in which they win when one phrase holds several (按职责分工参加, 负责落实).
_PHRASE_CLAIMS = (
    (Claim.LEAD, re.compile("牵头")),
    (Claim.CHIEF, re.compile("主[责办抓]|第一责任|为主")),
    (Claim.DATA, re.compile("数据")),
    (Claim.SUPPORT, re.compile("参[加与]|配合|协[办助同作抓]|支[持撑]|汇总|会签")),
    (Claim.WORK, re.compile("分工")),
    (Claim.GUIDE, re.compile("指导|监[督管]|督[导促办]")),
    (Claim.STEER, re.compile("统筹|协调")),
    (Claim.IMPLEMENT, re.compile("落实|实施|执行")),
    (Claim.WORK, re.compile("")),
)
_LABEL_CLAIMS = (
    (Claim.LEAD, re.compile("牵头")),
    (Claim.CHIEF, re.compile("主[责办要抓]|第一责任")),
    (Claim.SUPPORT, re.compile("参[加与建]|配合|协[办助同作]|会办|支持|汇总")),
    (Claim.DATA, re.compile("数据")),
    (Claim.GUIDE, re.compile("指导|监[督管]|督[导办]")),
    (Claim.IMPLEMENT, re.compile("落实|实施|执行")),
    (Claim.NAMED, re.compile("")),
)
# 牵头, 单位 …: what labels, and 为牵头单位, are made of.
_BRACKET = f"[{re.escape(names.OPENING)}][^{re.escape(names.CLOSING)}]*[{re.escape(names.CLOSING)}]"
LABEL_ROLE = (
    "(?:[总副]?牵头|[主次]要|主[责办体管抓]|责任|负责|承办|会办|配合|协[办同助作]|参[加与建]|支持|数据|提供|指导"
    "|监[督管]|督[导办]|落实|实施|执行|汇总|第[一二三]|其他|相关)"
)
BODY = "(?:单位|部门|科室|处室|股室|机构|主体|方)"
_MANNER = (
    "(?:按照?|根据|依[照据]?|结合)[^，,、；;。]{0,12}?(?:职责|分工|职能|责任|权限|原则)+"
    "|分[别头级项]|共同|联合|具体|各自|主要|统一|一并|积极|认真|全程|做好|抓好|予以|给予|组织|归口"
    "|应当?|[需须要]"
)
_ACT = (
    "[总双]?牵头|主[责办抓]|归口管理|参[加与]|配合|协[办助同作抓]|支[持撑]|提供(?:相关|有关|基础|统计)*数据|数据提供"
    "|指导|监督|督[导促办]|统筹|协调|贯彻|落实|实施|执行|总?负责|负[总主]体?责任?|承[担办]|办理|推进|完成|汇总|会签|分工|各[负司尽]其[责职]|为主(?![要体])"
    "|(?:研究)?(?:提出|制[定订]|拟订|起草)[^、，,；;。]*|研究"
)
# A word of responsibility is none where it is part of a name: 督查室, 指导中心, 牵头单位, 负责人.
_NOT_IN_A_NAME = (
    "(?!单位|部门|科室|处室|机构|同志|[小专]|领导|中心|人(?![才员])|办(?!理)|局|室|委(?!托)|会(?!同)"
    "|组(?!织)|处(?![理置])|科(?![技学])|站|队(?!伍)|部|司)"
)
_SPLIT_WORK = "(?:按照?|根据)[^，,、；;。]{0,12}?分工"
VERB = re.compile(
    "(?P<along>会同|联合(?=[省市各有国])|商(?=国家|有关|相关|各|省|市|中央))"
    f"|作?[为是](?P<status>{LABEL_ROLE}{{1,6}}{BODY})"
    f"|(?>(?:{_MANNER})*(?:{_SPLIT_WORK}|{_ACT})(?:{_MANNER}|{_ACT})*){_NOT_IN_A_NAME}"
)
_STRONG = re.compile("^[为是]|牵头|会同|参[加与]|配合|[主承协督]办|主[责抓]|归口|负责|分工")

_MUTE = (
    "(?:分管|协管|主管|责任|牵头|包联|联系|挂点|负责|[省市县区州]){0,4}"
    "(?:领导|责任人|负责人|联系人|联络员|人|同志)"
    "|适用范围|(?:完成|办理|时间|整改|工作|进度){0,3}(?:时限|时间|期限|节点|进度|要求)"
    "|备注|说明|任务|目标|措施|(?:联系)?电话|依据"
)
_ROLE_LABEL = (
    f"(?:{LABEL_ROLE}{{1,6}}(?:[（(]{LABEL_ROLE}{{1,6}}[)）])?{BODY}?|{BODY}分工|{BODY})"
    f"(?:[及和、/](?:责任|负责|联系)人)?(?:{_BRACKET})?"
)
# With a colon anywhere, without one only where a statement starts: 牵头单位市公安局，配合单位…
LABEL = re.compile(
    f"(?P<mute>{_MUTE})\\s*[:：]|(?P<role>{_ROLE_LABEL})\\s*[:：]"
    f"|(?<![^\\s，,；;。、（(])(?P<plain>{LABEL_ROLE}{{1,6}}{BODY})(?=\\s|[为是；;]|[省市县区州国中各])[为是]?"
)
_ROLE_NOTE = re.compile(f"{LABEL_ROLE}{{1,6}}{BODY}?")


def verb_claim(verb: re.Match[str]) -> Claim:
    """The claim of a match of `VERB`."""
    if verb["along"]:
        return Claim.CONVENE
    return label_claim(verb["status"]) if verb["status"] else _first(_PHRASE_CLAIMS, _core(verb[0]))


def label_claim(word: str) -> Claim:
    """The claim of a label without its colon, other than a mute one."""
    return _first(_LABEL_CLAIMS, word)


def note_claim(note: str) -> Claim | None:
    """The claim in brackets behind one name: 市发展改革委（牵头）; None for any other note."""
    if VERB.fullmatch(note):
        return _first(_PHRASE_CLAIMS, note)
    return _first(_LABEL_CLAIMS, note) if _ROLE_NOTE.fullmatch(note) else None


def is_strong(verb: re.Match[str]) -> bool:
    """A word that hardly occurs inside the name of a body, as 指导 and 推进 do."""
    return bool(_STRONG.search(verb[0]))


def _core(phrase: str) -> str:
    """The phrase up to what is written or worked out in it: 研究提出落实意见 does not mean 落实."""
    return re.split("研究|提出|制[定订]|拟订|起草", phrase)[0]


def _first(claims: tuple[tuple[Claim, re.Pattern[str]], ...], word: str) -> Claim:
    return next(claim for claim, pattern in claims if pattern.search(word))
