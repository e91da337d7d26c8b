"""The one door for .docx papers: official layout (GB/T 9704), written and never read.

Nothing else in the project imports python-docx (an import contract says so).
"""

from __future__ import annotations

from apps.common.papers.markup import straight
from apps.common.papers.model import (
    ANNEX_WIDTH,
    TEXT_WIDTH,
    Annex,
    Face,
    Grid,
    Paper,
    Part,
    Place,
    TextLine,
)
from apps.common.papers.title import title_lines
from apps.common.papers.writing import PAPER_TYPE, write_paper

__all__ = [
    "ANNEX_WIDTH",
    "PAPER_TYPE",
    "TEXT_WIDTH",
    "Annex",
    "Face",
    "Grid",
    "Paper",
    "Part",
    "Place",
    "TextLine",
    "straight",
    "title_lines",
    "write_paper",
]
