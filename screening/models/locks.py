import pgtrigger

from microloan.core.history import no_truncate


def locked_with(name: str, *, parent: str, key: str, when: str, message: str) -> list[pgtrigger.Trigger]:
    """Refuse every change of rows that belong to a locked row of the table `parent`.

    The parent is read FOR SHARE, so that a row slipped in beside a decision waits for it, and is refused then.
    """
    return [
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            declare=[("locked", "timestamptz")],
            func=f"""
                SELECT max(held.{when}) INTO locked FROM (
                    SELECT {when} FROM {parent} WHERE id IN (NEW.{key}, OLD.{key}) FOR SHARE
                ) held;
                IF locked IS NOT NULL THEN
                    RAISE EXCEPTION 'Cannot % rows of %: {message} ({name})', lower(TG_OP), TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = '{name}';
                END IF;
                IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                RETURN NEW;
            """,  # noqa: S608  names of tables and columns from this file
        ),
        no_truncate(name, message),
    ]


def sealed_with_budget(name: str) -> pgtrigger.Trigger:
    """Refuse a line that is slipped into a version of a budget after it was saved. (The tables are append-only besides.)"""
    guard, _truncate = locked_with(
        name, parent="screening_budget", key="budget_id", when="sealed_at", message="the version is saved"
    )
    return guard
