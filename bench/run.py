"""`make bench`: measures, prints the table, keeps the figures under var/bench/."""

from __future__ import annotations

import os
import platform
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.django import start
from bench.results import Result, save, table

SIZES = (1_000, 10_000, 100_000)
# In this order: the board is opened after what is late was flagged, as it is by day.
PARTS = {
    "flagging": "bench.sweeps:flagging",
    "ledger": "bench.pages:ledger",
    "board": "bench.pages:board",
    "export": "bench.export:export",
    "imports": "bench.imports:imports",
    "papers": "bench.papers:papers",
    "processes": "bench.processes:processes",
}
_KEPT_AT = Path(__file__).resolve().parent.parent / "var" / "bench" / "results.json"


def main(argv: list[str]) -> int:
    parser = ArgumentParser(prog="bench")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--kept", action="store_true", help="databases stay for the next run")
    parser.add_argument("--template", default="", help="a migrated database to copy")
    parser.add_argument("--results", type=Path, default=_KEPT_AT)
    asked = parser.parse_args(argv)
    start()
    results = measure(asked)
    save(asked.results, results, _about(asked))
    sys.stdout.write(f"{table(results)}\n数据：{asked.results}\n")
    return 0


def measure(asked: Any) -> list[Result]:
    """All parts that were asked for, over databases that are made for it."""
    worlds = import_module("bench.worlds")
    results: list[Result] = []
    known = worlds.Worlds(sorted(asked.sizes), kept=asked.kept, template=asked.template)
    with known.standing() as made:
        for name, place in PARTS.items():
            if name in asked.only:
                worlds.say(f"{name}……")
                module, function = place.split(":")
                found = getattr(import_module(module), function)(made, turns=asked.turns)
                worlds.say(table(found))
                results += found
    return results


def _about(asked: Any) -> dict[str, object]:
    return {
        "at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "sizes": asked.sizes,
        "turns": asked.turns,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "load": os.getloadavg(),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
