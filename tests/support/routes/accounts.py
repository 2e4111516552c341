"""Who may open the pages of accounts: in and out, users and centres, the access log, the demo clock."""

from microloan.accounts.models import User
from tests.support.people import make_user
from tests.support.routing import ADMINISTRATOR, AUDITOR, EVERYONE, Role, case, row
from tests.support.world import PASSWORD, World

NEW = "tre-ord-uden-sammenhaeng"


def person(world: World) -> dict[str, int]:
    return {"pk": world.user(Role.COACH).pk}


def make_closed_user(world: World) -> User:
    return make_user(Role.COACH, username="closed", is_active=False)


def fields(**changed: str) -> dict[str, str]:
    return {"username": "nyt0001", "full_name": "Nanna Testesen", "role": "coach", "email": "", "phone": "", **changed}


ROWS = [
    row("home", allow=EVERYONE, ok=302),
    row("accounts:login", public=True, ok=302, anonymous=200),
    row("accounts:demo_login", public=True, method="post", ok=404),
    row("accounts:logout", public=True, method="post"),
    row(
        "accounts:password_change",
        allow=EVERYONE,
        method="post",
        get=200,
        data={"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
    ),
    row("accounts:extend_session", allow=EVERYONE, method="post", ok=204),
    row("accounts:profile", allow=EVERYONE, method="post", get=200),
    row("demo_clock", allow={Role.ADMINISTRATOR, Role.PROJECT_LEAD}),
    row("accounts:operations", allow={Role.ADMINISTRATOR, Role.PROJECT_LEAD}),
    row(
        "accounts:operations_run",
        allow={Role.ADMINISTRATOR, Role.PROJECT_LEAD},
        kwargs={"name": "forget_sent_forms"},
        method="post",
        get=405,
    ),
    row("accounts:users", allow=ADMINISTRATOR),
    row("accounts:user_new", allow=ADMINISTRATOR, method="post", ok=200, get=200, data=fields()),
    row("accounts:user", allow=ADMINISTRATOR, kwargs=person, method="post", get=200, data=fields()),
    row("accounts:user_close", allow=ADMINISTRATOR, kwargs=person, method="post", get=200),
    row("accounts:user_password", allow=ADMINISTRATOR, kwargs=person, method="post", ok=200),
    row(
        "accounts:user_open",
        allow=ADMINISTRATOR,
        kwargs=lambda world: {"pk": world.of(make_closed_user).pk},
        method="post",
        ok=200,
    ),
    row("accounts:centres", allow=ADMINISTRATOR),
    row(
        "accounts:centre_new",
        allow=ADMINISTRATOR,
        method="post",
        get=200,
        data={"name": "Center Vest", "code": "vest", "is_active": "on"},
    ),
    row("accounts:centre", allow=ADMINISTRATOR, kwargs=lambda world: {"pk": world.centre.pk}),
    row("accounts:access_log", allow=AUDITOR),
    row("accounts:access_log_find", allow=AUDITOR, data=case, ok=302),
    row("accounts:access_log_case", allow=AUDITOR, kwargs=case, logs=True),
    row("accounts:access_log_extract", allow=AUDITOR, kwargs=case, logs=True),
    row("accounts:changes", allow=AUDITOR, kwargs=case, logs=True),
]
