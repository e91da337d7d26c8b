"""The ledger's first page and 督办看板, as a logged-in supervisor opens them."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory, override_settings
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.reports.selectors.board import board as read_board
from apps.tasks.access import scope_of
from apps.tasks.models import Task
from apps.tasks.services.bulk import DAY
from bench import floor
from bench.results import Result, size_name
from bench.timing import Spent, Times, middle, race
from bench.worlds import Worlds

_FILTERED = "/tasks/?state=open&light=amber&per_page=50"
# other ways to ask for the first page, for information
_OTHERS = {
    "不加条件": "/tasks/?per_page=50",
    "按单位": "/tasks/?unit=9&role=lead&per_page=50",
    "按时限排序": "/tasks/?sort=due&per_page=50",
    "按文字": "/tasks/?q=号工作&per_page=50",
}
_BOARD = "/overdue/"
_MOST_TIMES, _MOST_GROWTH, _MOST_QUERIES = 3.0, 1.5, 12
_BOARD_TIMES, _BOARD_WARM = 3.0, 50.0


class Visitor:
    """Somebody logged in, asking the product or the floor through the WSGI handler."""

    def __init__(self, username: str = "bulk_dc") -> None:
        client = Client()
        client.force_login(
            User.objects.get(username=username), "apps.accounts.backends.ActiveUserBackend"
        )
        self._cookie = client.cookies[settings.SESSION_COOKIE_NAME].OutputString([])
        self.product = WSGIHandler()
        with override_settings(MIDDLEWARE=floor.MIDDLEWARE):
            self.floor = WSGIHandler()

    def get(self, path: str, handler: WSGIHandler | None = None) -> int:
        """How many bytes a page has that must be there; read piece by piece, as a server does."""
        told: list[str] = []

        def start(status: str, _headers: object, _error: object = None) -> Any:
            told.append(status)

        environ = RequestFactory().get(path, headers={"Cookie": self._cookie}).environ
        response = (handler or self.product)(environ, start)
        size = sum(map(len, response))
        response.close()
        assert told[0].startswith(str(HTTPStatus.OK.value)), f"{path}: {told[0]}"
        return size

    def queries(self, path: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            self.get(path)
        return len(caught)


def ledger(worlds: Worlds, *, turns: int) -> list[Result]:
    """First page, filters on, against the floor; all sizes in turns."""
    visitors = _visitors(worlds)
    acts: dict[str, Any] = {}
    for size, visitor in visitors.items():
        acts[f"page {size}"] = _open(worlds, size, visitor, _FILTERED)
        acts[f"floor {size}"] = _open(worlds, size, visitor, "/rows/", visitor.floor)
        for name, path in _OTHERS.items():
            acts[f"{name} {size}"] = _open(worlds, size, visitor, path)
    times = race(acts, turns=turns, warm=2)
    found = []
    for size, visitor in visitors.items():
        with worlds.on(size):
            queries = visitor.queries(_FILTERED)
        found += _ledger_of(size, times, worlds.sizes, queries)
    return found


def _ledger_of(size: int, times: Times, sizes: Sequence[int], queries: int) -> list[Result]:
    name, smallest = size_name(size), min(sizes)
    page, bare = middle(times, f"page {size}"), middle(times, f"floor {size}")
    small = middle(times, f"page {smallest}")
    said = f"{page:.1f} ms / {bare:.1f} ms"
    kept = {key: times[f"{key} {size}"] for key in ("page", "floor")}
    # larger ones are held against the smallest: the floor counts nothing and offers no choices
    most = _MOST_TIMES if size == smallest else None
    results = [
        Result("台账首页", name, "是下限的", page / bare, "×", most, said, kept),
        Result("台账首页", name, "SQL 条数", queries, "条", _MOST_QUERIES),
    ]
    if size != smallest:
        said = f"{page:.1f} ms / {small:.1f} ms"
        growth = f"是 {size_name(smallest)} 的"
        results.append(Result("台账首页", name, growth, page / small, "×", _MOST_GROWTH, said))
    for other in _OTHERS:
        spent = times[f"{other} {size}"]
        value = middle(times, f"{other} {size}")
        results.append(Result("台账首页", name, other, value, "ms", samples={"page": spent}))
    return results


def board(worlds: Worlds, *, turns: int) -> list[Result]:
    """督办看板 against one GROUP BY from a covering index: counted anew, and what was kept of it.

    A write somewhere makes the page count all of today anew; figures of past days stay.
    """
    visitors = _visitors(worlds)
    acts: dict[str, Any] = {}
    for size, visitor in visitors.items():
        acts[f"read {size}"] = _within(worlds, size, _read_board)
        acts[f"changed {size}"] = _after_a_write(worlds, size, visitor, _BOARD)
        acts[f"page {size}"] = _open(worlds, size, visitor, _BOARD)
        acts[f"floor {size}"] = _within(worlds, size, floor.board)
    times = race(acts, turns=turns)
    found = []
    for size, visitor in visitors.items():
        read, page, bare = (middle(times, f"{key} {size}") for key in ("read", "page", "floor"))
        changed = middle(times, f"changed {size}")
        kept = {key: times[f"{key} {size}"] for key in ("read", "changed", "page", "floor")}
        said = f"{read:.1f} ms / {bare:.1f} ms"
        with worlds.on(size):
            queries = visitor.queries(_BOARD)
        name = size_name(size)
        found += [
            Result("督办看板", name, "取数是下限的", read / bare, "×", _BOARD_TIMES, said, kept),
            Result("督办看板", name, "整页再次打开", page, "ms", _BOARD_WARM),
            Result("督办看板", name, "整页改动后打开", changed, "ms"),
            Result("督办看板", name, "SQL 条数", queries, "条"),
        ]
    return found


def _read_board() -> None:
    """All its figures and lists, before anything is drawn."""
    read_board(scope_of(User.objects.get(username="bulk_dc"), DAY), DAY)


def _after_a_write(worlds: Worlds, size: int, visitor: Visitor, path: str) -> Any:
    def done() -> Spent:
        with worlds.on(size):
            Task.objects.filter(pk=1).update(content=F("content"))
            began = perf_counter()
            visitor.get(path)
            return Spent((perf_counter() - began) * 1000)

    return done


def _visitors(worlds: Worlds) -> dict[int, Visitor]:
    visitors = {}
    for size in worlds.sizes:
        with worlds.on(size):
            visitors[size] = Visitor()
    return visitors


def _open(
    worlds: Worlds, size: int, visitor: Visitor, path: str, handler: WSGIHandler | None = None
) -> Any:
    return _within(worlds, size, lambda: visitor.get(path, handler))


def _within(worlds: Worlds, size: int, act: Any) -> Any:
    def done() -> None:
        with worlds.on(size):
            act()

    return done
