"""Pictures for people from a built file, as SVG that needs nothing else to be seen.

    python -m ops.pictures                   # into pictures/ beside the build file
    python -m ops.pictures --out docs/pictures

- `clv_tracking.svg`: cumulative actual and expected repeat purchases, week by week;
- `clv_alive.svg`: the probability of still being a customer, by recency and frequency;
- `clv_calibration.svg`: predicted and actual orders of the hold-out, by decile;
- `promotion_lifts.svg`: what each promotion changed against its control, with its verdict;
- `promotion_profit.svg`: what each promotion earned beyond what would have come without it.
"""

import argparse
import math
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb

from ops.project import UserError, build_file, display

INK, MUTED, LINE, GRID, SHADE = "#1f2933", "#5b6770", "#cbd2d9", "#e8ecef", "#f3f5f7"
ACTUAL, EXPECTED = "#1f2933", "#d9480f"
# from gone to certain: light to dark, told apart without colour vision too
RAMP = ("#f7fbff", "#d0e1f2", "#94c4df", "#4a98c9", "#1764ab", "#08306b")
FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
VERDICTS = {"works": "#1764ab", "harms": "#d9480f"}
MARGIN, COST = "#94c4df", "#f4b183"
# of the customers with a repeat, those beyond are too few to show
SHOWN_SHARE = 0.995
# of the hundredths of the map's height, each so-manieth has a colour of its own
STOP_EVERY = 3


@dataclass(frozen=True)
class Plot:
    """A drawing area with linear axes that start at zero; y points up."""

    right: float
    top: float
    x_name: str
    y_name: str
    width: int = 760
    height: int = 450
    left_margin: int = 74
    right_margin: int = 28
    top_margin: int = 92
    bottom_margin: int = 58

    @property
    def inner_width(self) -> int:
        return self.width - self.left_margin - self.right_margin

    @property
    def inner_height(self) -> int:
        return self.height - self.top_margin - self.bottom_margin

    @property
    def base(self) -> int:
        return self.height - self.bottom_margin

    def x(self, value: float) -> float:
        return self.left_margin + self.inner_width * value / self.right

    def y(self, value: float) -> float:
        return self.base - self.inner_height * value / self.top

    def axes(self, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> list[str]:
        """Horizontal lines, numbers at both axes, and what they count."""
        parts = []
        for tick in y_ticks:
            colour = LINE if tick == 0 else GRID
            end = self.left_margin + self.inner_width
            parts.append(_line(self.left_margin, self.y(tick), end, self.y(tick), colour))
            parts.append(text(self.left_margin - 10, self.y(tick) + 4, number(tick), "end"))
        for tick in x_ticks:
            parts.append(text(self.x(tick), self.base + 20, number(tick), "middle"))
        middle = self.left_margin + self.inner_width / 2
        parts.append(text(middle, self.height - 14, self.x_name, "middle"))
        parts.append(text(self.left_margin, self.top_margin - 12, self.y_name, "start"))
        return parts

    def page(self, title: str, note: str, parts: Sequence[str]) -> str:
        """The whole picture, with a title that readers of the page can also hear."""
        head = text(self.left_margin, 28, title, "start", INK, 17, "600")
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {self.width} {self.height}'"
            f" width='{self.width}' height='{self.height}' role='img' {FONT}>\n"
            f"<title>{escape(title)}. {escape(note)}</title>\n"
            f"<rect width='{self.width}' height='{self.height}' fill='#ffffff'/>\n"
            f"{head}\n" + "\n".join(parts) + "\n</svg>\n"
        )


def text(
    x: float, y: float, words: str, anchor: str, fill: str = MUTED, size: int = 12, weight: str = ""
) -> str:
    bold = f" font-weight='{weight}'" if weight else ""
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' fill='{fill}'"
        f" font-size='{size}'{bold}>{escape(words)}</text>"
    )


