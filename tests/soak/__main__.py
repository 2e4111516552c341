"""`python -m tests.soak --letters 500 --kills 100`: see the package's text. Prints one JSON document; status 1 on a fault."""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg

from tests.soak.post import Folder, MailServer
from tests.soak.programs import ROOT, Programs, until

PATIENCE = 90.0
Rows = list[tuple[Any, ...]]


def copy_of_an_empty_database(target: str) -> None:
    """The migrated template of the tests, made if it is missing, into the private server."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    code = "import django; django.setup(); from tests.support.template_database import template_name as t; print(t())"
    name = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()[-1]
    dump = subprocess.Popen(["pg_dump", "--no-owner", "--dbname", name], stdout=subprocess.PIPE)
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, target], stdin=dump.stdout, check=True)
    if dump.wait():
        raise SystemExit("pg_dump failed")


class Soak:
    def __init__(self, letters: int, kills: int, seed: int, seconds: float) -> None:
        self.letters, self.kills = letters, kills
        self.chance = random.Random(seed)  # noqa: S311
        self.state = Path(os.environ["STATE_ROOT"]) / "soak"
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir(mode=0o711)
        self.programs = Programs(self.state, self.chance)
        self.mail = MailServer(seconds)
        self.folder = Folder(self.state / "outbox")
        self.url = ""
        self.stalled: list[str] = []

    def run(self) -> dict[str, Any]:
        began = time.monotonic()
        try:
            self._prepare()
            prepared = time.monotonic()
            self.programs.start()
            killed, recovery = self._kill_at_random()
            drained = self._drain()
            return {**self._count(), "killed": killed, "recovery_seconds": recovery, "drained": drained,
                    "prepare_seconds": round(prepared - began), "seconds": round(time.monotonic() - prepared)}  # fmt: skip
        finally:
            self.programs.stop()
            self.mail.stop()

    def _prepare(self) -> None:
        served = self.programs.serve()
        copy_of_an_empty_database(served["DATABASE_URL"])
        os.environ.update(served)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "microloan.settings",
            "DEMO": "1",
            "DOCUMENT_ROOT": str(self.state / "documents"),
            "OUTBOX_ROOT": str(self.state / "outbox"),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.start()}",
            "LOG_LEVEL": "ERROR",
        }
        for name in ("documents", "outbox"):
            (self.state / name).mkdir()
        self.folder.start()
        self.url = served["DATABASE_URL"]
        make_letters(self.letters)

    # --- Killing ---------------------------------------------------------------------------------------------------------

    def _kill_at_random(self) -> tuple[dict[str, int], dict[str, Any]]:
        killed: Counter[str] = Counter()
        took: dict[str, list[float]] = {}
        until(self._moves(), PATIENCE, self.programs.revive)
        for _number in range(self.kills):
            time.sleep(self.chance.uniform(0.2, 2.0))
            part, bring_back = self.programs.kill()
            began = time.monotonic()
            killed[part] += 1
            time.sleep(self.chance.uniform(0, 0.5))
            bring_back()
            if not self._left():
                continue
            if not until(self._moves(), PATIENCE, self.programs.revive):
                self.stalled.append(f"after the death of {part} nothing was sent for {PATIENCE:.0f} seconds")
            took.setdefault(part, []).append(time.monotonic() - began)
        every = [seconds for many in took.values() for seconds in many]
        return dict(killed), {
            **{part: round(statistics.median(many), 1) for part, many in sorted(took.items())},
            "median": round(statistics.median(every), 1) if every else None,
            "most": round(max(every), 1) if every else None,
        }

    def _moves(self) -> Any:
        """A question: has another letter been sent since now?"""
        before = self._sent()
        return lambda: self._sent() > before

    def _sent(self) -> int:
        rows = self._ask("SELECT count(*) FROM letters_letter WHERE key LIKE 'soak:%' AND status = 'dispatched'")
        return rows[0][0] if rows else -1

    def _left(self) -> int:
        rows = self._ask("SELECT count(*) FROM letters_letter WHERE key LIKE 'soak:%' AND status = 'ready'")
        return rows[0][0] if rows else 1

    def _ask(self, question: str) -> Rows:
        """Nothing, while the server is away."""
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                return connection.execute(question).fetchall()
        except psycopg.OperationalError:
            return []

    def _drain(self) -> bool:
        self.mail.seconds = 0
        return until(lambda: self._left() == 0 and self._nobody_sends(), 10 * PATIENCE, self.programs.revive)

    def _nobody_sends(self) -> bool:
        """A letter taken long ago is nobody's any more; one just taken is on its way."""
        taken = "status = 'claimed' AND claimed_at > now() - interval '5 seconds'"
        rows = self._ask(f"SELECT count(*) FROM letters_letter WHERE key LIKE 'soak:%' AND {taken}")  # noqa: S608
        return bool(rows) and rows[0][0] == 0

    # --- Counting --------------------------------------------------------------------------------------------------------

    def _count(self) -> dict[str, Any]:
        self.folder.stop()
        rows = self._ask("SELECT id, status FROM letters_letter WHERE key LIKE 'soak:%'")
        lines = dict(
            self._ask(
                "SELECT link->'kwargs'->>'letter_id', count(*) FROM cases_journalentry"
                " WHERE link->'kwargs'->>'letter_id' IS NOT NULL GROUP BY 1"
            )
        )
        by_status: Counter[str] = Counter(status for _id, status in rows)
        faults = list(self.stalled)
        for letter, status in rows:
            times = self.mail.came[str(letter)] + self.folder.times(str(letter))
            sent = status == "dispatched"
            if times > 1 or (sent and times != 1) or lines.get(str(letter), 0) != int(sent) or status == "ready":
                faults.append(f"{letter}: {status}, arrived {times} times, journal {lines.get(str(letter), 0)}")
        if len(rows) != self.letters:
            faults.append(f"{len(rows)} of {self.letters} letters are there")
        listed = sum(count for status, count in by_status.items() if status != "dispatched")
        return {"letters": len(rows), "sent_once": by_status["dispatched"], "for_a_person": listed, "faults": faults}


def make_letters(count: int) -> None:
    """By the services, half to citizens and half to colleagues, each queued as it is made."""
    import django

    django.setup()
    from django.db import connections, transaction

    from cases.letters import services
    from microloan.accounts.enums import Role
    from tests.letters import samples
    from tests.support.world import World

    world = World()
    case, coach, worker = world.case, world.user(Role.COACH), world.user(Role.CASEWORKER)
    type(worker).objects.filter(pk=worker.pk).update(email="sagsbehandler@example.org")
    for number in range(count):
        kind, to_user = ("screening_continue", None) if number % 2 else ("referral_receipt", worker)
        context = samples.CONTEXTS[kind]
        key = f"soak:{number}"
        with transaction.atomic():
            services.prepare_letter(
                kind=kind, case=case, key=key, context=context, by=coach, today=world.today, to_user=to_user
            )
    connections.close_all()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--letters", type=int, default=500)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--seconds", type=float, default=3.0, help="how long the mail server takes for a letter")
    asked = parser.parse_args()
    result = {"seed": asked.seed, **Soak(asked.letters, asked.kills, asked.seed, asked.seconds).run()}
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 1 if result["faults"] or not result["drained"] else 0


if __name__ == "__main__":
    sys.exit(main())
