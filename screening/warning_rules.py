"""The automatic warnings of screening 3, as pure rules over plain facts (domain.md §4, danish-rules.md §9).

Each says what was found with its figures, why it matters and where the rule comes from. None of them stops anybody: they
ask, and a person answers in words.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from cases.enums import INELIGIBLE_FORMS, BusinessForm
from microloan.core import danish
from screening import registry
from screening.registry import PlanFacts, PlanMonth, PlanWarning

# Trades with many competitors; a plan has to say what sets it apart (domain.md §4, R).
CROWDED_TRADES = ("pizz", "kiosk", "kosmetolog", "grill", "frisør")
# "The first months": what is paid in them is held against what goes to living.
FIRST_MONTHS = 3


def register() -> None:
    rules = (
        establishment,
        year_budgets,
        business_plan,
        resubmitted,
        loan_limits,
        business_form,
        small_business,
        vat_duty,
        liquidity,
        living,
        sales,
        trade,
    )
    for order, rule in enumerate(rules, start=10):
        registry.warnings.register(rule.__name__, rule, order=order)


def warnings_for(facts: PlanFacts, rules: Iterable[registry.WarningRule]) -> list[PlanWarning]:
    return [warning for rule in rules for warning in rule(facts)]


def establishment(facts: PlanFacts) -> Iterator[PlanWarning]:
    if not facts.has_establishment:
        yield PlanWarning(
            "no_budget",
            _("There is no establishment budget. How is the loan need known?"),
            _("The loan is what the establishment budget leaves to be borrowed."),
            _("programme: the loan need comes from the establishment budget"),
        )


def year_budgets(facts: PlanFacts) -> Iterator[PlanWarning]:
    if not facts.has_operating:
        yield PlanWarning(
            "no_operating",
            _("There is no operating budget. How is it known that the business can earn enough?"),
            _("The operating budget shows the sales that are needed before anything is left to live on."),
            _("programme: budget realism and earnings at screening 3 (Aalborg 2014)"),
        )
    if not facts.has_liquidity:
        yield PlanWarning(
            "no_liquidity",
            _("There is no liquidity budget. How is it known that the bills can be paid in each month?"),
            _("Whether money runs out, and where the sales come from, can only be seen month by month."),
            _("programme: screening 3 (review 2017)"),
        )


def business_plan(facts: PlanFacts) -> Iterator[PlanWarning]:
    source = _("programme: the business plan in detail at screening 3 (Aalborg 2014)")
    why = _("The plan says who buys, why, and what is done if they do not. The budgets rest on it.")
    if not facts.has_plan:
        yield PlanWarning("no_plan", _("There is no business plan. What do the budgets rest on?"), why, source)
    elif not facts.is_plan_detailed:
        text = _(
            "The business plan is still provisional. What is known about the market, the running and the earnings?"
        )
        yield PlanWarning("plan_provisional", text, why, source)


def resubmitted(facts: PlanFacts) -> Iterator[PlanWarning]:
    if facts.not_resubmitted:
        yield PlanWarning(
            "not_resubmitted",
            _("%(budget)s was sent back yellow, and no newer version has come. What has become better?")
            % {"budget": facts.not_resubmitted},
            _("Yellow sends the budget back to be improved and handed in again."),
            _("programme: red, yellow and green (review 2017)"),
        )


def loan_limits(facts: PlanFacts) -> Iterator[PlanWarning]:
    need = facts.loan_need
    if not facts.has_establishment or need is None:
        return
    why = _("The rule set says how small and how large a loan can be. Above it, the decision needs a written reason.")
    source = _("the rule set: smallest and largest loan")
    if need > facts.loan_max:
        text = _("The loan need of %(need)s is above the maximum of %(max)s. What is the plan?")
        values = {"need": danish.kr(need), "max": danish.kr(facts.loan_max)}
        yield PlanWarning("over_maximum", text % values, why, source)
    elif need < facts.loan_min:
        text = _("The loan need of %(need)s is below the minimum of %(min)s. Is a loan needed?")
        values = {"need": danish.kr(need), "min": danish.kr(facts.loan_min)}
        yield PlanWarning("under_minimum", text % values, why, source)


def business_form(facts: PlanFacts) -> Iterator[PlanWarning]:
    if facts.business_form == BusinessForm.APS:
        yield PlanWarning(
            "aps",
            _("The business is a company (ApS). Has the jurist agreed that the loan follows the person?"),
            _("The loan is given to a person. A company is a debtor of its own."),
            _("programme: only natural persons (action plan 2015); ask the jurist"),
        )
    elif facts.business_form in INELIGIBLE_FORMS:
        yield PlanWarning(
            "form_not_eligible",
            _("A business of the form %(form)s cannot get the loan. How and when is the form changed?")
            % {"form": BusinessForm(facts.business_form).label},
            _("The partners are liable for one another's debts, so the loan would not be the citizen's own."),
            _("programme: only natural persons (action plan 2015)"),
        )
    if facts.plan_form and facts.case_form and facts.plan_form != facts.case_form:
        yield PlanWarning(
            "form_differs",
            _("The plan says %(plan)s, and the case says %(case)s. Which form does the business get?")
            % {"plan": BusinessForm(facts.plan_form).label, "case": BusinessForm(facts.case_form).label},
            _("The form decides who owes the loan, and whether it can be given at all."),
            _("programme: only natural persons (action plan 2015)"),
        )


def small_business(facts: PlanFacts) -> Iterator[PlanWarning]:
    turnover = facts.sales_of_year
    if facts.business_form == BusinessForm.PMV and turnover is not None and turnover > facts.pmv_most:
        yield PlanWarning(
            "pmv_limit",
            _("The sales of %(sales)s a year are above the %(most)s of a small personal business (PMV). When does the form change?")
            % {"sales": danish.kr(turnover), "most": danish.kr(facts.pmv_most)},
            _("A small personal business that grows past the limit has to be registered in another form."),
            _("Danish Business Authority: small personal business (PMV)"),
        )  # fmt: skip


def vat_duty(facts: PlanFacts) -> Iterator[PlanWarning]:
    turnover = facts.sales_of_year
    if turnover is not None and turnover > facts.vat_from and not facts.has_vat:
        yield PlanWarning(
            "vat_duty",
            _("The sales of %(sales)s a year are above %(from)s, but there is no VAT in the budgets. "
              "Is the trade exempt, or what is to be put right?")
            % {"sales": danish.kr(turnover), "from": danish.kr(facts.vat_from)},
            _("Who sells for more in any twelve months has to register for VAT at least 8 days before. Some services are exempt."),
            _("Danish Tax Agency: registration for VAT"),
        )  # fmt: skip


def liquidity(facts: PlanFacts) -> Iterator[PlanWarning]:
    below = [month for month in facts.months if month.balance < 0]
    if not below:
        return
    lowest = min(below, key=lambda month: month.balance)
    yield PlanWarning(
        "below_zero",
        _("The liquidity budget is below zero in %(months)s, lowest with %(amount)s in %(lowest)s. How are the bills paid?")
        % {
            "months": _joined([danish.month_name(month.first_day) for month in below]),
            "amount": danish.kr(lowest.balance),
            "lowest": danish.month_name(lowest.first_day),
        },
        _("A business closes when it cannot pay, even where it earns money over the year."),
        _("programme: screening 3 (review 2017)"),
    )  # fmt: skip


def living(facts: PlanFacts) -> Iterator[PlanWarning]:
    first = facts.months[:FIRST_MONTHS]
    paid, lived = _sum(first, "paid_out"), _sum(first, "living")
    if lived > 0 and lived * 100 >= paid * facts.living_percent:
        yield PlanWarning(
            "surviving",
            _("Of the %(paid)s paid in the first three months, %(living)s goes to the citizen's own living. What is left for the business?")
            % {"paid": danish.kr(paid), "living": danish.kr(lived)},
            _("The loan is for starting the business. A plan that spends it on surviving the first months has nothing to earn from."),
            _("programme: screening 3 (review 2017)"),
        )  # fmt: skip


def sales(facts: PlanFacts) -> Iterator[PlanWarning]:
    if (facts.sales_source or "").strip():
        return
    best = Decimal("0.00")
    for month in facts.months:
        if month.sales >= facts.sudden_sales_from and month.sales >= best * facts.sudden_sales_times:
            yield PlanWarning(
                "sales_without_source",
                _("Sales rise from %(before)s to %(sales)s in %(month)s, and the plan does not say where they come from. Who buys?")
                % {"before": danish.kr(best), "sales": danish.kr(month.sales), "month": danish.month_name(month.first_day)},
                _("Sales that start suddenly are often a hope. An order, a customer by name or a test sale makes them likely."),
                _("programme: screening 3 (review 2017)"),
            )  # fmt: skip
            return
        best = max(best, month.sales)


def trade(facts: PlanFacts) -> Iterator[PlanWarning]:
    names = list(dict.fromkeys(name for name in (facts.plan_trade, facts.case_trade) if name))
    if any(crowded_trade(name) for name in names) and not (facts.difference or "").strip():
        yield PlanWarning(
            "crowded_trade",
            _("There are many businesses in this trade (%(trade)s). What makes this one different?")
            % {"trade": _trades(facts)},
            _("In a crowded trade the customers have somewhere else to go already. The plan should say why they would come here."),
            _("programme: screening 3 (review 2017)"),
        )  # fmt: skip


def _trades(facts: PlanFacts) -> str:
    """The trade; both where the plan and the case say different things."""
    plan, case = facts.plan_trade, facts.case_trade
    if plan and case and plan.casefold() != case.casefold():
        return _("%(plan)s in the plan, %(case)s on the case") % {"plan": plan, "case": case}
    return facts.trade


def crowded_trade(name: str) -> bool:
    return any(word in name.casefold() for word in CROWDED_TRADES)


def _sum(months: Iterable[PlanMonth], name: str) -> Decimal:
    return sum((getattr(month, name) for month in months), Decimal("0.00"))


def _joined(words: list[str]) -> str:
    """`March`, `March and April`, `March, April and May`."""
    if len(words) == 1:
        return words[0]
    return _("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}
