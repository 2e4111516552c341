"""Bring the database up to date, load the demo municipality into an empty one, write the demo logins to stdout."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microloan.settings")

import django  # noqa: E402
from django.core.management import call_command, get_commands  # noqa: E402
from say import say  # noqa: E402


def main() -> None:
    django.setup()
    from django.contrib.auth import get_user_model

    say("bringing the database up to date")
    call_command("migrate", interactive=False, verbosity=0, stdout=sys.stderr)
    if not get_user_model().objects.exists() and "seed_demo" in get_commands():
        say("loading the demo municipality")
        call_command("seed_demo", stdout=sys.stderr)
    if "demo_logins" in get_commands():
        call_command("demo_logins", stdout=sys.stdout)


if __name__ == "__main__":
    main()
