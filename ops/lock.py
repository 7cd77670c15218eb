"""One run at a time: two that write the same files would spoil each other's work."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime

from ops.project import BUSY, UserError, build_file


@contextlib.contextmanager
def one_at_a_time(command: str) -> Iterator[None]:
    """Hold the warehouse's lock, which ends with the process; a second run is sent away."""
    path = build_file().with_name("build.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise UserError(
                f"Another run is at work: {_holder(lock.read())}. Nothing was touched; wait until "
                "it has ended.",
                "another run",
                BUSY,
            ) from None
        lock.truncate(0)
        json.dump({"command": command, "pid": os.getpid(), "since": _now()}, lock)
        lock.flush()
        yield


def _holder(written: str) -> str:
    """Who wrote down that they hold the lock."""
    try:
        holder = json.loads(written)
        return f"make {holder['command']}, process {holder['pid']}, since {holder['since']}"
    except (ValueError, KeyError, TypeError):
        return "it has not said yet what it is"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
