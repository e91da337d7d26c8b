"""`create_administrators`: the first three accounts of an installation."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from apps.accounts.services.bootstrap import administrators_create
from apps.common.actor import COMMAND_LINE
from apps.common.commands import FengongCommand
from apps.ops.selectors import business_date


class Command(FengongCommand):
    """Makes them once; the passwords are printed here and kept nowhere."""

    help = "建立系统、安全、审计三个管理员账号，临时密码只打印一次"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--system", default="sys_admin", help="系统管理员的用户名")
        parser.add_argument("--security", default="sec_admin", help="安全管理员的用户名")
        parser.add_argument("--audit", default="audit_admin", help="审计管理员的用户名")
        parser.add_argument("--body", default="", help="本级名称，如 广东省；显示在每页页头")
        self.add_output_arguments(parser)

    def handle(self, **options: Any) -> None:
        opened = administrators_create(
            actor=COMMAND_LINE,
            today=business_date(),
            usernames={duty: options[duty] for duty in ("system", "security", "audit")},
            body_name=options["body"],
        )
        rows = [
            {"duty": each.user.duty, "username": each.user.username, "password": each.password}
            for each in opened
        ]
        lines = [
            f"{each.user.get_duty_display()}  {each.user.username}  {each.password}"
            for each in opened
        ]
        said = "已建立三个管理员，临时密码只显示这一次，首次登录须修改："
        self.answer({"administrators": rows}, "\n".join([said, *lines]))
