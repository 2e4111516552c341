from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from microloan.policy.enums import AppealVariant
from microloan.policy.models import LegalBasis, RuleSet


class Decision(models.Model):
    """What every decision keeps: who, when, on which facts (frozen), under which basis and rules (architecture.md §3).

    A concrete decision is proposed first and locked by a trigger once `decided_at` is set.
    """

    legal_basis = models.ForeignKey(LegalBasis, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    rule_set = models.ForeignKey(RuleSet, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict, blank=True)
    reasons = models.TextField(_("reasons"), blank=True)
    appeal_variant = models.CharField(max_length=30, choices=AppealVariant, blank=True)
    decided_on = models.DateField(_("decided"), null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def is_decided(self) -> bool:
        return self.decided_at is not None