def number(value: float) -> str:
    """A tick as a person writes it."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}".rstrip("0")


def ticks(highest: float, wanted: int = 5) -> list[float]:
    """Round numbers from zero to the first that is not below the highest."""
    if not highest > 0:
        return [0, 1]
    rough = highest / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    count = math.ceil(highest / step - 1e-9)
    return [round(step * position, 10) for position in range(count + 1)]


def _line(x1: float, y1: float, x2: float, y2: float, stroke: str, more: str = "") -> str:
    return (
        f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{stroke}'{more}/>"
    )


def _rect(x: float, y: float, width: float, height: float, fill: str, more: str = "") -> str:
    return (
        f"<rect x='{x:.2f}' y='{y:.2f}' width='{width:.2f}' height='{height:.2f}'"
        f" fill='{fill}'{more}/>"
    )


def _path(points: Sequence[tuple[float, float]], stroke: str, more: str = "") -> str:
    way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f"<polyline points='{way}' fill='none' stroke='{stroke}' stroke-width='2.2'"
        f" stroke-linejoin='round'{more}/>"
    )


def tracking(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Two lines that should lie on each other, also right of the cut."""
    rows = connection.execute(
        "select week_number, is_holdout, cumulative_repeat_count, cumulative_expected_count"
        " from intermediate.int_clv_tracking order by week_number"
    ).fetchall()
    expected = [(week, float(count)) for week, _, _, count in rows if count is not None]
    if not expected:
        return None
    actual = [(week, float(count)) for week, _, count, _ in rows]
    y_ticks = ticks(max(count for _, count in [*actual, *expected]))
    last = rows[-1][0]
    x_ticks = [tick for tick in ticks(last, 8) if tick <= last]
    plot = Plot(last, y_ticks[-1], "weeks since the first purchase", "repeat purchases so far")
    cut = max([week for week, is_holdout, *_ in rows if not is_holdout], default=0)
    parts = []
    if cut < last:
        width = plot.x(last) - plot.x(cut)
        parts.append(_rect(plot.x(cut), plot.top_margin, width, plot.inner_height, SHADE))
    parts += plot.axes(x_ticks, y_ticks)
    if cut < last:
        stroke = " stroke-dasharray='3 3'"
        parts.append(_line(plot.x(cut), plot.top_margin, plot.x(cut), plot.base, MUTED, stroke))
        parts.append(text(plot.x(cut) - 8, plot.top_margin + 16, "fitted", "end"))
        parts.append(text(plot.x(cut) + 8, plot.top_margin + 16, "predicted", "start"))
    for points, colour, more in (
        (expected, EXPECTED, " stroke-dasharray='7 4'"),
        (actual, ACTUAL, ""),
    ):
        places = [(plot.x(week), plot.y(count)) for week, count in [(0, 0.0), *points]]
        parts.append(_path(places, colour, more))
    parts += _legend(plot, "line", "expected")
    last_actual, (_, last_expected) = actual[-1][1], expected[-1]
    note = (
        f"After {last} weeks {last_actual:,.0f} repeat purchases were made"
        f" and {last_expected:,.0f} were expected."
    )
    return plot.page("Repeat purchases: actual and expected", note, parts)


def _legend(plot: Plot, kind: str, other: str) -> list[str]:
    """Which colour is what, below the title."""
    parts, x, y = [], float(plot.left_margin), 50.0
    for name, colour, more in (
        ("actual", ACTUAL, ""),
        (other, EXPECTED, " stroke-dasharray='7 4'"),
    ):
        width = 26 if kind == "line" else 12
        if kind == "line":
            parts.append(_line(x, y, x + width, y, colour, f" stroke-width='2.4'{more}"))
        else:
            parts.append(_rect(x, y - 6, width, 12, colour, " rx='2'"))
        parts.append(text(x + width + 6, y + 4, name, "start", INK))
        x += width + 66
    return parts


