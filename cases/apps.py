from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases import around, audit, closing, earlier, next_steps, note_draft, referral_draft, registry
        from cases.case_file import items, people
        from cases.enums import livelihoods_of_rule_sets
        from microloan.policy import registry as policy

        around.register()
        audit.register()
        closing.register()
        next_steps.register()
        earlier.register()
        items.register_sections()
        people.register_sections()
        policy.livelihoods.register("cases", livelihoods_of_rule_sets)
        for kind in (referral_draft.KIND, *note_draft.KINDS):
            registry.register_draft_kind(kind)
        self._fill_the_case_page()
        self._fill_the_top_bar()
        self._register_jobs()

    def _fill_the_case_page(self) -> None:
        from cases import journey, registry, turns
        from cases.document_queries import document_count
        from cases.registry import CasePanel, CaseTab, register_panel, register_tab
        from microloan.accounts.enums import TEAM, Role

        registry.journey.register("cases", journey.case_journey, order=10)
        specialist = frozenset({Role.REFERRAL_SPECIALIST})
        register_tab(CaseTab("referral", _("The referral"), "cases:referral_detail", specialist, order=5))
        register_tab(CaseTab("overview", _("Overview"), "cases:detail", TEAM, order=10))
        register_tab(CaseTab("contacts", _("Contacts"), "cases:contacts", TEAM, order=15))
        register_tab(CaseTab("people", _("People"), "cases:people", TEAM, order=800))
        register_tab(CaseTab("documents", _("Documents"), "cases:documents", TEAM, order=890, count=document_count))
        register_tab(CaseTab("journal", _("Journal"), "cases:journal", TEAM, order=900, count=journey.journal_count))
        register_panel(CasePanel("time", "cases/_time_panel.html", turns.time_panel, TEAM, order=90))

    def _fill_the_top_bar(self) -> None:
        from cases import queries, worklist
        from microloan.accounts.enums import REFERRERS, TEAM, Role
        from microloan.accounts.perms import CASE_READERS
        from microloan.core import navigation

        navigation.register(
            "work",
            _("My work"),
            "cases:work",
            TEAM,
            order=10,
            count=worklist.my_count,
            owns=("cases:bulk", "cases:saved_views", "cases:view_", "letters:bulk", "cases:handover", "cases:absence"),
        )
        navigation.register("calendar", _("Calendar"), "cases:calendar", TEAM, order=15, owns=("cases:calendar",))
        of_a_case = ("cases:", "letters:case", "screening:", "courses:case", "loans:")
        navigation.register("cases", _("Cases"), "cases:list", TEAM, order=20, owns=of_a_case)
        navigation.register("referral_new", _("Refer a citizen"), "cases:referral_new", REFERRERS, order=10)
        navigation.register(
            "my_referrals",
            _("My referrals"),
            "cases:my_referrals",
            REFERRERS,
            order=20,
            owns=("cases:referral_",),
            count=queries.news_count,
        )
        navigation.register(
            "partners", _("Partners"), "cases:partners", {Role.ADMINISTRATOR}, order=30, owns=("cases:partner",)
        )
        navigation.register_search("cases:search", CASE_READERS)

    def _register_jobs(self) -> None:
        from cases.services import delete_expired_drafts, reconcile_all, send_lost_notices, tidy_case_files
        from microloan.core import jobs

        jobs.register("reconcile_tasks", reconcile_all, order=10, label=_("Tasks and deadlines of all cases"))
        jobs.register("tidy_case_files", tidy_case_files, order=890, label=_("Old case files in PDF are deleted"))
        jobs.register("referrer_notices", send_lost_notices, order=890, label=_("News to those who referred"))
        jobs.register("delete_expired_drafts", delete_expired_drafts, order=900, label=_("Old drafts are deleted"))
