"""One dbt build inside this process: quiet progress while it runs, plain findings when it ends."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from ops.project import ROOT, build_file, display

PROGRESS_LINES = 20
EXAMPLES = 3

# what the Python models fit, and where a warehouse without them looks for what was fitted
SUMMARIES = ("int_customer_clv_summary", "int_clv_backtest_summary")
PARAMETERS = "clv_parameters"


@dataclass(frozen=True)
class Finding:
    """A node that did not pass: what dbt said, the rows a test found, the query to look at."""

    name: str
    message: str
    rows: int | None
    query: Path | None
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        rows = "" if self.rows is None else f": {self.rows:,} row{'s' if self.rows != 1 else ''}"
        lines = [f"{self.name}{rows}"]
        lines += [f"    {line}" for line in self.message.splitlines() if line.strip()]
        lines += [f"    {example}" for example in self.examples]
        if self.query:
            lines.append(f"    query: {display(self.query)}")
        return "\n".join(lines)


@dataclass
class Outcome:
    """How a build ended; a broken contract is the delivery's fault, and the caller can mend it."""

    invocation_id: str = ""
    passed: int = 0
    skipped: int = 0
    errors: list[Finding] = field(default_factory=list)
    failures: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    broken_contract: bool = False

    @property
    def is_success(self) -> bool:
        return not self.errors and not self.failures


class Progress:
    """dbt's events, of which a person sees about twenty lines."""

    def __init__(self) -> None:
        self.invocation_id = ""
        self._shown = 0

    def __call__(self, event: Any) -> None:
        self.invocation_id = event.info.invocation_id
        if event.info.name != "LogStartLine":
            return
        index, total = event.data.index, event.data.total
        share = index * PROGRESS_LINES // total
        if share > self._shown or index == 1:
            self._shown = share
            print(f"  {index:>4} of {total}  {event.data.description}", flush=True)


def rows_in_build_file(query: str) -> list[dict[str, Any]]:
    """The first rows of a query on DuckDB's build file, if they can be had."""
    if not build_file().exists():
        return []
    try:
        with duckdb.connect(str(build_file()), read_only=True) as connection:
            found = connection.sql(f"select * from ({query}) limit {EXAMPLES}")
            names = found.columns
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    except duckdb.Error:  # the finding stands without them
        return []


def build(
    variables: dict[str, Any],
    target: str | None,
    with_unit_tests: bool,
    options: Sequence[str] = (),
    rows_of: Callable[[str], list[dict[str, Any]]] = rows_in_build_file,
) -> Outcome:
    """Run `dbt build` with these vars, and sort what every node says."""
    # dbt takes seconds to import, and a mistake in the caller's words should not wait for it
    from dbt.cli.main import dbtRunner

    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    profiles = os.environ.get("DBT_PROFILES_DIR", str(ROOT))
    arguments = ["build", "--project-dir", str(ROOT), "--profiles-dir", profiles]
    arguments += ["--vars", json.dumps(variables)]
    arguments += ["--log-level", "none", "--log-level-file", "info"]
    if target:
        arguments += ["--target", target]
    if not with_unit_tests:
        arguments += ["--exclude-resource-type", "unit_test"]
    arguments += options
    progress = Progress()
    answer = dbtRunner(callbacks=[progress]).invoke(arguments)
    release_build()

    outcome = Outcome(invocation_id=progress.invocation_id)
    if answer.result is None:
        outcome.errors.append(Finding("dbt", str(answer.exception), None, None))
        return outcome
    for result in answer.result:
        _sort_in(outcome, result)
    outcome.failures = [_with_examples(finding, rows_of) for finding in outcome.failures]
    outcome.warnings = [_with_examples(finding, rows_of) for finding in outcome.warnings]
    if not outcome.errors and not outcome.failures and not answer.success:
        outcome.errors.append(Finding("dbt", str(answer.exception), None, None))
    return outcome


def build_around_fit(
    variables: dict[str, Any],
    target: str,
    with_unit_tests: bool,
    fit: Callable[[], None],
    rows_of: Callable[[str], list[dict[str, Any]]],
    excluded: Sequence[str] = (),
) -> Outcome:
    """Two dbt calls for a warehouse without Python models, and the fit between them.

    First what lifetime value is fitted on, then the rest, and every test: they need all tables.
    """
    first = [PARAMETERS, *(f"+{name}" for name in SUMMARIES)]
    print("  what lifetime value is fitted on", flush=True)
    options = ["--select", *first, "--exclude-resource-type", "test", "unit_test"]
    options += ["--exclude", *excluded] if excluded else []
    outcome = build(variables, target, True, options, rows_of)
    if not outcome.is_success:
        return outcome
    fit()
    print("  all the rest", flush=True)
    options = ["--exclude", *first, *excluded, "--indirect-selection", "empty"]
    following = build(variables, target, with_unit_tests, options, rows_of)
    following.passed += outcome.passed
    following.warnings = [*outcome.warnings, *following.warnings]
    return following


def _sort_in(outcome: Outcome, result: Any) -> None:
    """Put one node's result where it belongs."""
    node, status = result.node, str(result.status)
    kind = str(node.resource_type)
    is_test = kind in ("test", "unit_test")
    if status in ("success", "pass", "no-op"):
        outcome.passed += 1
        return
    if status == "skipped":
        outcome.skipped += 1
        return
    message = _plain(result.message or "")
    compiled = getattr(node, "compiled_path", None)
    query = Path(compiled) if is_test and compiled else None
    rows = result.failures if kind == "test" and status != "error" else None
    finding = Finding(node.name, message, rows, query and (ROOT / query))
    if status == "warn":
        outcome.warnings.append(finding)
    elif is_test and status == "fail":
        outcome.failures.append(finding)
    else:
        outcome.errors.append(finding)
        outcome.broken_contract |= str(node.original_file_path).startswith("models/raw/")


def _with_examples(finding: Finding, rows_of: Callable[[str], list[dict[str, Any]]]) -> Finding:
    """The first rows that a data test found, read with its own query."""
    if not (finding.rows and finding.query and finding.query.exists()):
        return finding
    rows = rows_of(finding.query.read_text(encoding="utf-8"))
    return replace(
        finding,
        examples=tuple(
            ", ".join(f"{name}: {value}" for name, value in row.items()) for row in rows
        ),
    )


def _plain(message: str) -> str:
    """dbt's message without its head line and call stack."""
    lines = [line.strip() for line in message.strip().splitlines()]
    if len(lines) > 1 and " Error in " in lines[0]:
        lines = lines[1:]
    kept = [line for line in lines if line and not line.startswith(("> in ", "> called by "))]
    return "\n".join(line for line in kept if not line.startswith("Got "))


def release_build() -> None:
    """dbt-duckdb keeps its connection for the next call in the process; the file must be let go."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()