def alive(connection: duckdb.DuckDBPyConnection) -> str | None:
    """A map: to the right more repeats, upwards a later last purchase, darker more certain."""
    rows = connection.execute(
        "select repeat_count, recency_days, probability_alive, customer_count, clv_age_days"
        " from intermediate.int_clv_alive_grid where probability_alive is not null"
        " order by repeat_count, recency_days"
    ).fetchall()
    if not rows:
        return None
    customers = {repeats: count for repeats, _, _, count, _ in rows}
    shown = _shown(customers)
    age = float(rows[0][4])
    plot = Plot(shown, age, "repeat purchases", "days since the last purchase", right_margin=96)
    cell_width = plot.inner_width / shown
    shades: list[str] = []
    columns: list[str] = []
    for repeats in range(1, shown + 1):
        column = [row for row in rows if row[0] == repeats]
        stops = "".join(
            f"<stop offset='{float(recency) / age:.2f}' stop-color='{shade(float(probability))}'/>"
            for _, recency, probability, *_ in column[::STOP_EVERY]
        )
        name = f"shade{repeats}"
        shades.append(f"<linearGradient id='{name}' x2='0' y2='1'>{stops}</linearGradient>")
        left = plot.left_margin + cell_width * (repeats - 1)
        fill = f"url(#{name})"
        columns.append(_rect(left, plot.top_margin, cell_width, plot.inner_height, fill))
    parts = ["<defs>", *shades, "</defs>", *columns]
    for tick in ticks(age):
        if tick <= age:
            y = plot.top_margin + plot.inner_height * tick / age
            parts.append(text(plot.left_margin - 10, y + 4, number(tick), "end"))
    every = max(1, math.ceil(shown / 12))
    for repeats in range(1, shown + 1, every):
        x = plot.left_margin + cell_width * (repeats - 0.5)
        parts.append(text(x, plot.base + 20, number(repeats), "middle"))
    middle = plot.left_margin + plot.inner_width / 2
    parts.append(text(middle, plot.height - 14, plot.x_name, "middle"))
    parts.append(text(plot.left_margin, plot.top_margin - 12, plot.y_name, "start"))
    parts += _scale(plot)
    note = (
        f"For customers whose first purchase was {age:,.0f} days ago; with the number of repeats"
        " one silence means more."
    )
    parts.append(
        text(plot.left_margin, 54, f"whose first purchase was {age:,.0f} days ago", "start")
    )
    return plot.page("How likely is somebody still a customer?", note, parts)


def _shown(customers: dict[int, int]) -> int:
    """The number of repeats up to which nearly all customers lie, without a hole."""
    total, so_far = sum(customers.values()), 0
    for position, repeats in enumerate(sorted(customers), start=1):
        so_far += customers[repeats]
        if position != repeats:
            return position - 1 or 1
        if so_far >= SHOWN_SHARE * total:
            return repeats
    return max(customers)


def _scale(plot: Plot) -> list[str]:
    """The colours with their probabilities."""
    left = plot.left_margin + plot.inner_width + 24
    last = len(RAMP) - 1
    stops = "".join(
        f"<stop offset='{1 - place / last:.1f}' stop-color='{colour}'/>"
        for place, colour in reversed(list(enumerate(RAMP)))
    )
    parts = [f"<linearGradient id='scale' x2='0' y2='1'>{stops}</linearGradient>"]
    more = f" stroke='{LINE}'"
    parts.append(_rect(left, plot.top_margin, 14, plot.inner_height, "url(#scale)", more))
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = plot.base - plot.inner_height * share
        parts.append(text(left + 20, y + 4, f"{share:.0%}", "start"))
    return parts


