"""People who log in, what they are in a unit, and the three separate administrators."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from apps.agencies.models import Agency


class UserManager(BaseUserManager["User"]):
    """Finds users by their log-in name."""


class User(AbstractBaseUser):
    """A log-in. An administrator's duty and a role in a unit exclude each other (三员分立);

    one duty by this column, duty and membership by the trigger of migration 0001.
    """

    class Duty(models.TextChoices):
        NONE = "", "无"
        SYSTEM = "system", "系统管理员"
        SECURITY = "security", "安全管理员"
        AUDIT = "audit", "审计管理员"

    username = models.CharField("用户名", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=40)
    duty = models.CharField("管理职责", max_length=10, choices=Duty.choices, default="", blank=True)
    is_active = models.BooleanField("启用", default=True)
    email = models.EmailField("电子邮箱", default="", blank=True)
    # one mail a day instead of one for each message
    digest = models.BooleanField("每日汇总邮件", default=False)
    # a password that somebody else has set is for the first log-in only
    must_change_password = models.BooleanField("首次登录须改密码", default=False)

    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(duty__in=["", "system", "security", "audit"]),
                name="accounts_user_one_duty",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor_id(self) -> str:
        return str(self.pk)

    @property
    def actor_name(self) -> str:
        return self.name

    @property
    def agency_name(self) -> str:
        membership = self.memberships.select_related("agency").order_by("pk").first()
        return membership.agency.name if membership else ""


class Line(models.Model):
    """条线: a field of work; plans stand under it, leaders and supervisors answer for it."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField("条线", max_length=60)

    class Meta:
        pass

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_force(self, today: date) -> MembershipQuerySet:
        """Memberships that have not ended by `today`; the end date itself still counts."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))


class Membership(models.Model):
    """What a person is in a unit."""

    class Role(models.TextChoices):
        REPORTER = "reporter", "填报员"
        APPROVER = "approver", "审签人"
        SUPERVISOR = "supervisor", "督查员"
        LEADER = "leader", "领导"
        UNIT_ADMIN = "unit_admin", "单位管理员"

    # a membership says nothing without its person; units with people in them stay
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField("身份", max_length=12, choices=Role.choices)
    lines = models.ManyToManyField(Line, blank=True, verbose_name="条线")
    ends_on = models.DateField("截止日期", null=True, blank=True)
    # of an approver: at which of the unit's SignSteps; a unit without any has one step, 1
    step = models.PositiveSmallIntegerField("审签环节", default=1)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "agency", "role"], name="accounts_membership_once"
            ),
        ]
        indexes = [
            # serves: who approves or reports for a unit
            models.Index(fields=["agency", "role"], name="accounts_membership_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.agency} {self.get_role_display()}"

    def is_in_force(self, today: date) -> bool:
        return self.ends_on is None or self.ends_on >= today


class SignStep(models.Model):
    """One of the steps of a unit's sign-off: 科室负责人 → 分管领导 → 主要领导 (D10)."""

    # a step says nothing without its unit
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="sign_steps")
    position = models.PositiveSmallIntegerField("次序")
    post = models.CharField("岗位", max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "position"], name="accounts_signstep_order"),
        ]

    def __str__(self) -> str:
        return self.post
