"""Which verb a deadline is tied to, when reaching it is not yet completion (product.md D2)."""

from __future__ import annotations

import re

_NOT_VERB = "(?!之?日|以?后|之后|以?前|之前|率|仪式|的|督办|销号|整治|资金|区(?!域)|器|下)"
_MILESTONE = re.compile(
    r"(?:动工|(?<!新)开工|开建|奠基|破土|出台|印发|启动|挂牌|揭牌|(?<!线)上线|试运[行营]|开通|封顶|立项)"
    rf"{_NOT_VERB}"
)
# Comes after the work itself, whatever stands before it: 建成投用, 完成改造后投入使用.
_USE = re.compile(rf"(?:投入使用|投入运[行营]|投入生产|投用|投运|投产){_NOT_VERB}")
_COMPLETION = re.compile("完成|完工|竣工|办结|验收")
_CLAUSE = re.compile("[,;。]")
_STEP = re.compile("[并且、和]|后(?=启动|开工|动工|挂牌|出台|印发)")


def read_milestone(before: str, after: str) -> str | None:
    """`before` and `after` are the words around a date, in `Source.norm`.

    The first clause after the date that names a milestone or a completion decides; failing that,
    the words directly before it (动工时间:5月底).
    """
    for clause in _CLAUSE.split(after):
        verb = _last_step(clause)
        if verb is not None:
            return verb or None
    return _last_step(_CLAUSE.split(before)[-1]) or None


def _last_step(clause: str) -> str | None:
    """The milestone; "" for a completion; None where neither is named. 启动并完成 completes."""
    verb: str | None = None
    for step in _STEP.split(clause):
        milestone, completion = _MILESTONE.search(step), _COMPLETION.search(step)
        if use := _USE.search(step):
            verb = use[0]
        elif milestone and (completion is None or milestone.start() < completion.start()):
            verb = milestone[0]
        elif completion:
            verb = ""
    return verb
