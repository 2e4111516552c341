"""The few filters that letter templates need beside `kr` and the other formats of `microloan.core.danish`, and `prose`."""

from datetime import date

from django import template
from django.template.base import Parser, Token, TokenType
from django.template.context import Context

from cases.letters.envelope import Contact, Sender
from cases.letters.wording import wording_of
from microloan.core import danish
from microloan.core.forms import phone_groups

NBSP = "\u00a0"
register = template.Library()


@register.filter
def long_date(day: date) -> str:
    """The day stays on the line of its month."""
    return danish.long_date(day).replace(" ", NBSP, 1)


@register.filter
def months(count: int) -> str:
    """`1 måned`, `84 måneder`; letters are Danish whatever the language of the screen."""
    return f"{count}{NBSP}{'måned' if count == 1 else 'måneder'}"


@register.filter
def sentence(text: str) -> str:
    """Text typed by staff or taken from data, ended as a sentence."""
    text = " ".join(str(text).split())
    return text if not text or text[-1] in ".!?:" else f"{text}."


@register.filter
def phone_of(contact: Contact, sender: Sender) -> str:
    return phone_groups(contact.phone or sender.phone)


class ProseNode(template.Node):
    """A text of a letter that an administrator can edit. What stands in the file is the built-in version."""

    def __init__(self, name: str, source: str, options: frozenset[str]) -> None:
        self.name, self.source = name, source
        self.inline, self.optional = "inline" in options, "optional" in options

    def render(self, context: Context) -> str:
        source = context["texts"].get(self.name, self.source)
        wording = wording_of(context["kind"], source)  # refuses the letter where a version no longer fits the product
        return wording.inline(context["values"]) if self.inline else wording.html(context["values"])


@register.tag
def prose(parser: Parser, token: Token) -> ProseNode:
    """`{% prose "name" %} … {% endprose %}` in the language of `cases.letters.wording`; `inline`, `optional`."""
    _tag, name, *options = token.split_contents()
    return ProseNode(name.strip('"'), _raw(parser), frozenset(options))


def _raw(parser: Parser) -> str:
    """The source up to `endprose`, not compiled by this engine."""
    written: list[str] = []
    while parser.tokens:
        token = parser.next_token()
        if token.token_type == TokenType.BLOCK and token.contents == "endprose":
            return "\n".join(line.strip() for line in "".join(written).strip().split("\n"))
        written.append(_source(token))
    raise template.TemplateSyntaxError("prose without endprose")


def _source(token: Token) -> str:
    if token.token_type == TokenType.VAR:
        return f"{{{{ {token.contents} }}}}"
    if token.token_type == TokenType.BLOCK:
        return f"{{% {token.contents} %}}"
    return "" if token.token_type == TokenType.COMMENT else str(token.contents)
