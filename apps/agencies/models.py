"""Agencies: the units that lead, support, guide; with the names documents give them."""

from __future__ import annotations

from django.db import models


class Agency(models.Model):
    """A unit as the documents name it; the same short name in two regions is two agencies (D16)."""

    class Level(models.TextChoices):
        NATION = "国家", "国家"
        PROVINCE = "省", "省"
        CITY = "市", "市"
        DISTRICT = "区县", "区县"

    class Affiliation(models.TextChoices):
        """隶属: units outside 政府 get a 商请函 and are not named in a 通报 (D12)."""

        GOVERNMENT = "government", "政府部门"
        PARTY = "party", "党委部门"
        CONGRESS = "congress", "人大"
        CONSULTATIVE = "consultative", "政协"
        JUDICIAL = "judicial", "法院检察院"
        VERTICAL = "vertical", "垂直管理"
        INSTITUTION = "institution", "事业单位和企业"

    code = models.CharField("代码", max_length=60, unique=True)
    name = models.CharField("简称", max_length=60)
    full_name = models.CharField("全称", max_length=120)
    # The documents give short names; a full name from general knowledge says so on the page.
    full_name_sourced = models.BooleanField("全称有出处", default=False)
    level = models.CharField("级别", max_length=4, choices=Level.choices)
    region = models.CharField("地区", max_length=40, help_text="简称在其中有效的地区，如 广东省")
    affiliation = models.CharField(
        "隶属", max_length=12, choices=Affiliation.choices, default=Affiliation.GOVERNMENT
    )
    collective = models.BooleanField("集合名称", default=False)
    rank = models.PositiveIntegerField("排序", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region", "name"], name="agencies_agency_region_name"),
        ]
        indexes = [
            # serves: the tree of units
            models.Index(fields=["level", "region", "rank"], name="agencies_agency_tree"),
        ]

    def __str__(self) -> str:
        return self.name


class Alias(models.Model):
    """Another name of an agency, valid within its region."""

    # an alias says nothing without its agency
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField("别名", max_length=120)
    basis = models.CharField("依据", max_length=200, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "name"], name="agencies_alias_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """Whom to telephone in a unit; a post, for people move."""

    # a contact says nothing without its agency
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="contacts")
    post = models.CharField("岗位", max_length=20)
    name = models.CharField("姓名", max_length=20)
    telephone = models.CharField("电话", max_length=30)
    position = models.PositiveSmallIntegerField("次序", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "position"], name="agencies_contact_order"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.telephone}"
