"""The papers of a case (domain.md §4): person profile, business plan, self-evaluation and action plan.

`questions` is what is asked, as data; `rules` compares and reads answers. Pure: no database, no clock.
"""
