"""`make gates`: hold the last delivery and the last build against what is expected of them.

`make build` does the same as it goes: the delivery before dbt starts, the marts before they are
published. Each gate is a process of its own, for Great Expectations takes seconds to import.

Exit codes: 0 go on; 1 stopped; 2 the caller can put it right.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytz

from ops import publish, summary
from ops.delivery import raw_files
from ops.expectations.history import Accepted, comparable, history_file, read_history, remember
from ops.project import (
    ROOT,
    UserError,
    build_file,
    build_record,
    contract_tables,
    display,
    project_vars,
)

if TYPE_CHECKING:
    from ops.expectations.suite import Batch, Finding
    from ops.expectations.tables import Table

GATES = ("delivery", "publication")


@dataclass
class Delivery:
    """What the gate before the build was asked, and the rows that it counted."""

    day: str
    is_demo: bool
    files: dict[str, str]
    delimiter: str
    switched_off: list[str]
    settings: dict[str, Any]
    rows: dict[str, int] = field(default_factory=dict)
    invocation_id: str = ""  # of the build that it led to

    @classmethod
    def read(cls) -> "Delivery":
        """That of the last build."""
        try:
            return cls(**json.loads(delivery_record().read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise UserError("There is no delivery to look at yet. Run make build.") from None
        except (TypeError, ValueError) as error:
            raise UserError(
                f"{display(delivery_record())} is no delivery's record ({error}). Run make build."
            ) from error

    def write(self) -> None:
        """For the gates that come after."""
        delivery_record().parent.mkdir(parents=True, exist_ok=True)
        delivery_record().write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")

    def earlier(self) -> list[Accepted]:
        """The accepted deliveries that this one is compared with."""
        history = read_history(history_file())
        if self.settings["gate_new_baseline"]:
            return []
        last = int(self.settings["gate_history_deliveries"])
        return comparable(history, self.is_demo, self.invocation_id, last)


def pages_folder() -> Path:
    """The pages for people, one folder a gate."""
    return build_file().with_name("gates")


def delivery_record() -> Path:
    """What the last delivery was, for the gate after the build and for make gates."""
    return pages_folder() / "delivery.json"


# -- in make build: each gate in a process of its own ----------------------------------------------


def check_delivery(variables: Mapping[str, Any]) -> int:
    """The gate before the build; 0 where it may start, else the exit code."""
    settings = {**project_vars(), **variables}
    if not settings["gates_enabled"]:
        return 0
    asked(settings).write()
    return _run("delivery")


def check_publication(
    variables: Mapping[str, Any], invocation_id: str, build: Path | None = None
) -> int:
    """The gate before publishing; 0 where what was built may be published, else the exit code."""
    if not {**project_vars(), **variables}["gates_enabled"]:
        return 0
    return _run("publication", "--accept", invocation_id, "--build", str(build or build_file()))


def asked(settings: Mapping[str, Any]) -> Delivery:
    """What is to be looked at, from the vars of the build."""
    is_demo = settings["demo_shop"]
    names = contract_tables(dict(settings))
    wanted = [name for name in names if settings.get(f"has_{name}", True)]
    files = raw_files(settings)
    if is_demo:
        files = {name: f"{ROOT}/seeds/demo/demo_{name}.csv" for name in wanted}
    # RAW switches off what has no file, and that alone is no reason to expect the table no more
    is_meant = not isinstance(settings["raw_files"], Mapping)
    off = [
        name
        for name in names
        if name not in wanted
        and (is_meant or name in settings["raw_files"] or not project_vars()[f"has_{name}"])
    ]
    return Delivery(
        day=as_of_day(settings).isoformat(),
        is_demo=is_demo,
        files=files,
        delimiter="," if is_demo else settings["raw_csv_delimiter"],
        switched_off=off,
        settings={name: value for name, value in settings.items() if name.startswith("gate_")},
    )


def as_of_day(settings: Mapping[str, Any]) -> date:
    """As macros/settings.sql has it: the var, else the demo's pin, else today in its zone."""
    pinned = settings["demo_settings"] if settings["demo_shop"] else {}
    day = settings["as_of_date"] or pinned.get("as_of_date") or "today"
    zone = settings["business_timezone"] or pinned.get("business_timezone") or "UTC"
    return datetime.now(pytz.timezone(zone)).date() if day == "today" else date.fromisoformat(day)


