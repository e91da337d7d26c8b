"""The private servers, with real processes: starting, sharing, surviving kills, keeping secrets."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2  # type: ignore[import-untyped]  # ships no types
import pytest

from config import embedded
from config.embedded import ServerError, Servers

ROOT = Path(__file__).resolve().parents[2]

# Prints what it did, then holds the servers until its input ends.
USER = """
import sys
from pathlib import Path
from config.embedded import Servers
servers = Servers(Path(sys.argv[1]), throwaway=True)
servers.ensure_postgres()
print("ready", flush=True)
sys.stdin.read()
"""
# A child that ends like any Python process, while its parent goes on.
FORKS = """
import os, sys
from pathlib import Path
from config.embedded import Servers
servers = Servers(Path(sys.argv[1]), throwaway=True)
servers.ensure_postgres()
if not os.fork():
    sys.exit(0)
os.wait()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "样例 库"


@pytest.fixture
def servers(home: Path) -> Iterator[Servers]:
    made = Servers(home, throwaway=True)
    yield made
    made.release()
    assert not made._postgres_pid()
    assert not made._valkey_pid()


@pytest.fixture
def lasting(home: Path) -> Iterator[Servers]:
    """As in the sample: what was committed is on the disk."""
    made = Servers(home)
    yield made
    made.release()


@contextmanager
def another_process(home: Path, script: str = USER) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home)],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def leave(process: subprocess.Popen[str]) -> int:
    assert process.stdin is not None
    process.stdin.close()
    return process.wait(timeout=60)


