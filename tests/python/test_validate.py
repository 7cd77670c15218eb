"""The gates: each expectation met and not met, what a stop says, pages that give nobody away."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops import build, dbt_run, publish, summary, validate
from ops.expectations import delivery, pages, publication
from ops.expectations.contract import Limits, contract, is_own_select, read_limits
from ops.expectations.history import Accepted, comparable, read_history, remember, usual_rows
from ops.expectations.suite import Batch, Finding, hold, outcomes, write_pages
from ops.expectations.tables import file_tables, frame_table
from ops.project import ROOT, UserError, contract_tables, project_vars

DAY = date(2026, 6, 30)
TABLES = contract_tables(project_vars())
CONTRACTS = {name: contract(name) for name in TABLES}
LIMITS = read_limits(TABLES)
ANYTHING = Limits(False, 0, None, None, None, None, None, None, "stop")
Frames = dict[str, pd.DataFrame]


def held(batches: list[Batch], folder: Path | None) -> list[Finding]:
    """What is not met, with the pages where a folder is given."""
    results = hold(batches)
    if folder:
        write_pages("test", results, folder / "pages")
    return [finding for finding in outcomes(results) if not finding.is_met]


# -- the delivery ----------------------------------------------------------------------------------


def shop() -> Frames:
    """A delivery without fault, as text, as of the day."""
    orders = {
        "order_id": [f"o{number}" for number in range(10)],
        "customer_id": ["ann@example.org"] * 10,
        "ordered_at": ["2026-06-29 10:00:00"] * 10,
        "gross_amount": ["20.00"] * 10,
    }
    refunds = {
        "refund_id": ["r1", "r2"],
        "order_id": ["o1", "o2"],
        "refunded_at": ["2026-06-30", "2026-06-28T09:00:00+02:00"],
        "amount": ["5", "-.5e1"],
    }
    return {"orders": pd.DataFrame(orders), "refunds": pd.DataFrame(refunds)}


def not_met(frames: Frames, folder: Path | None = None, **asked: Any) -> list[Finding]:
    """What the suite says against a delivery."""
    question = delivery.Question(DAY, CONTRACTS, LIMITS, [], 100)
    tables = {name: frame_table(frame) for name, frame in frames.items()}
    return held(delivery.delivery_batches(tables, replace(question, **asked)), folder)


def told(findings: list[Finding]) -> list[tuple[str, bool]]:
    return [(finding.expected, finding.stops) for finding in findings]


def accepted(**changes: Any) -> Accepted:
    return replace(Accepted("earlier", "2026-06-29", False, rows={"orders": 10}), **changes)


def test_an_honest_delivery_passes_the_first_time_and_the_next(tmp_path: Path) -> None:
    assert told(not_met(shop())) == []
    assert told(not_met(shop(), tmp_path, earlier=[accepted()])) == []
    text = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert "the accepted deliveries before had 10 (median)" in text
    assert "rows of refunds: " not in text


def test_typed_frames_are_read_as_they_are() -> None:
    frames = shop()
    frames["orders"]["ordered_at"] = pd.Timestamp("2026-06-29 10:00", tz="Europe/Berlin")
    frames["orders"]["gross_amount"] = 20.0
    frames["refunds"]["refunded_at"] = date(2026, 6, 1)
    assert told(not_met(frames)) == []


@pytest.mark.parametrize(
    "value",
    [
        "1782813600",
        "true",
        "null",
        "uuid()",
        "[1]",
        "{'a': 1}",
        "'\\xAA'::blob",
        "interval 1 day",
        "timestamp 'infinity'",
        "timestamp '290000-01-01'",
        "date '5877000-01-01'",
        "date '0044-03-15 (BC)'",
    ],
)
def test_odd_types_are_faults_of_the_delivery_and_not_of_the_gate(
    value: str, tmp_path: Path
) -> None:
    path = str(tmp_path / "orders.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            f'copy (select range as "Order_ID", {value} as customer_id, {value} as ordered_at, '
            f"1.5 as gross_amount from range(3)) to '{path}' (format parquet)"
        )
    tables = file_tables({"orders": path}, ",", 1000)
    question = delivery.Question(DAY, CONTRACTS, LIMITS, [], 100)
    found = held(delivery.delivery_batches(tables, question), None)
    newest = "the newest ordered_at of orders is at most 90 days before 2026-06-30"
    assert (newest, True) in told(found)


def nothing(frames: Frames, column: str, rows: int, value: Any = None) -> Frames:
    """The first rows of a column of orders hold something else."""
    frames["orders"].loc[: rows - 1, column] = value
    return frames


FAULTS: dict[str, tuple[Callable[[Frames], Any], str, str]] = {
    "required_table": (
        lambda frames: frames.pop("orders"),
        "table orders is delivered, which the policy requires",
        "",
    ),
    "required_column": (
        lambda frames: frames["orders"].pop("gross_amount"),
        "table 'orders' has column 'gross_amount', which the raw contract requires",
        "columns order_id, customer_id, ordered_at",
    ),
    "no_rows": (
        lambda frames: frames.update(orders=frames["orders"].head(0)),
        "rows of orders: at least 1; no earlier delivery to compare with",
        "0",
    ),
    "missing": (
        lambda frames: nothing(frames, "customer_id", 3, " "),
        "orders.customer_id is given in all but 20% of rows",
        "not so in 3 of 10 (30.0%)",
    ),
    "unreadable_time": (
        lambda frames: nothing(frames, "ordered_at", 3, "29.06.2026"),
        "orders.ordered_at can be read as timestamp in all but 20% of rows",
        "not so in 3 of 10 (30.0%)",
    ),
    "unreadable_number": (
        lambda frames: nothing(frames, "gross_amount", 3, "1.234,50"),
        "orders.gross_amount can be read as numeric(18, 4) in all but 20% of rows",
        "not so in 3 of 10 (30.0%)",
    ),
    "repeated": (
        lambda frames: frames.update(orders=pd.concat([frames["orders"].head(1)] * 11)),
        "at most 90% of rows of orders repeat the key (order_id) of another",
        "10 of 11 (90.9%)",
    ),
    "stale": (
        lambda frames: nothing(frames, "ordered_at", 10, "2026-03-31"),
        "the newest ordered_at of orders is at most 90 days before 2026-06-30",
        "2026-03-31, 91 days before",
    ),
    "all_after_the_day": (
        lambda frames: nothing(frames, "ordered_at", 10, "2026-07-01"),
        "the newest ordered_at of orders is at most 90 days before 2026-06-30",
        "no ordered_at on 2026-06-30 or before",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_a_delivery_stops_with_what_was_seen(fault: str) -> None:
    plant, expected, seen = FAULTS[fault]
    frames = shop()
    plant(frames)
    (finding,) = not_met(frames)
    assert (finding.expected, finding.seen, finding.stops) == (expected, seen, True)
    assert finding.remedy.endswith(".")


def test_what_lies_on_the_limit_passes() -> None:
    """Two of ten unreadable, nine of ten repeated, 90 days old, one row."""
    frames = nothing(shop(), "gross_amount", 2, "free")
    nothing(frames, "customer_id", 2)
    frames["orders"]["order_id"] = "o1"
    frames["orders"]["ordered_at"] = ["2026-04-01", *["2026-07-01"] * 9]
    (warning,) = not_met(frames)
    assert told([warning]) == [
        ("the newest ordered_at of orders is at most 7 days before 2026-06-30", False)
    ]


def test_severity_is_the_tables() -> None:
    limits = LIMITS | {"orders": replace(LIMITS["orders"], severity="warn")}
    frames = nothing(shop(), "gross_amount", 10)
    (finding,) = not_met(frames, limits=limits)
    assert str(finding).startswith("Warning: orders.gross_amount is given")


def test_volume_is_held_against_the_median_of_earlier_deliveries() -> None:
    earlier = [accepted(rows={"orders": rows}) for rows in (10_000, 200, 210)]
    (finding,) = not_met(shop(), earlier=earlier)
    assert (finding.expected, finding.seen) == (
        "rows of orders: 110 to 630; the accepted deliveries before had 210 (median)",
        "10",
    )
    many = {"orders": pd.concat([shop()["orders"]] * 5, ignore_index=True)}
    (finding,) = not_met(many, earlier=[accepted()], tolerated_rows=5)
    assert finding.seen == "50"


def test_a_table_that_came_before_has_to_come_again() -> None:
    earlier = [accepted(rows={"orders": 10, "consents": 7})]
    (finding,) = not_met(shop(), earlier=earlier)
    assert finding.expected == (
        "table consents is delivered, which the accepted delivery of 2026-06-29 had"
    )
    assert "has_consents: false in dbt_project.yml" in finding.remedy
    off = frozenset({"consents"})
    assert not_met(shop(), earlier=earlier, switched_off=off) == []


@given(st.integers(0, 10**7), st.integers(0, 100), st.integers(0, 500), st.integers(0, 1000))
def test_row_limits_are_exact(usual: int, drop: int, growth: int, tolerated: int) -> None:
    """In whole numbers: one row less or more than the limits allow is too few or too many."""
    limits = replace(ANYTHING, maximum_drop_share=drop / 100, maximum_growth_share=growth / 100)
    fewest, most = delivery.row_limits(usual, limits, tolerated)
    assert most is not None

    def is_allowed(rows: int) -> bool:
        share = drop if rows < usual else growth
        return abs(rows - usual) <= tolerated or abs(rows - usual) * 100 <= share * usual

    assert is_allowed(fewest)
    assert is_allowed(most)
    assert not is_allowed(most + 1)
    assert fewest == 0 or not is_allowed(fewest - 1)


@given(st.lists(st.dates(date(1990, 1, 1), date(2100, 1, 1)), max_size=8), st.sampled_from("-/"))
def test_the_newest_day_is_the_last_that_is_not_after_the_as_of_day(
    days: list[date], separator: str
) -> None:
    expected = max((day for day in days if day <= DAY), default=None)
    texts = pd.Series([str(day).replace("-", separator) + " 23:59" for day in days], dtype="str")
    times = pd.Series([pd.Timestamp(day) + timedelta(hours=23) for day in days], dtype="M8[us]")
    assert delivery.newest_day(texts, DAY) == expected
    assert delivery.newest_day(times, DAY) == expected


@pytest.mark.parametrize(
    ("pattern", "data_type", "texts"),
    [
        (
            delivery.TIME,
            "timestamp",
            "2026-06-30|2026-6-3|2026/06/30|2026-06-30T10:00:00|2026-06-30 10:00|30.06.2026|soon"
            "|06/30/2026|20260630|2026-06|1782813600",
        ),
        (delivery.NUMBER, "numeric(18, 4)", "1|-1.5|+.5|1.|1e3|1,5|1.234,50|€ 5|five|1 000|--1"),
    ],
)
def test_readable_is_what_the_build_can_read(pattern: str, data_type: str, texts: str) -> None:
    for text in texts.split("|"):
        with duckdb.connect() as connection:
            row = connection.execute(f"select try_cast(? as {data_type})", [text]).fetchone()
        assert bool(pd.Series([text]).str.match(pattern).all()) == (row != (None,)), text


# -- the marts -------------------------------------------------------------------------------------


def marts() -> Frames:
    """Marts without fault, of two customers."""
    people = {"customer_id": ["a", "b"], "as_of_date": [DAY] * 2}
    segmented = {**people, "segment": ["new", "lost"]}
    decisions = {**people, "promotion_id": ["gift"] * 2, "channel": ["email"] * 2}
    plan = {"segment": ["new", "lost"], "promotion_id": ["gift"] * 2}
    return {
        "marts.customers": pd.DataFrame({**people, "last_order_date": [pd.Timestamp(DAY), None]}),
        "marts.customer_segments": pd.DataFrame(segmented),
        "marts.segment_profiles": pd.DataFrame({"segment": ["new", "lost"], "customer_count": 1}),
        "marts.segment_promotions": pd.DataFrame(plan),
        "marts.customer_promotions": pd.DataFrame(decisions),
    }


def published(frames: Frames, **asked: Any) -> list[Finding]:
    """What the suite says against marts."""
    tables = {name: frame_table(frame) for name, frame in frames.items()}
    question = replace(publication.Question(None, 0.5, 0.25, 100), **asked)
    return held(publication.publication_batches(tables, DAY, question), None)


def last(customers: int, **segments: int) -> Accepted:
    return accepted(marts={"marts.customers": customers}, segments=segments)


def test_honest_marts_pass_the_first_time_and_the_next() -> None:
    assert told(published(marts())) == []
    assert told(published(marts(), earlier=last(2, new=1, lost=1))) == []


def test_marts_that_know_nobody_pass() -> None:
    tables = {name: frame_table(frame.head(0)) for name, frame in marts().items()}
    question = publication.Question(None, 0.5, 0.25, 100)
    assert held(publication.publication_batches(tables, None, question), None) == []


def change(mart: str, **columns: Any) -> Callable[[Frames], Any]:
    """A fault: other values in a mart."""
    return lambda frames: frames.update({mart: frames[mart].assign(**columns)})


MART_FAULTS: dict[str, tuple[Callable[[Frames], Any], str, str]] = {
    "missing_mart": (
        lambda frames: frames.pop("marts.customers"),
        "table marts.customers is there, as readers know it",
        "no such table",
    ),
    "repeated_key": (
        change("marts.segment_promotions", segment="new"),
        "segment, promotion_id is the key of marts.segment_promotions",
        "1",
    ),
    "no_key": (
        change("marts.customer_promotions", channel=["email", None]),
        "customer_id, promotion_id, channel is the key of marts.customer_promotions",
        "1",
    ),
    "no_partition": (
        change("marts.segment_profiles", customer_count=[1, 2]),
        "segments share out the 3 customers of marts.segment_profiles, each in one",
        "2",
    ),
    "another_day": (
        change("marts.customer_promotions", as_of_date=[pd.Timestamp(DAY), pd.Timestamp(0)]),
        "all of marts.customer_promotions is as of 2026-06-30",
        "1970-01-01 to 2026-06-30",
    ),
    "tomorrow": (
        change("marts.customers", last_order_date=pd.Timestamp("2026-07-01")),
        "marts.customers.last_order_date is 2026-06-30 or before",
        "2026-07-01 to 2026-07-01",
    ),
    "contact_column": (
        change("marts.customers", Email="none"),
        "no column is named for an address, a name or a birthday",
        "marts.customers.Email",
    ),
    "contact_value": (
        change("marts.customers", note=["see below", "ann@example.org"]),
        "no value is an e-mail address",
        "marts.customers.note",
    ),
}


@pytest.mark.parametrize("fault", MART_FAULTS)
def test_each_fault_of_marts_stops_with_what_was_seen(fault: str) -> None:
    plant, expected, seen = MART_FAULTS[fault]
    frames = marts()
    plant(frames)
    (finding,) = published(frames)
    assert (finding.expected, finding.seen, finding.stops) == (expected, seen, True)


def test_marts_are_held_against_the_last_ones_published() -> None:
    (finding,) = published(marts(), earlier=last(1000))
    assert finding.expected == (
        "rows of marts.customers: 500 to 1,500; as of 2026-06-29 it had 1,000"
    )
    assert (finding.seen, finding.stops) == ("2", True)
    (finding,) = published(marts(), earlier=accepted(marts={"marts.gone": 3}))
    assert finding.expected == "table marts.gone is there, as readers know it"
    earlier = last(2, new=3, lost=1)
    assert published(marts(), earlier=earlier) == []
    (finding,) = published(marts(), earlier=earlier, maximum_segment_shift=0.24)
    assert (finding.seen, finding.stops) == ("lost +25.0%, new -25.0%", False)


def test_ids_that_are_addresses_only_warn() -> None:
    frames = marts()
    for name in ("marts.customers", "marts.customer_segments"):
        frames[name]["customer_id"] = ["ann@example.org", "bob@example.org"]
    (finding,) = published(frames)
    assert finding.seen == "marts.customers.customer_id, marts.customer_segments.customer_id"
    assert not finding.stops


# -- pages -----------------------------------------------------------------------------------------


def test_pages_load_nothing_and_give_nobody_away(tmp_path: Path) -> None:
    """Also where every value is a fault, and a key repeats."""
    frames = nothing(shop(), "ordered_at", 10, "bob@example.org")
    frames["orders"]["gross_amount"] = "secret <b>"
    frames["orders"]["order_id"] = "o-1234"
    assert len(not_met(frames, tmp_path)) == 3
    written = {path.name: path.read_text("utf-8") for path in (tmp_path / "pages").iterdir()}
    assert {"index.html", "delivery.html", "orders.html", "refunds.html"} == set(written)
    for text in written.values():
        assert not pages.LOADED.search(text)
        assert "<script" not in text
        assert "Content-Security-Policy" in text
        for value in ("example.org", "secret", "o-1234", "bob"):
            assert value not in text
    assert "orders.gross_amount can be read as" in written["index.html"]


def test_a_page_that_would_load_something_is_refused() -> None:
    with pytest.raises(UserError, match="would load 'https://cdn"):
        pages.offline('<body><object data="https://cdn.example/x.js"></object></body>', "test")


# -- history ---------------------------------------------------------------------------------------


def test_history_is_kept_once_a_run(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.jsonl"
    remember(path, accepted(invocation_id="one"))
    remember(path, accepted(invocation_id="two"))
    remember(path, accepted(invocation_id="one", rows={"orders": 11}))
    found = read_history(path)
    assert [(one.invocation_id, one.rows["orders"]) for one in found] == [("two", 10), ("one", 11)]


def test_only_the_same_shop_since_its_last_restart_is_compared() -> None:
    history = [
        accepted(invocation_id="old"),
        accepted(invocation_id="new", restarts=True),
        accepted(invocation_id="demo", is_demo=True),
        accepted(invocation_id="later", rows={"orders": 21}),
        accepted(invocation_id="this"),
    ]
    found = comparable(history, False, "this", 7)
    assert [one.invocation_id for one in found] == ["new", "later"]
    assert [one.invocation_id for one in comparable(history, False, "this", 1)] == ["later"]
    assert (usual_rows(found, "orders"), usual_rows(found, "events")) == (16, None)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "line 2 is no accepted delivery"),
        (b"[]", "line 2 is no accepted delivery"),
        (b'{"invocation_id": "x", "as_of": "2026-06-30"}', "line 2 is no accepted delivery"),
        (b'{"invocation_id": "x", "as_of": "soon", "is_demo": false}', "line 2 is no accepted"),
        (
            b'{"invocation_id": "x", "as_of": "2026-06-30", "is_demo": false, "rows": {"a": -1}}',
            "line 2 has a count that is none",
        ),
        (b"\xff", "is not UTF-8 text"),
    ],
)
def test_a_corrupt_history_says_which_line_and_what_to_do(
    line: bytes, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "deliveries.jsonl"
    remember(path, accepted())
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(UserError, match=rf"deliveries.jsonl: {says}.*Take the line out"):
        read_history(path)


# -- limits and readers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("orders,true,", "orders,maybe,", "table orders: is_required is 'maybe'. It is true or"),
        ("orders,true,1,0.2", "orders,true,1,1.2", "maximum_drop_share is '1.2'. It is a share"),
        ("orders,true,1,", "orders,true,,", "minimum_rows is ''. It is a whole number"),
        (",stop,", ",halt,", "severity is 'halt'. It is stop or warn"),
        ("\norders,", "\norder,", "has 1 rows for table 'order'"),
        ("\nrefunds,", "\norders,", "has 2 rows for table 'orders'"),
    ],
)
def test_a_wrong_limit_is_named(old: str, new: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "delivery_expectations.csv"
    text = Path("seeds/policy/delivery_expectations.csv").read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UserError, match=says):
        read_limits(TABLES, path)


def test_large_files_are_read_by_whole_keys(tmp_path: Path) -> None:
    path = str(tmp_path / "events.parquet")
    with duckdb.connect() as connection:
        connection.execute(
            'copy (select range // 3 as "EVENT_ID", null as nothing from range(30000)) to '
            f"'{path}' (format parquet)"
        )
    table = file_tables({"events": path}, ",", 10_000)["events"]
    assert (table.row_count, table.columns) == (30_000, ("event_id", "nothing"))
    found = table.read(["event_id"], ["event_id"])["event_id"].value_counts()
    assert set(found) == {3}
    assert 2_000 < len(found) < 3_000  # one key in four
    assert 6_000 < len(table.read(["nothing"], ["nothing"])) < 9_000


def test_a_table_with_a_select_of_its_own_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [name for name in TABLES if is_own_select(name)] == []
    raw = tmp_path / "models" / "raw"
    raw.mkdir(parents=True)
    text = "{% call raw_table('orders') %} select 1 as order_id {% endcall %}"
    (raw / "raw_orders.sql").write_text(text, encoding="utf-8")
    monkeypatch.setattr("ops.expectations.contract.ROOT", tmp_path)
    assert is_own_select("orders")


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="The file of table orders cannot be read"):
        file_tables({"orders": str(tmp_path / "orders.csv")}, ",", 1000)


# -- in make build ---------------------------------------------------------------------------------


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Builds of this test alone, whose dbt leaves the marts above."""
    path = tmp_path / "warehouse"
    monkeypatch.setenv("LIFETIME_BUILD_PATH", str(path / "build.duckdb"))
    monkeypatch.setenv("DBT_PROFILES_DIR", str(Path("profiles.yml.example").resolve().parent))
    monkeypatch.setattr(build, "target_settings", lambda target: {"type": "duckdb"})
    monkeypatch.setattr(summary, "summary", lambda path: "")
    monkeypatch.setattr(dbt_run, "build", lambda *_, **__: fake_build(path))
    return path