def shade(share: float) -> str:
    """The colour of a probability."""
    place = min(max(share, 0.0), 1.0) * (len(RAMP) - 1)
    lower = min(int(place), len(RAMP) - 2)
    low, high = (
        [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
        for colour in RAMP[lower : lower + 2]
    )
    mixed = [
        round(one + (other - one) * (place - lower)) for one, other in zip(low, high, strict=True)
    ]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def calibration(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Ten pairs of bars that should be equally high."""
    rows = connection.execute(
        "select band, predicted_orders_per_customer, actual_orders_per_customer"
        " from marts.clv_backtest where breakdown = 'decile' order by band"
    ).fetchall()
    if not rows:
        return None
    pairs = [(int(band), float(predicted), float(actual)) for band, predicted, actual in rows]
    y_ticks = ticks(max(max(predicted, actual) for _, predicted, actual in pairs))
    names = "tenth of customers, by what was predicted (1: most)"
    plot = Plot(len(pairs), y_ticks[-1], names, "orders per customer in the hold-out")
    parts = plot.axes([], y_ticks)
    slot = plot.inner_width / len(pairs)
    width = min(22.0, slot * 0.36)
    for position, (band, predicted, actual) in enumerate(pairs):
        middle = plot.left_margin + slot * (position + 0.5)
        for left, value, colour in (
            (middle - width - 1, actual, ACTUAL),
            (middle + 1, predicted, EXPECTED),
        ):
            height = plot.base - plot.y(value)
            parts.append(_rect(left, plot.y(value), width, height, colour, " rx='1.5'"))
        parts.append(text(middle, plot.base + 20, str(band), "middle"))
    parts += _legend(plot, "bar", "predicted")
    worst = max(pairs, key=lambda pair: abs(pair[1] - pair[2]))
    note = f"Furthest apart in tenth {worst[0]}: {worst[1]:.2f} predicted, {worst[2]:.2f} actual."
    return plot.page("What was predicted, and what came", note, parts)


@dataclass(frozen=True)
class Forest:
    """Rows with a name on the left, a common axis in the middle, and words on the right."""

    rows: int
    low: float
    high: float
    row_height: int
    width: int = 980
    left: int = 320
    right: int = 320
    top: int = 108
    bottom: int = 58

    @property
    def height(self) -> int:
        return self.base + self.bottom

    @property
    def base(self) -> int:
        return self.top + self.rows * self.row_height

    @property
    def end(self) -> int:
        return self.width - self.right

    def y(self, row: int) -> float:
        return self.top + row * self.row_height

    def x(self, value: float) -> float:
        """Where a value stands; what is beyond the axis stands at its end."""
        share = (value - self.low) / (self.high - self.low)
        return self.left + (self.end - self.left) * min(max(share, 0.0), 1.0)

    def axis(self, marks: Sequence[float], name: str, words: Callable[[float], str]) -> list[str]:
        """Lines between the rows, lines at the ticks, a dark one at zero, and what they count."""
        parts = []
        for row in range(1, self.rows):
            parts.append(_line(28, self.y(row), self.width - 28, self.y(row), GRID))
        for tick in marks:
            x, is_zero = self.x(tick), tick == 0
            parts.append(_line(x, self.top, x, self.base, INK if is_zero else GRID))
            parts.append(text(x, self.base + 20, words(tick), "middle"))
        parts.append(text((self.left + self.end) / 2, self.base + 42, name, "middle"))
        return parts

    def interval(
        self, value: float, lower: float | None, upper: float | None, y: float, colour: str
    ) -> list[str]:
        """A dot and its line; an arrow where the line, or the dot, goes on beyond the axis."""
        parts = []
        if lower is not None and upper is not None:
            more = " stroke-width='2.2'"
            parts.append(_line(self.x(lower), y, self.x(upper), y, colour, more))
        ends = [end for end in (lower, value, upper) if end is not None]
        for is_beyond, x, tip in (
            (min(ends) < self.low, self.left, -8),
            (max(ends) > self.high, self.end, 8),
        ):
            if is_beyond:
                points = f"{x},{y - 5:.1f} {x + tip},{y:.1f} {x},{y + 5:.1f}"
                parts.append(f"<polygon points='{points}' fill='{colour}'/>")
        if self.low <= value <= self.high:
            # hollow where nobody knows how sure it is
            fill = colour if lower is not None and upper is not None else "#ffffff"
            more = f" fill='{fill}' stroke='{colour}' stroke-width='1.6'"
            parts.append(f"<circle cx='{self.x(value):.1f}' cy='{y:.1f}' r='4'{more}/>")
        return parts

    def page(self, title: str, note: str, told: Sequence[str], parts: Sequence[str]) -> str:
        """The drawing with its title, its one-sentence summary, and lines below the title."""
        head = [text(28, 30, title, "start", INK, 17, "600")]
        head += [text(28, 52 + 18 * place, line, "start") for place, line in enumerate(told)]
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {self.width} {self.height}'"
            f" width='{self.width}' height='{self.height}' role='img' {FONT}>\n"
            f"<title>{escape(title)}. {escape(note)}</title>\n"
            f"<rect width='{self.width}' height='{self.height}' fill='#ffffff'/>\n"
            + "\n".join([*head, *parts])
            + "\n</svg>\n"
        )


def shortened(words: str, columns: int) -> str:
    """A name that fits: wide characters count twice, and what XML cannot hold is left out."""
    kept, width = "", 0
    shown = "".join(letter for letter in words if unicodedata.category(letter)[0] != "C")
    for place, letter in enumerate(shown):
        width += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if width > columns - 1 and place < len(shown) - 1:
            return kept + "…"
        kept += letter
    return kept


def between(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from one that is not above the lowest to one that is not below the highest."""
    low, high = min(low, 0.0), max(high, 0.0)
    if not high > low:
        return [0, 1]
    marks = ticks(high - low, wanted)
    step = marks[1]
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * place, 10) for place in range(first, last + 1)]


