"""Who may open the pages of a case and the lists of cases."""

from datetime import timedelta

from cases import services
from cases.enums import ContactKind, Holder
from cases.models import CaseFile, Mentor
from microloan.core import clock
from tests.support.files import png
from tests.support.routing import CASE_READERS, LEAD, REFERRERS, TEAM, Role, case, row
from tests.support.world import World


def make_task(world: World):
    coach = world.user(Role.COACH)
    return services.add_task(
        case=world.case, title="Ring til banken", due_on=world.today, holder=Holder.TEAM, owner=coach, by=coach
    )


def make_contact(world: World):
    return services.plan_contact(
        case=world.case,
        kind=ContactKind.COACHING,
        at=clock.now() + timedelta(days=2),
        place="",
        staff=[world.user(Role.COACH)],
        by=world.user(Role.COACH),
        today=world.today,
    )


def make_token(world: World) -> str:
    return services.renew_feed(user=world.user(Role.COACH))


def make_referral(world: World) -> CaseFile:
    return world.refer("7503801234", "Bo Testesen")


def make_closed(world: World) -> CaseFile:
    lead = world.user(Role.PROJECT_LEAD)
    found = world.refer("7603801234", "Carla Testesen")
    return services.close_case(case=found, reason="found_job", choice_of="citizen", text="", by=lead, today=world.today)


def flag(world: World) -> dict[str, object]:
    made = world.of(make_flag)
    return {**case(world), "pk": made.pk}


def make_mentor(world: World):
    values = {"name": "Mona Testesen", "trade": "Bager", "from_on": world.today}
    return services.add_person(
        case=world.case, kind=Mentor, values=values, by=world.user(Role.COACH), today=world.today
    )


def make_consent(world: World):
    return services.give_consent(
        case=world.case,
        kind="bank_view",
        scope="Bankrådgiveren",
        given_on=world.today,
        by=world.user(Role.COACH),
        today=world.today,
    )


def make_exemption(world: World):
    return services.exempt(
        case=world.case,
        from_on=world.today,
        to_on=None,
        begun_before="Danskkursus",
        useful="",
        consultant=world.user(Role.CASEWORKER),
        by=world.user(Role.COACH),
        today=world.today,
    )


def make_handover(world: World):
    world.of(make_task)
    return services.hand_over(
        worker=world.user(Role.COACH),
        to=world.user(Role.PROJECT_LEAD),
        note="Ny coach",
        by=world.user(Role.PROJECT_LEAD),
        today=world.today,
    )


def make_absence(world: World):
    return services.record_absence(
        worker=world.user(Role.COACH),
        substitute=world.user(Role.PROJECT_LEAD),
        from_on=world.today,
        to_on=world.today + timedelta(days=7),
        note="",
        by=world.user(Role.COACH),
        today=world.today,
    )


def of_case(make):
    return lambda world: {**case(world), "pk": world.of(make).pk}


def make_flag(world: World):
    return services.raise_flag(case=world.case, reason="Ring til banken", by=world.user(Role.COACH))


def done_task(world: World):
    return services.complete_task(task=world.of(make_task), by=world.user(Role.COACH))


def referral(world: World) -> dict[str, str]:
    return {"number": world.of(make_referral).number}


def closed(world: World) -> dict[str, str]:
    return {"number": world.of(make_closed).number}


def entry(world: World) -> dict[str, object]:
    return {**case(world), "pk": world.case.journal.order_by("pk").first().pk}


def make_document(world: World):
    return services.add_document(
        case=world.case,
        upload=services.Upload("plan.png", png()),
        kind="business_plan",
        title="Forretningsplan",
        dated=world.today,
        others_data=False,
        by=world.user(Role.COACH),
        today=world.today,
    )


def document(world: World) -> dict[str, object]:
    return {**case(world), "pk": world.of(make_document).pk}


def make_case_file(world: World):
    ordered = services.order_case_file(
        case=world.case, sections=["contacts"], leave_out=True, mask_cpr=True, by=world.user(Role.COACH)
    )
    return services.make_ordered_case_file(ordered.pk)


def made_case_file(world: World) -> dict[str, object]:
    return {**case(world), "pk": world.of(make_case_file).pk}


def bulk_change(world: World):
    """Each user may undo only what is their own, so the table asks as the one logged in."""
    task = world.of(make_task)
    return services.move_tasks(
        task_ids=[task.pk], due_on=world.today + timedelta(days=3), by=world.user(Role.COACH), today=world.today
    )


def shared_view(world: World):
    return services.save_view(owner=world.user(Role.PROJECT_LEAD), page="work", name="Fælles", query="", is_shared=True)


OFFICER = Role.BENEFITS_OFFICER

