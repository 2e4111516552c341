"""The demo municipality holds nothing that its own screens refuse."""

from itertools import islice

import pytest

from microloan.accounts.demo import ensure_demo_users
from microloan.core.forms import PhoneField, PostcodeField
from reports.demo.people import people
from reports.demo.story import POSTCODE


def test_the_postcode_of_the_demo_can_be_saved_again():
    assert PostcodeField().clean(POSTCODE) == POSTCODE


def test_a_phone_number_of_the_demo_is_kept_as_a_form_keeps_it_so_that_search_finds_it():
    phones = [person.phone for person in islice(people(), 60)]
    assert phones == [PhoneField().clean(phone) for phone in phones]


@pytest.mark.django_db
def test_the_phones_of_the_demo_s_workers_are_kept_as_a_form_keeps_them():
    for user in ensure_demo_users().values():
        assert user.phone == PhoneField().clean(user.phone)
