"""What `make run` executes: brings the sample up to date, then keeps web, worker and beat alive.

`python -m config.run prepare` does the first half only. One process looks after the others: it
relays what they say, starts worker and beat again when they die, ends with the web server, and on
a signal ends them all before it lets go of the private servers.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import http.client
import ipaddress
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import IO

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db.utils import OperationalError

from apps.common.errors import Refused
from config.embedded import ServerError, Servers, servers_for

_ROOT = Path(__file__).resolve().parent.parent
_VAR = _ROOT / "var"
_TICK_SECONDS = 0.25
_CARE_SECONDS = 5
_END_SECONDS = 10
_RESTART_SECONDS = 3
_LAST_PORT = 65535
_YES = {"1", "true", "yes", "on", "y", "ok"}
_PR_SET_PDEATHSIG = 1
_ENVIRON = {
    "PYTHONUNBUFFERED": "1",
    "TMPDIR": str(_VAR / "tmp"),
    # Celery's advice not to be root; whoever tries the project in a container is.
    "PYTHONWARNINGS": "ignore:::celery.platforms",
}
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def _say(*lines: str) -> None:
    # A closed terminal must not keep the programs from being ended.
    try:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except OSError:
        pass


# Where to listen


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable(self) -> str:
        """The host under which this machine reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  # a key, not a bind


