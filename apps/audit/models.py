"""The log: rows that the database itself refuses to alter, chained per object (docs/decisions.md).

Triggers (migration 0001) number and hash each row; UPDATE, DELETE and TRUNCATE are refused.
Objects and people are kept as plain ids and names, so that the log outlives both.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """One act: who, when, on what, from what to what, why, and whether it was allowed."""

    class Result(models.TextChoices):
        DONE = "done", "成功"
        REFUSED = "refused", "被拒绝"

    at = models.DateTimeField("时间", db_default=Now(), editable=False)
    business_date = models.DateField("业务日期")
    actor_id = models.CharField(max_length=40)
    actor_name = models.CharField("操作人", max_length=60)
    agency_name = models.CharField("单位", max_length=80, default="", blank=True)
    # holds a unit's whole name
    action = models.CharField("操作", max_length=160)
    object_type = models.CharField(max_length=20)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField("对象", max_length=200)
    # the unit that the act is about, empty for none; agency_name is the actor's
    about_agency_id = models.CharField(max_length=40, default="", blank=True)
    # {field: [from, to]}, values as they were shown to people
    changes = models.JSONField("变动", default=dict)
    reason = models.TextField("理由", default="", blank=True)
    result = models.CharField("结果", max_length=10, choices=Result.choices, default=Result.DONE)
    # Filled by the INSERT trigger; what a caller passes is overwritten.
    chain_no = models.PositiveIntegerField(default=0, editable=False)
    previous_hash = models.CharField(max_length=64, default="", blank=True, editable=False)
    hash = models.CharField(max_length=64, default="", blank=True, editable=False)

    class Meta:
        constraints = [
            # also serves: the log of one object, newest first
            models.UniqueConstraint(
                fields=["object_type", "object_id", "chain_no"], name="audit_entry_chain"
            ),
        ]
        # few, as every change of anything pays for them; each serves a condition of the log's page
        indexes = [
            models.Index(fields=["at", "id"], name="audit_entry_at"),
            models.Index(fields=["actor_name", "at"], name="audit_entry_actor"),
            # acts are looked for by how they begin
            models.Index(
                fields=["action"], opclasses=["varchar_pattern_ops"], name="audit_entry_action"
            ),
            models.Index(
                fields=["at"], condition=models.Q(result="refused"), name="audit_entry_refused"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_label} {self.action}"


class Head(models.Model):
    """The end of each chain, kept by the trigger: it tells when the last rows of a chain vanish."""

    object_type = models.CharField(max_length=20)
    object_id = models.CharField(max_length=64)
    length = models.PositiveIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["object_type", "object_id"], name="audit_head_object"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id}"
