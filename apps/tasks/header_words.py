"""What the words of one header say that its column holds.

Headers are recognised by the words in them, not from a list of whole texts: research of 38
published tables (2012–2025) shows the same few words in ever new combinations.
"""

from __future__ import annotations

import re
from functools import lru_cache

from apps.common.text import fold_tight
from apps.tasks.layout_types import (
    CATEGORY,
    CLOSED_ON,
    CLOSING,
    CONSOLIDATOR,
    DATA,
    DEADLINE,
    EXTENDED_TO,
    GUIDE,
    IGNORED,
    LAST_REPORTED,
    LEAD,
    NOTE,
    NUMBER,
    PERCENT,
    PROGRESS,
    RESPONSIBLE,
    STATE,
    SUPPORT,
)

# A column of task words; which of them is content, title or category shows only in the rows.
TASK = "task"
UNNAMED = ""

_UNIT = "(?:单位|部门|科室|处室|机构|司局|委办局|委办|股室|处[(]科[)]室|科[(]股[)]室|局办)"
_HELP = "(?:配合|协办|协同|协助|协作|参加|参与|参办|支持|会办|会同|辅助|次要|其他责任|共同责任)"
_PERSON = "(?:领导|责任人|负责人|负责同志|联系人|联络员|经办人|承办人|填报人|审核人|市长|县长|区长)"
_WORK = "(?:任务|措施|举措|事项|实事|工作内容|工作任务|主要内容|具体内容|重点工作|重点项目)"
_HOW = "(?:进展|完成|落实|推进|实施|办理|整改|执行|开展|工作)"
_WHEN = "(?:时间|日期|时限|期限|年限|时点)"
# First match wins, so what merely looks like a unit, a deadline or a task comes first.
_RULES: tuple[tuple[str, str], ...] = (
    (
        NUMBER,
        r"(?:任务|项目|事项|工作|条目|条款|建议|提案|议案|总|分|细|子|小|原|案)?(?:序号|编号|项号|条号|项次|顺序号?|顺号|序|"
        r"号)"
    ),
    (NUMBER, r"No\.?|№|#|ID|编码|(?:任务|项目|事项)编码|条目|.{2,4}编号|序次|流水号"),
    (DATA, r"数据来源" + _UNIT),
    (
        IGNORED,
        r".*(?:任务|工作|事项|文件|政策|目标|项目)?(?:来源|出处|文号).*|(?:文件|政策|任务|"
        r"工作)依据|依据.*"
    ),
    (IGNORED, r".*(?:电话|联系方式|手机|职务|签字|盖章|得分|分值|权重|评分|资金|经费|投资|预算).*"),
    (IGNORED, r".*(?:存在(?:的|主要)?问题|困难|下一步|下步|自评|原因|意见|建议措施).*"),
    (IGNORED, r".*(?:需|提请|请求).*(?:协调|解决|支持|研究|决策).*|协调事项"),
    (EXTENDED_TO, r".*(?:延期|延长|顺延)(?:至|到|后).*|.*(?:调整|变更|延期)后.*" + _WHEN + ".*"),
    (IGNORED, r".*(?:延期|逾期|超期).*"),
    (CLOSING, r"(?:办结|销号|验收|结项|办结销号)(?:依据|情况|说明|文号|材料)"),
    (CLOSED_ON, r"(?:实际|办结|销号|验收|结项)(?:完成|办结)?(?:时间|日期)"),
    (
        LAST_REPORTED,
        r".*(?:报送|填报|上报|更新|反馈|填表)(?:时间|日期).*|(?:数据)?截至(?:时间|日期)"
    ),
    (IGNORED, r".*(?:开始|启动|起始|开工|印发|交办|批示|下达|立项|会议|发文|动工)(?:时间|日期).*"),
    (IGNORED, r"开始|启动|起始|开工|起|自"),
    (
        PERCENT,
        r".*(?:完成率|完成度|百分比|完成比例|进度比例|完成百分).*|.*(?:进度|完成|"
        r"进展).*[(]?[%][)]?"
    ),
    (
        STATE,
        r".*状态|是否(?:完成|办结|销号|达标).*|.*(?:红黄绿|亮灯).*|完成与否|进度评价|.*销号情况"
    ),
    (IGNORED, r".*(?:任务|事项|项目|完成|逾期|指标|工作|办结)(?:总|个)?(?:数|数量|占比)"),
    (IGNORED, r".*" + _PERSON + ".*"),
    (
        PROGRESS,
        rf".*(?:进展|{_HOW}(?:落实|推进|进展)?情况|工作动态|工作成效|(?:目前|当前|最新|形象|"
        rf"实际)进度).*"
    ),
    (PROGRESS, r"(?:工作|任务|项目|工程)进度"),
    (PROGRESS, r".*(?:办理结果|整改结果|完成结果|推进成效)|(?:已)?(?:完成|取得)成效|完成进度"),
    (IGNORED, r".*(?:监督|督导|督办|督查|考核|验收|评价|监管)" + _UNIT),
    (CONSOLIDATOR, r".*(?:汇总|总牵头).*"),
    (DATA, r".*(?:数据(?:提供|来源|报送)|统计).*" + _UNIT + ".*"),
    (GUIDE, r".*指导.*" + _UNIT + ".*|指导"),
    # One column for all: its cells say who leads.
    (RESPONSIBLE, r".*牵头.*" + _HELP + ".*|.*" + _HELP + ".*牵头.*"),
    (RESPONSIBLE, r".*(?:主办|主责).*(?:协办|配合|协同).*"),
    (SUPPORT, rf".*{_HELP}.*{_UNIT}.*|{_HELP}(?:方|者)?|(?:成员|相关|涉及|有关){_UNIT}"),
    (RESPONSIBLE, r".*牵头(?:单位|部门)?[(/、和及或与](?:责任|负责|落实|承办).*"),
    (LEAD, r".*牵头.*"),
    (
        RESPONSIBLE,
        r".*(?:责任|负责|承办|主办|主责|实施|落实|承担|主管|承接|建设|执行|整改|项目|业主|办理|组织|施工)"
        + _UNIT
        + ".*",
    ),
    (
        RESPONSIBLE,
        r"(?:部门|任务|职责|责任|工作|单位)分工|(?:责任|实施|落实|工作)主体|分工(?:单位|部门|"
        r"情况)?"
    ),
    (RESPONSIBLE, r"主办|主责|承办|负责|责任方|责任者|责任|(?:项目)?业主|谁负责|" + _UNIT),
    (
        RESPONSIBLE,
        r"(?:责任|落实|实施|承办|负责)?(?:地区|区县|县区|县[(]市、区[)]|乡镇|镇街|属地|区域)|归口"
        + _UNIT
    ),
    (
        RESPONSIBLE,
        r"(?:责任|负责|承办|主办|落实|牵头)(?:处|科|股|司|局|委|办|站|所|室|中心)+|项目法人"
    ),
    (
        DEADLINE,
        rf".*(?:{_WHEN}|截止|时序|节点(?!目标|成果|标志)|进度安排|进度要求|进度计划|工期|完成年度|完成时|何时).*"
    ),
    (DEADLINE, r"(?:计划|预计|拟|应)?完成(?:年月|月份|年份|于)|进度|完成(?:期|日)"),
    (NOTE, r".*备注.*|说明|注"),
    (CATEGORY, r".*(?:类别|分类|领域|板块|类型|章节|大类|小类|模块|专题|维度|篇章|门类)"),
    (TASK, rf".*{_WORK}.*"),
    (RESPONSIBLE, r"(?:[省市区县州]直|[省市区县州]级|机关)?" + _UNIT + r"(?:名称)?(?:[(].*[)])?"),
    (
        TASK,
        r".*(?:具体|工作|建设|整改|目标|任务|改革)要求|(?:工程|项目|任务|工作|改革|指标|活动|事项|实事|课题)名称|"
        r"(?:具体|重点|建设|实施|工作|主要)?项目|.*内容.*|工作"
    ),
    (
        TASK,
        r".*(?:工作|政策|改革|任务)要点|(?:工作|整治|检查|督查|攻坚|任务|推进)重点|实事|要点|(?:主要|年度|中心|重大|重要|具体|各项|专项)工作"
    ),
    (
        TASK,
        r".*政策条款|(?:建设|实施|改革|整改|政策|条款|建议|议题|批示|督办|任务|分解|主要|落实|行动)内容|"
        r".*清单"
    ),
    (
        TASK,
        r"(?:反馈|整改|突出|主要|风险)*(?:问题|隐患|风险点?)+(?:描述|清单|表现)?|"
        r"(?:建议|提案|议案|督查)?(?:标题|题目|案由)|(?:主要|[一二三四]级)?指标|(?:重大|重点|提升|攻坚|专项)?(?:项目|工程|改革|行动)|.*任务分解"
    ),
    (
        CATEGORY,
        r"方面|部分|条线|专项|主题|目录|组别|所属.{1,4}|[一二三]级(?:目录|分类)?|章|节|类|大项|"
        r"项别"
    ),
)  # fmt: skip
_COMPILED = tuple((field, re.compile(pattern, re.IGNORECASE)) for field, pattern in _RULES)

