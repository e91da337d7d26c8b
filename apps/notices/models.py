"""Telling people: what is to be told is written with the change, and sent afterwards."""

from __future__ import annotations

from django.db import models

from apps.accounts.models import Membership, User
from apps.agencies.models import Agency


class Message(models.Model):
    """消息: one message to one unit; its key makes sure that the same thing is told once.

    It stands in the inbox of the unit's people as soon as it is written.
    """

    key = models.CharField(max_length=120, unique=True)
    # units that were told something stay
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    # whom in the unit it concerns; empty: everybody
    role = models.CharField(
        "身份", max_length=12, choices=Membership.Role.choices, default="", blank=True
    )
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("内容", default="", blank=True)
    path = models.CharField("页面", max_length=200)
    business_date = models.DateField("业务日期")
    created_at = models.DateTimeField(auto_now_add=True)
    # when its mails were written down as Delivery, one for each person with an address
    addressed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # serves: what is still to be addressed, oldest first
            models.Index(
                fields=["created_at"],
                condition=models.Q(addressed_at__isnull=True),
                name="notices_message_unaddressed",
            ),
            # serves: the inbox, newest first
            models.Index(fields=["agency", "-created_at"], name="notices_message_inbox"),
        ]

    def __str__(self) -> str:
        return self.subject


class Reading(models.Model):
    """Somebody has read a message."""

    # says nothing without its ends
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="notices_reading_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.message}"


class Delivery(models.Model):
    """One mail to one person.

    Claimed, in a transaction of its own, before it is handed to the mail server: after a crash
    between the two nobody knows whether it went out, and it is not sent again. The message stands
    in the inbox all the same. Claimed, not sent and with an `error`: refused for good.
    """

    # says nothing without its ends
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    address = models.EmailField("电子邮箱")
    digest = models.BooleanField("并入每日汇总", default=False)
    # not before this instant: the next morning for a digest, a while after a refusal
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField("未送出原因", max_length=300, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "user"], name="notices_delivery_once"),
        ]
        indexes = [
            # serves: what is still to be sent, what is due longest first
            models.Index(
                fields=["due_at"],
                condition=models.Q(claimed_at__isnull=True),
                name="notices_delivery_unsent",
            ),
            # serves: what was refused for good, or nobody knows about
            models.Index(
                fields=["claimed_at"],
                condition=models.Q(claimed_at__isnull=False, sent_at__isnull=True),
                name="notices_delivery_troubled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.message}"
