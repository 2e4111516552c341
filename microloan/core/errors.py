"""How a service says no: in the reader's language, before anything is changed."""

from collections.abc import Sequence


class Refused(Exception):
    """A step is refused. `messages` are shown as they are; `field` names the form field they belong to, if any."""

    def __init__(self, *messages: object, field: str | None = None) -> None:
        self.messages: Sequence[str] = [str(message) for message in messages]
        self.field = field
        super().__init__(" ".join(self.messages))


class Conflict(Refused):
    """Somebody else changed the same thing in the meantime, or a key was used again with other content."""
