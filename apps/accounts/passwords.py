"""What a password must be, and the temporary ones that are shown once."""

from __future__ import annotations

import secrets
import string

from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher, make_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.accounts.models import User

MIN_LENGTH = 10
_KINDS = 3
_LOWER = "abcdefghijkmnpqrstuvwxyz"
_UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"
_GROUP, _GROUPS = 4, 3
# Enough for twelve random characters; the first log-in raises it to what is usual. Hashing a list
# of accounts at the usual cost would keep the page waiting for minutes.
_FEW_ITERATIONS = 20_000


class StrengthValidator:
    """Long enough, and three of the four: capitals, small letters, digits, other characters."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002  # Django's signature
        wrong = []
        if len(password) < MIN_LENGTH:
            said = {"least": MIN_LENGTH, "length": len(password)}
            wrong.append(
                ValidationError(
                    _("密码至少 %(least)d 个字符，现在是 %(length)d 个。") % said, code="too_short"
                )
            )
        if len({_kind(letter) for letter in password}) < _KINDS:
            wrong.append(
                ValidationError(
                    _("密码须含大写字母、小写字母、数字、其他符号四类中的至少三类。"), code="kinds"
                )
            )
        if wrong:
            raise ValidationError(wrong)

    def get_help_text(self) -> str:
        return _(
            "至少 %(least)d 个字符，含大写字母、小写字母、数字、其他符号四类中的至少三类；"
            "不能是常见密码，也不能和用户名、姓名相近。"
        ) % {"least": MIN_LENGTH}


def _kind(letter: str) -> str:
    if letter in string.ascii_uppercase:
        return "upper"
    if letter in string.ascii_lowercase:
        return "lower"
    return "digit" if letter in string.digits else "other"


def temporary_password() -> str:
    """Like kmPa-7tGh-x4Wd: to be read aloud, typed once, and changed; no 0, O, 1, l, I, o."""
    letters = _LOWER + _UPPER + _DIGITS
    while True:
        password = "-".join(
            "".join(secrets.choice(letters) for _ in range(_GROUP)) for _ in range(_GROUPS)
        )
        # the hyphen is the third kind
        if set(password) & set(_DIGITS) and set(password) & set(_UPPER):
            return password


def temporary_hash(password: str) -> str:
    """How a temporary password is kept; never for one that a person has thought of."""
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return str(hasher.encode(password, hasher.salt(), iterations=_FEW_ITERATIONS))
    return make_password(password)
