"""The floor: nothing is cheaper than to read the columns once and to group them once.

python -m ops.bench.floor raw
"""

import sys
from pathlib import Path

import duckdb

from ops.bench.core import EVENTS_FROM, THREADS


def main(raw: Path) -> None:
    """Read orders and the last days' events, one group-by each."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(
            """
            create table orders as
            select
                customer_id, count(order_id), min(ordered_at), max(ordered_at),
                sum(gross_amount - coalesce(discount_amount, 0)), max(currency), max(status)
            from read_parquet(?)
            group by customer_id
            """,
            [str(raw / "orders.parquet")],
        )
        connection.execute(
            """
            create table events as
            select customer_id, count(*), max(event_type)
            from read_parquet(?)
            where occurred_at >= ?
            group by customer_id
            """,
            [str(raw / "events.parquet"), EVENTS_FROM],
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
