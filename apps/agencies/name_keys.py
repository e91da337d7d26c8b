"""When two written names are one name: 省发改委, 省发展和改革委员会, 广东省发展改革委.

Only ways of writing are levelled: full and clipped words, 和, the region in front. A name that only
resembles another one is never the same key; `likeness` orders such names for a person to choose.
"""

from __future__ import annotations

import re

from apps.agencies.party_grammar.names import (
    leans_on_a_prefix,
    shared_prefix,
    with_prefix,
    without_brackets,
)
from apps.common.text import fold_tight

NATION = "全国"
_NATION_PREFIX = "国家"
_AND = re.compile("[和与及、](?![平田静顺硕布县林龙政])")
_PARTY = re.compile("^(?:中国共产党|中共|中华人民共和国)")
# Clipped words of officialese; each stands for the full one wherever it is part of a name.
_CLIPPED = (
    ("人民代表大会", "人大"),
    ("政治协商会议", "政协"),
    ("常务委员会", "常委会"),
    ("精神文明建设指导委员会办公室", "文明办"),
    ("机构编制委员会办公室", "编办"),
    ("网络安全信息化委员会办公室", "网信办"),
    ("互联网信息办公室", "网信办"),
    ("国有资产监督管理委员会", "国资委"),
    ("管理委员会", "管委会"),
    ("委员会", "委"),
    ("人民政府", "政府"),
    ("人民法院", "法院"),
    ("中级法院", "中院"),
    ("高级法院", "高院"),
    ("人民检察院", "检察院"),
    ("办公室", "办"),
    ("有限责任公司", "公司"),
    ("有限公司", "公司"),
    ("发展改革", "发改"),
    ("工业信息化", "工信"),
    ("经济信息化", "经信"),
    ("科学技术", "科技"),
    ("人力资源社会保障", "人社"),
    ("住房城乡建设", "住建"),
    ("卫生健康", "卫健"),
    ("卫生计划生育", "卫计"),
    ("卫生计生", "卫计"),
    ("市场监督管理", "市监"),
    ("市场监管", "市监"),
    ("城市管理", "城管"),
    ("文化旅游", "文旅"),
    ("医疗保障", "医保"),
    ("退役军人事务", "退役军人"),
    ("应急管理", "应急"),
    ("交通运输", "交通"),
    ("环境保护", "环保"),
    ("质量技术监督", "质监"),
    ("食品药品监督管理", "食药监"),
    ("食品药品监管", "食药监"),
    ("药品监督管理", "药监"),
    ("安全生产监督管理", "安监"),
    ("国土资源", "国土"),
    ("自然资源规划", "资规"),
    ("规划自然资源", "规资"),
    ("林业草原", "林草"),
    ("金融监督管理", "金融监管"),
    ("粮食物资储备", "粮储"),
    ("政务服务数据管理", "政数"),
    ("民族宗教事务", "民宗"),
    ("民族宗教", "民宗"),
    ("机关事务管理", "机关事务"),
    ("人民防空", "人防"),
    ("外事", "外"),
    ("政策研究室", "政研室"),
    ("供销合作社联合社", "供销社"),
    ("供销合作社", "供销社"),
    ("残疾人联合会", "残联"),
    ("妇女联合会", "妇联"),
    ("科学技术协会", "科协"),
    ("工商业联合会", "工商联"),
    ("文学艺术界联合会", "文联"),
    ("国家税务局", "国税局"),
    ("地方税务局", "地税局"),
)
# 科学技术协会 has become 科技协会 by then.
_AFTERWARDS = (("科技协会", "科协"),)
_REGION_KIND = re.compile("(自治[区州县]|[省市区县州盟旗镇乡])$")


def region_kind(region: str) -> str:
    """What its own documents call a region: 省 for 广东省, 国家 for the nation."""
    if region == NATION:
        return _NATION_PREFIX
    found = _REGION_KIND.search(region)
    return found[1] if found else ""


def name_key(name: str, region: str) -> str:
    """One key for all ways in which documents of `region` write one name."""
    key = _AND.sub("", _PARTY.sub("", fold_tight(name)))
    kind = region_kind(region)
    if kind and (
        found := re.match(f"(?:[一-龥]{{2,4}}(?:省|自治区))?{re.escape(region)}(?=.)", key)
    ):
        key = kind + key[found.end() :]
    elif region == NATION and not key.startswith(_NATION_PREFIX) and leans_on_a_prefix(key):
        key = _NATION_PREFIX + key
    return clipped(key)


def clipped(name: str) -> str:
    """`name` in the clipped words of everyday use."""
    for full, short in (*_CLIPPED, *_AFTERWARDS):
        name = name.replace(full, short)
    return name


def local_keys(name: str, region: str) -> list[str]:
    """Keys under which a name without level may stand in a region: 发改委 → 省发改委."""
    folded = fold_tight(name)
    kind = region_kind(region)
    if not kind or not leans_on_a_prefix(folded):
        return []
    prefix = kind if region == NATION else f"{kind}委"
    whole = with_prefix(prefix, folded)
    return [] if whole == folded else [name_key(whole, region)]


def is_anybodys(name: str) -> bool:
    """能源局, 发改委: every level has one; 财政部, 国家能源局: only the nation."""
    return leans_on_a_prefix(fold_tight(name))


_NATIONAL = re.compile("(?:国家|国务院|中央|全国|中国)(?=..)")
_OFFICE = re.compile("(?:总局|管委会|委|局|厅|办|部|处|院|会)$")
_ENOUGH = 0.5


def core(name: str) -> str:
    """The name without its level and place, for comparing units of different levels."""
    bare = _AND.sub("", _PARTY.sub("", fold_tight(without_brackets(name))))
    if level := _NATIONAL.match(bare):
        return clipped(bare[level.end() :])
    bare = bare.replace("委员会", "委")
    for _ in range(2):
        # 广东省深圳市教育局
        bare = bare.removeprefix(shared_prefix(bare))
    return clipped(bare)


def level_of(name: str) -> str:
    """The level that a name says, as `region_kind` says it; "" where it says none."""
    folded = fold_tight(name)
    if _NATIONAL.match(folded):
        return _NATION_PREFIX
    found = _REGION_KIND.search(shared_prefix(folded))
    return found[1] if found else ""


def likeness(one: str, other: str) -> float:
    """Of two cores: 1 for the same, 0 for names that no careful reader would take for one.

    What kind of office it is says little: 水务局 and 税务局 have only that and one word in common.
    """
    if one == other:
        return 1.0
    short, long = sorted((_OFFICE.sub("", one), _OFFICE.sub("", other)), key=len)
    if len(short) <= 1:
        return 0.0
    if short == long:
        return 0.95
    common = _common(short, long)
    score = 2 * common / (len(short) + len(long))
    if common == len(short) and short[0] == long[0]:
        # 文旅局 in 文化广电旅游局
        score = max(score, 0.75)
    return score if score > _ENOUGH else 0.0


def _common(one: str, other: str) -> int:
    """Length of the longest run of characters that both have in the same order."""
    row = [0] * (len(other) + 1)
    for char in one:
        above = row[:]
        for place, against in enumerate(other, start=1):
            row[place] = (
                above[place - 1] + 1 if char == against else max(above[place], row[place - 1])
            )
    return row[-1]
