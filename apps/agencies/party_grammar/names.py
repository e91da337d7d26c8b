"""Is a piece of text the name of a public body, of one or of a whole class, and at which level?

Judged by how such names are built (an ending: 委, 局, 厅, 政府 …; a level in front: 省, 市, 县 …),
so that a body nobody has listed is recognised too. The few closed word classes of the language
(levels, provinces, endings, words for officials) are the only lists.
"""

from __future__ import annotations

import re
from functools import lru_cache

from apps.agencies.party_grammar import prose

OPENING = "（(〔[【〈＜［"
CLOSING = "）)〕]】〉＞］"
_BRACKETED = re.compile(f"[{re.escape(OPENING)}][^{re.escape(CLOSING)}]*[{re.escape(CLOSING)}]")
_SHORTEST_NAME, _LONGEST_NAME = 2, 40
_LONGEST_PLACE = 4  # without 区, 县 …

# 市场, 市政, 市容, 市民, 区域, 县域, 乡村 are words of their own, not a level and a body.
_CITY = "市(?!场|容|域|政(?:公用|园林|管理|设施|工程|建设|局)|民(?![政族宗营防航委革建盟进]))"
_LEVEL = (
    rf"(?:自治[区州县]|兵团|师市|省(?!际)|县(?!域)|区(?![域块划])|州|盟|旗|镇|乡(?!村)|{_CITY})"
)
_LEVEL_START = re.compile(f"{_LEVEL}(?=.)")
_NAMED_REGION = re.compile(
    rf"[\u4e00-\u9fff]{{2,5}}?(?:自治[区州县]|省|(?<![城都]){_CITY}|县(?!域)"
    r"|(?:综合|经济|技术|开发|实验|试验|示范|合作)*(?<![社小景园校库灾])区(?!域)|州)(?!人民政府|政府|管委|管理委员会|街道|$)"
)
_SEAT_INSIDE = re.compile(rf"[\u4e00-\u9fff]{{2,5}}?(?:[省县区州]|{_CITY})(?:人民)?政府.")
_PROVINCE_START = re.compile(
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南"
    "|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
    "|华[北东南中]|[东西]北|西南|珠江|长江|黄河|淮河|海河|松辽|太湖"
)
_NATIONAL_START = re.compile(
    "国家|国务院|中央|中国|全国|中共|中华|最高|中科院|人民银行|人行|国网|南方电网|驻|民航|武警|共?青?团[省市县区州]"
)
# 城投集团, 公交公司: of whatever place the list is about; 华润集团 is not.
_LOCAL_FIRM = re.compile(
    "(?:城[投发建运乡]|交[投通控运]|水[务投利]|铁投|建投|农[投发业]|产投|国投|金控|文[旅投化]|地铁|公交"
    "|轨道|机场|港[口务]|旅游|能源|燃气|热力|环[境保卫]|粮食|担保|人才|供[水电热]|排水|自来水|市政|体育"
    "|传媒|报业|国有|产业|公共)(?:交通|建设|开发|发展|投资|控股|运营|经营|资产|资本|集团|股份|有限|责任)*"
    "(?:集团|公司)"
)
_NATIONAL_END = re.compile(
    "(?:总局|总署|总社|公司|集团|银行|[分支]行|中支|大学|[科工理农师医财交林海]大|学院|医院|电网|电信|移动|联通|铁塔|军区"
    "|警备区|部队|[证银保]监会|银保监会|中科院|工程院|民航局|.{2}(?:海关|海事局|铁路局)"
    "|.{2}(?:[证银保]监局|银保监分?局|边检总?站)|(?<!地方)(?<=..)金融监管局"
    "|(?<!组织)(?<!宣传)(?<!统战)(?<!工作)(?<!社工)(?<!武装)(?<!人武)(?<!指挥)部)$"
)
_PARTY_HEAD = re.compile("党?委")
_PARTY_ORGAN = re.compile(
    "(?:组织|宣传|统战|统一战线工作|社会工作|社工)部|政法委|政研室|政策研究室|网信办|编办|改革办|台办"
    "|外办|.*机关工委|党校|老干部?局|巡[察视]办|农办|国安办|军民融合办|督查室|保密办|财经?办|办公[厅室]|办"
)

