from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoursesConfig(AppConfig):
    name = "courses"
    label = "courses"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases.letters.bulk import Group, groups
        from cases.registry import CasePanel, CaseTab, register_panel, register_tab
        from courses import case_file, cohorts, journey, letters, mentors, queries, tasks
        from microloan.accounts.enums import TEAM, Role
        from microloan.core import jobs, navigation

        journey.register()
        mentors.register()
        case_file.register_sections()
        letters.register_kinds()
        next_meeting = Group(_("Invited to the next network meeting"), queries.cases_invited_to_the_next_meeting)
        groups.register("next_meeting", next_meeting)
        jobs.register("course_invitations", tasks.make_forgotten_invitations, order=70, label=_("Course invitations"))
        jobs.register("forget_guests", tasks.forget_guests, order=880, label=_("Guests of courses are forgotten"))
        register_tab(CaseTab("courses", _("Courses"), "courses:case", TEAM, order=30, count=queries.tab_count))
        register_panel(
            CasePanel("residential", "courses/_residential_panel.html", cohorts.residential_box, TEAM, order=9)
        )
        navigation.register("courses", _("Courses"), "courses:runs", TEAM, order=30, owns=("courses:",))
        keeper = frozenset({Role.ADMINISTRATOR})
        navigation.register("modules", _("Course modules"), "courses:catalogue", keeper, order=31, owns=("courses:",))
