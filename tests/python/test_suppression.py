"""Small cells: what is withheld cannot be computed from what is published, by linear algebra.

The reader knows every cell that is shown, every total that is shown, and that no cell is negative.
The least and the most that a withheld cell can be then differ by at least the smallest count that
may be published; asked of random tables, and of the ones that are known to give cells away.
"""

from collections.abc import Callable

import duckdb
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from shop import Builder
from test_hash_buckets import inline

SMALLEST = 10
Tables = list[list[int]]
Hide = Callable[[Tables], list[list[bool]]]
# many zeros and small cells, some large ones
cells = st.one_of(st.integers(0, 3), st.integers(0, 2 * SMALLEST), st.integers(0, 500))
tables = st.lists(st.lists(cells, min_size=1, max_size=8), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def macros(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The two macros in SQL, for a count n of cell k in total t."""
    builder = Builder(tmp_path_factory.mktemp("suppression"))
    calls = "{{ is_suppressed_cell('n', ['t'], ['k']) }}\n-- next --\n{{ is_small_cell('n') }}"
    return inline(builder, calls).split("\n-- next --\n")


@pytest.fixture(scope="module")
def hide(macros: list[str]) -> Hide:
    """Which cells of each total are withheld."""
    connection = duckdb.connect()
    query = f"select t, k, {macros[0]} from given order by t, k"

    def run(given: Tables) -> list[list[bool]]:
        rows = [(t, k, n) for t, total in enumerate(given) for k, n in enumerate(total)]
        connection.execute("create or replace table given (t int, k int, n int)")
        connection.executemany("insert into given values (?, ?, ?)", rows)
        found: list[list[bool]] = [[] for _ in given]
        for t, _, is_hidden in connection.execute(query).fetchall():
            found[t].append(is_hidden)
        return found

    return run


def bounds(total: list[int], hidden: list[bool], is_total_shown: bool) -> list[tuple[float, float]]:
    """The least and the most that each withheld cell can be, by linear programming."""
    count = len(total)
    equations = [np.eye(count)[k] for k in range(count) if not hidden[k]]
    values = [float(total[k]) for k in range(count) if not hidden[k]]
    if is_total_shown:
        equations.append(np.ones(count))
        values.append(float(sum(total)))
    found = []
    for k in range(count):
        if not hidden[k]:
            continue
        ends = []
        for sign in (1, -1):
            answer = linprog(
                sign * np.eye(count)[k],
                A_eq=np.array(equations) if equations else None,
                b_eq=values or None,
                bounds=(0, 10_000),
                method="highs",
            )
            assert answer.success
            ends.append(sign * float(answer.fun))
        found.append((ends[0], ends[1]))
    return found


@given(tables)
@example([[3, 500]])  # the one small cell is the total less the other
@example([[1, 1, 500]])  # the two small cells are 2 together
@example([[1] * 9 + [500]])
@example([[0, 500, 500]])
@example([[9, 10, 11]])
@example([[5, 6, 7, 8]])
@settings(max_examples=150, deadline=None)
def test_no_withheld_cell_can_be_computed(hide: Hide, given_tables: Tables) -> None:
    for total, hidden in zip(given_tables, hide(given_tables), strict=True):
        is_total_shown = sum(total) >= SMALLEST  # a small total is withheld, too
        for least, most in bounds(total, hidden, is_total_shown):
            assert most - least >= SMALLEST, (total, hidden)


@given(tables)
@settings(deadline=None)
def test_every_small_cell_is_withheld_and_no_more_than_it_takes(
    hide: Hide, given_tables: Tables
) -> None:
    for total, hidden in zip(given_tables, hide(given_tables), strict=True):
        assert all(h for n, h in zip(total, hidden, strict=True) if n < SMALLEST)
        if min(total) >= SMALLEST:
            assert not any(hidden)
            continue
        withheld = sorted(n for n, h in zip(total, hidden, strict=True) if h)
        assert len(withheld) >= min(2, len(total))
        # the largest was needed: without it the others would hold too few, or it is small itself
        assert withheld[-1] < SMALLEST or sum(withheld[:-1]) < SMALLEST
        shown = [n for n, h in zip(total, hidden, strict=True) if not h]
        assert not shown or withheld[-1] <= min(shown)


@given(st.lists(cells, min_size=1, max_size=8), st.randoms())
@settings(deadline=None)
def test_the_order_of_rows_does_not_matter(hide: Hide, total: list[int], random: object) -> None:
    """Of equal cells the order of the key decides, nothing else."""
    (forwards,) = hide([total])
    other = [total, [500, 500]]
    assert hide(other)[0] == forwards
    assert sorted(zip(total, forwards, strict=True)) == sorted(
        zip(sorted(total), hide([sorted(total)])[0], strict=True)
    )


def test_unknown_counts_as_none(hide: Hide, macros: list[str]) -> None:
    with duckdb.connect() as connection:
        asked = "select {} from (values (1, 1, null), (1, 2, 500), (1, 3, 600)) as given (t, k, n)"
        for macro, expected in zip(
            macros, ([True, True, False], [True, False, False]), strict=True
        ):
            rows = connection.execute(asked.format(macro) + " order by k").fetchall()
            assert [value for (value,) in rows] == expected


def test_selected_and_not_selected_are_both_hidden_by_the_smaller_of_the_two(hide: Hide) -> None:
    """A cell that shows a part of its customers: neither part nor rest of any can be computed."""
    rng = np.random.default_rng(7)
    for _ in range(40):
        eligible = rng.integers(1, 200, rng.integers(1, 7))
        selected = rng.binomial(eligible, rng.choice([0.02, 0.5, 0.98]))
        smaller = np.minimum(selected, eligible - selected)
        (hidden,) = hide([smaller.tolist()])
        for part in (selected, eligible - selected):
            if sum(part) < SMALLEST or sum(smaller) < SMALLEST:
                continue  # the total itself is withheld
            for least, most in bounds(part.tolist(), hidden, is_total_shown=True):
                assert most - least >= SMALLEST