def query(servers: Servers, text: str, **other: str) -> Any:
    where = servers.database() | other
    with closing(
        psycopg2.connect(
            host=where["host"],
            port=where["port"],
            user=where["user"],
            password=where["password"],
            dbname=where["name"],
        )
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchone() if cursor.description else None


def ask_valkey(servers: Servers, *commands: str) -> str:
    state = servers._state()
    with socket.create_connection(("127.0.0.1", state["valkey_port"]), timeout=5) as link:
        lines = [f"AUTH {state['valkey_password']}", *commands, "QUIT"]
        link.sendall("".join(f"{line}\r\n" for line in lines).encode())
        with link.makefile() as answer:
            return answer.read()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 30
    while embedded._arguments(pid):
        assert time.monotonic() < until
        time.sleep(0.01)


def test_nothing_is_started_by_asking_where_the_servers_are(servers: Servers) -> None:
    assert servers.database()["host"] == "127.0.0.1"
    assert servers.broker_url().startswith("redis://:")
    assert not servers._postgres_pid()
    assert not servers._valkey_pid()


def test_both_servers_answer_and_a_second_request_starts_nothing(servers: Servers) -> None:
    servers.ensure_postgres()
    servers.ensure_valkey()
    pids = servers._postgres_pid(), servers._valkey_pid()
    assert all(pids)
    servers.ensure_postgres()
    servers.ensure_valkey()
    assert (servers._postgres_pid(), servers._valkey_pid()) == pids
    assert query(servers, "SELECT current_user, current_database()") == ("fengong", "fengong")
    assert "+PONG" in ask_valkey(servers, "PING")


def test_the_role_is_no_superuser_and_chinese_text_has_trigrams(servers: Servers) -> None:
    servers.ensure_postgres()
    assert query(
        servers, "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = 'fengong'"
    ) == (
        False,
        True,
    )
    query(servers, "CREATE EXTENSION pg_trgm")
    assert query(servers, "SELECT cardinality(show_trgm('新兴产业'))") == (5,)


def test_a_wrong_password_is_turned_away(servers: Servers) -> None:
    servers.ensure_postgres()
    servers.ensure_valkey()
    with pytest.raises(psycopg2.OperationalError):
        query(servers, "SELECT 1", password="guess")
    with pytest.raises(psycopg2.OperationalError):
        query(servers, "SELECT 1", user="postgres", password="")
    assert not embedded._ping(servers._state()["valkey_port"], "guess")


def test_secrets_are_readable_by_their_owner_only(servers: Servers) -> None:
    servers.ensure_postgres()
    servers.ensure_valkey()
    for path in (servers.home, servers.home / "pg", servers.home / "valkey"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (servers.home / "servers.json", servers.home / "valkey" / "valkey.conf"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets = [text for text in servers._state().values() if isinstance(text, str)]
    for pid in (servers._postgres_pid(), servers._valkey_pid()):
        assert not any(secret in " ".join(embedded._arguments(pid)) for secret in secrets)


def test_a_sample_keeps_rows_and_waiting_jobs_over_a_restart(lasting: Servers) -> None:
    for _time in range(2):
        lasting.ensure_postgres()
        lasting.ensure_valkey()
        query(lasting, "CREATE TABLE IF NOT EXISTS kept (n int)")
        query(lasting, "INSERT INTO kept VALUES (1)")
        ask_valkey(lasting, "LPUSH waiting job")
        lasting.release()
        assert not lasting._postgres_pid()
    lasting.ensure_postgres()
    lasting.ensure_valkey()
    assert query(lasting, "SELECT count(*) FROM kept") == (2,)
    assert ":2" in ask_valkey(lasting, "LLEN waiting")
    assert query(lasting, "SHOW fsync") == ("on",)


def test_killed_servers_start_again_with_their_data(lasting: Servers) -> None:
    lasting.ensure_postgres()
    lasting.ensure_valkey()
    query(lasting, "CREATE TABLE kept AS SELECT 7 AS n")
    kill(lasting._postgres_pid())
    kill(lasting._valkey_pid())
    assert (lasting.home / "pg" / "postmaster.pid").exists()
    lasting.look_after()
    assert query(lasting, "SELECT n FROM kept") == (7,)
    assert "+PONG" in ask_valkey(lasting, "PING")


def test_a_pid_file_that_names_a_strangers_process_stops_nothing(servers: Servers) -> None:
    servers.ensure_postgres()
    kill(servers._postgres_pid())
    stale = servers.home / "pg" / "postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *stale.read_text().split("\n")[1:]]))
    assert not servers._postgres_pid()
    servers.look_after()
    assert query(servers, "SELECT 1") == (1,)


def test_a_first_start_cut_short_is_made_good(servers: Servers) -> None:
    servers.home.mkdir()
    (servers.home / "pg.new").mkdir()
    (servers.home / "pg.new" / "PG_VERSION").write_text("18\n")
    servers.ensure_postgres()
    query(servers, "SELECT 1")
    state = servers._state()
    other = {"user": "postgres", "password": state["superuser_password"], "name": "postgres"}
    query(servers, "DROP DATABASE fengong", **other)
    servers.release()
    servers.ensure_postgres()
    assert query(servers, "SELECT 1") == (1,)


def test_a_taken_port_is_exchanged(servers: Servers) -> None:
    ports = {key: servers._state()[key] for key in ("postgres_port", "valkey_port")}
    with (
        socket.create_server(("127.0.0.1", ports["postgres_port"])),
        socket.create_server(("127.0.0.1", ports["valkey_port"])),
    ):
        servers.ensure_postgres()
        servers.ensure_valkey()
    assert servers._state()["postgres_port"] != ports["postgres_port"]
    assert query(servers, "SELECT 1") == (1,)
    assert servers._state()["valkey_port"] != ports["valkey_port"]
    assert "+PONG" in ask_valkey(servers, "PING")


def test_the_servers_live_as_long_as_any_process_uses_them(servers: Servers) -> None:
    servers.ensure_postgres()
    pid = servers._postgres_pid()
    with another_process(servers.home) as other:
        assert said(other) == "ready"
        servers.release()
        assert servers._postgres_pid() == pid
        assert leave(other) == 0
    assert not servers._postgres_pid()


def test_a_killed_process_holds_nothing(servers: Servers) -> None:
    with another_process(servers.home) as other:
        assert said(other) == "ready"
        pid = servers._postgres_pid()
        other.kill()
        other.wait()
        assert servers._postgres_pid() == pid
        servers.ensure_postgres()
        assert servers._postgres_pid() == pid


def test_a_forked_child_does_not_stop_what_its_parent_uses(servers: Servers) -> None:
    with another_process(servers.home, FORKS) as other:
        assert said(other) == "ready"
        assert servers._postgres_pid()
        assert leave(other) == 0
    assert not servers._postgres_pid()


def test_processes_that_begin_together_share_one_server(servers: Servers) -> None:
    with another_process(servers.home) as first, another_process(servers.home) as second:
        assert [said(first), said(second)] == ["ready", "ready"]
        log = (servers.home / "postgres.log").read_text()
        assert log.count("starting PostgreSQL") == 1
        assert leave(first) == leave(second) == 0


def test_a_missing_wheel_is_one_sentence_that_names_the_setting(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    with pytest.raises(ServerError, match=r"make setup.*DATABASE_URL"):
        servers.ensure_postgres()
    with pytest.raises(ServerError, match=r"make setup.*REDIS_URL"):
        servers.ensure_valkey()


def test_lost_secrets_are_one_sentence_not_a_password_error(servers: Servers) -> None:
    servers.ensure_postgres()
    servers.release()
    (servers.home / "servers.json").unlink()
    with pytest.raises(ServerError, match="密码不符"):
        servers.ensure_postgres()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another identity")
class TestRoot:
    @pytest.fixture
    def no_namespaces(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A PATH whose first `unshare` fails, as in a container that forbids namespaces."""
        folder = tmp_path / "bin"
        folder.mkdir()
        (folder / "unshare").write_text("#!/bin/sh\nexit 1\n")
        (folder / "unshare").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder

    def test_data_can_be_used_with_and_without_a_namespace_in_turn(
        self, servers: Servers, no_namespaces: Path
    ) -> None:
        servers.ensure_postgres()
        query(servers, "CREATE TABLE kept AS SELECT 7 AS n")
        servers.release()
        (no_namespaces / "unshare").rename(no_namespaces / "unused")
        servers.ensure_postgres()
        assert query(servers, "SELECT n FROM kept") == (7,)
        servers.release()
        (no_namespaces / "unused").rename(no_namespaces / "unshare")
        servers.ensure_postgres()
        assert query(servers, "SELECT n FROM kept") == (7,)

    def test_without_any_other_identity_it_says_what_to_do(
        self, servers: Servers, no_namespaces: Path
    ) -> None:
        (no_namespaces / "setpriv").write_text("#!/bin/sh\nexit 1\n")
        (no_namespaces / "setpriv").chmod(0o755)
        with pytest.raises(ServerError, match=r"普通用户.*DATABASE_URL"):
            servers.ensure_postgres()

    def test_a_home_of_another_user_is_left_alone(self, servers: Servers) -> None:
        servers.home.mkdir()
        os.chown(servers.home, 65534, 65534)
        with pytest.raises(ServerError, match="另一个用户"):
            servers.ensure_postgres()
        os.chown(servers.home, 0, 0)
