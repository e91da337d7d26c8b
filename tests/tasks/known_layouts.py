"""The same known rows laid out in many ways; what a reader must find is known without reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

Grid = list[list[object]]
Merge = tuple[int, int, int, int]


@dataclass(frozen=True)
class Known:
    """A row as its author meant it; `parties` are (name, role)."""

    number: str
    category: tuple[str, ...]
    content: str
    lead: str
    support: str
    deadline: str
    title: str | None = None
    shared: str = ""

    @property
    def parties(self) -> tuple[tuple[str, str], ...]:
        said = (("lead", self.lead), ("support", self.support), ("shared", self.shared))
        return tuple((name, role) for role, names in said for name in names.split("、") if name)


@dataclass(frozen=True)
class Case:
    """Rows of a sheet with merged ranges, and what they mean. `kind`: how the file is written."""

    grid: Grid
    expected: Sequence[Known]
    merges: Sequence[Merge] = ()
    kind: str = "xlsx"


LINES = """
1|一、科技创新|平台建设|建设综合性国家科学中心。|市科技局|市发展改革委、市财政局|2021年12月底前
2|一、科技创新|平台建设|组建省实验室5家，其中国家级1家。|市科技局|市教育局|6月底前
3|一、科技创新|人才引育|实施人才安居工程，筹集住房3000套。|市人力资源社会保障局|市住房城乡建设局|持续推进
4|二、产业发展|产业集群|培育千亿级产业集群。|市工业和信息化局|市商务局|2022年
5|二、产业发展|产业集群|2021年建成工业互联网平台2个。|市工业和信息化局||9月底前
6|二、产业发展|现代服务|发展现代物流业，新增A级物流企业10家。|市发展改革委|市交通运输局、市商务局|年底前
7|三、民生保障|教育|新增幼儿园学位1万个。|市教育局|市财政局、市自然资源局|2021年8月31日前
8|三、民生保障|医疗|建成市第三人民医院。|市卫生健康委|市发展改革委|2023年6月底前
"""


def known(line: str) -> Known:
    number, outer, inner, content, lead, support, deadline = line.split("|")
    return Known(number, (outer, inner), content, lead, support, deadline)


KNOWN = tuple(known(line) for line in LINES.strip().splitlines())
FLAT = tuple(replace(row, category=()) for row in KNOWN)
OUTER = tuple(replace(row, category=row.category[:1]) for row in KNOWN)
HEAD: list[object] = ["序号", "重点任务", "牵头单位", "配合单位", "完成时限"]
CASES: dict[str, Callable[[], Case]] = {}


def case(function: Callable[[], Case]) -> Callable[[], Case]:
    CASES[function.__name__] = function
    return function


def cells(row: Known) -> list[object]:
    return [int(row.number), row.content, row.lead, row.support, row.deadline]


def body(rows: Sequence[Known] = KNOWN) -> Grid:
    return [cells(row) for row in rows]


def table(head: Sequence[object], rows: Grid, above: Grid | None = None) -> Grid:
    return [*(above or []), list(head), *rows]


def wide(row: int, width: int = 5) -> Merge:
    return (row, 0, row, width - 1)


def runs(values: Sequence[object], top: int, column: int) -> list[Merge]:
    """Merged ranges over equal neighbours of a column that begins in row `top`."""
    merges, start = [], 0
    for at in range(1, len(values) + 1):
        if at == len(values) or values[at] != values[start]:
            if at - start > 1:
                merges.append((top + start, column, top + at - 1, column))
            start = at
    return merges


def without_repeats(values: Sequence[object]) -> list[object]:
    return [
        value if at == 0 or value != values[at - 1] else None for at, value in enumerate(values)
    ]


# --- titles, headers -----------------------------------------------------------------------------


@case
def plain() -> Case:
    return Case(table(HEAD, body()), FLAT)


@case
def a_title_above() -> Case:
    return Case(table(HEAD, body(), [["2021年重点工作任务分工表"]]), FLAT, [wide(0)])


@case
def an_attachment_a_title_and_a_line_of_units() -> Case:
    above: Grid = [
        ["附件1"],
        ["2021年重点工作任务分工表"],
        ["填报单位：市政府办公室", None, None, "单位：项"],
    ]
    return Case(table(HEAD, body(), above), FLAT, [wide(1)])


@case
def a_date_line_and_blank_rows_above() -> Case:
    above: Grid = [["重点工作任务分工方案"], [], ["（截止时间：2021年3月16日）"], []]
    return Case(table(HEAD, body(), above), FLAT, [wide(0), wide(2)])


@case
def a_title_over_two_rows() -> Case:
    above: Grid = [["任务分工表"], []]
    return Case(table(HEAD, body(), above), FLAT, [(0, 0, 1, 4)])


@case
def spaces_and_breaks_in_headers() -> Case:
    head: list[object] = ["序\n号", "重 点 任 务", "牵头\n单位", "配 合　单 位", "完成\n时限"]
    return Case(table(head, body()), FLAT)


@case
def columns_in_another_order() -> Case:
    order = (4, 2, 1, 3, 0)
    rows = [[row[at] for at in order] for row in body()]
    return Case(table([HEAD[at] for at in order], rows), FLAT)


@case
def a_header_of_two_rows_merged() -> Case:
    grid = table(
        ["序号", "重点任务", "责任单位", None, "完成时限"],
        [[None, None, "牵头", "配合", None], *body()],
    )
    return Case(grid, FLAT, [(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3), (0, 4, 1, 4)])


@case
def a_header_of_two_rows_without_merges() -> Case:
    head: list[object] = ["序号", "重点任务", "责任单位", None, "完成时限"]
    return Case(table(head, [[None, None, "牵头单位", "配合单位", None], *body()]), FLAT)


@case
def a_header_of_three_rows() -> Case:
    grid: Grid = [
        ["序号", "重点任务", "任务分工", None, None],
        [None, None, "责任单位", None, "时间要求"],
        [None, None, "牵头单位", "配合单位", None],
        *body(),
    ]
    merges = [(0, 0, 2, 0), (0, 1, 2, 1), (0, 2, 0, 4), (1, 2, 1, 3), (1, 4, 2, 4)]
    return Case(grid, FLAT, merges)


@case
def a_heading_over_groups_of_headers() -> Case:
    above: Grid = [["基本情况", None, "责任分工", None, "进度"]]
    return Case(table(HEAD, body(), above), FLAT, [(0, 0, 0, 1), (0, 2, 0, 3)])


@case
def a_deadline_of_two_columns() -> Case:
    head: list[object] = ["序号", "重点任务", "牵头单位", "配合单位", "时间安排", None]
    rows = [[*row[:4], "2021年1月", row[4]] for row in body()]
    grid = table(head, [[None, None, None, None, "开始时间", "完成时间"], *rows])
    return Case(grid, FLAT, [(0, at, 1, at) for at in range(4)] + [(0, 4, 0, 5)])


@case
def start_and_end_in_single_headers() -> Case:
    rows = [[*row[:4], "2021年1月", row[4]] for row in body()]
    return Case(table([*HEAD[:4], "启动时间", "完成时间"], rows), FLAT)


@case
def a_row_that_counts_the_columns() -> Case:
    return Case(table(HEAD, [[1, 2, 3, 4, 5], *body()]), FLAT)


def named(*head: object) -> Callable[[], Case]:
    return lambda: Case(table(head, body()), FLAT)


SYNONYMS = (
    ("编号", "工作任务", "牵头部门", "参加部门", "时限要求"),
    ("项号", "主要任务", "主要责任单位", "协同责任单位", "完成时间"),
    ("序 号", "工作内容", "主办单位", "协办单位", "办理时限"),
    ("No.", "目标任务", "牵头责任单位", "参与单位", "时间节点"),
    ("任务序号", "具体措施", "牵头科室", "配合科室", "进度安排"),
    ("序号", "改革举措", "牵头处室", "协作单位", "计划完成时间"),
    ("顺序号", "民生实事", "主责部门", "协同配合单位", "完成期限"),
    ("项次", "督办事项", "牵头单位（部门）", "支持单位", "办结时限"),
    ("条目", "工作要点", "牵头单位\n（排名不分先后）", "配合单位（含各区）", "完成时限（2021年）"),
    ("序号", "建设内容", "总体牵头单位", "会同单位", "起止时间"),
    ("序", "重点工作任务及目标", "牵头单位*", "配合责任单位", "截止日期"),
    ("号", "整改措施", "第一责任单位", "其他责任单位", "整改时限"),
)
for count, synonyms in enumerate(SYNONYMS):
    CASES[f"synonyms_{count}"] = named(*synonyms)


# --- where the table stands ----------------------------------------------------------------------


@case
def not_at_a1() -> Case:
    rows: Grid = [[], [], *([None, None, *row] for row in table(HEAD, body()))]
    return Case(rows, FLAT)


@case
def blank_rows_and_columns() -> Case:
    rows: Grid = []
    for row in body():
        rows += [[row[0], row[1], None, *row[2:]], []]
    return Case(table([*HEAD[:2], None, *HEAD[2:]], rows), FLAT)


@case
def a_number_column_without_header() -> Case:
    return Case(table([None, *HEAD[1:]], body()), FLAT)


@case
def no_number_column() -> Case:
    return Case(table(HEAD[1:], [row[1:] for row in body()]), FLAT)


@case
def empty_number_column() -> Case:
    return Case(table(HEAD, [[None, *row[1:]] for row in body()]), FLAT)


def numbered(form: Callable[[int], str], number: Callable[[int], str] = str) -> Callable[[], Case]:
    def build() -> Case:
        rows = [[f"{form(at)}{row[1]}", *row[2:]] for at, row in enumerate(body(), 1)]
        expected = [replace(row, number=number(at)) for at, row in enumerate(FLAT, 1)]
        return Case(table(HEAD[1:], rows), expected)

    return build


NUMERALS = "零一二三四五六七八九"
CASES["numbers_in_the_text"] = numbered(lambda at: f"{at}.")
CASES["numbers_in_the_text_with_a_comma"] = numbered(lambda at: f"{at}、")
CASES["numbers_in_brackets_in_the_text"] = numbered(lambda at: f"（{at}）")
CASES["numerals_in_the_text"] = numbered(lambda at: f"{NUMERALS[at]}、", lambda at: NUMERALS[at])
CASES["numerals_in_brackets_in_the_text"] = numbered(
    lambda at: f"（{NUMERALS[at]}）", lambda at: NUMERALS[at]
)
CASES["items_in_the_text"] = numbered(lambda at: f"第{at}项 ")
CASES["circled_numbers_in_the_text"] = numbered(lambda at: "①②③④⑤⑥⑦⑧"[at - 1])


@case
def numbers_as_text() -> Case:
    return Case(table(HEAD, [[f"{row[0]}.", *row[1:]] for row in body()]), FLAT)


@case
def numbers_with_zeros() -> Case:
    rows = [[f"{row[0]}、", *row[1:]] for row in body()]
    return Case(table(HEAD, rows), FLAT)


# --- categories ----------------------------------------------------------------------------------


def with_sections(level: int = 1) -> tuple[Grid, list[Merge]]:
    rows: Grid = []
    merges: list[Merge] = []
    seen: tuple[str, ...] = ()
    for row in KNOWN:
        for depth in range(level):
            if row.category[: depth + 1] != seen[: depth + 1]:
                name = row.category[depth]
                rows.append([f"（{NUMERALS[1 + len(rows) % 9]}）{name}" if depth else name])
                merges.append(wide(len(rows)))
        seen = row.category[:level]
        rows.append(cells(row))
    return rows, merges


@case
def section_rows() -> Case:
    rows, merges = with_sections()
    return Case(table(HEAD, rows), OUTER, merges)


@case
def section_rows_without_merges() -> Case:
    return Case(table(HEAD, with_sections()[0]), OUTER)


@case
def section_rows_in_the_second_column() -> Case:
    rows = [row if len(row) > 1 else [None, *row] for row in with_sections()[0]]
    return Case(table(HEAD, rows), OUTER)


@case
def sections_with_their_number_apart() -> Case:
    rows: Grid = []
    for row in with_sections()[0]:
        rows.append(row if len(row) > 1 else str(row[0]).split("、"))  # type: ignore[arg-type]
    return Case(table(HEAD, rows), OUTER)


@case
def sections_of_two_levels() -> Case:
    rows, merges = with_sections(2)
    expected, seen = [], {str(row[0]): row[0] for row in rows if len(row) == 1}
    for known in KNOWN:
        inner = next(str(text) for text in seen if text.endswith(f"）{known.category[1]}"))
        expected.append(replace(known, category=(known.category[0], inner)))
    return Case(table(HEAD, rows), expected, merges)


@case
def sections_that_count_from_one_again() -> Case:
    rows: Grid = []
    expected, count, last = [], 0, ""
    for known in KNOWN:
        if known.category[0] != last:
            last, count = known.category[0], 0
            rows.append([last])
        count += 1
        rows.append([count, *cells(known)[1:]])
        expected.append(replace(known, category=(last,), number=f"{last[0]}-{count}"))
    return Case(table(HEAD, rows), expected)


def categories(
    *, levels: int, merged: bool, repeated: bool = False, head: Sequence[object] = ()
) -> Case:
    columns = [[row.category[depth] for row in KNOWN] for depth in range(levels)]
    merges = [m for at, column in enumerate(columns) for m in runs(column, 1, at)]
    shown = columns if repeated else [without_repeats(column) for column in columns]
    rows = [[*(column[at] for column in shown), *row] for at, row in enumerate(body())]
    names = list(head) or ["类别", "领域"][:levels]
    expected = [replace(row, category=row.category[:levels]) for row in KNOWN]
    return Case(table([*names, *HEAD], rows), expected, merges if merged else ())


CASES["one_merged_category"] = lambda: categories(levels=1, merged=True)
CASES["two_merged_categories"] = lambda: categories(levels=2, merged=True)
CASES["one_category_written_once"] = lambda: categories(levels=1, merged=False)
CASES["two_categories_written_once"] = lambda: categories(levels=2, merged=False)
CASES["categories_repeated"] = lambda: categories(levels=2, merged=False, repeated=True)
CASES["categories_by_task_words"] = lambda: categories(levels=1, merged=True, head=["工作任务"])
CASES["two_categories_by_task_words"] = lambda: categories(
    levels=2, merged=True, head=["一级任务", "二级任务"]
)
CASES["categories_by_task_words_unmerged"] = lambda: categories(
    levels=1, merged=False, repeated=True, head=["重点工作"]
)


@case
def categories_after_the_number() -> Case:
    made = categories(levels=1, merged=True)
    grid = [[row[1], row[0], *row[2:]] for row in made.grid]
    return Case(grid, made.expected, [(t, 1, b, 1) for t, _, b, _ in made.merges])


@case
def labels_over_more_columns_than_labels() -> Case:
    first = without_repeats([row.category[0] for row in KNOWN])
    second = without_repeats([row.category[1] for row in KNOWN])
    rows = [[first[at], second[at], *row] for at, row in enumerate(body())]
    grid = table(["工作任务", None, None, "具体要求", "牵头单位", "配合单位", "时限要求"], rows)
    merges = [(0, 0, 0, 2), *runs([row.category[0] for row in KNOWN], 1, 0)]
    return Case(grid, KNOWN, [*merges, *runs([row.category[1] for row in KNOWN], 1, 1)])


@case
def a_title_beside_the_content() -> Case:
    rows = [[row[0], f"专项{at}", *row[1:]] for at, row in enumerate(body(), 1)]
    expected = [replace(row, title=f"专项{at}") for at, row in enumerate(FLAT, 1)]
    return Case(table(["序号", "重点任务", "具体措施", *HEAD[2:]], rows), expected)


# --- sub-rows ------------------------------------------------------------------------------------


def sub_rows(grid: Grid, merges: Sequence[Merge], *, kind: str = "xlsx") -> Case:
    first, second = (
        FLAT[0],
        replace(FLAT[0], content="中心通过国家验收。", deadline="2022年6月底前"),
    )
    expected = [replace(first, number="1.1"), replace(second, number="1.2"), *FLAT[1:]]
    return Case(table(HEAD, grid), expected, merges, kind)


SECOND_STEP: list[object] = [None, "中心通过国家验收。", None, None, "2022年6月底前"]


@case
def two_steps_under_one_number() -> Case:
    rows = [body()[0], SECOND_STEP, *body()[1:]]
    return sub_rows(rows, [(1, 0, 2, 0), (1, 2, 2, 2), (1, 3, 2, 3)])


@case
def two_steps_without_merges() -> Case:
    return sub_rows([body()[0], SECOND_STEP, *body()[1:]], ())


@case
def two_steps_in_text_with_separators() -> Case:
    return sub_rows([body()[0], SECOND_STEP, *body()[1:]], (), kind="csv")


@case
def steps_with_numbers_of_their_own() -> Case:
    rows = body()
    second = ["1.2", "中心通过国家验收。", *rows[0][2:4], "2022年6月底前"]
    return sub_rows([["1.1", *rows[0][1:]], second, *rows[1:]], ())


@case
def two_responsibilities_under_one_number() -> Case:
    rows = body()
    other = replace(FLAT[0], number="1.2", content="编制建设方案。", lead="市司法局", support="")
    grid: Grid = [rows[0], [None, other.content, other.lead, None, None], *rows[1:]]
    expected = [replace(FLAT[0], number="1.1"), other, *FLAT[1:]]
    return Case(table(HEAD, grid), expected, [(1, 0, 2, 0), (1, 4, 2, 4)])


@case
def one_content_with_two_deadlines() -> Case:
    rows = body()
    grid: Grid = [rows[0], [None, None, None, None, "2022年6月底前"], *rows[1:]]
    expected = [
        replace(FLAT[0], number="1.1"),
        replace(FLAT[0], number="1.2", deadline="2022年6月底前"),
        *FLAT[1:],
    ]
    return Case(table(HEAD, grid), expected, [(1, at, 2, at) for at in range(4)])


# --- below and between ---------------------------------------------------------------------------


@case
def notes_and_signatures_below() -> Case:
    rows: Grid = [
        *body(),
        [],
        ["注：1.责任单位列第一位者为牵头单位。"],
        ["2.时限以文件为准。"],
        ["填表人：张三", None, "审核人：李四", None, "日期：2021年3月16日"],
    ]
    return Case(table(HEAD, rows), FLAT, [wide(10), wide(11)])


@case
def a_total_below() -> Case:
    return Case(table(HEAD, [*body(), ["合计", "8项", None, None, None]]), FLAT)


@case
def a_header_on_each_page() -> Case:
    rows = body()
    return Case(table(HEAD, [*rows[:3], list(HEAD), *rows[3:6], [], list(HEAD), *rows[6:]]), FLAT)


@case
def a_title_and_header_on_each_page() -> Case:
    rows = body()
    title: list[object] = ["重点任务分工表"]
    again: list[object] = ["重点任务分工表（续）"]
    grid = table(HEAD, [*rows[:4], again, list(HEAD), *rows[4:]], [title])
    return Case(grid, FLAT, [wide(0), wide(6)])


@case
def a_header_of_two_rows_on_each_page() -> Case:
    made = a_header_of_two_rows_merged()
    head, rows = made.grid[:2], made.grid[2:]
    merges = [*made.merges, *((t + 6, left, b + 6, right) for t, left, b, right in made.merges)]
    return Case([*head, *rows[:4], *head, *rows[4:]], FLAT, merges)


@case
def lines_not_filled_in() -> Case:
    return Case(table(HEAD, [*body(), [9, None, None, None, None], [10]]), FLAT)


@case
def period_columns() -> Case:
    rows = [[*row, "已完成立项", "正在施工"] for row in body()]
    return Case(table([*HEAD, "进展情况（7月）", "进展情况（10月）"], rows), FLAT)


@case
def persons_and_telephones() -> Case:
    head = [*HEAD[:2], "责任领导", *HEAD[2:4], "责任人", "联系电话", HEAD[4], "备注"]
    rows = [[*row[:2], "张三", *row[2:4], "李四", "13800000000", row[4], None] for row in body()]
    return Case(table(head, rows), FLAT)


@case
def goals_and_sources_beside() -> Case:
    head = [*HEAD[:2], "年度目标", "任务来源", *HEAD[2:], "成果形式"]
    rows = [[*row[:2], "完成90%", "市政府工作报告", *row[2:], "报告"] for row in body()]
    return Case(table(head, rows), FLAT)


@case
def one_column_for_all_units() -> Case:
    def units(row: Known) -> str:
        helping = f"，{row.support}配合" if row.support else ""
        return f"{row.lead}牵头{helping}"

    rows = [[int(row.number), row.content, units(row), row.deadline] for row in KNOWN]
    return Case(table(["序号", "重点任务", "责任单位", "完成时限"], rows), FLAT)


@case
def units_with_labels_in_the_cell() -> Case:
    def units(row: Known) -> str:
        helping = f"\n配合单位：{row.support}" if row.support else ""
        return f"牵头单位：{row.lead}{helping}"

    rows = [[int(row.number), row.content, units(row), row.deadline] for row in KNOWN]
    return Case(table(["序号", "重点任务", "责任单位及分工", "完成时限"], rows), FLAT)


@case
def units_on_lines() -> Case:
    rows = [[*row[:3], str(row[3]).replace("、", "\n"), row[4]] for row in body()]
    return Case(table(HEAD, rows), FLAT)


@case
def units_in_brackets_of_the_text() -> Case:
    def text(row: Known) -> str:
        helping = f"，{row.support}配合" if row.support else ""
        return f"{row.content}（{row.lead}牵头{helping}）"

    rows = [[int(row.number), text(row), row.deadline] for row in KNOWN]
    expected = [replace(known, content=text(known)) for known in FLAT]
    return Case(table(["序号", "重点任务", "完成时限"], rows), expected)


@case
def content_without_a_telling_header() -> Case:
    return Case(table(["序号", "年度目标", *HEAD[2:]], body()), FLAT)


@case
def two_tables_side_by_side() -> Case:
    rows = body()
    grid = [[*rows[at], None, *rows[at + 4]] for at in range(4)]
    return Case([[*HEAD, None, *HEAD], *grid], FLAT)


@case
def units_in_front_merged() -> Case:
    made = units_in_front()
    return replace(made, merges=runs([row[0] for row in units(merged=False)], 1, 0))


def units(*, merged: bool) -> Grid:
    rows: Grid = [
        [row.lead, int(row.number), row.content, row.support, row.deadline] for row in KNOWN
    ]
    if not merged:
        return rows
    leads = without_repeats([row[0] for row in rows])
    return [[leads[at], *row[1:]] for at, row in enumerate(rows)]


@case
def units_in_front() -> Case:
    return Case(
        table(["牵头单位", "序号", "工作任务", "配合单位", "时限"], units(merged=True)), FLAT
    )


@case
def steps_of_several_years() -> Case:
    head = [*HEAD[:2], "2021年任务", "2022年任务", *HEAD[2:]]
    rows = [[*row[:2], "完成前期", "完成主体", *row[2:]] for row in body()]
    return Case(table(head, rows), FLAT)


@case
def measures_after_the_units() -> Case:
    rows = [[row[0], f"专项{row[0]}", row[2], row[3], row[1], row[4]] for row in body()]
    expected = [replace(row, title=f"专项{row.number}") for row in FLAT]
    head = ["序号", "重点任务", "牵头单位", "配合单位", "工作措施", "完成时限"]
    return Case(table(head, rows), expected)


@case
def a_running_ledger() -> Case:
    head = [*HEAD, "完成情况", "完成比例", "进展情况", "存在问题", "下一步工作", "延期至", "备注"]
    rows = [
        [*row, "推进中", "50%", f"已开展{row[0]}次调研，形成了报告。", "无", "加快", None, None]
        for row in body()
    ]
    return Case(table(head, rows), FLAT)


@case
def a_long_header_with_a_rule() -> Case:
    rows = [
        [int(r.number), r.content, "、".join(filter(None, [r.lead, r.support])), r.deadline]
        for r in KNOWN
    ]
    expected = [
        replace(row, lead="", support="", shared=f"{row.lead}、{row.support}")
        if row.support
        else row
        for row in FLAT
    ]
    head = [
        "序号",
        "重点任务",
        "责任单位（列第一位的为牵头单位，其他为配合单位，下同）",
        "完成时限",
    ]
    return Case(table(head, rows), expected)


@case
def both_categories_and_sections() -> Case:
    rows: Grid = []
    merges: list[Merge] = []
    last: tuple[str, ...] = ()
    for row in KNOWN:
        if row.category[:1] != last[:1]:
            merges.append((len(rows) + 1, 0, len(rows) + 1, 5))
            rows.append([row.category[0]])
        same = row.category == last
        if same:
            merges.append((len(rows), 0, len(rows) + 1, 0))
        rows.append([None if same else row.category[1], *cells(row)])
        last = row.category
    return Case(table(["领域", *HEAD], rows), KNOWN, merges)


@case
def a_legend_above() -> Case:
    above: Grid = [["颜色", "含义", "备注"], ["红", "逾期", None], []]
    return Case(table(HEAD, body(), above), FLAT)


@case
def notes_in_a_cell_of_their_own() -> Case:
    return Case(table(HEAD, [*body(), ["备注", "时限以文件为准。"]]), FLAT)


@case
def deadlines_merged_over_numbers() -> Case:
    rows = [[*row[:4], "年底前" if at == 0 else None] for at, row in enumerate(body())]
    expected = [replace(row, deadline="年底前") for row in FLAT]
    return Case(table(HEAD, rows), expected, [(1, 4, 8, 4)])


@case
def numbers_that_go_on_over_sections() -> Case:
    rows = with_sections()[0]
    return Case(table(HEAD[1:], [row[1:] if len(row) > 1 else row for row in rows]), OUTER)


@case
def numbers_in_the_text_under_sections() -> Case:
    rows: Grid = [
        row if len(row) == 1 else [f"{row[0]}．{row[1]}", *row[2:]] for row in with_sections()[0]
    ]
    return Case(table(HEAD[1:], rows), OUTER)


@case
def a_number_beside_a_merged_number() -> Case:
    made = categories(levels=1, merged=True)
    outer = without_repeats([row.category[0] for row in KNOWN])
    counted: list[object] = [
        None if text is None else "一二三"[[o for o in outer if o].index(text)] for text in outer
    ]
    grid = [["序号", *made.grid[0]], *([counted[at], *row] for at, row in enumerate(made.grid[1:]))]
    merges = [(t, left + 1, b, right + 1) for t, left, b, right in made.merges]
    return Case(grid, OUTER, [*merges, *((t, 0, b, 0) for t, _, b, _ in made.merges)])


@case
def persons_with_units() -> Case:
    rows = [[*row[:2], f"{row[2]}（张三）", row[3], row[4]] for row in body()]
    head = [*HEAD[:2], "牵头单位及责任人", *HEAD[3:]]
    return Case(table(head, rows), FLAT)


@case
def parts_named_by_units() -> Case:
    rows: Grid = [["市科技局"], [1, "建平台。", "年底前"], [2, "引人才。", "2022年"], ["市教育局"]]
    rows.append([1, "建学校。", "6月底前"])
    expected = [
        Known("1-1", ("市科技局",), "建平台。", "市科技局", "", "年底前"),
        Known("1-2", ("市科技局",), "引人才。", "市科技局", "", "2022年"),
        Known("2-1", ("市教育局",), "建学校。", "市教育局", "", "6月底前"),
    ]
    return Case(table(["序号", "工作任务", "完成时限"], rows), expected, [wide(1, 3), wide(4, 3)])


@case
def sections_of_three_levels() -> Case:
    rows: Grid = []
    expected = []
    last: tuple[str, ...] = ()
    for at, row in enumerate(KNOWN):
        part = "第一部分 经济" if at < 6 else "第二部分 社会"
        path = (part, row.category[0], f"（一）{row.category[1]}")
        rows += [
            [text] for depth, text in enumerate(path) if path[: depth + 1] != last[: depth + 1]
        ]
        rows.append(cells(row))
        expected.append(replace(row, category=path))
        last = path
    return Case(table(HEAD, rows), expected)


@case
def numbers_that_begin_again_in_each_category() -> Case:
    made = categories(levels=1, merged=True)
    counts: dict[str, int] = {}
    rows, expected = [], []
    for row, known_row in zip(made.grid[1:], KNOWN, strict=True):
        outer = known_row.category[0]
        counts[outer] = counts.get(outer, 0) + 1
        rows.append([row[0], counts[outer], *row[2:]])
        number = f"{outer[0]}-{counts[outer]}"
        expected.append(replace(known_row, number=number, category=(outer,)))
    return Case([made.grid[0], *rows], expected, made.merges)


@case
def another_table_below() -> Case:
    other: Grid = [
        ["二、项目清单"],
        ["项目名称", "投资额", "建设单位", "开工时间"],
        ["甲项目", "1亿元", "市交投集团", "2021年"],
    ]
    return Case(table(HEAD, [*body(), [], *other]), FLAT)


@case
def measures_in_some_rows_only() -> Case:
    rows = [
        [row[0], f"专项{at}", *row[1:]] if at % 2 else [row[0], row[1], None, *row[2:]]
        for at, row in enumerate(body(), 1)
    ]
    expected = [
        replace(row, title=f"专项{at}") if at % 2 else row for at, row in enumerate(FLAT, 1)
    ]
    return Case(table(["序号", "重点任务", "工作措施", *HEAD[2:]], rows), expected)


@case
def units_of_two_levels_without_merges() -> Case:
    grid = table(
        ["序号", "重点任务", "牵头单位", "配合单位", None, "完成时限"],
        [[None, None, None, "市级", "区级", None]],
    )
    grid += [[*row[:4], "福田区政府", row[4]] for row in body()]
    expected = [
        replace(row, support="、".join(filter(None, [row.support, "福田区政府"]))) for row in FLAT
    ]
    return Case(grid, expected)


# --- other files ---------------------------------------------------------------------------------


def as_kind(name: str, kind: str) -> None:
    CASES[f"{name}_as_{kind}"] = lambda: replace(CASES[name](), kind=kind)


for told in ("plain", "a_header_of_two_rows_without_merges", "one_category_written_once",
             "section_rows_without_merges", "units_on_lines", "no_number_column",
             "two_categories_written_once", "notes_and_signatures_below"):  # fmt: skip
    for kept in ("csv", "tsv", "gb18030", "utf16"):
        as_kind(told, kept)
for told in (
    *("a_title_above", "a_header_of_two_rows_merged", "section_rows", "two_merged_categories"),
    *("two_steps_under_one_number", "labels_over_more_columns_than_labels", "units_on_lines"),
    *("a_header_of_three_rows", "one_content_with_two_deadlines", "not_at_a1"),
):
    for kept in ("docx", "ods", "html", "xml"):
        as_kind(told, kept)