def span(values: Sequence[float], ends: Sequence[float], least: float) -> list[float]:
    """The ticks of an axis that shows the values, and intervals unless one dwarfs all the rest."""
    sizes = sorted(abs(value) for value in values)
    # the upper quartile: one wild promotion must not squeeze the others to a point
    usual = sizes[(3 * (len(sizes) - 1)) // 4] if sizes else 0.0
    limit = max(4 * usual, least)
    reach = [min(max(value, -limit), limit) for value in [*values, *ends]]
    return between(min(reach, default=0), max(reach, default=0))


def signed(value: float, digits: int) -> str:
    """A change as a person writes it, with a true minus; what rounds to zero has no sign."""
    words = f"{abs(value):,.{digits}f}"
    if not any(letter in "123456789" for letter in words):
        return "0"
    return ("\N{MINUS SIGN}" if value < 0 else "+") + words


def percent(value: float) -> str:
    """A share of the control's mean; beyond a thousandfold the figure says no more than that."""
    if abs(value) >= 1000:
        return f"beyond {signed(math.copysign(100_000, value), 0)} %"
    return signed(100 * value, 0 if abs(value) >= 0.1 else 1) + " %"


def amount(value: float) -> str:
    """Money without its cents, unless it is cents, and in millions where it is many of them."""
    for size, unit in ((1e9, "bn"), (1e6, "M")):
        if abs(value) >= 10 * size:
            return f"{signed(value / size, 1).removesuffix('.0')} {unit}"
    return signed(value, 0 if abs(value) >= 10 else 2)


def _names(promotion: str, draw: str, arm: str) -> tuple[str, str]:
    """The promotion with its arm, and who drew the arms."""
    name = promotion if arm == "treatment" else f"{promotion}: {arm}"
    if draw == "delivered":
        return name, "arms delivered"
    return name, "drawn here" if draw == promotion else f"drawn here as {draw}"


def _limits(lower: float | None, upper: float | None, words: Callable[[float], str]) -> str:
    if lower is None or upper is None:
        return ", interval not known"
    return f" ({words(lower)} to {words(upper)})"


def _floats(values: Sequence[Any]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def promotion_lifts(connection: duckdb.DuckDBPyConnection) -> str | None:
    """A dot and a line for each promotion: right of zero it did more than its control."""
    rows = connection.execute(
        "select promotion_id, draw, arm, metric, verdict, is_final, treatment_count,"
        " control_count, relative_lift, relative_lower, relative_upper, difference"
        " from marts.promotion_lift"
        " where population = 'assigned' and segment = 'all' and is_primary"
        " order by relative_lift desc nulls last, promotion_id, draw, arm, metric"
    ).fetchall()
    if not rows:
        return None
    known = [_floats(row[8:11]) for row in rows if row[8] is not None]
    lifts = [lift for lift, *_ in known if lift is not None]
    marks = span(lifts, [end for _, *ends in known for end in ends if end is not None], 0.1)
    forest = Forest(len(rows), marks[0], marks[-1], 42)
    parts = forest.axis(marks, "change of the outcome, as a share of the control's", percent)
    for place, row in enumerate(rows):
        promotion, draw, arm, metric, verdict, is_final, treated, controls = row[:8]
        lift, lower, upper, difference = _floats(row[8:])
        colour = VERDICTS.get(verdict, MUTED)
        name, drawn = _names(promotion, draw, arm)
        y = forest.y(place)
        about = f"{metric.replace('_', ' ')}, {treated:,} against {controls:,}, {drawn}"
        parts.append(text(28, y + 18, shortened(name, 38), "start", INK, 13))
        parts.append(text(28, y + 34, shortened(about, 47), "start", MUTED, 11))
        if lift is not None:
            parts += forest.interval(lift, lower, upper, y + 21, colour)
            told = percent(lift) + _limits(lower, upper, percent)
        elif difference is not None:
            told = (
                f"{signed(difference, 4)} a person; control: 0" if difference else "0 in both arms"
            )
        else:
            told = "change not known"
        x = forest.end + 24
        words = verdict if is_final else f"{verdict}, so far"
        parts.append(text(x, y + 18, words, "start", INK if colour == MUTED else colour, 13, "600"))
        parts.append(text(x, y + 34, told, "start", MUTED, 11))
    decided = [sum(row[4] == verdict for row in rows) for verdict in ("works", "harms")]
    note = f"Of {len(rows)} comparisons {decided[0]} work and {decided[1]} harm."
    below = [
        "Each promotion by the metric that its policy judges it by, all who were assigned, 95 %"
        " intervals unless the policy says otherwise.",
        "The verdict also reckons with all other metrics, with few buyers, and with daily looks:"
        " it may say less than the line.",
    ]
    return forest.page("What promotions changed against their control groups", note, below, parts)


def promotion_profit(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Two bars and a dot for each promotion: what came more, what it cost, what was left."""
    rows = connection.execute(
        "select promotion_id, draw, arm, verdict, treatment_count, incremental_margin_amount,"
        " cost_amount, net_amount, net_lower_amount, net_upper_amount"
        " from marts.promotion_profit"
        " where population = 'assigned' and segment = 'all'"
        " order by net_amount desc nulls last, promotion_id, draw, arm"
    ).fetchall()
    if not rows:
        return None
    sums = [_floats(row[5:]) for row in rows]
    points = [value for row in sums for value in row[:3] if value is not None]
    ends = [value for row in sums for value in row[3:] if value is not None]
    largest = max((abs(value) for value in points), default=0)
    # bars are never cut; intervals only where they dwarf every bar
    marks = span(points, ends, max(2 * largest, 1))
    forest = Forest(len(rows), marks[0], marks[-1], 50)
    parts = forest.axis(marks, "amount, all treated people together", amount)
    for place, (row, money) in enumerate(zip(rows, sums, strict=True)):
        promotion, draw, arm, verdict, treated = row[:5]
        margin, cost, net, lower, upper = money
        name, drawn = _names(promotion, draw, arm)
        y = forest.y(place)
        parts.append(text(28, y + 21, shortened(name, 38), "start", INK, 13))
        parts.append(
            text(28, y + 38, shortened(f"{treated:,} treated, {drawn}", 47), "start", MUTED, 11)
        )
        for value, colour, down in ((margin, MARGIN, 6), (cost, COST, 18)):
            if value is not None:
                left, right = sorted((forest.x(0), forest.x(value)))
                parts.append(_rect(left, y + down, right - left, 10, colour))
        colour = VERDICTS.get(verdict, MUTED)
        came, spent = ("not known" if value is None else amount(value) for value in (margin, cost))
        told = [f"{verdict}: net not known", "", f"margin {came}, cost {spent.lstrip('+')}"]
        if net is not None:
            parts += forest.interval(net, lower, upper, y + 38, colour)
            told[:2] = [f"{verdict}: net {amount(net)}", "interval not known"]
        if lower is not None and upper is not None:
            told[1] = f"{amount(lower)} to {amount(upper)}"
        x, ink = forest.end + 24, INK if colour == MUTED else colour
        parts.append(text(x, y + 16, told[0], "start", ink, 13, "600"))
        for line, down in ((told[1], 31), (told[2], 45)):
            parts.append(text(x, y + down, line, "start", MUTED, 11))
    start = 28.0
    for words, colour in (("margin beyond the control's", MARGIN), ("cost", COST)):
        parts.append(_rect(start, 76, 12, 12, colour))
        parts.append(text(start + 18, 86, words, "start", INK))
        start += 26 + 6.6 * len(words) + 22
    parts += [
        _line(start, 82, start + 26, 82, MUTED, " stroke-width='2.2'"),
        f"<circle cx='{start + 13:.1f}' cy='82' r='4.5' fill='{MUTED}'/>",
        text(start + 32, 86, "net, with its interval", "start", INK),
    ]
    nets = [row[2] for row in sums if row[2] is not None]
    note = f"Of {len(rows)} comparisons {sum(net > 0 for net in nets)} have a net above zero."
    below = [
        "Net margin of all who were assigned, beyond that of as many controls, and what the"
        " promotion itself cost. Never add them up: people overlap."
    ]
    return forest.page("What promotions earned", note, below, parts)


PICTURES = {
    "clv_tracking": tracking,
    "clv_alive": alive,
    "clv_calibration": calibration,
    "promotion_lifts": promotion_lifts,
    "promotion_profit": promotion_profit,
}


def draw(build: Path, folder: Path) -> dict[str, Path | None]:
    """Write the pictures; None where the build has nothing to show."""
    if not build.exists():
        raise UserError(f"There is no {display(build)}. Run make build.")
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, Path | None] = {}
    with duckdb.connect(str(build), read_only=True) as connection:
        for name, picture in PICTURES.items():
            try:
                svg = picture(connection)
            except duckdb.CatalogException as error:
                raise UserError(
                    f"{display(build)} lacks what is drawn ({str(error).splitlines()[0]})."
                    " Run make build."
                ) from error
            path = folder / f"{name}.svg"
            if svg is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(svg, encoding="utf-8")
            drawn[name] = path if svg else None
    return drawn


def main(argv: Sequence[str] | None = None) -> int:
    """Draw, and turn what a person can mend into one line and exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.pictures",
        description="Draw lifetime value and lift from the last build.",
    )
    parser.add_argument("--build", type=Path, default=None, help="the built DuckDB file")
    parser.add_argument("--out", type=Path, default=None, help="the folder for the pictures")
    arguments = parser.parse_args(argv)
    build = (arguments.build or build_file()).resolve()
    try:
        drawn = draw(build, arguments.out or build.with_name("pictures"))
    except UserError as error:
        print(f"pictures: {error}", file=sys.stderr)
        return 2
    for name, path in drawn.items():
        print(display(path.resolve()) if path else f"{name}: nothing to show")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
