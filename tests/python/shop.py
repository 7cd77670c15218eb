"""Build a shop from tables in one dbt call, and read what came out."""

import csv
import fcntl
import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import duckdb
import pandas as pd
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = REPOSITORY.parent / "shared" / "data"

# Every table of the raw contract with its columns, in the words of its documentation.
CONTRACT: dict[str, list[str]] = {
    table: [*columns.split(), "updated_at", "loaded_at"]
    for table, columns in {
        "orders": "order_id customer_id ordered_at gross_amount currency status discount_amount"
        " shipping_amount tax_amount promotion_id channel",
        "order_items": "order_id line_number product_id quantity unit_price unit_cost"
        " discount_amount",
        "products": "product_id name category unit_cost is_consumable stock_quantity",
        "refunds": "refund_id order_id refunded_at amount reason",
        "customers": "customer_id created_at email phone birth_date country region city"
        " acquisition_channel acquisition_cost account_id industry company_size referred_by",
        "customer_attributes": "customer_id attribute value source",
        "exchange_rates": "currency rate_date rate",
        "events": "event_id occurred_at event_type customer_id anonymous_id session_id channel"
        " product_id campaign",
        "identities": "anonymous_id customer_id linked_at",
        "consents": "customer_id channel purpose changed_at status source",
        "surveys": "response_id customer_id responded_at question answer score",
        "promotion_sends": "send_id customer_id promotion_id channel sent_at delivered cost",
        "promotion_assignments": "assignment_id customer_id promotion_id arm assigned_at"
        " assigned_by",
        "erasure_requests": "request_id requested_at customer_id customer_id_hash",
    }.items()
}

# What design.md exempts from point-in-time equality and from equality by hash: the
# reconciliation counts what was delivered, and the history knows when it ran.
NOT_COMPARED = {"source_quality", "run_history"}


Made = TypeVar("Made")


