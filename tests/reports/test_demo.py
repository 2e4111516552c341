"""The demo municipality holds nothing that its own screens refuse."""

from microloan.core.forms import PostcodeField
from reports.demo.story import POSTCODE


def test_the_postcode_of_the_demo_can_be_saved_again():
    assert PostcodeField().clean(POSTCODE) == POSTCODE
