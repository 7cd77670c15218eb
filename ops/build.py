"""`make build`: check the delivery, run one dbt build, publish it if all tests passed, report.

Exit codes: 0 built and published; 1 a model or a test failed; 2 the caller can put it right; 3 the
machine is at fault; 4 another run or program is at work on the same files. docs/publishing.md
"""

import argparse
import contextlib
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytz

from ops import dbt_run, faults, publish, runs, summary, validate
from ops.dbt_vars import as_of_var, merge, parse_vars
from ops.delivery import Delivery, read_delivery
from ops.project import (
    BUSY,
    REFUSED,
    UserError,
    build_file,
    build_record,
    contract_tables,
    display,
    engine_of,
    log_folder,
    owner_only,
    project_vars,
    published_file,
    suggestion,
    target_settings,
)
from ops.runs import Run


def main(argv: Sequence[str] | None = None) -> int:
    """Build, alone and recorded; what goes wrong is one line and an exit code."""
    arguments = parser().parse_args(argv)

    def work(run: Run) -> int:
        settings = target_settings(arguments.target)
        variables = gather_vars(arguments)
        given = str(variables.get("as_of_date"))
        run.as_of_date = given if given[:1].isdecimal() else None
        if settings["type"] == "duckdb":
            return build(run, variables, arguments.target, arguments.publish, arguments.unit_tests)
        return int(
            engine_of(settings).build(
                run, variables, settings, arguments.publish, arguments.unit_tests
            )
        )

    return runs.run("build", arguments.target or "duckdb", work)


def parser() -> argparse.ArgumentParser:
    """The command line; the Makefile passes RAW, AS_OF, TARGET and VARS through."""
    result = argparse.ArgumentParser(prog="python -m ops.build", description=__doc__.split("\n")[0])
    result.add_argument("--raw", type=Path, help="folder of your own files; none: the demo shop")
    result.add_argument("--as-of", metavar="DATE", help="last day to count, YYYY-MM-DD or today")
    result.add_argument("--target", help="target of profiles.yml; none: its default")
    result.add_argument("--vars", default="", metavar="YAML", help="dbt vars, '{name: value}'")
    result.add_argument("--no-publish", dest="publish", action="store_false", help="build only")
    tries = "try every rule on rows of its own as well; they say nothing about a delivery"
    result.add_argument("--unit-tests", action="store_true", help=tries)
    return result


def gather_vars(arguments: argparse.Namespace) -> dict[str, Any]:
    """All vars of the one dbt call, from RAW, AS_OF and VARS."""
    defaults = project_vars()
    given = parse_vars(arguments.vars, defaults)
    for name in ("business_timezone", "raw_timezone"):
        zone = given.get(name)
        if zone and zone not in pytz.all_timezones_set:
            raise UserError(
                f"VARS sets {name} to {zone!r}, which is no IANA time zone."
                f"{suggestion(str(zone), pytz.all_timezones)} Zones are written like Europe/Berlin."
            )
    meant: dict[str, Any] = {}
    if arguments.as_of:
        meant["as_of_date"] = as_of_var(arguments.as_of)
    if arguments.raw:
        tables = contract_tables(defaults)
        delimiter = str(given.get("raw_csv_delimiter", defaults["raw_csv_delimiter"]))
        delivery = read_delivery(arguments.raw.resolve(), tables, delimiter)
        show_delivery(arguments.raw, delivery)
        meant |= {"demo_shop": False, "raw_files": delivery.files}
        meant |= {f"has_{name}": name in delivery.files for name in tables if name != "orders"}
    return merge(given, meant)


def show_delivery(folder: Path, delivery: Delivery) -> None:
    """Which files were taken for which tables, and which for none."""
    print(f"Delivered in {folder}")
    print(summary.text_table(["table", "rows"], sorted(delivery.row_counts.items())))
    for name, hint in delivery.unknown.items():
        print(f"  {name} is named for no table of the raw contract and is left out.{hint}")
    print()


