"""Property tests of the rules: 200 examples each, 2,000 with `HYPOTHESIS_PROFILE=ci`."""

import os

from hypothesis import settings

settings.register_profile("rules", deadline=None, print_blob=True, max_examples=200)
settings.register_profile("ci", parent=settings.get_profile("rules"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "rules"))