# Classes of places. A name made of nothing else means every place of the class, or "the" one.
_CLASS = (
    "(?:县级|地级|地级以上|自治|国家级|省级|市级|重点|有关|相关)*"
    "(?:自治[区州县旗]|直辖市|计划单列市|街道|乡镇|镇街|(?:经济|技术|高新|产业|工业|农业|旅游|保税|功能|特殊|经济技术|高新技术)*"
    "(?:开发|新|园|功能|管理|合作|示范|试验|自贸|高新|经开|度假|风?景|港)区|[省区县市州旗盟镇乡])"
)
_SEAT = "(?:人民政府|政府|行政公署|行署|管委会|管理委员会|管委|办事处|党工委|党委)"
_GENERIC = re.compile(f"(?:{_CLASS})+{_SEAT}?")
_SEVERAL = re.compile(f"(?:{_CLASS}){{2,}}{_SEAT}?|[省市县区乡镇]+级(?:各?部门|人民政府|政府)")
_LEVELS_NOTED = re.compile("[（(][省市县区州旗盟](?:[、,，][省市县区州旗盟])*[)）]")
_PLACES_ONLY = re.compile(f".*(?:各|有关|相关)(?:{_CLASS})+(?:[、和及](?:{_CLASS})+)*")
_COLLECTIVE = re.compile(
    "^其|^[两三四五六七八九][省市县区]|公检法|[省市县区州]属|所在地|各|有关|相关|级以上|所有|全体|其他|属地|地方(?:各级)?(?:人民)?政府|试点(?:城市|地区|省|市|县|区)"
    "|(?:部门|单位|企业|[央国民]企|科室|处室|院校|高校|院所|运营商|委办局|机构|(?<![委院])机关)$"
    "|(?:市县|县市|县区|区县|旗县|县旗|乡镇|镇街|镇乡)(?:人民政府|政府)?$"
)
# 市经开区管委会: the one of this city.
_OWN_ZONE = re.compile(
    f"[省市县区州](?:经济|技术|高新|产业|工业|保税|综合)*(?:开发|新|园|高新|经开|综保|保税)区{_SEAT}?"
)
_BARE = re.compile(
    "(?:人民)?政府|单位|部门|机构|企业|委员会|管委会|领导小组|小组|中心|街道|公司|地方|地区|党委和政府|[委办厅局]"
)
_HEAD = re.compile(f"{_LEVEL}(?:委|(?:人民)?政府)|国务院")
_CLASS_UNDER_HEAD = re.compile(
    f"{_LEVEL}(?:人民)?政府(?:各|有关|相关|直属|组成|工作)+(?:部门|单位)"
)

_ENDING = re.compile(
    "(?:委员会|委|办|局|厅|部|院|署|处|室|科|股|队|所|站|中心|会|联|协|团|组|(?<![源和])社|[银分支人商]行|司|企业|[央国民]企|集团|厂|校"
    "|[视电象]台|馆|园|区|县|市|州|盟|旗|省|镇|乡|街道|街|村|[农林牧渔茶机团]场|体育场|[路务护]段|党派|团体|[商协学]会|(?:党|社会|基层|群团|经济)组织|第?[一二三四五六七八九十]{1,2}[中小]|政府|人大|海关|[科工理农师医财交林海]大|中支|大学|专班|部门"
    "|单位|机构|各地|地方|方面|师|海事|边检|高校|院校|中专|板块|运营商|镇街|试点城市|(?<!役)军|党校|机关|中央|[中小]学|学校)”?$"
)
# Bodies that drop their ending in speech, accepted behind a level or 中国.
_CLIPPED = re.compile(
    f"(?:{_LEVEL}|中国|中(?=[石海]油|石化)|国家|国网|南方)\\S{{0,6}}"
    "(?:城投|交投|水投|电信|移动|联通|铁塔|电网|供电|石化|石油|海油|电力|信保|人保|人寿|邮政|烟草|消防|税务|气象|公安|公积金)"
)
_SHORT = re.compile(
    f"{_LEVEL}[委院]|[^各][委办局厅]|[^各省市县区州][处科股]|工会|妇联|残联|科协|[书美音舞影]协|文联|侨联|社联|作协|政协|人大|[高中法]院|党校|海关|总社|高校|院校|各[^个种项类自位]|[区县市镇乡]{2}"
)
_NO_BODY = re.compile(
    "(?:社会|机会|大会|展会|峰会|晚会|博览会|座谈会|推进会|现场会|全部|内部|外部|局部|干部|部署|布局|机组|基因组|格局"
    "|大局|全局|全会|场所|[进执实运试施推发举先]行|城市|(?<!以)上市|[全我本][省市县区国]|互联|物联|关联|出台"
    "|公园|家园|校园|乡村|农村|入股|控股|好处|深处|学科|基地|(?<!各)社区)$"
)
_PLACE_END = re.compile(f"(?:[区县市州旗镇乡村]|街道|社区)(?:{_SEAT})?$")
# A place name, then what several places share: 临汾、侯马、洪洞｜经济开发区管委会.
_PLACE_TAIL = re.compile(
    r"[\u4e00-\u9fff]{2,4}?((?:经济|技术|高新|产业|工业|农业|旅游|保税|国家级|综合)*"
    r"(?:开发|新|园|片|功能|合作|示范|试验|保税|高新|经开)区(?:管委会|管理委员会|管委)?"
    r"|[区县市州镇乡](?:人民政府|政府)?|街道(?:办事处|办)?|管委会|海关)"
)
_OFFICE_TAIL = re.compile(r"[\u4e00-\u9fff]{2,}([局厅委办]|(?<!有关)(?<!相关)部门)")
_FRAGMENT = re.compile(r"[\u4e00-\u9fff]{2,10}")


