"""Where the pages of screenings are, and what they say."""

from django.urls import reverse

from tests.support import pages


def address(name, screening):
    return reverse(f"screening:{name}", kwargs={"number": screening.case.number, "pk": screening.pk})


def case_page(name, case, **more):
    return reverse(f"screening:{name}", kwargs={"number": case.number, **more})


text_of = pages.text
