"""Own and shared views of Mit arbejde and of the case list."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from cases import services
from cases.models import SavedView
from cases.services.saved_views import MOST_VIEWS
from microloan.core.errors import Refused
from tests.cases import builders

WORK = "/work/"
LIST = "/cases/"


def save(owner, name="Min visning", page="work", query="view=team", is_shared=False):
    return services.save_view(owner=owner, page=page, name=name, query=query, is_shared=is_shared)


def labels(response):
    return [view["label"] for view in response.context["saved_views"]]


def test_a_view_is_saved_with_what_means_something_and_found_again(cast, client_for):
    client = client_for(cast.coach)
    address = f"{reverse('cases:view_new')}?list=work&view=team&due=late&phase=&page=3&owner={cast.coach.pk}&x=<b>"
    assert ("Filtre", "Ansvarlig: Mette Medarbejder, Frist: Over fristen") in client.get(address).context["rows"]
    response = client.post(address, {"name": "  Sent  hos mig "})
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("Sent hos mig", f"view=team&owner={cast.coach.pk}&due=late")
    page = client.get(response.url)
    assert labels(page) == ["Sent hos mig"]
    assert page.context["saved_views"][0]["current"]
    assert not client.get(WORK).context["saved_views"][0]["current"]


def test_the_case_list_keeps_filters_and_order(cast, client_for):
    client = client_for(cast.coach)
    address = f"{reverse('cases:view_new')}?list=cases&sort=-citizen&phase=recruitment&waiting_on=citizen"
    client.post(address, {"name": "Venter", "is_shared": "on"})
    view = SavedView.objects.get()
    assert (view.page, view.query) == ("cases", "sort=-citizen&phase=recruitment&waiting_on=citizen")
    assert labels(client_for(cast.other_coach).get(LIST)) == ["Venter (Mette M.)"]
    assert labels(client_for(cast.other_coach).get(WORK)) == []


def test_one_s_own_view_is_nobody_else_s(cast, client_for):
    view = save(cast.coach)
    client = client_for(cast.lead)
    assert labels(client.get(WORK)) == []
    assert client.post(reverse("cases:view_remove", args=[view.pk])).status_code == 404
    assert client.post(reverse("cases:view_restore", args=[view.pk])).status_code == 404


def test_a_view_is_removed_and_brought_back(cast, client_for):
    view = save(cast.coach)
    client = client_for(cast.coach)
    page = client.post(reverse("cases:view_remove", args=[view.pk]), follow=True).content.decode()
    assert "Visningen »Min visning« er fjernet." in page
    assert labels(client.get(WORK)) == []
    client.post(reverse("cases:view_restore", args=[view.pk]))
    assert labels(client.get(WORK)) == ["Min visning"]


def test_shared_views_are_removed_by_their_owner_or_the_project_lead(cast, client_for):
    view = save(cast.coach, is_shared=True)
    with pytest.raises(Refused):
        services.remove_view(view=view, by=cast.other_coach)
    page = client_for(cast.other_coach).get(reverse("cases:saved_views")).content.decode()
    assert reverse("cases:view_remove", args=[view.pk]) not in page
    services.remove_view(view=view, by=cast.lead)
    assert not SavedView.objects.kept().exists()


def test_names_are_one_s_own_and_unique(cast):
    view = save(cast.coach, "Sent")
    save(cast.lead, "Sent")
    save(cast.coach, "Sent", page="cases")
    with pytest.raises(Refused, match="Vælg et andet navn"):
        save(cast.coach, "SENT")
    with pytest.raises(IntegrityError, match="saved_view_one_name"), transaction.atomic():
        SavedView.objects.create(owner=cast.coach, page="work", name="sent")
    with pytest.raises(IntegrityError, match="saved_view_named"), transaction.atomic():
        SavedView.objects.create(owner=cast.coach, page="work", name="")
    services.remove_view(view=view, by=cast.coach)
    save(cast.coach, "Sent")
    with pytest.raises(Refused, match="Vælg et andet navn"):
        services.restore_view(view=view, by=cast.coach)


def test_nobody_collects_views_without_end(cast):
    for number in range(MOST_VIEWS):
        save(cast.coach, f"Visning {number}")
    with pytest.raises(Refused, match="Fjern en af dem"):
        save(cast.coach, "En til")


def test_only_the_team_has_views(cast):
    with pytest.raises(Refused):
        save(cast.caseworker)


# --- Filters of Mit arbejde --------------------------------------------------------------------------------------------------


def test_tasks_are_filtered_and_the_filters_can_be_removed(cast, client_for):
    case = builders.accepted(cast.caseworker, cast.coach, name="Amina Testesen")
    services.add_task(case=case, title="Ring", due_on=builders.TODAY, holder="citizen", owner=cast.coach, by=cast.coach)
    builders.refer(cast.colleague)
    client = client_for(cast.coach)

    def shown(**query):
        page = client.get(WORK, {"view": "waiting" if "holder" in query else "team", **query})
        return [row.task.label for group in page.context["groups"] for row in group["rows"]]

    assert shown(holder="citizen") == ["Ring"]
    assert shown(holder="caseworker") == []
    assert shown(phase="referred") == ["Ring til borgeren og besvar henvisningen"]
    assert shown(owner="none") == ["Ring til borgeren og besvar henvisningen"]
    assert shown(centre=cast.north.pk, due="soon") == ["Hold telefonsamtalen"]
    assert shown(origin="hand") == []
    page = client.get(WORK, {"view": "team", "due": "soon", "centre": cast.north.pk})
    assert [tag["url"] for tag in page.context["tags"]] == [
        f"?view=team&centre={cast.north.pk}",
        "?view=team&due=soon",
    ]
    assert page.context["total"] == 1
