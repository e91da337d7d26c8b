"""Sites in processes of their own, and people who use them without a browser."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path

from django.conf import settings

PATIENCE_SECONDS = 60


@dataclass
class Site:
    """gunicorn with one worker process and some threads."""

    environment: dict[str, str]
    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """Ends it as a power cut would: all its processes at once, in the middle of anything."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=PATIENCE_SECONDS)

    def start(self) -> None:
        """On the same port, which may take a moment to become free."""
        self.process = _gunicorn(self.environment, self.port)
        wait_for(self.address)


def _gunicorn(environment: dict[str, str], port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--log-level", "critical",
         "--bind", f"127.0.0.1:{port}", "--threads", "8", "--no-control-socket"],
        cwd=Path(settings.BASE_DIR),
        env=environment,
        start_new_session=True,
    )  # fmt: skip


@contextmanager
def site(environment: dict[str, str]) -> Iterator[Site]:
    """A site on the database of this environment, ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    made = Site(environment, port, _gunicorn(environment, port))
    try:
        wait_for(made.address)
        yield made
    finally:
        if made.process.poll() is None:
            made.kill()


def wait_for(address: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/accounts/login/", timeout=10).close()  # noqa: S310  # our own address
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


class _Stay(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to whoever asked."""

    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    """Status, where it leads to, and the page; status 0: no answer came."""

    status: int
    location: str
    page: str


NONE = Answer(0, "", "")


@dataclass
class Visitor:
    """Somebody with a session."""

    address: str
    cookies: CookieJar = field(default_factory=CookieJar)

    def get(self, path: str) -> Answer:
        return self._ask(path, None)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        token = next((each.value for each in self.cookies if each.name == "csrftoken"), "") or ""
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token})
        return self._ask(path, data.encode())

    def _ask(self, path: str, data: bytes | None) -> Answer:
        opener = urllib.request.build_opener(
            _Stay, urllib.request.HTTPCookieProcessor(self.cookies)
        )
        request = urllib.request.Request(f"{self.address}{path}", data)  # noqa: S310  # our own address
        try:
            with opener.open(request, timeout=PATIENCE_SECONDS) as answer:
                return Answer(answer.status, "", answer.read().decode())
        except urllib.error.HTTPError as answer:
            with answer:
                page = answer.read().decode()
                return Answer(answer.code, answer.headers.get("Location", ""), page)
        except OSError:
            return NONE


def log_in(where: Site, username: str, password: str) -> Visitor:
    """A visitor with a session of their own."""
    visitor = Visitor(where.address)
    visitor.get("/accounts/login/")
    answer = visitor.post("/accounts/login/", {"username": username, "password": password})
    assert (answer.status, answer.location) == (302, "/"), answer
    return visitor
