"""What stands beside names and is none: clauses, times, posts, persons."""

from __future__ import annotations

import re

# How a clause begins or goes on, as no name does (建设局, 发展改革委, 组织部 are names).
_CLAUSE = re.compile(
    "(?:[该此]项?|加[强快大]|完善|推[进动行]|打造|建[立成]|健全|支持|鼓励|实[施现行]|开展|提[升高]"
    "|强化|深化|培育|优化|构建|引[导进]|探索|召开|成立|设立|完成|确保|争取|做[好强]|抓|按|报(?![业社刊])|审[核定]|起草|印发|提供|对接|办理|制[定订]"
    "|新建|扩建|改造|严格|坚持|积极|全面|进一步|着力|大力|切实|继续|围绕|根据|依托|利用|通过"
    "|落实|参与|配合|牵头|负责|[搭组创]建|形成|以|在|为|要|将(?!乐)|用于|增强|适时|检查|认真|主动|具体|主要|力争|努力"
    "|突破|扶持|布局|采用|符合|深入|建设(?![局厅委部和]|银行|管理|交通|工程|规划|集团)"
    "|发展(?!和?改革|计划|研究|中心|规划|服务|促进)|组织(?!$|[部处科室办]|人事)|促进(?![局会办处]|中心)"
    "|规划建设(?![局委和])|联合(?![会国社])|[我本同][上省市县区委局单])"
)
_PROSE = re.compile(
    f"^{_CLAUSE.pattern}|(?<!设区)的|[了是把《》？！?!]"
    "|[0-9一二三四五六七八九十百千万两若干](?:[个项批座条套种户亿万]|家(?!渠)|百分)"
)
_TIME = re.compile(
    r"\d\s*[年月日]|[年月季]底|年内|年[初末终]|季度|[上下]半年|长期|持续|全年|期间|常年|[日年月]前|截[至止]|[一二三四五六七八九十]月"
)
_POST = re.compile(
    "(?:[省市县区州厅局部处科组校院站所队镇乡委]长|秘书长|书记|常委|主任|领导|负责人|负责同志|同志|专员|主席|组长"
    "|责任人|联络员|联系人|人员)$"
)
_SURNAME = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_PERSON = re.compile(f"[{_SURNAME}][一-龥]{{1,2}}")


def is_post(text: str) -> bool:
    """A person's office (分管副省长): responsibility in our sense belongs to bodies only."""
    return bool(_POST.search(text))


def is_time(text: str) -> bool:
    """A time clause (年内持续推进), which often closes a responsibility note."""
    return bool(_TIME.search(text))


def is_prose(text: str) -> bool:
    """Words that no name begins with or holds."""
    return bool(_PROSE.search(text))


def opens(text: str, at: int) -> bool:
    """A clause begins at this place, or a person's name ends the text: 抓好人才引进, 张三."""
    return bool(_CLAUSE.match(text, at) or _PERSON.fullmatch(text, at))


def is_surname(char: str) -> bool:
    return char in _SURNAME
