"""The number of the request, for pages that have no context."""

from __future__ import annotations

from django import template

from apps.common.at_work import current

register = template.Library()


@register.simple_tag
def request_id() -> str:
    """ "" where nobody has numbered the request."""
    return current().request_id
