"""Views of a list under a name: one's own, or shared with the team (ui-guide.md §2)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from cases.models import SavedView
from cases.perms import check_shown, check_team
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Refused

MOST_VIEWS = 20
LONGEST_QUERY = 500


def save_view(*, owner: User, page: str, name: str, query: str, is_shared: bool) -> SavedView:
    """Keep these filters under a name. The same name again is refused, so that nothing is lost unseen."""
    check_team(owner)
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Write a name for the view."), field="name")
    check_shown(name, field="name")
    if len(query) > LONGEST_QUERY:
        raise Refused(_("The view has too many filters to be saved. Remove some of them."))
    if SavedView.objects.kept().filter(owner=owner, page=page).count() >= MOST_VIEWS:
        raise Refused(_("You have %(number)s views. Remove one of them first.") % {"number": MOST_VIEWS})
    try:
        with transaction.atomic():
            return SavedView.objects.create(owner=owner, page=page, name=name, query=query, is_shared=is_shared)
    except IntegrityError as error:
        if "saved_view_one_name" not in str(error):
            raise
        raise Refused(_("You have a view with that name. Choose another name."), field="name") from None


def may_remove(view: SavedView, user: User) -> bool:
    """One's own; the project lead may also tidy up what is shared."""
    return view.owner_id == user.pk or (view.is_shared and user.role == Role.PROJECT_LEAD)


@transaction.atomic
def remove_view(*, view: SavedView, by: User) -> SavedView:
    view = SavedView.objects.select_for_update().get(pk=view.pk)
    check_team(by)
    if not may_remove(view, by):
        raise Refused(_("Only the one who saved the view can remove it."))
    if view.removed_at is None:
        view.removed_at = clock.now()
        view.save(update_fields=["removed_at"])
    return view


def restore_view(*, view: SavedView, by: User) -> SavedView:
    """Bring a removed view back, unless its name has been taken since."""
    check_team(by)
    if not may_remove(view, by):
        raise Refused(_("Only the one who saved the view can remove it."))
    try:
        with transaction.atomic():
            SavedView.objects.filter(pk=view.pk).update(removed_at=None)
    except IntegrityError as error:
        if "saved_view_one_name" not in str(error):
            raise
        raise Refused(_("You have a view with that name. Choose another name.")) from None
    view.refresh_from_db()
    return view
