"""Every run is written down: when, over which rows, how it ended, which version it published.

Runs are lines of a file that is only ever added to, one when a run begins and one when it ends, so
that a run that was killed shows as well: the next one finds it without an end. What is published
holds them as audit.run_history. No message stands there, for it might quote data.
"""

import contextlib
import json
import os
import sys
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ops import faults, lock
from ops.project import (
    FAULT,
    UserError,
    log_folder,
    owner_only,
    published_file,
    run_record,
)
from ops.summary import Rows
from ops.tombstones import literal

STOPPED = 130  # as the shell has it
TABLE = "audit.run_history"
COLUMNS = {
    "run_id": "varchar",
    "command": "varchar",
    "target": "varchar",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "duration_seconds": "decimal(18, 6)",
    "as_of_date": "date",
    "delivered_row_count": "bigint",
    "accepted_row_count": "bigint",
    "quarantined_row_count": "bigint",
    "passed_node_count": "bigint",
    "failed_node_count": "bigint",
    "warned_node_count": "bigint",
    "outcome": "varchar",
    "reason": "varchar",
    "version": "varchar",
}

Row = dict[str, Any]


def now() -> datetime:
    """UTC, as timestamps are everywhere."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass
class Run:
    """One run as it is written down; its outcome is that of a killed one until it ends."""

    command: str
    target: str
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: datetime = field(default_factory=now)
    ended_at: datetime | None = None
    as_of_date: str | None = None
    delivered_row_count: int | None = None
    accepted_row_count: int | None = None
    quarantined_row_count: int | None = None
    passed_node_count: int | None = None
    failed_node_count: int | None = None
    warned_node_count: int | None = None
    outcome: str = "interrupted"
    reason: str | None = None
    version: str | None = None

    def end(self, outcome: str, reason: str | None = None, at: datetime | None = None) -> None:
        """How it ended."""
        self.outcome, self.reason, self.ended_at = outcome, reason, at or now()

    def as_published(self, version: str, at: datetime) -> "Run":
        """The same as it will have ended once the version is what readers see."""
        return replace(self, outcome="published", reason=None, version=version, ended_at=at)

    def seconds(self) -> float:
        """How long it took, or has taken so far."""
        return ((self.ended_at or now()) - self.started_at).total_seconds()

    def row(self) -> Row:
        """Its columns, as JSON has them."""
        values = asdict(self)
        if self.ended_at:
            values["duration_seconds"] = f"{self.seconds():.6f}"
        for name in ("started_at", "ended_at"):
            if values[name]:
                values[name] = values[name].isoformat(timespec="microseconds")
        return {name: values.get(name) for name in COLUMNS}


def run(command: str, target: str, work: Callable[[Run], int]) -> int:
    """Do the work of a command alone and recorded; the exit code, a message if something failed."""
    started = None
    try:
        with lock.one_at_a_time(command), recorded(command, target) as started:
            return work(started)
    except Exception as error:
        fault = faults.explained(error)
        if started and started.version:
            return tell(command, fault, "What was built is published all the same.")
        return tell(command, fault, "Readers see what they saw." * (fault.exit_code == FAULT))
    except KeyboardInterrupt:
        print(f"\n{command}: Stopped. Readers see one whole version.", file=sys.stderr)
        return STOPPED


def tell(command: str, fault: UserError, what_stands: str) -> int:
    """Say in one line what went wrong and what stands all the same; the exit code."""
    print(f"{command}: {fault} {what_stands}".rstrip(), file=sys.stderr)
    return fault.exit_code


@contextlib.contextmanager
def recorded(command: str, target: str) -> Iterator[Run]:
    """Write down that a run begins, and how it ended, whatever ends it."""
    settle()
    run = Run(command, target)
    _append(run_record(), {"event": "started", **run.row()})
    trace = None
    try:
        yield run
    except BaseException as error:
        trace = traceback.format_exc()
        if not run.ended_at:
            fault = faults.explained(error) if isinstance(error, Exception) else None
            run.end(_outcome(fault), fault.reason if fault else type(error).__name__)
        with contextlib.suppress(OSError):  # a full disk has been told of already
            _write_down(run, trace)
        raise
    _write_down(run, None)


def finished() -> list[Row]:
    """Every run that has ended, in the order in which they began."""
    ended = {line["started_at"]: line for line in _lines() if line["event"] == "ended"}
    return [{name: ended[at].get(name) for name in COLUMNS} for at in sorted(ended)]


def settle() -> None:
    """End what a killed run left open: published, if readers see it, else interrupted."""
    lines = _lines()
    ended = {line["started_at"] for line in lines if line["event"] == "ended"}
    unfinished = [line for line in lines if line["started_at"] not in ended]
    if not unfinished:
        return
    published = _published_rows()
    for line in unfinished:
        row = published.get(line["started_at"], {**line, "reason": "killed"})
        _append(run_record(), {**row, "event": "ended"})


def write_table(
    connection: duckdb.DuckDBPyConnection, catalog: str, current: Run | None
) -> list[str]:
    """The runs so far, and the one that is about to publish, as audit.run_history."""
    rows = [*finished(), *([current.row()] if current else [])]
    columns = ", ".join(f"{name} {data_type}" for name, data_type in COLUMNS.items())
    connection.execute(f"create schema if not exists {catalog}.audit")
    connection.execute(f"create or replace table {catalog}.{TABLE} ({columns})")
    structure = json.dumps([COLUMNS])
    connection.execute(
        f"insert into {catalog}.{TABLE} select unnest(from_json(?, ?), max_depth := 2)",
        [json.dumps(rows), structure],
    )
    return [TABLE]


def count_rows(run: Run, rows_of: Rows) -> None:
    """What was delivered and what became of it."""
    ((delivered, accepted, quarantined),) = rows_of(
        "select cast(sum(row_count) as bigint), "
        "cast(sum(row_count) filter (where outcome = 'accepted') as bigint), "
        "cast(sum(row_count) filter (where outcome = 'quarantined') as bigint) "
        "from audit.source_quality"
    )
    run.delivered_row_count = int(delivered or 0)
    run.accepted_row_count = int(accepted or 0)
    run.quarantined_row_count = int(quarantined or 0)


def count_rows_in(run: Run, build: Path) -> None:
    """The same of a DuckDB file, if the build came that far."""
    with (
        contextlib.suppress(duckdb.Error),
        duckdb.connect(str(build), read_only=True) as connection,
    ):
        count_rows(run, lambda query: connection.execute(query).fetchall())


def _outcome(fault: UserError | None) -> str:
    if fault is None:
        return "interrupted"
    return "fault" if fault.exit_code == FAULT else "refused"


def _write_down(run: Run, trace: str | None) -> None:
    """The end of a run, for the next ones, and as one line of the log."""
    _append(run_record(), {"event": "ended", **run.row()})
    with owner_only():  # a call stack may quote what was delivered
        _append(log_folder() / "runs.jsonl", {**run.row(), "traceback": trace})


def _lines() -> list[Row]:
    """What is written down; a line that a full disk or a kill cut off is none."""
    lines = []
    with contextlib.suppress(FileNotFoundError):
        for text in run_record().read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                lines.append(json.loads(text))
    return lines


def _append(path: Path, line: Row) -> None:
    """Add one line at once and have it on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            is_cut = file.read(1) != b"\n"
        else:
            is_cut = False
        file.write(b"\n" * is_cut + json.dumps(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _published_rows() -> dict[str, Row]:
    """The runs that readers see, by the time at which they began."""
    with contextlib.suppress(duckdb.Error), duckdb.connect() as connection:
        connection.execute(f"attach {literal(published_file())} as source (read_only)")
        found = connection.execute(f"select {', '.join(COLUMNS)} from source.{TABLE}").fetchall()
        rows = [dict(zip(COLUMNS, map(_as_json, values), strict=True)) for values in found]
        return {row["started_at"]: row for row in rows}
    return {}


def _as_json(value: Any) -> Any:
    """A value as the lines have it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return str(value) if isinstance(value, date | Decimal) else value
