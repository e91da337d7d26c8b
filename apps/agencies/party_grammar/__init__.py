"""How a responsibility wording is read; its door is apps/agencies/parties.py.

`spelling` writes the odd forms of punctuation one way, `rules` takes out what is said about all
rows, `tokens` and `lists` cut the text into `pieces` (labels, names, verbs, stops) with the help of
`words` (verbs and labels), `names` (what the name of a body looks like) and `prose` (what is none);
`reader` says who is mentioned as what, `judge` turns that into roles.
"""

from __future__ import annotations
