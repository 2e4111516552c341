"""Where letters arrive: a real mail server that counts, and the outbox folder, watched for files that come twice."""

import asyncio
import socket
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """Counts each letter by its Message-ID as soon as it has it whole, then takes its time to answer."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.came: Counter[str] = Counter()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        for line in envelope.content.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("message-id:"):
                self.came[line.split("<")[1].split("@")[0]] += 1
        await asyncio.sleep(self.seconds)
        return "250 OK"

    def start(self) -> int:
        self.controller.start()
        return self.port

    def stop(self) -> None:
        self.controller.stop()


class Folder:
    """Each new file under a name is one hand-over: the outbox replaces files, it never writes into one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.seen: dict[str, set[int]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self.look()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.look()

    def look(self) -> None:
        for path in self.root.rglob("*.json"):
            try:
                self.seen.setdefault(path.stem, set()).add(path.stat().st_mtime_ns)
            except FileNotFoundError:
                continue

    def times(self, name: str) -> int:
        return len(self.seen.get(name, ()))
