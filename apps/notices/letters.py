"""How a message reads as a mail; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from apps.notices.models import Message

_ZONE = ZoneInfo("Asia/Shanghai")
# the hour at which digests go out
_MORNING = 8
_FOOT = (
    "本邮件由任务分工督办系统自动发出，请勿直接回复。\n"
    "本系统为非涉密系统，严禁在系统和邮件中录入、传送涉密和工作秘密信息。\n"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and plain text."""

    subject: str
    text: str


def letter(messages: Sequence[Message], *, name: str, site: str, today: date) -> Letter:
    """One message as it is; several as the digest of a day."""
    if len(messages) == 1:
        subject = messages[0].subject
    else:
        subject = f"{today.month}月{today.day}日消息汇总（{len(messages)} 条）"
    parts = [_part(message, site) for message in messages]
    text = "\n\n".join([f"{name}：", *parts, f"——\n{_FOOT}"])
    return Letter(" ".join(f"【任务分工督办】{subject}".split()), text)


def _part(message: Message, site: str) -> str:
    lines = [message.subject, message.body, f"打开页面：{site}{message.path}"]
    return "\n".join(line for line in lines if line)


def next_morning(now: datetime) -> datetime:
    """The next instant at which digests go out, after `now`."""
    morning = last_morning(now)
    return morning + timedelta(days=1)


def last_morning(now: datetime) -> datetime:
    """The last instant at which digests went out, `now` included."""
    here = now.astimezone(_ZONE)
    morning = here.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
    return morning if morning <= here else morning - timedelta(days=1)
