from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from microloan.accounts.demo import DEMO_PASSWORD, DEMO_USERNAMES, DEMO_USERS
from microloan.accounts.models import User
from microloan.core.commands import ReportingCommand


class Command(ReportingCommand):
    help = "Print the demo logins (demo mode only)"

    def run(self, **options: Any) -> dict[str, Any]:
        if not settings.DEMO:
            raise CommandError("There are demo logins in demo mode only.")
        users = {user.username: user for user in User.objects.filter(username__in=DEMO_USERNAMES, is_active=True)}
        present = [users[person.username] for person in DEMO_USERS if person.username in users]
        return {
            "password": DEMO_PASSWORD,
            "users": [{"role": u.role, "username": u.username, "name": u.full_name} for u in present],
        }

    def as_text(self, document: dict[str, Any]) -> str:
        lines = [f"  {user['username']:<16} {user['name']:<20} {user['role']}" for user in document["users"]]
        return "\n".join(["Demo logins:", *lines, f"Password for all of them: {document['password']}"])
