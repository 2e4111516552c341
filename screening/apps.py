from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScreeningConfig(AppConfig):
    name = "screening"
    label = "screening"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases.registry import CasePanel, CaseTab, register_draft_kind, register_panel, register_tab
        from microloan.accounts.enums import TEAM, Role
        from microloan.core import navigation
        from screening import (
            budget_drafts,
            budget_kinds,
            case_file,
            draft,
            errands,
            evaluation_letters,
            journey,
            letters,
            paper_drafts,
            paper_journey,
            paper_kinds,
            perms,
            presentation,
            year_budget_kinds,
            year_facts,
        )

        journey.register()
        case_file.register_sections()
        year_facts.register()
        letters.register_kinds()
        paper_kinds.register()
        budget_kinds.register()
        year_budget_kinds.register()
        evaluation_letters.register_letters()
        paper_journey.register()
        errands.register()
        for kind in (draft.KIND, *paper_drafts.KINDS, *budget_drafts.KINDS):
            register_draft_kind(kind)
        register_tab(
            CaseTab(
                "screening",
                _("Screenings"),
                "screening:list",
                perms.SCREENERS,
                order=20,
                count=lambda case: case.screenings.count() or None,
            )
        )
        navigation.register(
            "criteria",
            _("Criteria"),
            "screening:criteria_sets",
            {Role.ADMINISTRATOR},
            order=45,
            owns=("screening:criteria",),
        )
        register_panel(
            CasePanel("screening_back", "screening/_back_panel.html", presentation.back_box, frozenset(TEAM), order=8)
        )
        register_panel(
            CasePanel(
                "screening_one",
                "screening/_specialist_panel.html",
                presentation.specialist_box,
                frozenset({Role.REFERRAL_SPECIALIST}),
                order=10,
            )
        )
