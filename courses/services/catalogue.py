"""What is taught and by whom: the catalogue of modules, and the register of teachers."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from courses.defaults import MODULES
from courses.models import CourseModule, Teacher
from microloan.accounts.models import User
from microloan.core.errors import Refused


@transaction.atomic
def ensure_catalogue() -> None:
    """Put in the starting modules where they are missing; changes nothing that is there."""
    for module in MODULES:
        CourseModule.objects.get_or_create(code=module["code"], defaults=module)


@transaction.atomic
def add_teacher(*, name: str, phone: str, email: str, by: User, user: User | None = None) -> Teacher:
    """Add a teacher to the register; `user` where a coach teaches, so that the calendar shows it."""
    perms.check_team(by)
    if Teacher.objects.filter(name__iexact=name.strip(), is_active=True).exists():
        raise Refused(_("There is already a teacher of that name."), field="name")
    if user is not None and Teacher.objects.filter(user=user).exists():
        raise Refused(_("The coach is in the register already."), field="user")
    return Teacher.objects.create(name=name.strip(), phone=phone.strip(), email=email.strip(), user=user)
