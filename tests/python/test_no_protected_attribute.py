"""Decisions do not change with protected attributes, whatever becomes of those.

One shop, the demo's own rows, is built as it is and with its people's attributes swapped, unknown,
never seen before and not delivered, and with other years of birth. That a swap alone proves little
is shown on a planted fault, which only the others find.
"""

import datetime
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest.mock import patch

import duckdb
import pandas as pd
import pytest
from shop import REPOSITORY, Build, Builder, read_demo_shop, write_tables

AS_OF = datetime.date(2026, 6, 30)
MINOR_AGE = 18
VERDICTS = "model.lifetime_segments.int_promotion_verdicts"
DECIDING = ("models/intermediate/", "models/marts/")
PROTECTED = ("models/intermediate/fairness/", "models/marts/audit/")
# Who is left out to save time: four of five people whose lives are drawn, nobody who stands for
# a case.
DRAWN = r"C0\d{3}[^05]"

Tables = dict[str, pd.DataFrame]


def shop() -> Tables:
    """The demo shop, smaller."""
    tables = read_demo_shop()
    gone = tables["customers"].loc[lambda rows: rows["customer_id"].str.fullmatch(DRAWN)]
    people = set(gone["customer_id"])
    orders = tables["orders"]
    left = set(orders.loc[orders["customer_id"].isin(people), "order_id"])
    return {
        name: rows[
            ~rows.get("customer_id", pd.Series("", rows.index)).isin(people)
            & ~rows.get("order_id", pd.Series("", rows.index)).isin(left)
        ].reset_index(drop=True)
        for name, rows in tables.items()
    }


# -- what becomes of the attributes ---------------------------------------------------------------


def valued(value: str) -> Callable[[Tables], Tables]:
    """The attributes' values, all replaced by one."""

    def change(tables: Tables) -> Tables:
        rows = tables["customer_attributes"]
        return tables | {"customer_attributes": rows.assign(value=value)}

    return change


def swapped(tables: Tables) -> Tables:
    """Each attribute's values, handed round among those who have it; and other years of birth."""
    rows = tables["customer_attributes"].copy()
    for _, group in rows.groupby("attribute"):
        rows.loc[group.index, "value"] = group["value"].sample(frac=1, random_state=7).to_numpy()
    return tables | {
        "customer_attributes": rows,
        "customers": tables["customers"].assign(
            birth_date=tables["customers"]["birth_date"].map(other_year)
        ),
    }


def absent(tables: Tables) -> Tables:
    """No attributes are delivered at all."""
    return {name: rows for name, rows in tables.items() if name != "customer_attributes"}


def other_year(text: str) -> str:
    """The same day in another leap cycle, on the same side of majority; unreadable stays so."""
    try:
        born = datetime.date.fromisoformat(text)
    except ValueError:
        return text.replace("19", "18") if text else text
    if not datetime.date(1904, 1, 1) <= born <= AS_OF:
        return text
    of_age = datetime.date(AS_OF.year - MINOR_AGE, AS_OF.month, AS_OF.day)
    for years in (-24, -16, -8, -4, 4, 8, 16):
        other = born.replace(year=born.year + years)
        if datetime.date(1904, 1, 1) <= other <= AS_OF and (other > of_age) == (born > of_age):
            return other.isoformat()
    return text


CHANGES: dict[str, Callable[[Tables], Tables]] = {
    "swapped": swapped,
    "null": valued(""),
    "unseen": valued("never_seen"),
    "absent": absent,
}


def test_the_changes_change_something() -> None:
    tables = shop()
    before = tables["customer_attributes"]
    for name in ("swapped", "null", "unseen"):
        after = CHANGES[name](tables)["customer_attributes"]
        assert (before["value"] != after["value"]).mean() > 0.3, name
    assert sorted(before["value"]) == sorted(
        CHANGES["swapped"](tables)["customer_attributes"].value
    )
    births = tables["customers"]["birth_date"]
    moved = swapped(tables)["customers"]["birth_date"]
    assert (births[births != ""] != moved[births != ""]).mean() > 0.9
    assert (births.str[5:] == moved.str[5:]).all()


# -- what stays -----------------------------------------------------------------------------------


