"""`make soak`: worker, beat, Redis and PostgreSQL are killed at random points while letters are sent.

Afterwards every letter has left the house exactly once, or lies on the list of what a person decides. See docs/performance.md.
"""