ROWS = [
    row("cases:work", allow=TEAM),
    row("cases:list", allow=TEAM),
    row("cases:task_new", allow=TEAM),
    row("cases:task_done", allow=TEAM, method="post", kwargs=lambda w: {"pk": w.of(make_task).pk}),
    row("cases:task_undo", allow=TEAM, method="post", kwargs=lambda w: {"pk": w.of(done_task).pk}),
    row("cases:calendar", allow=TEAM),
    row("cases:calendar_address", allow=TEAM),
    row("cases:calendar_feed", public=True, strangers=200, kwargs=lambda w: {"token": w.of(make_token)}),
    row("cases:search", allow=CASE_READERS, method="post", ok=200, get=200, data={"q": "Testesen"}),
    row("cases:handover", allow=TEAM),
    row("cases:handover_new", allow=TEAM),
    row("cases:handover_receipt", allow=TEAM, kwargs=lambda w: {"pk": w.of(make_handover).pk}),
    row("cases:absence_new", allow=TEAM),
    row(
        "cases:absence_cancel",
        allow=TEAM,
        method="post",
        get=302,
        kwargs=lambda w: {"pk": w.of(make_absence).pk},
    ),
    row("cases:referral_new", allow=TEAM | REFERRERS),
    # A draft of a kind that somebody may not write does not exist for them.
    row("cases:draft", allow=TEAM | REFERRERS, method="post", get=302, other=404, kwargs={"kind": "referral"}),
    row("cases:draft_delete", allow=TEAM | REFERRERS, method="post", get=302, other=404, kwargs={"kind": "referral"}),
    row("cases:my_referrals", allow=REFERRERS),
    row("cases:referral_detail", allow=REFERRERS, kwargs=case, logs=True),
    row("cases:referral_receipt", allow=TEAM | REFERRERS, kwargs=case, logs=True),
    row("cases:detail", allow=TEAM, kwargs=case, logs=True),
    # The benefits officer meets a case when it has a loan; this one has none.
    row(
        "cases:reveal",
        allow=TEAM,
        codes={OFFICER: 404},
        method="post",
        ok=200,
        kwargs=case,
        data={"what": "cpr"},
        logs=True,
    ),
    row("cases:journal", allow=TEAM, kwargs=case, logs=True),
    row("cases:journal_correct", allow=TEAM, kwargs=entry, logs=True),
    row("cases:journal_mark", allow=TEAM, kwargs=entry, logs=True),
    row("cases:case_file", allow=TEAM, kwargs=case, logs=True),
    row("cases:case_file_download", allow=TEAM, kwargs=made_case_file, logs=True),
    row("cases:documents", allow=TEAM, kwargs=case, logs=True),
    row("cases:documents_withdrawn", allow=LEAD, kwargs=case, logs=True),
    row("cases:document_withdraw", allow=TEAM, kwargs=document, logs=True),
    row("cases:document_new", allow=TEAM, kwargs=case, logs=True),
    row("cases:document", allow=TEAM, kwargs=document, logs=True),
    row("cases:document_edit", allow=TEAM, kwargs=document, logs=True),
    row("cases:document_version_new", allow=TEAM, kwargs=document, logs=True),
    row("cases:document_file", allow=TEAM, kwargs=lambda w: {**document(w), "version": 1}, logs=True),
    row("cases:tasks", allow=TEAM, kwargs=case, logs=True),
    row("cases:case_task_new", allow=TEAM, kwargs=case, logs=True),
    row("cases:case_task_edit", allow=TEAM, kwargs=lambda w: {**case(w), "pk": w.of(make_task).pk}, logs=True),
    row("cases:contact_new", allow=TEAM, kwargs=case, logs=True),
    row("cases:contact", allow=TEAM, kwargs=lambda w: {**case(w), "pk": w.of(make_contact).pk}, logs=True),
    row("cases:contacts", allow=TEAM, kwargs=case, logs=True),
    row("cases:contact_move", allow=TEAM, kwargs=lambda w: {**case(w), "pk": w.of(make_contact).pk}, logs=True),
    row("cases:contact_cancel", allow=TEAM, kwargs=lambda w: {**case(w), "pk": w.of(make_contact).pk}, logs=True),
    row("cases:citizen", allow=TEAM, kwargs=case, logs=True),
    row("cases:coach", allow=TEAM, kwargs=case, logs=True),
    row("cases:cohort", allow=TEAM, kwargs=case, logs=True),
    row("cases:business", allow=TEAM, kwargs=case, logs=True),
    row("cases:accept", allow=TEAM, kwargs=referral, logs=True),
    row("cases:next_phase", allow=TEAM, kwargs=case, logs=True),
    row("cases:people", allow=TEAM, kwargs=case, logs=True),
    row("cases:person_new", allow=TEAM, kwargs=lambda w: {**case(w), "kind": "representative"}, logs=True),
    row("cases:person", allow=TEAM, kwargs=lambda w: {**of_case(make_mentor)(w), "kind": "mentor"}, logs=True),
    row("cases:consent_new", allow=TEAM, kwargs=case, logs=True),
    row("cases:consent_withdraw", allow=TEAM, kwargs=of_case(make_consent), logs=True),
    row("cases:exemption_new", allow=TEAM, kwargs=case, logs=True),
    row("cases:exemption_end", allow=TEAM, kwargs=of_case(make_exemption), logs=True),
    row("cases:flags", allow=TEAM, kwargs=case, logs=True),
    row("cases:flag_resolve", allow=TEAM, kwargs=flag, logs=True),
    row("cases:close", allow=TEAM, kwargs=case, logs=True),
    row("cases:reopen", allow=LEAD, kwargs=closed, logs=True),
    row("cases:bulk", allow=TEAM, method="post", data=lambda w: {"task": w.of(make_task).pk, "do": "assign"}),
    row("cases:bulk_assign", allow=TEAM),
    row("cases:bulk_move", allow=TEAM),
    row(
        "cases:bulk_undo",
        allow=TEAM,
        codes={Role.PROJECT_LEAD: 404},
        method="post",
        kwargs=lambda w: {"pk": w.of(bulk_change).pk},
    ),
    row("cases:saved_views", allow=TEAM),
    row("cases:view_new", allow=TEAM),
    row("cases:view_remove", allow=TEAM, method="post", kwargs=lambda w: {"pk": w.of(shared_view).pk}),
    row("cases:view_restore", allow=TEAM, method="post", kwargs=lambda w: {"pk": w.of(shared_view).pk}),
    row("cases:export", allow=TEAM),
]
