from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from screening.citizen_forms.rendering import FormField
from screening.papers.questions import AnswerKind

register = template.Library()
SHORT = {AnswerKind.DATE, AnswerKind.AMOUNT, AnswerKind.NUMBER}


@register.simple_tag
def form_input(field: FormField, *, titled: bool = False) -> SafeString:
    """The field itself. In a table it has no label of its own, so its name stands in its title."""
    question = field.question
    title = format_html(' title="{}"', question.label) if titled else ""
    head: tuple[Any, ...] = (question.code, question.code, title)
    if field.is_choice:
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((choice, SafeString(" selected") if choice == field.value else "", choice) for choice in question.choices),
        )
        return format_html(
            '<select id="f_{}" name="{}"{} class="short"><option value=""></option>{}</select>', *head, options
        )
    if field.is_text:
        html = '<textarea id="f_{}" name="{}"{} style="height: {}" maxlength="{}">{}</textarea>'
        return format_html(html, *head, field.height, question.longest, field.value)
    css = SafeString(' class="short"') if question.kind in SHORT and not titled else ""
    html = '<input type="text" id="f_{}" name="{}"{}{} maxlength="{}" value="{}">'
    return format_html(html, *head, css, question.longest, field.value)