def address_wanted(environ: dict[str, str]) -> Address:
    """The address named by HOST and PORT. Raises Refused."""
    host, text = environ.get("HOST") or "127.0.0.1", environ.get("PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LAST_PORT:
        raise Refused(f"PORT 须是 1 到 {_LAST_PORT} 的整数，现在是“{text}”。")
    allowed = environ.get("FENGONG_ALLOW_REMOTE", "").lower() in _YES
    if not allowed and not _is_loopback(host):
        raise Refused(
            f"样例账号的密码是公开的，所以只在本机开放，不在 {host} 上监听："
            "确要让别的机器访问，请加 FENGONG_ALLOW_REMOTE=1。"
        )
    return Address(host, int(text))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _trouble_with(address: Address) -> OSError | None:
    """Why one cannot listen on `address`, if so."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        with socket.socket(found[0][0]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[0][4])
    except OSError as error:
        return error
    return None


class Claim:
    """One run per address in this folder; remembers whether the run before ended properly."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._file = (_VAR / f"run-{address.port}.lock").open("a+")

    def take(self) -> None:
        """Returns with the address claimed and free. Raises Refused."""
        port = self.address.port
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            raise Refused(
                f"本项目已经在 http://{self._file.read().strip()}/ 运行："
                f"可直接打开，或用 PORT={port + 1} make run 另开一个。"
            ) from None
        self._file.seek(0)
        # The web server of a killed run goes by itself, but not within the same instant.
        crashed = self._file.read()
        until = time.monotonic() + (_END_SECONDS if crashed else 0)
        while trouble := _trouble_with(self.address):
            if trouble.errno != errno.EADDRINUSE:
                reason = f"不能在 {self.address} 上监听（{trouble.strerror}）：请换 HOST 或 PORT。"
                raise Refused(reason)
            if time.monotonic() >= until:
                raise Refused(
                    f"端口 {port} 已被别的程序占用：请换一个，例如 PORT={port + 1} make run。"
                )
            time.sleep(_TICK_SECONDS)
        self._file.truncate(0)
        self._file.write(str(self.address))
        self._file.flush()

    def drop(self) -> None:
        self._file.truncate(0)
        self._file.close()


# The programs


def _die_with_parent(parent: int) -> Callable[[], None]:
    """For the child between fork and exec: the kernel ends it when a killed run cannot."""

    def ask() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return ask


class Program:
    """One of the programs of a run, in a session of its own: Ctrl-C reaches only the run."""

    def __init__(self, name: str, *arguments: str) -> None:
        self.name = name
        self.label = f"{name:<7}| " if name else ""
        self.arguments = arguments
        self.start_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    def start(self, selector: selectors.BaseSelector) -> None:
        self.process = subprocess.Popen(  # noqa: S603  # fixed words
            [sys.executable, "-m", *self.arguments],
            cwd=_ROOT,
            env={**os.environ, **_ENVIRON},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(os.getpid()),  # noqa: PLW1509  # this process has no threads
        )
        assert self.process.stdout is not None
        selector.register(self.process.stdout, selectors.EVENT_READ, self)

    def relay(self, selector: selectors.BaseSelector, stream: IO[bytes]) -> None:
        """Passes on the whole lines the program has written, each under its name.

        `stream` may be what an earlier life of the program has left unread.
        """
        data = os.read(stream.fileno(), 65536)
        if not data:
            selector.unregister(stream)
            stream.close()
        *lines, self._rest = (self._rest + data).split(b"\n")
        if not data and self._rest:
            lines, self._rest = [*lines, self._rest], b""
        _say(*(f"{self.label}{line.decode(errors='replace')}" for line in lines))

    @property
    def code(self) -> int | None:
        """The exit code once it has ended, None while it runs; a signal counts as in a shell."""
        code = self.process.poll() if self.process else 0
        return 128 - code if code is not None and code < 0 else code

    def end(self) -> None:
        """Asks it to end."""
        if self.process is not None:
            self.process.terminate()

    def sweep(self) -> None:
        """Kills what is left of it and of the processes it has made."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def _celery(name: str, *arguments: str) -> Program:
    return Program(
        name, "celery", "--app", "config", "--quiet", name, "--loglevel", "WARNING", *arguments
    )


def programs(address: Address) -> list[Program]:
    """The web server, and then what waits until it answers."""
    return [
        Program(
            "web",
            *("gunicorn", "config.wsgi:application", "--bind", str(address), "--no-control-socket"),
            *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
            *("--graceful-timeout", "5", "--log-level", "warning"),
        ),
        _celery(
            "worker",
            *("--concurrency", "2", "--hostname", f"run-{address.port}@fengong"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ),
        _celery("beat", "--schedule", str(_VAR / f"beat-{address.port}")),
    ]


def _answers(address: Address) -> bool:
    link = http.client.HTTPConnection(address.reachable, address.port, timeout=2)
    try:
        link.request("GET", "/")
        link.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        link.close()
    return True


class Run:
    """The life of one `make run`, from its start to the end of its last program."""

    def __init__(self, address: Address, servers: Servers) -> None:
        self._address = address
        self._servers = servers
        self._prepare = Program("", "config.run", "prepare")
        self._web, *self._others = programs(address)
        self._selector = selectors.DefaultSelector()
        self._signalled = False
        self._care_at = time.monotonic() + _CARE_SECONDS
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def go(self) -> int:
        """Runs until a signal (0) or until it cannot go on (the failing program's code)."""
        try:
            if not os.environ.get("DATABASE_URL"):
                self._servers.ensure_postgres()
            if not os.environ.get("REDIS_URL"):
                self._servers.ensure_valkey()
            self._prepare.start(self._selector)
            self._turn_while(self._prepare)
            if self._stopping() or self._prepare.code:
                return self._prepare.code or 0
            self._web.start(self._selector)
            self._turn_while(self._web, until=lambda: _answers(self._address))
            if not self._stopping() and self._web.code is None:
                ready = Address(self._address.reachable, self._address.port)
                _say("", f"已就绪：http://{ready}/ （按 Ctrl-C 停止）", "")
                self._turn_while(self._web, until=self._keep_others)
            if not self._stopping():
                _say(f"{self._web.label}已退出（{self._web.code}），停止其余程序。")
                return self._web.code or 1
            _say("正在停止…")
            return 0
        finally:
            self._end()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signalled = True

    def _stopping(self) -> bool:
        return self._signalled

    def _relay(self) -> None:
        for key, _events in self._selector.select(_TICK_SECONDS):
            key.data.relay(self._selector, key.fileobj)

    def _turn_while(self, program: Program, until: Callable[[], bool] = lambda: False) -> None:
        while not self._stopping() and program.code is None and not until():
            self._relay()

    def _keep_others(self) -> bool:
        now = time.monotonic()
        for program in self._others:
            if program.code is not None and now >= program.start_at:
                if program.process is not None:
                    _say(f"{program.label}已退出（{program.code}），重新启动。")
                    program.sweep()
                program.start_at = now + _RESTART_SECONDS
                program.start(self._selector)
        if now >= self._care_at:
            self._care_at = now + _CARE_SECONDS
            try:
                self._servers.look_after()
            except ServerError as error:
                _say(str(error))
        return False

    def _end(self) -> None:
        all_programs = [self._prepare, self._web, *self._others]
        for program in all_programs:
            program.end()
        until = time.monotonic() + _END_SECONDS
        while time.monotonic() < until and any(program.code is None for program in all_programs):
            self._relay()
        for program in all_programs:
            program.sweep()
        until = time.monotonic() + 1
        while time.monotonic() < until and self._selector.get_map():
            self._relay()
        self._servers.release()


def prepare() -> int:
    """Migrations and sample data, in a database that is empty or carries the sample mark."""
    try:
        django.setup()
        # Models can be imported from here on only.
        samples = import_module("apps.accounts.samples")
        # Our own server holds nothing else, even where a first run was killed half-way.
        if os.environ.get("DATABASE_URL"):
            import_module("apps.ops.sample").check_sample_database()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_samples")
        _say(f"样例账号（密码都是 {samples.sample_password()}）：")
        _say(*("  " + "  ".join(filter(None, account)) for account in samples.sample_accounts()))
    except (Refused, CommandError) as refusal:
        _say(str(refusal))
    except OperationalError as error:
        _say(f"数据库连不上：{error}".strip())
    except ImproperlyConfigured as error:
        _say(f"设置有误：{error}")
    else:
        return 0
    return 1


def run() -> int:
    address = address_wanted(dict(os.environ))
    # what mails lead to
    os.environ.setdefault("FENGONG_SITE_URL", f"http://{Address(address.reachable, address.port)}")
    servers = servers_for("sample")
    servers.make_home()
    claim = Claim(address)
    claim.take()
    (_VAR / "tmp").mkdir(mode=0o700, exist_ok=True)
    try:
        return Run(address, servers).go()
    finally:
        claim.drop()


def main() -> int:
    if os.environ.get("FENGONG_ENV", "sample") != "sample":
        _say("make run 与 make setup 只用于样例（FENGONG_ENV=sample）；正式部署见 README。")
        return 1
    # Whatever project the shell was used for before.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    try:
        return prepare() if sys.argv[1:] == ["prepare"] else run()
    except (Refused, ServerError) as error:
        _say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
