"""Who does something, as far as the lower apps need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Actor(Protocol):
    """A person or the system. The names are copied into the log, which keeps no keys to people."""

    @property
    def actor_id(self) -> str: ...

    @property
    def actor_name(self) -> str: ...

    @property
    def agency_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class System:
    """A sweep or a command without a person; recorded under this name."""

    actor_name: str
    actor_id: str = "system"
    agency_name: str = ""


COMMAND_LINE = System("系统（命令行）")
SWEEP = System("系统（定时任务）")
LOADER = System("系统（装载演示数据）")
