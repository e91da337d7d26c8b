"""Making accounts, changing what is known of a person, passwords, administrators' duties."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from apps.accounts.access import holds, looks_after_person
from apps.accounts.models import User
from apps.accounts.passwords import temporary_hash, temporary_password
from apps.audit.services import Act, record, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.common.text import fold

_USERNAME = re.compile(r"[\w.@+-]{2,40}")
_NAME_CHARS, _EMAIL_CHARS = 40, 254
_LABELS = {"name": "姓名", "email": "电子邮箱", "digest": "每日汇总邮件", "is_active": "启用"}


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be opened; duty is empty for everybody but administrators."""

    username: str
    name: str
    email: str = ""
    duty: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """An account with the password that is shown once and kept nowhere."""

    user: User
    password: str


@transaction.atomic
def user_create(
    *, actor: Actor, today: date, username: str, name: str, password: str, duty: str = ""
) -> User:
    """A new log-in with a password that its owner has chosen; the rules for passwords hold."""
    _only_system(actor, "建立用户")
    user = User(username=username, name=name, duty=duty)
    _refuse_weak(password, user)
    user.set_password(password)
    user.save()
    record(actor=actor, today=today, act=_opening(user))
    return user


@transaction.atomic
def accounts_open(*, actor: Actor, today: date, accounts: list[NewAccount]) -> list[Opened]:
    """New log-ins with temporary passwords, all or none.

    A person opens accounts without a duty only; the security administrator gives it (三员分立).
    """
    _only_system(actor, "建立用户")
    if isinstance(actor, User) and any(account.duty for account in accounts):
        raise NotAllowed("管理职责由安全管理员授予，建立用户时不能带。")
    reasons = [reason for account in accounts for reason in account_reasons(account)]
    reasons += _taken([account.username for account in accounts])
    if reasons:
        raise Refused(*reasons)
    opened = [_opened(account) for account in accounts]
    try:
        with transaction.atomic():
            User.objects.bulk_create([each.user for each in opened], batch_size=500)
    except IntegrityError as error:
        raise Conflict("刚才有人建立了同名的用户，没有重复建立，请核对后再试。") from error
    record_all(actor=actor, today=today, acts=[_opening(each.user) for each in opened])
    return opened


def account_reasons(account: NewAccount) -> list[str]:
    """What is wrong with the wording of an account, one sentence each; whether the name is free

    is for the database to say.
    """
    reasons = []
    if not _USERNAME.fullmatch(account.username):
        reasons.append("用户名须为 2 至 40 个字母、数字、汉字或 . @ + - _，中间不能有空格。")
    reasons += [*_name_reasons(account.name), *_email_reasons(account.email)]
    return reasons


def _name_reasons(name: str) -> list[str]:
    if not name:
        return ["请填写姓名。"]
    if len(name) > _NAME_CHARS:
        return [f"姓名不超过 {_NAME_CHARS} 字。"]
    return []


def _email_reasons(email: str) -> list[str]:
    if not email:
        return []
    try:
        validate_email(email)
    except ValidationError:
        return [f"“{email[:60]}”不是电子邮箱地址，请核对。"]
    return [] if len(email) <= _EMAIL_CHARS else ["电子邮箱地址太长，请核对。"]


def _taken(usernames: list[str]) -> list[str]:
    """Names that differ in capitals alone would be mistaken for each other."""
    wanted = [username.lower() for username in usernames]
    lowered = User.objects.annotate(lowered=Lower("username")).filter(lowered__in=wanted)
    known = lowered.values_list("username", flat=True)
    reasons = [f"用户名“{username}”已有人在用，请换一个。" for username in sorted(known)]
    twice = sorted({name for name in wanted if wanted.count(name) > 1})
    return reasons + [f"用户名“{username}”写了两次。" for username in twice]


def _opened(account: NewAccount) -> Opened:
    password = temporary_password()
    user = User(
        username=account.username,
        name=account.name,
        email=account.email,
        duty=account.duty,
        password=temporary_hash(password),
        must_change_password=True,
    )
    return Opened(user, password)


def _opening(user: User) -> Act:
    changes: dict[str, tuple[object, object]] = {"用户名": (None, user.username)}
    if user.email:
        changes["电子邮箱"] = (None, user.email)
    if user.duty:
        changes["管理职责"] = (None, user.get_duty_display())
    return Act("建立用户", user, changes)


def may_change(actor: Actor, user: User, today: date) -> frozenset[str]:
    """Which facts of a person the actor may change."""
    allowed: set[str] = set()
    if holds(actor, User.Duty.SYSTEM):
        allowed |= {"name", "email", "is_active"}
    if _is(actor, user) or looks_after_person(actor, user, today):
        allowed |= {"email", "digest"}
    return frozenset(allowed - ({"is_active"} if _is(actor, user) else set()))


