"""What happens with users and centres, and the one way into the access log."""

import secrets
from collections.abc import Iterable
from datetime import date

import structlog
from axes.utils import reset as unlock
from django.db import transaction
from django.utils.translation import gettext as _

from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.lockout import counted_name
from microloan.accounts.models import AccessLog, Centre, User
from microloan.core.errors import Refused

# Without characters that are mistaken for others when read aloud or from paper.
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105
PASSWORD_GROUPS, GROUP_LENGTH = 4, 4


def log_access(
    *,
    user: User,
    action: AccessAction,
    what: str,
    purpose: str,
    citizen_ids: Iterable[int] = (),
    case_numbers: Iterable[str] = (),
) -> AccessLog:
    """Write one line of the access log (danish-rules.md §7). `what` and `purpose` never hold a name or CPR number."""
    context = structlog.contextvars.get_contextvars()
    return AccessLog.objects.create(
        user=user,
        role=user.role,
        action=action,
        what=what,
        purpose=purpose,
        citizen_ids=sorted(set(citizen_ids)),
        case_numbers=sorted(set(case_numbers)),
        request_id=str(context.get("request_id", ""))[:40],
    )


# --- Users: made, changed, closed; never deleted, for the logs name them ------------------------------------------------


@transaction.atomic
def create_user(
    *,
    username: str,
    full_name: str,
    role: str,
    centre: Centre | None,
    specialist_trained_on: date | None,
    email: str,
    phone: str,
    by: User,
) -> tuple[User, str]:
    """A new user, and the password to hand over once; it must be changed at the first log-in."""
    _administrator(by)
    username = username.strip()
    _check_user(username=username, role=role, centre=centre)
    password = new_temporary_password()
    user = User(
        username=username,
        full_name=full_name.strip(),
        role=role,
        centre=centre,
        specialist_trained_on=specialist_trained_on,
        email=email,
        phone=phone,
        must_change_password=True,
    )
    user.set_password(password)
    user.save()
    return user, password


@transaction.atomic
def create_first_administrator(*, username: str, full_name: str) -> tuple[User, str]:
    """The one user made without a user: the administrator of a new installation, and the password to hand over once."""
    if User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exists():
        raise Refused(_("There is an administrator already, who can make others."))
    username = username.strip()
    _check_user(username=username, role=Role.ADMINISTRATOR, centre=None)
    password = new_temporary_password()
    user = User(username=username, full_name=full_name.strip(), role=Role.ADMINISTRATOR, must_change_password=True)
    user.set_password(password)
    user.full_clean()
    user.save()
    return user, password


@transaction.atomic
def update_user(
    *,
    user: User,
    username: str,
    full_name: str,
    role: str,
    centre: Centre | None,
    specialist_trained_on: date | None,
    email: str,
    phone: str,
    by: User,
) -> User:
    """Change what is kept about a user. A new role takes effect at the user's next click."""
    _administrator(by)
    user = _locked(user)
    username = username.strip()
    _check_user(username=username, role=role, centre=centre, user=user)
    if user.role == Role.ADMINISTRATOR and role != Role.ADMINISTRATOR:
        _another_administrator_than(user)
    user.username, user.full_name, user.role, user.centre = username, full_name.strip(), role, centre
    user.specialist_trained_on, user.email, user.phone = specialist_trained_on, email, phone
    user.save()
    return user


@transaction.atomic
def deactivate_user(*, user: User, by: User) -> User:
    """Close a user's access at once; what the user has written stays under the name."""
    _administrator(by)
    user = _locked(user)
    if user.pk == by.pk:
        raise Refused(_("You cannot close your own access. Another administrator has to do it."))
    if user.role == Role.ADMINISTRATOR:
        _another_administrator_than(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user


@transaction.atomic
def reactivate_user(*, user: User, by: User) -> tuple[User, str]:
    """Open a user's access again, with a new password to hand over once."""
    _administrator(by)
    user = _locked(user)
    user.is_active = True
    return user, _give_temporary_password(user)


@transaction.atomic
def reset_password(*, user: User, by: User) -> tuple[User, str]:
    """Give a user a new password to hand over once; sessions that are open end, since the password no longer fits."""
    _administrator(by)
    user = _locked(user)
    if not user.is_active:
        raise Refused(_("The user has no access. Open the access first."))
    return user, _give_temporary_password(user)


@transaction.atomic
def own_password_chosen(*, user: User) -> None:
    """The user has chosen an own password."""
    User.objects.filter(pk=user.pk).update(must_change_password=False)


@transaction.atomic
def save_preferences(*, user: User, shortcuts_enabled: bool, digest: str | None = None) -> None:
    changed = {"shortcuts_enabled": shortcuts_enabled, "digest": digest or user.digest}
    User.objects.filter(pk=user.pk).update(**changed)


def new_temporary_password() -> str:
    """Easy to read aloud, and 79 bits: `k7mz-…`."""
    groups = ("".join(secrets.choice(PASSWORD_LETTERS) for _n in range(GROUP_LENGTH)) for _g in range(PASSWORD_GROUPS))
    return "-".join(groups)


def _give_temporary_password(user: User) -> str:
    password = new_temporary_password()
    user.set_password(password)
    user.must_change_password = True
    user.save()
    unlock(username=counted_name(user.username))
    return password


def _administrator(by: User) -> None:
    if by.role != Role.ADMINISTRATOR:
        raise Refused(_("Only an administrator can do this."))


def _locked(user: User) -> User:
    return User.objects.select_for_update(of=("self",)).get(pk=user.pk)


def _check_user(*, username: str, role: str, centre: Centre | None, user: User | None = None) -> None:
    same_name = User.objects.filter(username__iexact=username)
    if user is not None:
        same_name = same_name.exclude(pk=user.pk)
    if same_name.exists():
        raise Refused(_("The user name is taken. Choose another."), field="username")
    if role == Role.REFERRAL_SPECIALIST and centre is None:
        raise Refused(_("Choose the centre of the referral specialist."), field="centre")


def _another_administrator_than(user: User) -> None:
    """Locks the others, so that two administrators cannot close each other's access at the same time."""
    others = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    if not list(others):
        raise Refused(_("There must be at least one administrator. Make another one first."))


# --- Centres ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_centre(*, centre: Centre | None, name: str, code: str, is_active: bool, by: User) -> Centre:
    """Make or change a centre. One that people belong to stays in use until they have another."""
    _administrator(by)
    centre = centre or Centre()
    if Centre.objects.filter(code=code).exclude(pk=centre.pk).exists():
        raise Refused(_("The short name is taken. Choose another."), field="code")
    if not is_active and centre.pk and centre.users.filter(is_active=True).exists():
        raise Refused(_("Users belong to the centre. Give them another centre first."), field="is_active")
    centre.name, centre.code, centre.is_active = name.strip(), code, is_active
    centre.save()
    return centre