_MAX_HEADER_CHARS = 24
_BRACKETED = re.compile(r"[(\[【〔<].*?[)\]】〕>]")
# A bracket that explains instead of naming: it says what a mark or the order means.
_EXPLAINS = re.compile(
    r"[(\[【〔][^)\]】〕]*(?:第一|首位|列|排|注|含|下同|带|标|为牵头|如|可|请|填|[:：])[^)\]】〕]*[)\]】〕]"
)
# 责任单位及责任人: the unit counts; 单位负责人 is a person.
_AND_PERSON = re.compile(rf"(?:[及和与、/,，]|以及|[(])(?:[^及和与、/]{{0,4}}){_PERSON}[)]?$")
_PERSON_AND = re.compile(rf"^[^及和与、/]{{0,4}}{_PERSON}(?:[及和与、/,，]|以及|[(])(?=.*{_UNIT})")


@lru_cache(maxsize=4096)
def field_of(header: str) -> str:
    """The field a header names: one of the layout's fields, TASK, or UNNAMED if nothing known."""
    text = fold_tight(header).strip("*★☆:：.。、")
    plain = _EXPLAINS.sub("", text)
    alone = _PERSON_AND.sub("", _AND_PERSON.sub("", plain))
    for candidate in dict.fromkeys((alone, _BRACKETED.sub("", alone))):
        if not candidate or len(candidate) > _MAX_HEADER_CHARS:
            continue
        for field, pattern in _COMPILED:
            if pattern.fullmatch(candidate):
                return field
    return UNNAMED


def explains_roles(header: str) -> str:
    """The words in brackets of a header, which may state a rule for all rows; "" without any."""
    return "；".join(
        match.strip("()[]【】〔〕") for match in _BRACKETED.findall(fold_tight(header))
    )
