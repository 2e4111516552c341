"""Who may open the pages of accounts: in and out, users and centres, the access log, the demo clock."""

from tests.support.routing import EVERYONE, row
from tests.support.world import PASSWORD

NEW = "tre-ord-uden-sammenhaeng"

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
]