def without_brackets(name: str) -> str:
    """`name` without what stands in brackets; nested ones from the inside outwards."""
    previous = ""
    while previous != name:
        previous, name = name, _BRACKETED.sub("", name)
    return name


def subject(text: str) -> str:
    """The names before a clause or a person: 市人社局｜抓好人才引进; "" where there are none."""
    for end in range(_SHORTEST_NAME + 1, min(len(text), _LONGEST_NAME)):
        if prose.opens(text, end) and has_own_level(text) and is_institution(text[:end]):
            return text[:end]
    return ""


def begins_with_a_body(text: str) -> bool:
    """市住建局大厅窗口: neither a name nor a sentence that we know; not 市水务局局长张三."""
    if (
        len(text) > _LONGEST_NAME
        or not has_own_level(text)
        or prose.is_prose(text)
        or prose.is_time(text)
    ):
        return False
    heads = [text[:end] for end in range(_SHORTEST_NAME + 1, len(text) + 1)]
    return any(h[-1] in "局委厅署院" and is_institution(h) for h in heads) and not any(
        map(prose.is_post, heads)
    )


def is_bare(text: str) -> bool:
    """A kind word without any name (单位, 人民政府): only ever the end of another name."""
    return bool(_BARE.fullmatch(text))


def is_head(text: str) -> bool:
    """市委, 省政府, 国务院: a body, and as often the first half of one (市委组织部)."""
    return bool(_HEAD.fullmatch(text))


def widens_head(head: str, name: str) -> bool:
    """市委、｜市政府有关部门: of both."""
    return is_head(head) and bool(_CLASS_UNDER_HEAD.fullmatch(name))


@lru_cache(maxsize=4096)
def is_institution(name: str) -> bool:
    """Built like the name of a body or of a class of bodies, not like a sentence, a day, a post."""
    if len(name) > _LONGEST_NAME * 4:
        return False
    stem = without_brackets(name)
    if not _SHORTEST_NAME <= len(stem) <= _LONGEST_NAME or is_bare(stem):
        return False
    if stem.count("“") != stem.count("”"):
        return False
    if prose.is_time(stem) or prose.is_post(stem) or prose.is_prose(stem) or _NO_BODY.search(stem):
        return False
    if len(stem) == _SHORTEST_NAME:  # an ending alone proves little here: 社会, 全部
        return bool(_SHORT.fullmatch(stem))
    return bool(_ENDING.search(stem) or _CLIPPED.fullmatch(stem))


def is_collective(name: str) -> bool:
    """A class of bodies (各区政府, 市相关部门, 县（市、区）政府): only a person may expand it."""
    stem = without_brackets(name)
    if _OWN_ZONE.fullmatch(stem):
        return False
    return bool(
        _COLLECTIVE.search(stem)
        or _SEVERAL.fullmatch(stem)
        or _LEVELS_NOTED.search(name)
        or (stem != name and _GENERIC.fullmatch(stem))
    )


def is_generic_place(name: str) -> bool:
    """Nothing but a class of places (县级市, 区人民政府, 开发区管委会)."""
    stem = without_brackets(name)
    return bool(_GENERIC.fullmatch(stem)) and not _OWN_ZONE.fullmatch(stem)


def closes_a_row_of_levels(name: str) -> bool:
    """区人民政府, 区两级财政部门, 县有关部门: what stands behind 市、 as its other half."""
    return is_generic_place(name) or bool(_LEVEL_START.match(name))


def lacks_own_ending(name: str) -> bool:
    """各区, 各县（市）: waits for what follows to say of what kind of body it speaks."""
    return bool(_PLACES_ONLY.fullmatch(without_brackets(name)))


def has_own_level(name: str) -> bool:
    """Starts with its level: 市财政局, 国家统计局, 各区政府; 市场监管局 does not."""
    return bool(
        _LEVEL_START.match(name)
        or _NATIONAL_START.match(name)
        or name.startswith(("各", "有关", "其"))
    )


