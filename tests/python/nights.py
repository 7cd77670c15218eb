"""A warehouse whose builds are made up: what publishing needs of a build, without dbt's minute."""

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ops import publish
from ops.tombstones import Tombstones, sha256

DAY = date(2026, 6, 30)


class Warehouse:
    """A folder with the files of builds and publications."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.build = folder / "build.duckdb"
        self.published = folder / "lifetime_segments.duckdb"
        self.activation = folder / "activation.duckdb"

    def night(
        self, people: Collection[str], *, refusing: Collection[str] = (), run_id: str = "a-run"
    ) -> None:
        """A build that passed, of some people, with offers for those who do not refuse them."""
        self.build.unlink(missing_ok=True)
        self.folder.mkdir(exist_ok=True)
        with duckdb.connect(str(self.build)) as connection:
            for schema in ("marts", "audit", "activation", "history"):
                connection.execute(f"create schema {schema}")
            connection.execute("create table people (customer_id varchar, is_asked boolean)")
            connection.executemany(
                "insert into people values (?, ?)",
                [[person, person not in refusing] for person in people],
            )
            connection.execute(
                f"create table marts.customers as select customer_id, '{run_id}' as run_id "
                "from people"
            )
            connection.execute(
                "create table marts.customer_segments as select customer_id, "
                f"is_asked as is_contactable, '{run_id}' as run_id from people"
            )
            connection.execute(
                "create table marts.customer_promotions as select customer_id, "
                "'gift' as promotion_id, 'email' as channel, is_asked as is_selected, "
                "case when is_asked then 'selected' else 'no_consent' end as reason from people"
            )
            connection.execute(
                "create table audit.source_quality as select 'orders' as source, outcome, "
                "'none' as reason, cast(row_count as bigint) as row_count "
                "from (values ('accepted', 5), ('quarantined', 2)) as rows (outcome, row_count)"
            )
            connection.execute(
                "create table activation.audience_sync as select 'tool' as destination, "
                "sha256(customer_id) as external_id, customer_id || '@example.org' as email "
                "from people where is_asked"
            )
            connection.execute("create table history.arms as select customer_id from people")
            connection.execute("drop table people")
            kept = Tombstones.read(self.folder / "history.duckdb")
            kept.write(connection, "build")
        publish.record_build(str(DAY), True, run_id)

    def forget(self, person: str) -> None:
        """Tonight's delivery asks to forget somebody: the build has the tombstone."""
        tombstones = Tombstones.read(self.build)
        tombstones.add(sha256(person), DAY)
        with duckdb.connect(str(self.build)) as connection:
            connection.execute("drop schema if exists protected_history cascade")
            tombstones.write(connection, "build")
        publish.record_build(str(DAY), True, "a-run")

    def rows(self, query: str, path: Path | None = None) -> list[tuple[Any, ...]]:
        """What a reader of the published file, or of another one, gets."""
        with duckdb.connect(str(path or self.published), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def version(self) -> str:
        """Which version readers see."""
        ((version,),) = self.rows("select version from audit.publication")
        return str(version)
