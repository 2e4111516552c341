"""Where the pages of screenings are, and what they say."""

import html
import re

from django.urls import reverse


def address(name, screening):
    return reverse(f"screening:{name}", kwargs={"number": screening.case.number, "pk": screening.pk})


def case_page(name, case, **more):
    return reverse(f"screening:{name}", kwargs={"number": case.number, **more})


def text_of(response):
    """The words of the page, as read."""
    body = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))
