"""Whether this database may be used for the trial run."""

from __future__ import annotations

from django.db import connection

from apps.common.errors import Refused


def check_sample_database() -> None:
    """Refused unless the database is empty or carries the sample mark.

    Looked up before any migration runs: a real database is never touched by `make run`.
    """
    tables = connection.introspection.table_names()
    if not tables:
        return
    if "ops_installation" in tables:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM ops_installation WHERE sample")
            if cursor.fetchone():
                return
            cursor.execute("SELECT 1 FROM ops_installation UNION SELECT 1 FROM accounts_user")
            if not cursor.fetchone():
                return
    raise Refused(
        "DATABASE_URL 指向的数据库里已有内容，且不是演示库，没有改动它。"
        "试用请换一个空库，或去掉 DATABASE_URL 使用自带的数据库。"
    )
