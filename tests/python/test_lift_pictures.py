"""Pictures of promotions: every row is told, whatever its name, its numbers and what is missing."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from ops.pictures import amount, between, draw, percent, promotion_lifts, promotion_profit

SVG = "{http://www.w3.org/2000/svg}"
LIFT = (
    "promotion_id varchar, draw varchar, arm varchar, metric varchar, verdict varchar,"
    " is_final boolean, treatment_count bigint, control_count bigint,"
    " relative_lift decimal(38, 15), relative_lower decimal(38, 15),"
    " relative_upper decimal(38, 15), difference decimal(38, 15)"
)
PROFIT = (
    "promotion_id varchar, draw varchar, arm varchar, verdict varchar, treatment_count bigint,"
    " incremental_margin_amount decimal(18, 2), cost_amount decimal(18, 2),"
    " net_amount decimal(18, 2), net_lower_amount decimal(18, 2), net_upper_amount decimal(18, 2)"
)
LONG = "the_promotion_whose_name_was_never_meant_to_be_read_by_a_person_2026_q3_" * 3
ODD = [LONG, "買い物祭り" * 12, "<b>&'\"</b>", "tab\tand\x07bell", "", "🎁" * 60]


def lift(name: str, *numbers: Any, verdict: str = "no evidence", **more: Any) -> tuple[Any, ...]:
    """A row of promotion_lift: lift, its limits, difference."""
    arm, draw_name = more.get("arm", "treatment"), more.get("draw", "delivered")
    return name, draw_name, arm, "net_revenue", verdict, True, 9_500_000, 500_000, *numbers


def profit(name: str, *numbers: Any, verdict: str = "no evidence") -> tuple[Any, ...]:
    """A row of promotion_profit: margin, cost, net, its limits."""
    return name, name, "treatment", verdict, 9_500_000, *numbers


def lifts(rows: Sequence[tuple[Any, ...]]) -> str | None:
    return drawn("promotion_lift", LIFT, "is_primary", rows, promotion_lifts)


def profits(rows: Sequence[tuple[Any, ...]]) -> str | None:
    return drawn("promotion_profit", PROFIT, "is_main", rows, promotion_profit)


def drawn(
    mart: str,
    columns: str,
    flag: str,
    rows: Sequence[tuple[Any, ...]],
    picture: Callable[[duckdb.DuckDBPyConnection], str | None],
) -> str | None:
    """The picture of a mart that has these rows, and others that are not for it."""
    with duckdb.connect() as connection:
        connection.execute(
            f"create schema marts; create table marts.{mart} ({columns},"
            f" population varchar default 'assigned', segment varchar default 'all',"
            f" {flag} boolean default true)"
        )
        names = ", ".join(column.split()[0] for column in re.split(r", (?!\d)", columns))
        for row in rows:
            places = ", ".join("?" * len(row))
            connection.execute(f"insert into marts.{mart} ({names}) values ({places})", row)
        connection.execute(
            f"insert into marts.{mart} by name select * replace ('would_be_selected' as population)"
            f" from marts.{mart} union all by name"
            f" select * replace ('champions' as segment) from marts.{mart}"
        )
        return picture(connection)


def checked(svg: str | None) -> ElementTree.Element:
    """The picture, once nothing in it lies outside of its frame and no number is none."""
    assert svg is not None
    root = ElementTree.fromstring(svg)
    assert "nan" not in svg.lower() and "inf'" not in svg.lower()
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    sizes = dict.fromkeys(("x", "x1", "x2", "cx"), width)
    sizes |= dict.fromkeys(("y", "y1", "y2", "cy"), height)
    for part in root.iter():
        for name, size in sizes.items():
            assert 0 <= float(part.attrib.get(name, 0)) <= size, (part.tag, part.attrib)
        if part.tag == f"{SVG}rect":
            assert float(part.attrib["width"]) >= 0
    return root


def words(root: ElementTree.Element) -> list[str]:
    return [part.text or "" for part in root.iter(f"{SVG}text")]


def test_the_demo_shop_is_told(demo_build: Path, tmp_path: Path) -> None:
    for name, path in draw(demo_build, tmp_path).items():
        assert path is not None, name
        root = checked(path.read_text(encoding="utf-8"))
        assert root.findtext(f"{SVG}title")
        if name.startswith("promotion"):
            assert {"spring_sale_20", "second_order_nudge", "bundle_offer"} <= set(words(root))


def test_no_promotions_no_picture() -> None:
    assert lifts([]) is None
    assert profits([]) is None


def test_every_verdict_is_told_in_words() -> None:
    verdicts = ("works", "harms", "no evidence", "too small to tell", "broken assignment")
    rows = [lift(verdict, 0.1, 0, 0.2, 1, verdict=verdict) for verdict in verdicts]
    is_open = (*rows[2][:5], False, *rows[2][6:])
    root = checked(lifts([*rows, is_open]))
    assert {*verdicts, "no evidence, so far"} <= set(words(root))


@pytest.mark.parametrize("name", ODD)
def test_odd_names_do_no_harm(name: str) -> None:
    for svg in (
        lifts([lift(name, 0.1, 0, 0.2, 1, arm=name, draw=name)]),
        profits([profit(name, 10, 5, 5, -1, 11)]),
    ):
        rows = [part for part in checked(svg).iter(f"{SVG}text") if float(part.attrib["y"]) > 100]
        left = [part.text or "" for part in rows if part.attrib["x"] == "28.0"]
        assert len(left) == 2 and max(map(len, left)) <= 47


def test_what_is_not_known_is_said() -> None:
    told = words(checked(lifts([
        lift("no interval", 0.1, None, None, 1), lift("no control bought", None, None, None, 0.02),
        lift("nobody bought", None, None, None, 0), lift("nothing", None, None, None, None),
    ])))  # fmt: skip
    assert {"+10 %, interval not known", "+0.0200 a person; control: 0", "0 in both arms",
            "change not known"} <= set(told)  # fmt: skip
    told = words(checked(profits([
        profit("no interval", 10, 5, 5, None, None), profit("nothing", None, 0, None, None, None),
        profit("not even cost", None, None, None, None, None),
    ])))  # fmt: skip
    assert {
        "no evidence: net +5.00",
        "interval not known",
        "no evidence: net not known",
        "margin not known, cost 0",
        "margin not known, cost not known",
    } <= set(told)


def test_one_wild_promotion_does_not_squeeze_the_others() -> None:
    """It ends in an arrow; the others keep at least a tenth of the axis."""
    rows = [lift(f"p{number:02}", 0.1, -0.1, 0.3, 1) for number in range(39)]
    root = checked(lifts([*rows, lift("wild", 500, -900, 1900, 1), lift("low", -7, None, None, 1)]))
    lines = [line for line in root.iter(f"{SVG}line") if line.get("stroke-width") == "2.2"]
    lengths = [float(line.attrib["x2"]) - float(line.attrib["x1"]) for line in lines]
    assert len(lengths) == 40 and min(lengths) > 34
    assert len(list(root.iter(f"{SVG}polygon"))) == 3
    root = checked(
        profits([profit("wide", 100, 50, 50, -1e9, 1e9), profit("p", -90, 5, -95, -99, -90)])
    )
    assert len(list(root.iter(f"{SVG}polygon"))) == 2


def test_numbers_are_written_for_people() -> None:
    assert [percent(value) for value in (0.4912, -0.031, 0.00001, 0, -0.00001, 12.5, -1e19)] == [
        "+49 %", "\N{MINUS SIGN}3.1 %", "0 %", "0 %", "0 %", "+1,250 %",
        "beyond \N{MINUS SIGN}100,000 %",
    ]  # fmt: skip
    assert [amount(value) for value in (1530.15, -0.4, 0, 9.999, 2e7, -1.5e12)] == [
        "+1,530", "\N{MINUS SIGN}0.40", "0", "+10.00", "+20 M", "\N{MINUS SIGN}1,500 bn",
    ]  # fmt: skip
    for low, high in ((-3, 7), (0, 0), (0.001, 0.002), (-1e9, -1), (-0.4, 0.4)):
        marks = between(low, high)
        assert 0 in marks and marks[0] <= low and (marks[-1] >= high) and len(marks) <= 9
