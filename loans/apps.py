from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoansConfig(AppConfig):
    name = "loans"
    label = "loans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases.letters.bulk import Group, groups
        from cases.letters.registry import send_checks
        from cases.registry import CaseTab, register_tab
        from loans import (
            arrears,
            case_file,
            journey,
            panels,
            payment_queries,
            queries,
            reminders,
            self_evaluation,
            tasks,
        )
        from microloan.accounts.enums import TEAM, Role
        from microloan.core import jobs, navigation

        journey.register()
        panels.register()
        case_file.register_sections()
        register_tab(CaseTab("loans", _("Loan"), "loans:loan", TEAM | {Role.BENEFITS_OFFICER}, order=40))
        navigation.register(
            "disbursements",
            _("Disbursements"),
            "loans:disbursements",
            (Role.BENEFITS_OFFICER, Role.PROJECT_LEAD),
            order=40,
            count=queries.ready_count,
            owns=("loans:disbursement",),
        )
        navigation.register(
            "portfolio",
            _("Loans"),
            "loans:portfolio",
            TEAM | {Role.BENEFITS_OFFICER},
            order=38,
            owns=("loans:reminders", "loans:portfolio_export", "loans:frame"),
        )
        navigation.register(
            "payments",
            _("Payments"),
            "loans:payments",
            (Role.BENEFITS_OFFICER, Role.PROJECT_LEAD),
            order=42,
            count=payment_queries.waiting_count,
            owns=("loans:import", "loans:incoming", "loans:proposals", "loans:reversal", "loans:refund_answer"),
        )
        groups.register(
            "instalments_next_week", Group(_("Instalments due next week"), queries.cases_with_instalments_next_week)
        )
        send_checks.register("instalment_reminder", reminders.why_not_send)
        send_checks.register("self_evaluation_reminder", self_evaluation.why_not_send)
        jobs.register(
            "self_evaluation_reminders",
            tasks.self_evaluation_reminders,
            order=55,
            label=_("Reminders of self-evaluations"),
        )
        for kind in ("first_dunning", "second_dunning", "handover_notice"):
            send_checks.register(kind, arrears.why_not_send)
        jobs.register(
            "arrears_letters", tasks.arrears_letters, order=52, label=_("Reminder letters after missed instalments")
        )
        jobs.register(
            "instalment_reminders", tasks.instalment_reminders, order=50, label=_("Reminders before instalments")
        )