def fake_build(folder: Path) -> dbt_run.Outcome:
    """Marts in the build file."""
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        connection.execute("create schema marts")
        for name, frame in marts().items():
            connection.register("rows", frame)
            connection.execute(f"create table {name} as from rows")
    return dbt_run.Outcome(invocation_id="this")


def deliver(folder: Path, frames: Frames) -> list[str]:
    """The arguments of a build of these tables."""
    folder.mkdir(exist_ok=True)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return ["--raw", str(folder), "--as-of", str(DAY)]


def test_the_gate_before_the_build_stops_it_and_says_why(
    warehouse: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In a process of its own, as always."""
    monkeypatch.setattr(dbt_run, "build", lambda *_, **__: pytest.fail("dbt was started"))
    arguments = deliver(tmp_path / "raw", nothing(shop(), "gross_amount", 10, "free"))
    assert build.main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(
        "\nStopped: orders.gross_amount can be read as numeric(18, 4) in all but 20% of rows\n"
        "    seen:       not so in 10 of 10 (100.0%)\n"
        "    what to do: Deliver numbers with a point"
    )
    assert "Traceback" not in printed.err
    assert (warehouse / "gates" / "delivery" / "orders.html").exists()


def test_a_gate_that_breaks_off_says_why_and_publishes_nothing(
    warehouse: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = tmp_path / "site" / "great_expectations.py"
    broken.parent.mkdir()
    broken.write_text("raise ModuleNotFoundError('No module named great_expectations')", "utf-8")
    monkeypatch.setattr(validate, "ROOT", f"{broken.parent}:{ROOT}")
    assert build.main(deliver(tmp_path / "raw", shop())) == 2
    printed = capsys.readouterr().err
    assert "gate delivery broke off (ModuleNotFoundError: No module named" in printed
    assert "VARS='{gates_enabled: false}'" in printed
    assert "Traceback" not in printed


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations is imported already."""
    monkeypatch.setattr(validate, "_run", lambda *words: validate.main([*words]))


@pytest.mark.usefixtures("in_process")
def test_a_good_build_is_remembered_and_the_next_one_compared_with_it(
    warehouse: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = deliver(tmp_path / "raw", shop())
    assert build.main(arguments) == 0
    (line,) = (warehouse / "deliveries.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["rows"] == {"orders": 10, "refunds": 2}
    assert json.loads(line)["segments"] == {"new": 1, "lost": 1}
    assert "example.org" not in line

    (tmp_path / "raw" / "refunds.csv").unlink()
    assert build.main(arguments) == 1
    assert "table refunds is delivered, which the accepted delivery of" in capsys.readouterr().err
    assert validate.main([]) == 1
    assert (warehouse / "deliveries.jsonl").read_text(encoding="utf-8") == line + "\n"
    assert build.main([*arguments, "--vars", "{gate_new_baseline: true}"]) == 0
    assert build.main(arguments) == 0


@pytest.mark.usefixtures("in_process")
def test_the_gate_before_publishing_leaves_what_is_published(
    warehouse: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = deliver(tmp_path / "raw", shop())
    assert build.main(arguments) == 0
    before = (warehouse / "lifetime_segments.duckdb").read_bytes()
    spoilt = marts()
    change("marts.customers", email="ann@example.org")(spoilt)
    monkeypatch.setattr("test_validate.marts", lambda: spoilt)
    assert build.main(arguments) == 1
    assert "Stopped: no column is named for an address" in capsys.readouterr().err
    assert (warehouse / "lifetime_segments.duckdb").read_bytes() == before
    assert len(read_history(warehouse / "deliveries.jsonl")) == 1
    with pytest.raises(UserError, match="The last build failed"):
        publish.publish()


def test_gates_can_be_switched_off(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validate, "_run", lambda *words: pytest.fail("a gate was started"))
    arguments = deliver(tmp_path / "raw", shop())
    assert build.main([*arguments, "--vars", "{gates_enabled: false}"]) == 0


def test_without_a_build_there_is_nothing_to_look_at(
    warehouse: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate.main([]) == 2
    assert (
        capsys.readouterr().err == "gates: There is no delivery to look at yet. Run make build.\n"
    )