class Common:
    """The folder where the processes of one run of pytest keep what all of them use."""

    folder: Path

    @classmethod
    def once(cls, name: str, make: Callable[[Path], Made]) -> Made:
        """What the first process that asks makes in a folder of its own; others wait for it."""
        kept = cls.folder / f"{name}.pickle"
        with (cls.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                shutil.rmtree(cls.folder / name, ignore_errors=True)  # of one who did not finish
                unfinished = cls.folder / f"{name}.new"
                unfinished.write_bytes(pickle.dumps(make(cls.folder / name)))
                unfinished.rename(kept)
        made: Made = pickle.loads(kept.read_bytes())
        return made


@dataclass(frozen=True)
class Build:
    """One finished dbt build: its file, each node that failed, each test that warned."""

    database: Path
    problems: list[str]
    warnings: list[str]

    def copy(self, home: Path) -> "Build":
        """The same in a folder of one's own, for dbt or a test to write in.

        What `Common` keeps is only read: DuckDB lets one process write, and no other read then.
        """
        home.mkdir(parents=True, exist_ok=True)
        copied = shutil.copy(self.database, home / self.database.name)
        return replace(self, database=Path(copied))

    def frame(self, query: str) -> pd.DataFrame:
        """The rows of a query on the built file."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.sql(query).df()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The same as plain tuples, with exact decimals."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.sql(query).fetchall()

    def value(self, query: str) -> Any:
        """The one value of a query on the built file."""
        ((value,),) = self.rows(query)
        return value

    def marts(self) -> list[str]:
        """The tables that a reader sees and that the input alone decides."""
        found = self.rows(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema in ('marts', 'audit') order by all"
        )
        return [f"{schema}.{name}" for schema, name in found if name not in NOT_COMPARED]

    def fingerprints(self) -> dict[str, str]:
        """A hash of each mart's rows, whatever their order."""
        return {
            mart: self.value(
                "select count(*) || ' rows ' || md5(coalesce(string_agg(h, '' order by h), ''))"
                f" from (select md5(cast(t as varchar)) as h from {mart} as t)"
            )
            for mart in self.marts()
        }


class Builder:
    """Runs builds of this project in this process.

    dbt needs seconds to parse the project, and does so anew whenever a var differs. All vars but
    those below are read when a model is compiled, not when it is parsed, so builds that differ
    in nothing else share one parsed manifest. It holds the database's name, so every file has
    the same one, in a folder of its own.
    """

    READ_WHEN_PARSED = ("demo_shop", "raw_database", "raw_schema")

    def __init__(self, home: Path, project: Path = REPOSITORY) -> None:
        self.home = home
        self.project = project
        self.manifests: dict[str, Manifest] = {}
        home.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / "profiles.yml.example", home / "profiles.yml")

    def build(
        self,
        raw: Path,
        home: Path,
        *,
        as_of: str,
        suffix: str = "csv",
        checks: bool = True,
        full_refresh: bool = False,
        only: str = "",
        **variables: Any,
    ) -> Build:
        """Build the tables that lie in a folder; the tables without a file are switched off."""
        absent = [table for table in CONTRACT if not (raw / f"{table}.{suffix}").exists()]
        delivered = {
            "demo_shop": False,
            "as_of_date": as_of,
            "raw_files": f"{raw}/{{name}}.{suffix}",
            "business_timezone": "UTC",
            "reporting_currency": "EUR",
            **{f"has_{table}": False for table in absent if table != "orders"},
        }
        left_out = ["unit_test"] if checks else ["unit_test", "test"]
        options = ["--exclude-resource-type", *left_out]
        options += ["--full-refresh"] * full_refresh
        options += ["--select", only] if only else []
        return self.run(home, {**delivered, **variables}, options)

    def run(
        self, home: Path, variables: Mapping[str, Any], options: list[str], command: str = "build"
    ) -> Build:
        """One `dbt build`, or another command, on `build.duckdb` of the given folder."""
        database = home / "build.duckdb"
        home.mkdir(parents=True, exist_ok=True)
        outcome = self._invoke(command, database, variables, options, self._manifest(variables))
        if outcome.exception is not None:
            return Build(database, [str(outcome.exception)], [])
        problems: list[str] = []
        warnings: list[str] = []
        for result in outcome.result.results:
            told = f"{result.node.unique_id}: {result.status}: {result.message}"
            if result.status == "warn":
                warnings.append(told)
            elif result.status not in ("success", "pass", "skipped"):
                problems.append(told)
        return Build(database, problems, warnings)

    def compile(self, home: Path, models: list[str], **variables: Any) -> dict[str, str]:
        """The SQL of models as dbt would run it in `build.duckdb`, by their names."""
        database = home / "build.duckdb"
        home.mkdir(parents=True, exist_ok=True)
        asked = {"demo_shop": True, **variables}
        outcome = self._invoke(
            "compile", database, asked, ["--select", *models], self._manifest(asked)
        )
        if outcome.exception is not None:
            raise RuntimeError(str(outcome.exception))
        return {result.node.name: result.node.compiled_code for result in outcome.result.results}

    def _manifest(self, variables: Mapping[str, Any]) -> Manifest:
        key = json.dumps([variables.get(name) for name in self.READ_WHEN_PARSED])
        if key not in self.manifests:
            name = f"parsed_{hashlib.sha256(key.encode()).hexdigest()}"
            is_shared = self.project == REPOSITORY  # a copy is there to be changed
            packed = (
                Common.once(name, lambda _: self._parse(variables))
                if is_shared
                else self._parse(variables)
            )
            self.manifests[key] = Manifest.from_msgpack(packed)
            self.manifests[key].build_flat_graph()
        return self.manifests[key]

    def _parse(self, variables: Mapping[str, Any]) -> bytes:
        outcome = self._invoke("parse", self.home / "build.duckdb", variables, [])
        if not isinstance(outcome.result, Manifest):
            raise RuntimeError(f"The project does not parse: {outcome.exception}")
        return bytes(outcome.result.to_msgpack())

    def _invoke(
        self,
        command: str,
        database: Path,
        variables: Mapping[str, Any],
        options: list[str],
        manifest: Manifest | None = None,
    ) -> dbtRunnerResult:
        # What dbt would write beside the database costs a tenth of a small build.
        quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
        places = [
            *("--project-dir", str(self.project), "--profiles-dir", str(self.home)),
            *("--target-path", str(self.home / "target"), "--log-path", str(self.home / "logs")),
        ]
        arguments = [*quiet, command, *places, "--vars", json.dumps(dict(variables)), *options]
        try:
            with patch.dict(os.environ, LIFETIME_BUILD_PATH=str(database)):
                return dbtRunner(manifest=manifest).invoke(arguments)
        finally:
            release_duckdb()


def release_duckdb() -> None:
    """Close the DuckDB instance that dbt keeps in the process, so that its file can be reopened."""
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager._ENV.close()
    DuckDBConnectionManager.close_all_connections()


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame], suffix: str = "csv") -> Path:
    """Write each table as a file that is named for it; other files in the folder go."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for table, rows in tables.items():
        if suffix == "csv":
            # All quoted: else pandas writes a lone carriage return bare, which no reader takes.
            rows.to_csv(folder / f"{table}.csv", index=False, quoting=csv.QUOTE_ALL)
        else:
            rows.to_parquet(folder / f"{table}.parquet", index=False)
    return folder


def read_demo_shop() -> dict[str, pd.DataFrame]:
    """The demo shop's rows as text, as an adopter would deliver them."""
    return {
        table: pd.read_csv(
            REPOSITORY / "seeds" / "demo" / f"demo_{table}.csv", dtype=str, keep_default_na=False
        )
        for table in CONTRACT
    }


def differences(left: Build, right: Build) -> list[str]:
    """The marts in which two builds differ: how many rows only one has, and one such row."""
    found = []
    with duckdb.connect() as connection:
        for name, build in (("l", left), ("r", right)):
            connection.execute(f"attach '{build.database}' as {name} (read_only)")
        for mart in left.marts():
            for one, other in (("l", "r"), ("r", "l")):
                rows = connection.sql(
                    f"select * from {one}.{mart} except all select * from {other}.{mart}"
                )
                if count := len(rows):
                    found.append(f"{mart}, {count} only {one}: {rows.fetchone()}")
    return found
