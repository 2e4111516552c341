"""The case file as one PDF (access to documents, docs/decisions/113): which sections there are, and how they are put together.

Other rooms take from here what they need to register a section of their own; the PDF itself is made by `cases.case_file.pdf`.
"""

from cases.case_file.registry import Item, Section, register, section_choices, sections

__all__ = ["Item", "Section", "register", "section_choices", "sections"]
