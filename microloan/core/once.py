"""A form that is sent twice is saved once: a double press, or a browser that sends again (docs/decisions/123).

The script on the page stops the second press; this holds without it, and where two presses reach two processes at once.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from microloan.core import clock
from microloan.core.jobs import Counts
from microloan.core.models import SentForm

# Later than this the same words from the same page are meant.
WITHIN = timedelta(minutes=5)
View = Callable[..., HttpResponse]


def sent_once(view: View) -> View:
    """For views that make something by POST and answer with a redirect. The second of two equal posts gets the answer
    of the first, which it waits for. What was refused is not remembered: it may be sent again."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        key, now = _key_of(request), clock.now()
        SentForm.objects.filter(key=key, at__lt=now - WITHIN).delete()
        sent, is_first = SentForm.objects.get_or_create(key=key, defaults={"at": now})
        if not is_first:
            messages.info(request, _("It had been sent already, so it is saved once."))
            return redirect(sent.answer or request.path)
        response = view(request, *args, **kwargs)
        if 300 <= response.status_code < 400:
            SentForm.objects.filter(pk=sent.pk).update(answer=response["Location"])
        else:
            sent.delete()
        return response

    return guarded


def _key_of(request: HttpRequest) -> str:
    """Who sent what to where; keyed, so that nothing typed can be guessed from it. The token of the form tells one showing
    of a page from another."""
    files = [(name, _digest(file)) for name, many in request.FILES.lists() for file in many]
    content = [request.user.pk, request.get_full_path(), sorted(request.POST.lists()), files]
    return salted_hmac("microloan.once", json.dumps(content), algorithm="sha256").hexdigest()


def _digest(file: Any) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def forget_sent_forms(today: date) -> Counts:
    """The daily job: what is older than the time in which it counts."""
    deleted, _per_model = SentForm.objects.filter(at__lt=clock.now() - WITHIN).delete()
    return Counts(created=deleted)
