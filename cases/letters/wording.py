"""The language in which the texts of letters are written, by us and by an administrator (docs/decisions/172).

Plain paragraphs with an empty line between them. `## ` begins a small heading, `- ` an item of a list, `> ` what stands in a box.
`{{ field }}` prints a fact of the letter by its type; `{% if field %} … {% else %} … {% endif %}` chooses. That is all there is: no
other tag, no loading, no lookups into values, and whatever else is typed is text.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, cast

from django.template import Context, Engine, Library, Template, TemplateSyntaxError
from django.template.base import FilterExpression, NodeList, TextNode, Variable, VariableNode
from django.template.defaulttags import IfNode, do_if
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cases.letters.fields import Field, danish_list, fields_of, in_words
from cases.letters.registry import LetterError, LetterKind
from microloan.core import danish

MOST_SIGNS = 4000
# Private signs: where a value begins and ends, and the items of a list. Never part of what somebody typed.
BEGIN, END, LIST, ITEM, LIST_END = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
BOX = "&gt; "  # `> ` after escaping
KEEP = "\ue005"  # stands in for a space that does not break
PRIVATE = re.compile("[\ue000-\ue005]")
A_LIST = re.compile(f"{LIST}(.*?){LIST_END}", re.DOTALL)
FULL_STOP_TWICE = re.compile(rf"([.!?:]){END}\.")
ERRORS = (
    (r"Invalid block tag[^']*'(?:else|elif|endif)", lambda _m: _("There is an “else” or “endif” without its “if”.")),
    (
        r"Invalid block tag[^']*'([^' ,]*)",
        lambda m: _("“%(tag)s” cannot be used in a letter. Only if, elif, else and endif can.") % {"tag": m[1]},
    ),
    (r"Unclosed tag", lambda _m: _("An “if” has no “endif”.")),
    (r"Invalid filter: '([^']*)'", lambda m: _("“|%(name)s” cannot be used in a letter.") % {"name": m[1]}),
    (r"Empty variable tag", lambda _m: _("There is no field between the two braces.")),
)


class WordingError(LetterError):
    """A text that cannot be used; the message is written for the administrator who typed it."""


@dataclass(frozen=True)
class Wording:
    """A text that has been read. `used` are all fields in it, `certain` those that always stand in the letter."""

    template: Template
    fields: Mapping[str, Field]
    used: frozenset[str]
    certain: frozenset[str]

    def text(self, values: Mapping[str, Any]) -> str:
        context = Context(dict(values))
        with context.bind_template(self.template):
            written = "".join(_write(self.template.nodelist, context, self.fields))
        return FULL_STOP_TWICE.sub(r"\1", written)

    def inline(self, values: Mapping[str, Any]) -> SafeString:
        return SafeString(_plain(self.text(values)))  # nosec B308 B703  (`_write` has escaped every value)

    def html(self, values: Mapping[str, Any]) -> SafeString:
        chunks = re.split(r"\n[ \t]*\n", self.text(values).strip())
        html = "\n".join(part for chunk in chunks for part in _chunk(chunk))
        return SafeString(html.replace("</ul>\n<ul>", ""))  # nosec B308 B703  (escaped as above)


def wording_of(kind: LetterKind, source: str) -> Wording:
    """Read a text. Raises WordingError, in words, for what a text of this kind may not hold."""
    return _read(kind, PRIVATE.sub("", source.replace("\r\n", "\n")))


@lru_cache(maxsize=1024)
def _read(kind: LetterKind, source: str) -> Wording:
    if len(source) > MOST_SIGNS:
        raise WordingError(_("The text is too long. Write at most %(most)s signs.") % {"most": MOST_SIGNS})
    try:
        template = Template(source, engine=_engine())
    except TemplateSyntaxError as error:
        raise WordingError(_in_words(str(error))) from error
    fields = fields_of(kind)
    found = list(_expressions(template.nodelist, certain=True))
    for expression, _certain, printed in found:
        for name in _names(expression):
            _check_name(name, fields, printed=printed and not expression.filters)
    used = {name for expression, _certain, _printed in found for name in _names(expression)}
    certain = {name for expression, sure, printed in found if sure and printed for name in _names(expression)}
    if re.search(r"\{%|%\}|\{\{|\}\}", "".join(_texts(template.nodelist))):
        raise WordingError(_("Braces in the text do not fit together. A field has two before it and two after it."))
    return Wording(template, fields, frozenset(used), frozenset(certain))


def _check_name(name: str, fields: Mapping[str, Field], *, printed: bool) -> None:
    if name not in fields:
        near = get_close_matches(name, fields, 1, 0.6)
        hint = " " + _("Do you mean “%(name)s”?") % {"name": near[0]} if near else ""
        raise WordingError(_("This letter has no field “%(name)s”.") % {"name": name} + hint)
    if printed and fields[name].is_table:
        raise WordingError(_("“%(name)s” is a table and stands in the letter by itself.") % {"name": name})


def _in_words(error: str) -> str:
    for pattern, words in ERRORS:
        if match := re.search(pattern, error):
            return str(words(match))
    return _("What stands between the braces cannot be read.")


@lru_cache(maxsize=1)
def _engine() -> Engine:
    """No loaders, no libraries, one tag and four filters."""
    library = Library()
    library.tag("if", do_if)
    library.filter("length", lambda value: len(value) if isinstance(value, list | tuple | str) else 0)
    library.filter("lower", lambda value: str(value).lower())
    library.filter("weekday", lambda value: danish.weekday_date(value) if value else "")
    engine = Engine(loaders=[], libraries={}, builtins=[])
    engine.template_builtins = [library]
    return engine


def _expressions(nodes: NodeList, *, certain: bool) -> Iterator[tuple[FilterExpression, bool, bool]]:
    """Every expression, whether it is always reached, and whether it is printed (or only asked about)."""
    for node in nodes:
        if isinstance(node, VariableNode):
            yield node.filter_expression, certain, True
        elif isinstance(node, IfNode):
            for condition, inner in node.conditions_nodelists:
                for expression in _conditions(condition):
                    yield expression, False, False
                yield from _expressions(inner, certain=False)


def _conditions(condition: Any) -> Iterator[FilterExpression]:
    if condition is None:
        return
    if isinstance(value := getattr(condition, "value", None), FilterExpression):
        yield value
    for side in (getattr(condition, "first", None), getattr(condition, "second", None)):
        yield from _conditions(side)


def _names(expression: FilterExpression) -> list[str]:
    candidates = [expression.var, *(value for _f, args in expression.filters for is_var, value in args if is_var)]
    return [str(value.var) for value in candidates if isinstance(value, Variable) and value.lookups is not None]


def _texts(nodes: NodeList) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, TextNode):
            yield node.s
        elif isinstance(node, IfNode):
            for _condition, inner in node.conditions_nodelists:
                yield from _texts(inner)


def _write(nodes: NodeList, context: Context, fields: Mapping[str, Field]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, TextNode):
            yield escape(node.s)
        elif isinstance(node, VariableNode):
            yield _value(node.filter_expression, context, fields)
        elif isinstance(node, IfNode):
            yield from _write(_chosen(node, context), context, fields)


def _chosen(node: IfNode, context: Context) -> NodeList:
    for condition, inner in node.conditions_nodelists:
        if condition is None or condition.eval(cast(Any, context)):
            return inner
    return NodeList()


def _value(expression: FilterExpression, context: Context, fields: Mapping[str, Field]) -> str:
    value = expression.resolve(context, ignore_failures=True)
    field = fields.get(getattr(expression.var, "var", ""), Field("", ""))
    if isinstance(value, list | tuple):
        items = [escape(PRIVATE.sub("", " ".join(str(item).split()))) for item in value if str(item).strip()]
        return f"{LIST}{ITEM.join(items)}{LIST_END}" if items else ""
    words = escape(PRIVATE.sub("", in_words(field, value)))
    return f"{BEGIN}{words}{END}" if words else ""


def _plain(text: str) -> str:
    """On one line, without the private signs; a list in the middle of a sentence reads as one."""
    text = A_LIST.sub(lambda match: danish_list(match[1].split(ITEM)), text)
    return " ".join(PRIVATE.sub("", text).replace("\u00a0", KEEP).split()).replace(KEEP, "\u00a0")


def _chunk(chunk: str) -> Iterator[str]:
    """Lines that stand together as HTML: lists, headings, boxes, and paragraphs of what is between them."""
    text: list[str] = []
    for line in (line.strip() for line in chunk.split("\n")):
        alone = _alone(line)
        if alone is None:
            text.append(line)
            continue
        yield from _paragraph(text)
        text = []
        yield alone
    yield from _paragraph(text)


def _alone(line: str) -> str | None:
    """A line that is no part of a paragraph; None where it is."""
    if whole := A_LIST.fullmatch(line):
        return _bullets(whole[1].split(ITEM))
    if line.startswith("- "):
        return _bullets([_plain(line[2:])])
    if line.startswith("## "):
        return f"<h2>{_plain(line[3:])}</h2>"
    if line.startswith(BOX):
        return f'<div class="notice"><p>{_plain(line[len(BOX) :])}</p></div>'
    return None


def _paragraph(lines: list[str]) -> Iterator[str]:
    if words := _plain(" ".join(line for line in lines if line)):
        yield f"<p>{words}</p>"


def _bullets(items: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{_sentence(item)}</li>' for item in items)}</ul>"


def _sentence(text: str) -> str:
    text = PRIVATE.sub("", text).strip()
    return text if not text or text[-1] in ".!?:" else f"{text}."