def _run(*arguments: str) -> int:
    """Run a gate, and say what it says."""
    command = [sys.executable, "-W", "ignore", "-m", "ops.validate", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    print(answer.stdout, end="", flush=True)
    is_silent = answer.returncode == 0 and "Gate" not in answer.stdout
    if "Traceback" in answer.stderr or answer.returncode not in (0, 1, 2) or is_silent:
        reason = (answer.stderr.strip().splitlines() or [f"exit code {answer.returncode}"])[-1]
        print(
            f"build: gate {arguments[0]} broke off ({reason}), so nothing is published. Install "
            "what requirements.txt names; VARS='{gates_enabled: false}' builds without gates.",
            file=sys.stderr,
        )
        return 2
    print(answer.stderr, end="", file=sys.stderr, flush=True)
    return answer.returncode


# -- the gates -------------------------------------------------------------------------------------


def delivery_gate(delivery: Delivery, tables: "Mapping[str, Table]") -> "list[Finding]":
    """Hold delivered tables, from wherever they were read, against suite delivery."""
    from ops.expectations.contract import contract, read_limits
    from ops.expectations.delivery import Question, delivery_batches

    names = contract_tables(project_vars())
    question = Question(
        day=date.fromisoformat(delivery.day),
        contracts={name: contract(name) for name in names},
        limits=read_limits(names),
        earlier=delivery.earlier(),
        tolerated_rows=int(delivery.settings["gate_tolerated_rows"]),
        switched_off=frozenset(delivery.switched_off),
    )
    delivery.rows = {name: table.row_count for name, table in tables.items()}
    delivery.write()
    return _hold("delivery", delivery_batches(tables, question), len(question.earlier))


def publication_gate(
    delivery: Delivery, marts: "Mapping[str, Table]", as_of: str | None, accept: bool
) -> "list[Finding]":
    """Hold marts against suite publication; one that comes through may be remembered."""
    from ops.expectations.publication import Question, publication_batches, segment_counts

    day = date.fromisoformat(as_of) if as_of else None
    # what an earlier day's build came to is no measure for one of a day before it
    earlier = [one for one in delivery.earlier() if one.as_of <= (as_of or "")]
    question = Question(
        earlier=earlier[-1] if earlier else None,
        maximum_mart_change=float(delivery.settings["gate_maximum_mart_change"]),
        maximum_segment_shift=float(delivery.settings["gate_maximum_segment_shift"]),
        tolerated_rows=int(delivery.settings["gate_tolerated_rows"]),
    )
    findings = _hold("publication", publication_batches(marts, day, question), len(earlier[-1:]))
    if accept and not any(finding.stops for finding in findings):
        delivery.write()
        remember(
            history_file(),
            Accepted(
                invocation_id=delivery.invocation_id,
                as_of=as_of or delivery.day,
                is_demo=delivery.is_demo,
                restarts=bool(delivery.settings["gate_new_baseline"]),
                rows=delivery.rows,
                marts={name: table.row_count for name, table in marts.items()},
                segments=segment_counts(marts),
            ),
        )
    return findings


def _hold(gate: str, batches: "list[Batch]", earlier: int) -> "list[Finding]":
    """Hold frames against a gate's suite, write its pages, and give what is not met."""
    from ops.expectations.suite import hold, outcomes, write_pages

    results = hold(batches)
    write_pages(gate, results, pages_folder() / gate)
    findings = outcomes(results)
    failed = [finding for finding in findings if not finding.is_met]
    stops = sum(finding.stops for finding in failed)
    page = display(pages_folder() / gate / "index.html")
    compared = f"compared with {earlier} before" if earlier else "none before to compare with"
    print(
        f"Gate {gate}: {len(findings)} expectations, {compared}; not met: {stops}; "
        f"warnings: {len(failed) - stops} ({page})"
    )
    return failed


def main(argv: Sequence[str] | None = None) -> int:
    """Run one gate, or both, on the last delivery and build."""
    parser = argparse.ArgumentParser(prog="python -m ops.validate")
    parser.add_argument("gate", nargs="?", choices=GATES, help="none: both")
    parser.add_argument("--accept", metavar="RUN", help="later ones are compared with this run")
    parser.add_argument("--build", type=Path, default=build_file(), help="DuckDB file of the marts")
    asked_for = parser.parse_args(argv)
    gates = [asked_for.gate] if asked_for.gate else GATES
    try:
        findings = [
            finding for gate in gates for finding in _gate(gate, asked_for.accept, asked_for.build)
        ]
    except UserError as error:
        print(f"gates: {error}", file=sys.stderr)
        return 2
    for finding in findings:
        print(f"\n{finding}", file=sys.stderr if finding.stops else sys.stdout)
    return int(any(finding.stops for finding in findings))


def _gate(gate: str, accepted_run: str | None, build: Path) -> "list[Finding]":
    """One gate on the last delivery or build, read with DuckDB."""
    from ops.expectations.contract import is_own_select
    from ops.expectations.tables import file_tables, mart_tables

    delivery = Delivery.read()
    if gate == "delivery":
        own = sorted(name for name in delivery.files if is_own_select(name))
        if own:
            print(f"Gate delivery: {', '.join(own)} not looked at: models/raw selects them itself.")
            delivery.switched_off = sorted({*delivery.switched_off, *own})
        files = {name: path for name, path in delivery.files.items() if name not in own}
        if not files:
            print("Gate delivery: the rows come from source tables; nothing is looked at.")
            return []
        sample_rows = int(delivery.settings["gate_sample_rows"])
        return delivery_gate(delivery, file_tables(files, delivery.delimiter, sample_rows))
    marts = mart_tables(build, publish.PUBLISHED_SCHEMAS)
    delivery.invocation_id = accepted_run or last_build()
    as_of = summary.as_of_day(build)
    return publication_gate(delivery, marts, as_of, accept=accepted_run is not None)


def last_build() -> str:
    """The id of the last build."""
    try:
        return str(json.loads(build_record().read_text(encoding="utf-8"))["invocation_id"])
    except (OSError, ValueError, KeyError):
        raise UserError("There is no finished build to look at. Run make build.") from None


if __name__ == "__main__":
    raise SystemExit(main())