def build(
    run: Run,
    variables: dict[str, Any],
    target: str | None,
    with_publish: bool,
    with_unit_tests: bool = False,
) -> int:
    """Build into a new file; only a build without a fault replaces what readers see."""
    path = build_file()
    if code := validate.check_delivery(variables):
        run.end("failed", "delivery gate")
        return code
    clear(path)
    os.environ["LIFETIME_BUILD_PATH"] = str(path)
    is_demo = bool({**project_vars(), **variables}["demo_shop"])
    if not is_demo:
        publish.restore_history(path)

    print(
        f"Building{' the demo shop' if is_demo else ''} (log: {log_folder() / 'dbt.log'})",
        flush=True,
    )
    with owner_only():  # everything delivered is in it, the salt of who is forgotten too
        outcome = dbt_run.build(variables, target, with_unit_tests)
    note(run, outcome)
    runs.count_rows_in(run, path)
    if not is_demo and not (outcome.is_success and with_publish):
        publish.keep_tombstones(path)
    if not outcome.is_success:
        publish.record_build("", False, outcome.invocation_id, is_demo)
        return fail(
            run,
            outcome,
            display(published_file()) if published_file().exists() else "",
            display(path),
        )
    if not path.exists():
        raise UserError(
            f"dbt did not build into {display(path)}: the path in profiles.yml has to be "
            "env_var('LIFETIME_BUILD_PATH', …), as in profiles.yml.example."
        )

    run.as_of_date = summary.as_of_day(path)
    as_of = run.as_of_date or str(variables.get("as_of_date") or "today")
    code = validate.check_publication(variables, outcome.invocation_id) if with_publish else 0
    publish.record_build(as_of, not code, outcome.invocation_id, is_demo)
    if code:
        if not is_demo:
            publish.keep_tombstones(path)
        run.end("failed", "publication gate")
        return code
    if with_publish:
        publish.publish(run)
    else:
        run.end("built")
    reader_file = published_file() if with_publish else path
    report(run, variables, outcome, summary.summary(path), display(reader_file))
    print(f"\n{summary.next_steps(reader_file, is_demo)}")
    return 0


def clear(path: Path) -> None:
    """Remove what the last run left, unless another program is still writing into its file."""
    publish.clear_leftovers()
    if path.exists():
        with contextlib.suppress(duckdb.Error):
            try:
                duckdb.connect(str(path), read_only=True).close()
            except duckdb.IOException as error:
                if (fault := faults.known(error)) and fault.exit_code == BUSY:
                    raise fault from error
    for leftover in (build_record(), path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)  # what DuckDB spilled


def note(run: Run, outcome: dbt_run.Outcome) -> None:
    """What is written down of the run."""
    run.run_id = outcome.invocation_id or run.run_id
    run.passed_node_count = outcome.passed
    run.failed_node_count = len(outcome.errors) + len(outcome.failures)
    run.warned_node_count = len(outcome.warnings)


def report(
    run: Run, variables: dict[str, Any], outcome: dbt_run.Outcome, what: str, where: str
) -> None:
    """What a person reads of a build without a fault."""
    as_of = run.as_of_date or variables.get("as_of_date") or "today"
    print(
        f"\nBuilt as of {as_of} in {run.seconds():.0f} s; {outcome.passed} seeds, models, tests "
        "passed.\n"
    )
    print(what)
    for warning in outcome.warnings:
        print(f"\nWarning: {warning}")
    print(f"\n{'Published' if run.outcome == 'published' else 'Built'}: {where}")


def fail(run: Run, outcome: dbt_run.Outcome, published: str, built: str) -> int:
    """Show what failed, unless the machine is what failed."""
    for finding in outcome.errors:
        if fault := faults.known(finding.message):
            raise fault
    show_faults(outcome, published, built)
    names = [finding.name for finding in (*outcome.errors, *outcome.failures)]
    what = (
        "broken contract"
        if outcome.broken_contract
        else "model not built"
        if outcome.errors
        else "failed test"
    )
    run.end("failed", f"{what}: {', '.join(names)}")
    return REFUSED if outcome.broken_contract else 1


def show_faults(outcome: dbt_run.Outcome, published: str, built: str) -> None:
    """Every error and failed test, and what that means for what is published."""
    for title, findings in (("Not built", outcome.errors), ("Failed", outcome.failures)):
        for finding in findings:
            print(f"\n{title}: {finding}", file=sys.stderr)
    counts = f"{len(outcome.errors)} not built, {len(outcome.failures)} failed"
    kept = f"; {published} is as it was" if published else ""
    print(f"\n{counts}, {outcome.skipped} skipped: nothing is published{kept}.", file=sys.stderr)
    if outcome.failures:
        hint = f"The rows that a test found: run its query on {built}."
        print(hint, file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
