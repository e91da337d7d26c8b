"""What the head of every page says about the inbox."""

from __future__ import annotations

from django import template

from apps.notices.selectors import unread_count

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_messages(context: template.Context) -> int:
    """How many messages wait unread; asked only where it is drawn, and on the frame's own day."""
    return unread_count(context["request"].user, context["frame"].business_date)
