from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "cases.letters"
    label = "letters"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from cases import registry
        from cases.letters import bounces, case_file, digests, kinds, operations, print_queue, queries, tasks  # noqa: F401  (kinds register themselves)
        from microloan.accounts.enums import TEAM, Role
        from microloan.core import jobs, navigation, watch

        case_file.register_sections()
        registry.register_tab(
            registry.CaseTab(
                key="letters",
                label=_("Letters"),
                url_name="letters:case_letters",
                roles=frozenset(TEAM),
                order=50,
                count=queries.letter_count,
            )
        )
        navigation.register(
            "letters", _("Letters"), "letters:unsent", TEAM, order=25, owns=("letters:print", "letters:bulk_")
        )
        navigation.register(
            "letter_texts",
            _("Letter texts"),
            "letters:text_kinds",
            {Role.ADMINISTRATOR},
            order=47,
            owns=("letters:text_",),
        )
        watch.signs.register("letters", operations.letter_signs)
        jobs.register("read_bounces", bounces.read_bounces, order=880, label=_("Mails that came back"))
        jobs.register("digests", digests.plan_digests, order=895, label=_("Summaries by e-mail"))
        jobs.register("print_batches", print_queue.daily_batch, order=910, label=_("Print batches"))
        jobs.register("letters_waiting", tasks.dispatch_waiting, order=900, label=_("Letters the queue forgot"))