def shared_prefix(name: str) -> str:
    """What later items of the same list may lean on: 市, 市委, 深圳市; "" when there is nothing.

    国家 is never shared: ministries are listed under their own short names.
    """
    found = _LEVEL_START.match(name) or (
        None if _NATIONAL_START.match(name) else _NAMED_REGION.match(name)
    )
    if not found or found.end() == len(name):
        return ""
    party = _PARTY_HEAD.match(name, found.end())
    return name[: party.end() if party else found.end()]


def with_prefix(prefix: str, name: str) -> str:
    """`name` under the list's `prefix`, unless it stands at a level, or in a place, of its own."""
    if not prefix or not leans_on_a_prefix(name):
        return name
    if not _PARTY_ORGAN.fullmatch(name):
        prefix = prefix.removesuffix("委").removesuffix("党")
    return prefix + name


_UNFINISHED = re.compile(
    f"^(?!.*[各等、]).*(?:自治区|[省县区州]|{_CITY}|地方|机关|城乡|[省市县区州]乡|市场监督|行政"
    "|消防|税务|邮政|烟草|气象|公安|[城交水]投)$"
)
_NO_PLACE = re.compile("[出其同注按由经含及和与等另现因即将拟应须需附见]")


def is_unfinished(text: str) -> bool:
    """广东省, 县地方: when a cell breaks here, the rest of the name is likely to follow."""
    return bool(_UNFINISHED.search(text))


def is_place(name: str) -> bool:
    """海淀区, 平安镇, 福田区政府."""
    return bool(_PLACE_END.search(name))


_KIND_OF_PLACE = re.compile(
    "(?:(?P<new>新区)|(?P<zone>(?:开发|园|经开|高新|综保|保税|合作|示范|试验|功能|自贸|度假|工业|产业|港|景|片)区|新城|港口)"
    f"|(?P<street>街道)|(?P<plain>[区县市州盟旗镇乡]))(?P<seat>{_SEAT})?$"
)


def with_seat(place: str, name: str) -> str:
    """`place` with what `name`, next in its list, says for both: 福州市、｜厦门市人民政府."""
    own, next_ = _KIND_OF_PLACE.search(place), _KIND_OF_PLACE.search(name)
    if not (own and next_ and next_["seat"]) or own["seat"] or is_collective(place):
        return place
    return place + next_["seat"] if next_[str(own.lastgroup)] else place


def may_begin(half: str, rest: str) -> bool:
    """Whether `half`, no name yet, may begin a name that goes on with a level: 深圳⏎市水利局."""
    if _LEVEL_START.match(half):
        return half[0] != rest[0]
    if _NATIONAL_START.match(half):
        return True
    if _NAMED_REGION.match(half):
        return rest[0] in "乡镇"
    if rest[0] == "省":
        return bool(_PROVINCE_START.fullmatch(half))
    if len(half) > _LONGEST_PLACE or rest[0] not in "市县区州":
        return False
    return is_generic_place(rest) or not (prose.is_surname(half[:1]) or _NO_PLACE.search(half))


def leans_on_a_prefix(name: str) -> bool:
    """Without level and place, and not of a kind that exists only once in the country."""
    if has_own_level(name) or is_collective(name) or is_generic_place(name):
        return False
    if _LOCAL_FIRM.fullmatch(name):
        return True
    return not (
        _PROVINCE_START.match(name)
        or _NAMED_REGION.match(name)
        or _SEAT_INSIDE.match(name)
        or _NATIONAL_END.search(name)
        or _PLACE_END.search(name)
    )


def may_stand_alone(fragment: str) -> bool:
    """Longer than the name of a person or of a field (教育, 自然资源)."""
    return len(fragment) >= _LONGEST_PLACE and not is_generic_place(fragment)


def is_level(text: str) -> bool:
    """市, 县: in 市、县人民政府 and 市、区两级财政部门."""
    return bool(re.fullmatch(_LEVEL, text))


def is_fragment(text: str) -> bool:
    """Could be the front half of a name whose ending comes with a later item of the list."""
    return bool(_FRAGMENT.fullmatch(text)) and not (
        prose.is_time(text) or prose.is_post(text) or prose.is_prose(text)
    )


def shared_ending(name: str, fragment: str) -> str:
    """The end of `name` that `fragment`, standing before it in the list, shares; "" if none."""
    place = _PLACE_TAIL.fullmatch(name)
    if place and len(fragment) <= _LONGEST_PLACE:
        return place.group(1)
    office = _OFFICE_TAIL.fullmatch(name)
    return office.group(1) if office and (leans_on_a_prefix(name) or office[1] == "部门") else ""
