from typing import Any

import pgtrigger
from django.apps import apps
from django.core.management.base import CommandError
from django.db import models, transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast

from microloan.core.commands import ReportingCommand
from microloan.core.fields import CannotDecrypt, EncryptedTextField, decrypt, encrypt, is_current

BATCH = 500


class Command(ReportingCommand):
    help = "Encrypts every CPR number anew with the first key of CPR_ENCRYPTION_KEYS, after which older keys may go."

    def run(self, **options: Any) -> dict[str, Any]:
        counts = {"checked": 0, "rewritten": 0}
        for model in apps.get_models():
            for field in model._meta.local_fields:
                if isinstance(field, EncryptedTextField):
                    for name, count in rotate(model, field).items():
                        counts[name] += count
        return counts

    def as_text(self, document: dict[str, Any]) -> str:
        return f"{document['checked']} values checked, {document['rewritten']} encrypted with the newest key"


def rotate(model: type[models.Model], field: EncryptedTextField) -> dict[str, int]:
    """Rewrite one column in batches. The guards of the table look away: the values stay what they are."""
    checked = rewritten = last = 0
    while batch := _next_batch(model, field, last):
        last = batch[-1][0]
        checked += len(batch)
        old = [(pk, stored) for pk, stored in batch if not is_current(stored)]
        rewritten += len(old)
        with transaction.atomic(), pgtrigger.ignore():
            for pk, stored in old:
                _rewrite(model, field, pk, stored)
    return {"checked": checked, "rewritten": rewritten}


def _next_batch(model: type[models.Model], field: EncryptedTextField, after: int) -> list[tuple[Any, str]]:
    rows = model._base_manager.filter(**{f"{field.name}__isnull": False, "pk__gt": after}).order_by("pk")
    return list(rows.annotate(stored_text=Cast(F(field.name), TextField())).values_list("pk", "stored_text")[:BATCH])


def _rewrite(model: type[models.Model], field: EncryptedTextField, pk: Any, stored: str) -> None:
    try:
        text = decrypt(stored, purpose=field.purpose)
    except CannotDecrypt as error:
        raise CommandError(f"{model._meta.label} {pk}: {error}") from error
    fresh = models.Value(encrypt(text, purpose=field.purpose), output_field=TextField())
    unchanged = model._base_manager.annotate(stored_text=Cast(F(field.name), TextField()))
    unchanged.filter(pk=pk, stored_text=stored).update(**{field.name: fresh})
