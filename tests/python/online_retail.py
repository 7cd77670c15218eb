"""Online Retail as a shop: its file mapped to the raw contract, and built.

Source of the rows: Chen, Sain and Guo (2012), UCI Machine Learning Repository.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
from shop import Build, Builder

AS_OF = "2011-12-09"

# An invoice's lines are numbered in file order, for repeated lines are real here. A cancellation
# (C...) names no invoice to refund: it is an order of status cancelled, with a positive amount.
MAPPING = {
    "order_items": """
        select
            InvoiceNo as order_id,
            row_number() over () as line_number,
            StockCode as product_id,
            Quantity as quantity,
            UnitPrice as unit_price
        from file
    """,
    "orders": """
        select
            InvoiceNo as order_id,
            CustomerID as customer_id,
            min(InvoiceDate) as ordered_at,
            case
                when InvoiceNo like 'C%'
                    then abs(sum(Quantity * cast(UnitPrice as decimal(18, 4))))
                else coalesce(
                    sum(Quantity * cast(UnitPrice as decimal(18, 4)))
                        filter (Quantity > 0 and UnitPrice > 0),
                    0
                )
            end as gross_amount,
            case when InvoiceNo like 'C%' then 'cancelled' else 'completed' end as status
        from file
        group by InvoiceNo, CustomerID
    """,
}


@dataclass(frozen=True)
class Delivery:
    """The mapped files, and the raw lines for the independent computation."""

    folder: Path
    lines: pd.DataFrame

    def build(
        self, builder: Builder, home: Path, *, cancelled: bool, checks: bool, only: str = ""
    ) -> Build:
        """Build as a London shop, which is where the naive times were written."""
        build = builder.build(
            self.folder,
            home,
            as_of=AS_OF,
            suffix="parquet",
            checks=checks,
            only=only,
            raw_timezone="Europe/London",
            business_timezone="Europe/London",
            reporting_currency="GBP",
            count_cancelled_orders=cancelled,
        )
        assert not build.problems, "\n".join(build.problems)
        return build


def deliver(path: Path, folder: Path) -> Delivery:
    """The file mapped to the raw contract, in a new folder."""
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"create view file as select * from '{path}'")
        for table, query in MAPPING.items():
            connection.execute(f"copy ({query}) to '{folder}/{table}.parquet'")
    return Delivery(folder, pd.read_parquet(path))
