"""Which unit a name means: by level and region, full names and clipped words, never by likeness."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.agencies.models import Agency, Alias
from apps.agencies.name_keys import core, likeness, name_key
from apps.agencies.selectors import AgencyIndex, agency_index

Level = Agency.Level
UNITS = [
    ("国家发展改革委", "国家发展和改革委员会", "全国", Level.NATION),
    ("财政部", "中华人民共和国财政部", "全国", Level.NATION),
    ("国家能源局", "国家能源局", "全国", Level.NATION),
    ("省发展改革委", "广东省发展和改革委员会", "广东省", Level.PROVINCE),
    ("省人力资源社会保障厅", "广东省人力资源和社会保障厅", "广东省", Level.PROVINCE),
    ("省委组织部", "中国共产党广东省委员会组织部", "广东省", Level.PROVINCE),
    ("省环境监测站", "广东省环境监测站", "广东省", Level.PROVINCE),
    ("市科技局", "深圳市科学技术局", "深圳市", Level.CITY),
    ("市教育局", "深圳市教育局", "深圳市", Level.CITY),
    ("市市场监管局", "深圳市市场监督管理局", "深圳市", Level.CITY),
    ("市文化广电旅游体育局", "深圳市文化广电旅游体育局", "深圳市", Level.CITY),
    ("市教育局", "广州市教育局", "广州市", Level.CITY),
]


pytestmark = pytest.mark.django_db


@pytest.fixture
def units() -> None:
    for place, (name, full, region, level) in enumerate(UNITS):
        Agency.objects.create(
            code=f"x-{place}", name=name, full_name=full, region=region, level=level, rank=place
        )
    nation = Agency.objects.get(name="国家能源局")
    Alias.objects.create(agency=nation, name="能源局")


def meant(index: AgencyIndex, name: str) -> str | None:
    found = index.find(name)
    return found.full_name if found else None


@pytest.mark.usefixtures("units")
@pytest.mark.parametrize(
    ("region", "name", "wanted"),
    [
        ("深圳市", "市科技局", "深圳市科学技术局"),
        ("深圳市", "深圳市科技局", "深圳市科学技术局"),
        ("深圳市", "科技局", "深圳市科学技术局"),
        ("深圳市", "广东省深圳市科技局", "深圳市科学技术局"),
        ("深圳市", "市市监局", "深圳市市场监督管理局"),
        ("深圳市", "市场监督管理局", "深圳市市场监督管理局"),
        ("深圳市", "市教育局", "深圳市教育局"),
        ("广州市", "市教育局", "广州市教育局"),
        ("广东省", "省发改委", "广东省发展和改革委员会"),
        ("广东省", "省发展和改革委员会", "广东省发展和改革委员会"),
        ("广东省", "广东省发改委", "广东省发展和改革委员会"),
        ("广东省", "发改委", "广东省发展和改革委员会"),
        ("广东省", "省人社厅", "广东省人力资源和社会保障厅"),
        ("广东省", "组织部", "中国共产党广东省委员会组织部"),
        ("广东省", "中共广东省委组织部", "中国共产党广东省委员会组织部"),
        ("广东省", "深圳市教育局", "深圳市教育局"),
        ("广东省", "财政部", "中华人民共和国财政部"),
        ("广东省", "国家发改委", "国家发展和改革委员会"),
        ("广东省", "省 发 改 委", "广东省发展和改革委员会"),
        ("全国", "发展改革委", "国家发展和改革委员会"),
        ("全国", "发改委", "国家发展和改革委员会"),
        ("全国", "能源局", "国家能源局"),
        # another level, another region, only alike: a question
        ("深圳市", "省发改委", None),
        ("深圳市", "发改委", None),
        ("广东省", "市教育局", None),
        ("广东省", "教育局", None),
        ("广东省", "能源局", None),
        ("广东省", "省环保局", None),
        ("深圳市", "市科技和信息化局", None),
        ("深圳市", "市文旅局", None),
        ("珠海市", "市教育局", None),
        ("全国", "省发展改革委", None),
    ],
)
def test_a_name_means_the_unit_of_its_level_and_region(
    region: str, name: str, wanted: str | None
) -> None:
    assert meant(agency_index(region), name) == wanted


@pytest.mark.usefixtures("units")
def test_a_name_that_two_units_share_means_none() -> None:
    Agency.objects.create(
        code="y", name="市科委", full_name="深圳市科技局", region="深圳市", level=Level.CITY
    )
    index = agency_index("深圳市")
    assert index.find("深圳市科学技术局") is not None
    assert index.find("市科委") is not None
    assert index.find("科技局") is None


@pytest.mark.usefixtures("units")
@pytest.mark.parametrize(
    ("region", "name", "first"),
    [
        ("深圳市", "市文旅局", "深圳市文化广电旅游体育局"),
        ("深圳市", "市科技创新局", "深圳市科学技术局"),
        ("深圳市", "省发改委", "广东省发展和改革委员会"),
        ("广东省", "市教育局", "深圳市教育局"),
        ("广东省", "能源局", "国家能源局"),
        ("珠海市", "市市场监督局", "深圳市市场监督管理局"),
    ],
)
def test_an_unknown_name_gets_likely_units(region: str, name: str, first: str) -> None:
    found = agency_index(region).suggest(name)
    assert [agency.full_name for agency in found][:1] == [first]
    assert len(found) <= 5


@pytest.mark.usefixtures("units")
def test_a_unit_that_shares_but_a_word_is_not_suggested() -> None:
    assert agency_index("广东省").suggest("省环保局") == []
    assert agency_index("广东省").suggest("") == []
    assert agency_index("广东省").suggest("（）") == []


@pytest.mark.usefixtures("units")
def test_an_index_costs_the_same_however_many_units_there_are() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            index = agency_index("广东省")
            for name in ("省发改委", "深圳市教育局", "省数据局", "市文旅局"):
                index.find(name)
                index.suggest(name)
        return len(caught)

    few = queries()
    Agency.objects.bulk_create(
        Agency(
            code=f"z-{place}",
            name="市统计局",
            full_name=f"第{place}市统计局",
            region=f"第{place}市",
            level=Level.CITY,
        )
        for place in range(40)
    )
    assert queries() == few


WORDS = st.sampled_from(
    ["发展改革", "发展和改革", "发改", "工业和信息化", "工信", "卫生健康", "卫健", "教育", "财政"]
)
ENDS = st.sampled_from(["局", "委", "委员会", "厅"])


@settings(deadline=None)
@given(WORDS, ENDS, st.sampled_from([("深圳市", "市"), ("广东省", "省"), ("福田区", "区")]))
def test_a_region_written_out_or_as_its_level_is_one_name(
    word: str, end: str, place: tuple[str, str]
) -> None:
    region, level = place
    assert name_key(region + word + end, region) == name_key(level + word + end, region)
    assert name_key(level + word + end, region) != name_key("州" + word + end, region)


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_a_share_both_ways_and_never_fails(one: str, other: str) -> None:
    score = likeness(core(one), core(other))
    assert 0 <= score <= 1
    assert score == likeness(core(other), core(one))
    assert likeness(core(one), core(one)) == 1


@pytest.mark.usefixtures("units")
@pytest.mark.parametrize("name", ["县教育局", "县科技局", "省水政部", "省医疗保障厅"])
def test_it_suggests_no_unit_of_another_level_and_none_alike_in_its_ending(name: str) -> None:
    assert agency_index("广东省").suggest(name) == []
