"""A PostgreSQL server for the tests: started in a temporary folder, stopped at the end."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

OWNER = "owner"
SECONDS_TO_START = 60


class Missing(Exception):
    """Why there is no server here."""


@dataclass(frozen=True)
class Server:
    """A running server on this machine alone, and how its owner signs in."""

    port: int
    password: str

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection as the owner, every statement its own transaction."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=OWNER,
            password=self.password,
            dbname=database,
            autocommit=True,
        )


def programs() -> Path:
    """The folder of PostgreSQL's programs, installed where that is allowed and needed."""
    if (found := _find()) is not None:
        return found
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing("PostgreSQL is not installed. Debian: apt install postgresql")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "postgresql"]):
        answer = subprocess.run(
            ["apt-get", "--quiet", *command], env=quiet, capture_output=True, text=True, check=False
        )
        if answer.returncode:
            raise Missing(f"PostgreSQL cannot be installed: {answer.stderr.strip()[-200:]}")
    if (found := _find()) is None:
        raise Missing("PostgreSQL is installed, but initdb was not found")
    return found


def _find() -> Path | None:
    """Debian keeps the programs of each version in a folder that no PATH names."""
    places = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name)
    )
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).resolve().parent)
    return next((place for place in reversed(places) if (place / "postgres").exists()), None)


@contextmanager
def server() -> Iterator[Server]:
    """Start a server in a new folder; PostgreSQL refuses root, so another user runs it then."""
    where = programs()
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="postgres_"))
    try:
        password = secrets.token_hex(16)
        secret = folder / "password"
        secret.write_text(password, encoding="utf-8")
        secret.chmod(0o600)
        if user:
            for path in (folder, secret):
                shutil.chown(path, user["user"], user["group"])
        data = folder / "data"
        answer = subprocess.run(
            [where / "initdb", "--pgdata", data, "--username", OWNER, "--pwfile", secret,
             "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8",
             "--no-sync"],
            cwd=folder, capture_output=True, text=True, check=False, **user,
        )  # fmt: skip
        if answer.returncode:
            raise Missing(f"initdb failed: {answer.stderr.strip()[-300:]}")
        yield from _run(where, folder, data, password, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(
    where: Path, folder: Path, data: Path, password: str, user: dict[str, Any]
) -> Iterator[Server]:
    """The server as a child of this process, ended by its own id."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [where / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1",
             "-c", f"unix_socket_directories={folder}", "-c", "fsync=off",
             "-c", "timezone=UTC"],
            cwd=folder, stdout=log, stderr=log, **user,
        )  # fmt: skip
        try:
            running = Server(port, password)
            _wait(running, process, folder / "log")
            yield running
        finally:
            process.send_signal(signal.SIGINT)  # a fast shutdown: who is connected is sent away
            process.wait(timeout=SECONDS_TO_START)


def _wait(running: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until the server answers."""
    until = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            running.connect().close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > until:
                told = log.read_text(encoding="utf-8")[-500:]
                raise Missing(f"PostgreSQL does not start: {told}") from error
            time.sleep(0.1)


def server_user() -> dict[str, Any]:
    """Whom the server runs as: ourselves, or for root the user that the package made."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise Missing("PostgreSQL refuses root, and there is no user postgres or nobody")
