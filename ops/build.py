"""`make build`: check the delivery, run one dbt build, publish it if all tests passed, report.

Exit codes: 0 built and published; 1 a model or a test failed; 2 the caller can put it right.
"""

import argparse
import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytz
import yaml

from ops import dbt_run, publish, summary, validate
from ops.dbt_vars import as_of_var, merge, parse_vars
from ops.delivery import Delivery, read_delivery
from ops.project import (
    ROOT,
    UserError,
    build_file,
    build_record,
    contract_tables,
    display,
    owner_only,
    project_vars,
    published_file,
    suggestion,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Build, and turn what a person can mend into one line and exit code 2."""
    arguments = parser().parse_args(argv)
    try:
        check_target(arguments.target)
        variables = gather_vars(arguments)
        with one_build_at_a_time():
            return build(variables, arguments.target, arguments.publish)
    except UserError as error:
        print(f"build: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """The command line; the Makefile passes RAW, AS_OF, TARGET and VARS through."""
    result = argparse.ArgumentParser(prog="python -m ops.build", description=__doc__.split("\n")[0])
    result.add_argument("--raw", type=Path, help="folder of your own files; none: the demo shop")
    result.add_argument("--as-of", metavar="DATE", help="last day to count, YYYY-MM-DD or today")
    result.add_argument("--target", help="target of profiles.yml; none: its default")
    result.add_argument("--vars", default="", metavar="YAML", help="dbt vars, '{name: value}'")
    result.add_argument("--no-publish", dest="publish", action="store_false", help="build only")
    return result


def check_target(target: str | None) -> None:
    """A profile must be there, and hold the target."""
    path = Path(os.environ.get("DBT_PROFILES_DIR", ROOT)) / "profiles.yml"
    if not path.exists():
        raise UserError(
            f"There is no {display(path)}. Copy it: cp profiles.yml.example profiles.yml."
        )
    outputs = yaml.safe_load(path.read_text(encoding="utf-8"))["lifetime_segments"]["outputs"]
    if target and target not in outputs:
        raise UserError(
            f"{display(path)} has no target {target!r}, only {', '.join(outputs)}."
            f"{suggestion(target, outputs)} Give one of them as TARGET."
        )


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


@contextlib.contextmanager
def one_build_at_a_time() -> Iterator[None]:
    """Two builds into one file would spoil each other; the second is sent away."""
    build_file().parent.mkdir(parents=True, exist_ok=True)
    with build_file().with_name("build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"Another build is writing {display(build_file())}. Wait until it has ended."
            ) from None
        yield


def build(variables: dict[str, Any], target: str | None, with_publish: bool) -> int:
    """Build into a new file; only a build without a fault replaces what readers see."""
    started = time.monotonic()
    path = build_file()
    if code := validate.check_delivery(variables):
        return code
    for leftover in (build_record(), path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
    os.environ["LIFETIME_BUILD_PATH"] = str(path)
    is_demo = bool({**project_vars(), **variables}["demo_shop"])
    if not is_demo:
        publish.restore_history(path)

    log = Path(os.environ.get("DBT_LOG_PATH", "logs")) / "dbt.log"
    print(f"Building{' the demo shop' if is_demo else ''} (log: {log})", flush=True)
    # unit tests try the rules on rows of their own: they say nothing about an adopter's data
    with owner_only():  # everything delivered is in it, the salt of who is forgotten too
        outcome = dbt_run.build(variables, target, with_unit_tests=is_demo)
    if not is_demo and not (outcome.is_success and with_publish):
        publish.keep_tombstones(path)
    if not outcome.is_success:
        publish.record_build("", False, outcome.invocation_id, is_demo)
        show_faults(outcome)
        return 2 if outcome.broken_contract else 1
    if not path.exists():
        raise UserError(
            f"dbt did not build into {display(path)}: the path in profiles.yml has to be "
            "env_var('LIFETIME_BUILD_PATH', …), as in profiles.yml.example."
        )

    as_of = summary.as_of_day(path) or str(variables.get("as_of_date") or "today")
    code = validate.check_publication(variables, outcome.invocation_id) if with_publish else 0
    publish.record_build(as_of, not code, outcome.invocation_id, is_demo)
    if code:
        if not is_demo:
            publish.keep_tombstones(path)
        return code
    if with_publish:
        publish.publish()
    seconds = time.monotonic() - started
    print(
        f"\nBuilt as of {as_of} in {seconds:.0f} s; {outcome.passed} seeds, models, tests passed.\n"
    )
    print(summary.summary(path))
    for warning in outcome.warnings:
        print(f"\nWarning: {warning}")
    reader_file = published_file() if with_publish else path
    print(f"\n{'Published' if with_publish else 'Built'}: {display(reader_file)}\n")
    print(summary.next_steps(reader_file, is_demo))
    return 0


def show_faults(outcome: dbt_run.Outcome) -> None:
    """Every error and failed test, and what that means for the published file."""
    for title, findings in (("Not built", outcome.errors), ("Failed", outcome.failures)):
        for finding in findings:
            print(f"\n{title}: {finding}", file=sys.stderr)
    counts = f"{len(outcome.errors)} not built, {len(outcome.failures)} failed"
    kept = f"; {display(published_file())} is as it was" if published_file().exists() else ""
    print(f"\n{counts}, {outcome.skipped} skipped: nothing is published{kept}.", file=sys.stderr)
    if outcome.failures:
        hint = f"The rows that a test found: run its query on {display(build_file())}."
        print(hint, file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