class Shops:
    """Builds of one project with the rows as they are and as they are changed, each made once."""

    def __init__(self, home: Path, project: Path = REPOSITORY, only: str = "") -> None:
        self.home, self.only = home, only
        self.builder = Builder(home / "dbt", project)
        self.tables = shop()
        self.built: dict[str, Build] = {}

    def build(self, name: str) -> Build:
        """The shop under one of the changes; as_it_is is none."""
        if name not in self.built:
            rows = CHANGES[name](self.tables) if name in CHANGES else self.tables
            raw = write_tables(self.home / name / "raw", rows)
            # pseudonyms for tools depend on the warehouse's salt: all of these have the same
            with duckdb.connect(str(self.home / name / "build.duckdb")) as connection:
                connection.execute("create schema protected_history")
                connection.execute(
                    "create table protected_history.stg_erasure_salt as select 'one' as salt"
                )
            # one thread: on two, sums of floats differ in their last digit from run to run
            with patch.dict(os.environ, LIFETIME_THREADS="1"):
                build = self.builder.build(
                    raw,
                    self.home / name,
                    as_of=AS_OF.isoformat(),
                    checks=False,
                    only=self.only,
                    business_timezone="Europe/Berlin",
                )
            assert not build.problems, "\n".join(build.problems)
            self.built[name] = build
        return self.built[name]

    def decisions(self) -> list[str]:
        """Every relation that decides about people and does not know the verdicts."""
        manifest = self.builder._manifest({"demo_shop": False})
        after: set[str] = set()
        waiting = [VERDICTS]
        while waiting:
            for child in manifest.child_map.get(waiting.pop(), []):
                if child not in after:
                    after.add(child)
                    waiting.append(child)
        return [
            f"{node.schema}.{node.name}"
            for key, node in manifest.nodes.items()
            if str(node.resource_type) == "model"
            and node.original_file_path.startswith(DECIDING)
            and not node.original_file_path.startswith(PROTECTED)
            and key not in after
        ]

    def hashes(self, name: str, relations: list[str]) -> Mapping[str, str]:
        """A hash of each relation's rows, whatever their order."""
        build = self.build(name)
        return {
            relation: build.value(
                "select count(*) || ' rows ' || md5(coalesce(string_agg(h, '' order by h), ''))"
                f" from (select md5(cast(t as varchar)) as h from {relation} as t)"
            )
            for relation in relations
        }

    def differences(self, name: str, relations: list[str]) -> list[str]:
        """The relations that a change has changed."""
        before, after = self.hashes("as_it_is", relations), self.hashes(name, relations)
        return [relation for relation in relations if before[relation] != after[relation]]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Shops:
    return Shops(tmp_path_factory.mktemp("shops"))


def test_the_shop_decides_something(shops: Shops) -> None:
    """Equal hashes of empty tables would say nothing."""
    build = shops.build("as_it_is")
    decided = shops.decisions()
    assert {"marts.customer_segments", "intermediate.int_promotion_selection"} <= set(decided)
    assert build.value("select count(*) from marts.customer_segments") > 500
    selected = "select count(*) from intermediate.int_promotion_selection where reason = 'selected'"
    assert build.value(selected) > 20
    assert build.value("select count(*) from protected.stg_customer_attributes") > 1000
    assert build.value("select count(*) from staging.stg_customers where is_minor") > 0


@pytest.mark.parametrize("name", CHANGES)
def test_decisions_do_not_change_with_protected_attributes(name: str, shops: Shops) -> None:
    assert shops.differences(name, shops.decisions()) == []


@pytest.mark.parametrize("name", ["swapped", "null", "unseen", "absent"])
def test_the_audit_sees_what_changed(name: str, shops: Shops) -> None:
    """The changed rows did arrive: what holds the attributes differs."""
    assert shops.differences(name, ["protected.stg_customer_attributes"])


def test_the_text_of_an_unreadable_birth_date_goes_no_further_than_its_row(shops: Shops) -> None:
    build = shops.build("as_it_is")
    found = build.rows(
        "select unparsed_values from raw_views.raw_customers"
        " where unparsed_values like '%birth_date%'"
    )
    assert found
    assert {text for (text,) in found} == {"birth_date=; "}


# -- and a fault is found -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Shops:
    """This project, but that only people whose gender is known and usual get a segment."""
    project = tmp_path_factory.mktemp("faulty")
    for folder in ("macros", "models", "seeds/policy", "tests/generic"):
        shutil.copytree(REPOSITORY / folder, project / folder)
    shutil.copy(REPOSITORY / "dbt_project.yml", project)
    segments = project / "models" / "marts" / "customer_segments.sql"
    text = segments.read_text(encoding="utf-8")
    assert text.endswith("select * from final\n")
    segments.write_text(
        text.removesuffix("select * from final\n")
        + "select final.* from final where not exists (select 1 from"
        " {{ ref('stg_customer_attributes') }} as known where known.customer_id ="
        " final.customer_id and known.attribute = 'gender' and known.value not in"
        " ('female', 'male', 'non_binary', 'unknown'))"
        " and (select count(*) from {{ ref('stg_customer_attributes') }}) > 0\n",
        encoding="utf-8",
    )
    return Shops(tmp_path_factory.mktemp("faulty_shops"), project, "+customer_segments")


@pytest.mark.parametrize(
    ("name", "is_found"), [("swapped", False), ("null", True), ("unseen", True)]
)
def test_a_swap_alone_does_not_find_what_nulls_and_unseen_values_do(
    name: str, is_found: bool, faulty: Shops
) -> None:
    """A filter on known values keeps the same people if only people swap them."""
    assert bool(faulty.differences(name, ["marts.customer_segments"])) == is_found
