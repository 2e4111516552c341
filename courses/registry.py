"""Where higher rooms tell `courses` what it must know without importing them (architecture.md §2)."""

from collections.abc import Callable

from cases.models import CaseFile
from microloan.core.registry import Registry

# What the project lead has answered for already: why the main course of a case may start late after the residential
# course. Empty: nothing yet.
late_starts: Registry[Callable[[CaseFile], str]] = Registry("late starts of the main course")
