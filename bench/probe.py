"""One piece of work in a process of its own: what it took, and how much memory at its peak.

`python -m bench.probe NAME ARGUMENT…` prints {"ms", "peak_mib", …} as JSON; DATABASE_URL says
where.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent


def probe(name: str, *arguments: str, url: str = "") -> dict[str, Any]:
    """Run one of the functions `module:function` of this package in another process."""
    environment = {**os.environ, "FENGONG_ENV": "test", "PYTHONPATH": str(_ROOT)}
    if url:
        environment["DATABASE_URL"] = url
    done = subprocess.run(  # noqa: S603  # our own module
        [sys.executable, "-m", "bench.probe", name, *arguments],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main(argv: list[str]) -> None:
    import_module("bench.django").start()
    module, function = argv[0].split(":")
    work: Callable[..., dict[str, Any] | None] = getattr(import_module(f"bench.{module}"), function)
    began = perf_counter()
    told = work(*argv[1:]) or {}
    spent = (perf_counter() - began) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"ms": spent, "peak_mib": peak, **told}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
