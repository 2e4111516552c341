"""Rule sets and legal bases are effective-dated data; what decisions rest on stays as it is."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from cases import services as cases
from microloan.accounts.enums import Role
from microloan.core.errors import Refused
from microloan.policy import services
from microloan.policy.colours import contrast, mixed
from microloan.policy.forms import RULE_FIELDS
from microloan.policy.models import LegalBasis, Municipality, RuleSet
from microloan.policy.presentation import copy_of
from screening.models import CriteriaSet, Screening
from tests.support.people import make_user
from tests.support.strict import StrictClient
from tests.support.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reference_data")]
TODAY = date(2026, 11, 20)


@pytest.fixture
def admin(reference_data: None) -> Any:
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def current(reference_data: None) -> RuleSet:
    return RuleSet.objects.get()


def new_values(current: RuleSet, **changed: Any) -> dict[str, Any]:
    return {**copy_of(current), "confirmed_by": "", "confirmed_on": None, **changed}


# --- Rule sets -------------------------------------------------------------------------------------------------------


def test_a_new_rule_set_takes_over_the_day_the_old_one_has_ended(admin: Any, current: RuleSet) -> None:
    start = date(2027, 1, 1)
    new = services.replace_rule_set(values=new_values(current, loan_max=60000), valid_from=start, by=admin, today=TODAY)
    current.refresh_from_db()
    assert (current.valid_to, new.valid_to) == (date(2026, 12, 31), None)
    assert services.rule_set_on(date(2026, 12, 31)) == current
    assert services.rule_set_on(start) == new


def test_a_rule_set_can_be_put_between_two(admin: Any, current: RuleSet) -> None:
    last = services.replace_rule_set(values=new_values(current), valid_from=date(2028, 1, 1), by=admin, today=TODAY)
    middle = services.replace_rule_set(values=new_values(current), valid_from=date(2027, 1, 1), by=admin, today=TODAY)
    assert (middle.valid_to, services.rule_set_on(date(2028, 1, 1))) == (date(2027, 12, 31), last)


@pytest.mark.parametrize(
    ("changed", "start", "field"),
    [
        ({}, TODAY, "valid_from"),
        ({}, TODAY - timedelta(days=1), "valid_from"),
        ({"loan_min": 60000}, date(2027, 1, 1), "loan_max"),
        ({"extension_min_months": 4}, date(2027, 1, 1), "extension_max_months"),
        ({"second_dunning_days": 5}, date(2027, 1, 1), "second_dunning_days"),
        ({"handover_days": 29}, date(2027, 1, 1), "handover_days"),
    ],
)
def test_what_makes_no_sense_is_refused_at_the_field(
    admin: Any, current: RuleSet, changed: dict, start: date, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        services.replace_rule_set(values=new_values(current, **changed), valid_from=start, by=admin, today=TODAY)
    assert refusal.value.field == field
    assert RuleSet.objects.count() == 1


def test_two_rule_sets_cannot_begin_on_one_day(admin: Any, current: RuleSet) -> None:
    start = date(2027, 1, 1)
    services.replace_rule_set(values=new_values(current), valid_from=start, by=admin, today=TODAY)
    with pytest.raises(Refused, match="Der er allerede et regelsæt fra den dag"):
        services.replace_rule_set(values=new_values(current), valid_from=start, by=admin, today=TODAY)


def test_a_planned_rule_set_is_changed_and_one_in_force_is_not(admin: Any, current: RuleSet) -> None:
    planned = services.replace_rule_set(values=new_values(current), valid_from=date(2027, 1, 1), by=admin, today=TODAY)
    values = new_values(current, instalments=96)
    services.change_planned_rule_set(rule_set=planned, values=values, by=admin, today=TODAY)
    planned.refresh_from_db()
    assert planned.instalments == 96
    for rule_set, today in ((current, TODAY), (planned, date(2027, 1, 1))):
        with pytest.raises(Refused, match="gælder allerede"):
            services.change_planned_rule_set(rule_set=rule_set, values=values, by=admin, today=today)


def test_rule_sets_cannot_overlap_in_the_database(current: RuleSet) -> None:
    with pytest.raises(IntegrityError, match="rule_set_no_overlap"), transaction.atomic():
        RuleSet.objects.create(name="Andet", valid_from=date(2020, 1, 1))


@pytest.fixture
def used() -> World:
    """A world where a screening rests on the rule set and on the local basis."""
    world = World()
    rule_set, basis = RuleSet.objects.get(), LegalBasis.objects.get(code="local_basis")
    criteria = CriteriaSet.objects.create(number=9, version=99, is_current=False)
    Screening.objects.create(
        case=world.case, number=1, criteria_set=criteria, held_on=world.today, rule_set=rule_set, legal_basis=basis
    )
    return world


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE policy_ruleset SET loan_max = 99999",
        "UPDATE policy_ruleset SET due_day = 15",
        "UPDATE policy_ruleset SET valid_from = '2011-01-01'",
    ],
)
def test_the_database_keeps_a_rule_set_that_decisions_rest_on(used: World, sql: str) -> None:
    with pytest.raises(IntegrityError, match="rule_set_locked_once_used"), transaction.atomic():
        connection.cursor().execute(sql)


def test_it_can_still_be_ended_and_confirmed(used: World) -> None:
    RuleSet.objects.update(valid_to=date(2030, 1, 1), confirmed_by="Jurist Juristesen", confirmed_on=TODAY)


def test_a_rule_set_nobody_used_can_be_put_right(current: RuleSet) -> None:
    RuleSet.objects.update(loan_max=60000)


# --- Legal bases -----------------------------------------------------------------------------------------------------


def basis_values(basis: LegalBasis, **changed: Any) -> dict[str, Any]:
    names = [f.name for f in LegalBasis._meta.concrete_fields if f.name != "id"]
    return {**{name: getattr(basis, name) for name in names}, **changed}


@pytest.mark.parametrize("field", ["reference", "support_reference", "code", "title", "appeal_variant"])
def test_the_database_keeps_what_a_decision_cites(used: World, field: str) -> None:
    with pytest.raises(IntegrityError, match="legal_basis_locked_once_used"), transaction.atomic():
        LegalBasis.objects.filter(code="local_basis").update(**{field: "other"})


def test_the_service_says_so_at_the_field(used: World) -> None:
    basis = LegalBasis.objects.get(code="local_basis")
    admin = used.user(Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="Afgørelser bygger på denne hjemmel") as refusal:
        services.save_legal_basis(basis=basis, values=basis_values(basis, reference="noget andet"), by=admin)
    assert refusal.value.field == "reference"
    closed = services.save_legal_basis(basis=basis, values=basis_values(basis, valid_to=date(2030, 1, 1)), by=admin)
    assert closed.valid_to == date(2030, 1, 1)


def test_the_page_shows_what_is_locked(used: World) -> None:
    basis = LegalBasis.objects.get(code="local_basis")
    client = StrictClient()
    client.force_login(used.user(Role.ADMINISTRATOR))
    page = client.get(f"/legal-bases/{basis.pk}/")
    assert page.context["form"].fields["reference"].disabled
    assert "Afgørelser bygger på denne hjemmel" in page.content.decode()
    posted = {name: value for name, value in basis_values(basis).items() if value not in (None, False)}
    posted |= {"reference": "noget andet", "valid_from": "01-02-2026", "source": "Notat"}
    assert client.post(f"/legal-bases/{basis.pk}/", posted).status_code == 302
    basis.refresh_from_db()
    assert (basis.reference, basis.source) == ("kommunens vedtægt om mikrolån § 4", "Notat")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"allows_loan": True}, "reference"),
        ({"allows_support": True}, "support_reference"),
        ({"valid_to": date(2020, 1, 1)}, "valid_to"),
    ],
)
def test_a_basis_that_letters_could_not_print_is_refused(admin: Any, changed: dict, field: str) -> None:
    basis = LegalBasis.objects.get(code="local_basis")
    with pytest.raises(Refused) as refusal:
        services.save_legal_basis(basis=basis, values=basis_values(basis, **changed), by=admin)
    assert refusal.value.field == field


def test_a_new_basis(client_for: Callable[..., StrictClient]) -> None:
    client = client_for(Role.ADMINISTRATOR)
    posted = {
        "code": "ny-2027",
        "title": "Nyt grundlag",
        "reference": "vedtægten § 1",
        "valid_from": "1-1-2027",
        "allows_loan": "on",
        "prerequisites": ["rehabilitation"],
        "appeal_variant": "standard_4_weeks",
    }
    assert client.post("/legal-bases/new/", posted).status_code == 302
    basis = LegalBasis.objects.get(code="ny-2027")
    assert (basis.allows_loan, basis.prerequisites) == (True, ["rehabilitation"])
    form = client.post("/legal-bases/new/", posted).context["form"]
    assert form.errors["code"] == ["Koden er i brug. Vælg en anden."]


@pytest.mark.parametrize("variant", ["no_administrative_appeal", "other"])
def test_other_appeal_guidance_needs_words_which_letters_print(
    client_for: Callable[..., StrictClient], variant: str
) -> None:
    client = client_for(Role.ADMINISTRATOR)
    posted = {
        "code": "ny-2027",
        "title": "Nyt grundlag",
        "reference": "vedtægten § 1",
        "valid_from": "1-1-2027",
        "appeal_variant": variant,
    }
    form = client.post("/legal-bases/new/", posted).context["form"]
    assert form.errors["appeal_text"] == ["Skriv, hvad brevene skal sige om klage."]
    words = "Afgørelsen kan ikke indbringes for andre."
    assert client.post("/legal-bases/new/", {**posted, "appeal_text": words}).status_code == 302
    basis = LegalBasis.objects.get(code="ny-2027")
    rules = RuleSet(appeal_weeks=6)
    assert services.basis_facts(basis, rules)["appeal"] == {"weeks": 6, "reason": words, "text": words}


def test_the_database_refuses_an_appeal_variant_without_words() -> None:
    basis = LegalBasis.objects.get(code="local_basis")
    with pytest.raises(IntegrityError, match="legal_basis_says_how_to_appeal"), transaction.atomic():
        LegalBasis.objects.filter(pk=basis.pk).update(appeal_variant="other")


# --- The municipality ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("colour", "ratio"), [("#000000", 21.0), ("#ffffff", 1.0), ("#767676", 4.54), ("#777777", 4.48), ("#17507f", 8.4)]
)
def test_contrast_is_measured_as_wcag_says(colour: str, ratio: float) -> None:
    assert contrast(colour) == pytest.approx(ratio, abs=0.05)


def test_colours_mix() -> None:
    assert (mixed("#000000", "#ffffff", 0.5), mixed("#102030", "#102030", 0.9)) == ("#808080", "#102030")


MUNICIPALITY = {
    "name": "Demokommunen",
    "department": "Mikrolån",
    "street": "Rådhusvej 1",
    "postcode": "8000",
    "city": "Byen",
    "phone": "00000000",
    "creditor_number": "80000000",
}


@pytest.mark.parametrize("colour", ["#777777", "#fff", "rød", "#12345g", "#66aaff", "javascript"])
def test_a_colour_that_cannot_be_read_or_is_none_is_refused(
    client_for: Callable[..., StrictClient], colour: str
) -> None:
    response = client_for(Role.ADMINISTRATOR).post("/municipality/", {**MUNICIPALITY, "primary_colour": colour})
    assert "primary_colour" in response.context["form"].errors
    assert Municipality.objects.get().primary_colour == "#17507f"


def test_the_colour_reaches_every_page(client_for: Callable[..., StrictClient]) -> None:
    client = client_for(Role.ADMINISTRATOR)
    assert client.get("/theme.css").content == b""
    assert client.post("/municipality/", {**MUNICIPALITY, "primary_colour": "#7A1F4B"}).status_code == 302
    css = StrictClient().get("/theme.css")
    assert "--mk-primary: #7a1f4b" in css.content.decode()
    assert css.headers["Content-Type"].startswith("text/css")
    page = client.get("/municipality/").content.decode()
    assert 'href="/theme.css"' in page
    assert "Demokommunen" in page


def test_the_database_takes_no_other_colour_or_creditor() -> None:
    for wrong in ({"primary_colour": "red;}x{"}, {"creditor_number": "1"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Municipality.objects.update(**wrong)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_the_services_themselves_refuse_others(role: Role, current: RuleSet) -> None:
    by = make_user(role)
    values = new_values(current)
    for call in (
        lambda: services.replace_rule_set(values=values, valid_from=date(2027, 1, 1), by=by, today=TODAY),
        lambda: services.change_planned_rule_set(rule_set=current, values=values, by=by, today=TODAY),
        lambda: services.save_legal_basis(basis=None, values={}, by=by),
        lambda: services.save_municipality(values={}, by=by),
    ):
        with pytest.raises(Refused, match="Kun en administrator"):
            call()


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_every_parameter_stands_in_the_form() -> None:
    kept = {field.name for field in RuleSet._meta.concrete_fields} - {"id", "valid_from", "valid_to"}
    assert kept == set(RULE_FIELDS)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ("0", "instalments"),
        ("-5", "instalments"),
        ("abc", "instalments"),
        ("32", "due_day"),
        ("101", "completion_percent"),
    ],
)
def test_numbers_are_refused_in_words(
    client_for: Callable[..., StrictClient], current: RuleSet, wrong: str, field: str
) -> None:
    posted = {**{name: value for name, value in copy_of(current).items() if value is not None}}
    posted |= {
        "valid_from": "1-1-2030",
        "loan_min": "1000",
        "loan_max": "50000",
        "instalment_multiple": "1",
        "pmv_most": "50000",
        "vat_from": "50000",
        "sudden_sales_from": "5000",
        "handover_minimum": "100",
        "vat_percent": "25",
        "vat_quarter_months": "6, 9, 12, 3",
        "vat_half_year_months": "9, 3",
        "b_tax_months": "1, 2, 3, 4, 5, 7, 8, 9, 10, 11",
        field: wrong,
    }
    form = client_for(Role.ADMINISTRATOR).post("/rule-sets/new/", posted).context["form"]
    assert "Skriv et helt tal mellem" in form.errors[field][0]
    assert list(form.errors) == [field]


@pytest.mark.parametrize("more", [1, 30])
def test_the_lists_take_the_same_queries_at_any_size(
    client_for: Callable[..., StrictClient],
    current: RuleSet,
    more: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = client_for(Role.ADMINISTRATOR)
    for n in range(more):
        RuleSet.objects.filter(valid_to__isnull=True).update(valid_to=date(2030 + n, 12, 31))
        RuleSet.objects.create(name=f"Regler {n}", valid_from=date(2031 + n, 1, 1))
        LegalBasis.objects.create(code=f"x{n}", title="X", valid_from=date(2031, 1, 1))
    client.get("/rule-sets/")
    with django_assert_num_queries(RULE_SETS_QUERIES):
        client.get("/rule-sets/")
    with django_assert_num_queries(LEGAL_BASES_QUERIES):
        client.get("/legal-bases/")


RULE_SETS_QUERIES, LEGAL_BASES_QUERIES = 11, 12  # one of them: the centres without a specialist, in the menu


def test_a_referral_rests_on_the_rules_of_its_day(admin: Any, current: RuleSet) -> None:
    """A rule set that begins tomorrow says nothing about today."""
    services.replace_rule_set(
        values=new_values(current, referral_working_days=1),
        valid_from=TODAY + timedelta(days=1),
        by=admin,
        today=TODAY,
    )
    assert services.rule_set_on(TODAY).referral_working_days == 5
    assert services.rule_set_on(TODAY + timedelta(days=1)).referral_working_days == 1
    assert cases.next_case_number(TODAY).startswith("ML-2026-")
