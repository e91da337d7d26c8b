"""Telling people: what is to be told is written with the change, and sent afterwards."""

from __future__ import annotations

from django.db import models

from apps.agencies.models import Agency


class OutboxMessage(models.Model):
    """One message to one unit; its key makes sure that the same thing is told once."""

    key = models.CharField(max_length=120, unique=True)
    # units that were told something stay
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField("标题", max_length=200)
    path = models.CharField("页面", max_length=200)
    business_date = models.DateField("业务日期")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # serves: what is still to be sent, oldest first
            models.Index(
                fields=["created_at"],
                condition=models.Q(sent_at__isnull=True),
                name="notices_outbox_unsent",
            ),
        ]

    def __str__(self) -> str:
        return self.subject
