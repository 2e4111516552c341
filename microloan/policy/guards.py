"""What the database guards about rules and legal bases that decisions rest on."""

from typing import Any

import pgtrigger
from django.db import models


class LockedOnceUsed(pgtrigger.Trigger):
    """Refuse to change some fields of a row that any other row points to, whichever room that row belongs to."""

    when = pgtrigger.Before
    operation = pgtrigger.Update
    declare = [("reference", "record"), ("is_used", "boolean")]  # noqa: RUF012

    def __init__(self, *, fields: list[str], **kwargs: Any) -> None:
        super().__init__(condition=pgtrigger.AnyChange(*fields), **kwargs)

    def get_func(self, model: Any) -> str:
        return f"""
            FOR reference IN
                SELECT c.conrelid::regclass AS of_table, a.attname AS of_column
                  FROM pg_constraint c
                  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                 WHERE c.confrelid = TG_RELID AND c.contype = 'f'
            LOOP
                EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s WHERE %I = $1)', reference.of_table, reference.of_column)
                   INTO is_used USING OLD.id;
                IF is_used THEN
                    RAISE EXCEPTION 'Cannot update row of %: decisions rest on it ({self.name})', TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = '{self.name}';
                END IF;
            END LOOP;
            RETURN NEW;
        """  # noqa: S608  (built from the trigger's own name)


def is_used(row: models.Model) -> bool:
    """Whether any row points to this one; its history does not count."""
    for relation in row._meta.get_fields(include_hidden=True):
        if not isinstance(relation, models.ManyToOneRel):  # also one to one
            continue
        pointer: Any = relation.field
        if pointer.db_constraint and pointer.model._base_manager.filter(**{pointer.name: row}).exists():
            return True
    return False