@transaction.atomic
def user_change(*, actor: Actor, today: date, user: User, wanted: Mapping[str, object]) -> bool:
    """Change name, email, digest or is_active; False where nothing differs."""
    if wanted.keys() - may_change(actor, user, today):
        raise NotAllowed("您不能改这位用户的这些内容。")
    user = _locked(user)
    facts = {
        name: fold(value) if isinstance(value, str) else value for name, value in wanted.items()
    }
    reasons = [
        *(_name_reasons(str(facts["name"])) if "name" in facts else []),
        *_email_reasons(str(facts.get("email", ""))),
    ]
    if reasons:
        raise Refused(*reasons)
    if facts.get("is_active") is False:
        refuse_last(user, "停用")
    changes: dict[str, tuple[object, object]] = {
        _LABELS[name]: (_said(getattr(user, name)), _said(value))
        for name, value in facts.items()
        if getattr(user, name) != value
    }
    if not changes:
        return False
    for name, value in facts.items():
        setattr(user, name, value)
    user.save(update_fields=list(facts))
    record(actor=actor, today=today, act=Act("修改用户", user, changes))
    return True


def _said(value: object) -> object:
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else value


def may_reset(actor: Actor, user: User, today: date) -> bool:
    """The system administrator for everybody, the unit's own for its people; nobody for himself."""
    if _is(actor, user):
        return False
    return holds(actor, User.Duty.SYSTEM) or looks_after_person(actor, user, today)


@transaction.atomic
def password_reset(*, actor: Actor, today: date, user: User) -> str:
    """A new temporary password, told once; sessions of the person end."""
    if _is(actor, user):
        raise NotAllowed("自己的密码请在“个人设置”里修改，不能重设。")
    if not may_reset(actor, user, today):
        raise NotAllowed("您不能重设这位用户的密码；请找其所在单位的管理员或系统管理员。")
    user = _locked(user)
    password = temporary_password()
    user.password = temporary_hash(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    record(actor=actor, today=today, act=Act("重设密码", user))
    return password


@transaction.atomic
def password_change(*, user: User, today: date, new: str, old: str = "") -> None:
    """One's own password. The old one is asked for, except where it was set by somebody else.

    Raises NotAllowed where the old one is wrong, Refused with what is wrong with the new one.
    """
    kept = _locked(user)
    if not kept.must_change_password and not kept.check_password(old):
        raise NotAllowed("原密码不对，请重新输入。")
    if kept.check_password(new):
        raise Refused("新密码不能和原来的密码相同。")
    _refuse_weak(new, kept)
    kept.set_password(new)
    kept.must_change_password = False
    kept.save(update_fields=["password", "must_change_password"])
    # the session goes on with the person's object that the request holds
    user.password, user.must_change_password = kept.password, False
    record(actor=user, today=today, act=Act("修改密码", user))


@transaction.atomic
def duty_set(*, actor: Actor, today: date, user: User, duty: str) -> bool:
    """Give or take an administrator's duty; never one's own, never from the last of its kind."""
    if not holds(actor, User.Duty.SECURITY):
        raise NotAllowed("只有安全管理员可以授予和收回管理职责。")
    if _is(actor, user):
        raise NotAllowed("不能改自己的管理职责。")
    if duty not in User.Duty.values:
        raise Refused("没有这一项管理职责，请从列表里选。")
    user = _locked(user)
    if user.duty == duty:
        return False
    if duty and user.memberships.exists():
        raise Refused(f"{user.name}有或有过单位里的身份，不能担任管理员；请另建一个账号。")
    if duty and not user.is_active:
        raise Refused(f"{user.name}的账号已停用，不能授予管理职责。")
    refuse_last(user, "收回职责")
    before = user.get_duty_display()
    user.duty = duty
    user.save(update_fields=["duty"])
    changes = {"管理职责": (before, user.get_duty_display())}
    record(
        actor=actor, today=today, act=Act("授予管理职责" if duty else "收回管理职责", user, changes)
    )
    return True


def refuse_last(user: User, what: str) -> None:
    """Without one of each kind of administrator nobody could put it right again."""
    if not user.duty:
        return
    others = User.objects.filter(duty=user.duty, is_active=True).exclude(pk=user.pk)
    if user.is_active and not others.exists():
        raise Refused(f"{user.name}是唯一在用的{user.get_duty_display()}，不能{what}。")


def _locked(user: User) -> User:
    """The person's row; of administrators all of the kind, in one order for everybody."""
    if user.duty:
        list(User.objects.select_for_update().filter(duty=user.duty).order_by("pk"))
    return User.objects.select_for_update().get(pk=user.pk)


def _is(actor: Actor, user: User) -> bool:
    return isinstance(actor, User) and actor.pk == user.pk


def _only_system(actor: Actor, what: str) -> None:
    if not holds(actor, User.Duty.SYSTEM):
        raise NotAllowed(f"只有系统管理员可以{what}。")


def _refuse_weak(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Refused(*error.messages) from error
