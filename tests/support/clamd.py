"""A daemon that speaks ClamAV's INSTREAM: it reads the whole file, and answers as told."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Daemon:
    def __init__(self, address: str) -> None:
        self.address = address
        self.seen: list[bytes] = []
        self.answer = "stream: OK"


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data))
    return data


def _serve(listening: socket.socket, daemon: Daemon) -> None:
    while True:
        try:
            connection, _peer = listening.accept()
        except OSError:
            return
        with connection:
            assert _read(connection, 10) == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack("!I", _read(connection, 4))[0]:
                data += _read(connection, size)
            daemon.seen.append(data)
            connection.sendall(daemon.answer.encode() + b"\0")


@contextmanager
def clamd(folder: Path | None = None) -> Iterator[Daemon]:
    """On a socket in `folder`, else on a TCP port."""
    if folder is not None:
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        address = str(folder / "clamd.ctl")
        listening.bind(address)
    else:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
    listening.listen()
    daemon = Daemon(address)
    thread = threading.Thread(target=_serve, args=(listening, daemon), daemon=True)
    thread.start()
    try:
        yield daemon
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(timeout=5)
