"""The demo shop at any size: Parquet files of the contract for benchmarks, in bounded memory.

The laws are those of the small shop. People are drawn in chunks, all their purchases at once: the
leaving coins of the BG/NBD process thin its Poisson process (a purchase is the last one with
probability p), so that the time of leaving is exponential with rate lambda p, and the purchases
before it are Poisson with rate lambda (1 - p) and uniform in time. Customers grow with orders;
where more orders a customer are asked for, all buy so much faster, and leave when they would have.
Each file is a row of row groups, every chunk sorted by time. Nothing is planted here but 0.5 %
orders that were delivered twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ops.demo.books import END, FIRST_DAY, LAST_DAY, Shop
from ops.demo.buying import BGNBD, BUYERS, PRODUCTS, PROSPECTS, Seasons
from ops.demo.clean import write_products, write_rates

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_CUSTOMERS = 50_000
ORDERS_PER_CUSTOMER = 3.03  # what the laws give on average, prospects counted
ROW_GROUP_ROWS = 122_880
CUSTOMER = "printf('C%08d', customer_number)"
VISITOR = "printf('A%08d', customer_number)"
ORDER = "printf('O%09d', order_number)"
SESSION = "printf('S%09d', order_number)"
EVENT = "printf('E%010d', order_number * 5 + step)"
VISIT_EVENT = "printf('V%010d', customer_number * 16 + visit * 4 + step)"

# what a chunk's rows are made of: `drawn` are its orders, `people` its customers; chance(number,
# salt) is a number from 0 to 1 that depends on both alone
STEPS = f"""
create or replace temp table lines as
select
    drawn.*,
    line_number,
    catalogue.*,
    1 + cast(floor(
        2.2 * pow(chance(order_number * 4 + line_number, 'quantity'), 3)
    ) as int) as quantity
from drawn
cross join range(1, 4) as numbers (line_number)
inner join catalogue
    on catalogue.place = cast(floor({len(PRODUCTS)} * chance(
        customer_number * 4 + line_number, case
            when chance(order_number, 'habit') < 0.5 then 'favourite'
            else cast(order_number as varchar)
        end
    )) as int)
where line_number = 1 or chance(order_number, 'lines') < 0.4 / (line_number - 1);

create or replace temp table priced as
select
    order_number, customer_number, ordered_at, is_first,
    sum(quantity * price) as gross_amount,
    min(product_id) as product_id
from lines
group by all;

create or replace temp table visits as
select
    customer_number, visit,
    first_at + to_seconds(cast(floor(
        chance(customer_number * 4 + visit, 'visit')
        * date_diff('second', first_at, timestamp '{END}')
    ) as bigint)) as visited_at
from people
cross join range(4) as numbers (visit)
where visit < case
    when is_buyer then cast(chance(customer_number, 'visits') < 0.2 as int)
    else [0, 1, 1, 2, 3, 4][1 + cast(floor(6 * chance(customer_number, 'visits')) as int)]
end;

create or replace temp table clicks as
select
    {EVENT} as event_id,
    ordered_at - interval '7 minutes' * (5 - step) as occurred_at,
    step, customer_number, product_id,
    {SESSION} as session_id,
    is_first and step < 4 and chance(customer_number, 'visitor') < 0.3 as is_anonymous
from priced
cross join range(5) as steps (step)
union all
select
    {VISIT_EVENT} as event_id,
    visited_at + interval '3 minutes' * (step - 1) as occurred_at,
    step, customer_number, product_id,
    null as session_id,
    false as is_anonymous
from visits
cross join range(1, 3) as steps (step)
inner join catalogue
    on catalogue.place = cast(floor({len(PRODUCTS)}
        * chance(customer_number * 4 + 1, 'favourite')) as int)
where
    (step = 1 or chance(customer_number * 4 + visit, 'cart') < 0.4)
    and visited_at < timestamp '{END}' - interval '1 hour';
"""

# table: the rows it is made of, and its columns
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "orders": (
        "priced cross join range(2) as copies (copy)"
        " where copy = 0 or chance(order_number, 'copy') < 0.005 order by ordered_at",
        {
            "order_id": ORDER,
            "customer_id": CUSTOMER,
            "ordered_at": "ordered_at",
            "gross_amount": "gross_amount",
            "currency": "case when chance(customer_number, 'country') < 0.16 then 'GBP'"
            " when chance(customer_number, 'country') < 0.3 then 'CHF' else 'EUR' end",
            "status": "case when chance(order_number, 'status') < 0.015 then 'cancelled'"
            " when chance(order_number, 'status') < 0.2 then 'shipped' else 'completed' end",
            "discount_amount": "case when chance(order_number, 'discount') < 0.1"
            " then cast(gross_amount / 10 as decimal(18, 2)) end",
            "shipping_amount": "case when gross_amount < 60 then 4.90 else 0.00 end",
            "promotion_id": "case when chance(order_number, 'discount') < 0.1"
            " then 'spring_sale_20' end",
            "channel": "case when chance(order_number, 'channel') < 0.7 then 'web' else 'app' end",
            "updated_at": "ordered_at",
            "loaded_at": "ordered_at + interval '1 hour' * (1 + copy)",
        },
    ),
    "order_items": (
        "lines order by ordered_at, order_number, line_number",
        {
            "order_id": ORDER,
            "line_number": "cast(line_number as varchar)",
            "product_id": "product_id",
            "quantity": "quantity",
            "unit_price": "price",
            "unit_cost": "cost",
        },
    ),
    "refunds": (
        "priced where chance(order_number, 'refund') < 0.05"
        " and chance(order_number, 'status') >= 0.015"
        f" and ordered_at < timestamp '{END}' - interval '60 days' order by ordered_at",
        {
            "refund_id": "printf('R%09d', order_number)",
            "order_id": ORDER,
            "refunded_at": "ordered_at + interval '1 minute'"
            " * cast(86400 * chance(order_number, 'days') as int)",
            "amount": "cast(gross_amount / 2 as decimal(18, 2))",
            "reason": "'damaged'",
        },
    ),
    "customers": (
        "people order by first_at",
        {
            "customer_id": CUSTOMER,
            "created_at": "first_at - interval '10 minutes'",
            "email": "lower(printf('C%08d@example.org', customer_number))",
            "phone": "case when chance(customer_number, 'phone') < 0.3"
            " then printf('+49 30 %08d', customer_number) end",
            "birth_date": "date '1945-01-01'"
            " + cast(floor(23000 * chance(customer_number, 'birth')) as int)",
            "country": "case when chance(customer_number, 'country') < 0.16 then 'GB'"
            " when chance(customer_number, 'country') < 0.3 then 'CH' else 'DE' end",
            "acquisition_channel": "['organic', 'paid_search', 'social', 'affiliate', 'referral']"
            "[1 + cast(floor(5 * pow(chance(customer_number, 'source'), 2)) as int)]",
            "acquisition_cost": "cast(20 * chance(customer_number, 'cost') as decimal(18, 2))",
        },
    ),
    "customer_attributes": (
        "people cross join (values ('gender'), ('age_band'), ('ethnicity')) as asked (attribute)",
        {
            "customer_id": CUSTOMER,
            "attribute": "attribute",
            "value": "printf('group_%d',"
            " cast(floor(4 * chance(customer_number, attribute)) as int))",
        },
    ),
    "events": (
        "clicks order by occurred_at",
        {
            "event_id": "event_id",
            "occurred_at": "occurred_at",
            "event_type": "['page_view_product', 'product_viewed', 'Added to Cart',"
            " 'checkout_started', 'email_clicked'][1 + step]",
            "customer_id": f"case when not is_anonymous then {CUSTOMER} end",
            "anonymous_id": f"case when is_anonymous then {VISITOR} end",
            "session_id": "session_id",
            "channel": "case when step = 4 then 'email' else 'web' end",
            "product_id": "case when step < 3 then product_id end",
            "campaign": "case when step = 4 then 'loyalty_double_points' end",
            "loaded_at": "occurred_at + interval '1 hour'",
        },
    ),
    "identities": (
        "people where is_buyer and chance(customer_number, 'visitor') < 0.3",
        {"anonymous_id": VISITOR, "customer_id": CUSTOMER, "linked_at": "first_at"},
    ),
    "consents": (
        "people cross join (values ('email', 0.84, 0.08), ('sms', 0.18, 0.02),"
        " ('push', 0.14, 0.02)) as asked (channel, asked_share, withdrawn_share)"
        " where chance(customer_number, channel) < asked_share",
        {
            "customer_id": CUSTOMER,
            "channel": "channel",
            "purpose": "'marketing'",
            "changed_at": "first_at",
            "status": "case when chance(customer_number, channel) < withdrawn_share"
            " then 'withdrawn' else 'granted' end",
            "source": "'account'",
        },
    ),
    "surveys": (
        "people where is_buyer and chance(customer_number, 'survey') < 0.2",
        {
            "response_id": "printf('Q%08d', customer_number)",
            "customer_id": CUSTOMER,
            "responded_at": "first_at + interval '1 hour'",
            "question": "'nps'",
            "answer": "cast(10 - floor(11 * pow(chance(customer_number, 'nps'), 3)) as varchar)",
            "score": "10 - floor(11 * pow(chance(customer_number, 'nps'), 3))",
        },
    ),
    "promotion_sends": (
        # the last three of them are of the last two weeks: open offers, caps that hold
        "people cross join (values ('loyalty_double_points', 0.6, 99, 99),"
        " ('bundle_offer', 0.2, 14, 7), ('vip_early_access', 0.2, 7, 1),"
        " ('beauty_box', 0.1, 2, 0)) as sent (promotion_id, share, from_days, to_days)"
        " where chance(customer_number, promotion_id) < share",
        {
            "send_id": "printf('M%08d%02d', customer_number, from_days)",
            "customer_id": CUSTOMER,
            "promotion_id": "promotion_id",
            "channel": "'email'",
            "sent_at": f"greatest(first_at, timestamp '{END}' - to_seconds(cast(86400 * (from_days"
            " - (from_days - to_days) * chance(customer_number, promotion_id) / share) as int)))",
            "delivered": "chance(customer_number, 'bounce') < 0.97",
            "cost": "0.02",
        },
    ),
    "promotion_assignments": (
        "people where is_buyer and chance(customer_number, 'assigned') < 0.4",
        {
            "assignment_id": "printf('G%08d', customer_number)",
            "customer_id": CUSTOMER,
            "promotion_id": "'loyalty_double_points'",
            "arm": "case when chance(customer_number, 'arm') < 0.5"
            " then 'treatment' else 'control' end",
            "assigned_at": "greatest(first_at, timestamp '2026-03-23 06:00:00')",
            "assigned_by": "'demo_tool'",
        },
    ),
    "erasure_requests": (
        "people where customer_number % 5000 = 17",
        {
            "request_id": "printf('X%08d', customer_number)",
            "requested_at": f"timestamp '{END}' - interval '1 day'",
            "customer_id": CUSTOMER,
        },
    ),
}


def write_parquet(
    orders: int, out: Path, seed: int, orders_per_customer: float = ORDERS_PER_CUSTOMER
) -> dict[str, int]:
    """Write about so many orders, and all that goes with them; rows written, by table."""
    import pyarrow.parquet as pq

    out.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys(TABLES, 0) | write_small_tables(out, seed)
    writers: dict[str, pq.ParquetWriter] = {}
    with duckdb.connect() as connection:
        connection.execute(
            "create macro chance(number, salt) as (hash(number, salt) % 1000003) / 1000003.0"
        )
        write_catalogue(connection)
        for people, drawn in draw_chunks(orders, seed, orders_per_customer):
            connection.register("people", people)
            connection.register("drawn", drawn)
            connection.execute(STEPS)
            for table, (rows, columns) in TABLES.items():
                listed = ", ".join(f"{text} as {name}" for name, text in columns.items())
                batch = connection.execute(f"select {listed} from {rows}").to_arrow_table()
                if table not in writers:
                    writers[table] = pq.ParquetWriter(
                        out / f"{table}.parquet", batch.schema, compression="zstd"
                    )
                writers[table].write_table(batch, row_group_size=ROW_GROUP_ROWS)
                counts[table] += batch.num_rows
    for writer in writers.values():
        writer.close()
    return counts


def write_small_tables(out: Path, seed: int) -> dict[str, int]:
    """The catalogue and the rates, which do not grow: those of the small shop, as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shop = Shop(seed)
    write_products(shop)
    write_rates(shop)
    for table in ("products", "exchange_rates"):
        pq.write_table(pa.Table.from_pylist(shop.rows[table]), out / f"{table}.parquet")
    return {table: len(shop.rows[table]) for table in ("products", "exchange_rates")}


def write_catalogue(connection: duckdb.DuckDBPyConnection) -> None:
    """The catalogue as a table to join with."""
    connection.execute(
        "create table catalogue"
        " (place int, product_id text, price decimal(9, 2), cost decimal(9, 2))"
    )
    rows = [(place, p[0], p[3], p[4]) for place, p in enumerate(PRODUCTS)]
    connection.executemany("insert into catalogue values (?, ?, ?, ?)", rows)


def draw_chunks(
    orders: int, seed: int, orders_per_customer: float
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Chunks of people with their orders: as many people as make about so many orders."""
    customers = max(1, round(orders / orders_per_customer))
    first_orders = BUYERS / (BUYERS + PROSPECTS)
    pace = (orders_per_customer - first_orders) / (ORDERS_PER_CUSTOMER - first_orders)
    order_number = 0
    for start in range(0, customers, CHUNK_CUSTOMERS):
        size = min(CHUNK_CUSTOMERS, customers - start)
        people, drawn = draw_chunk(seed, start, size, order_number, pace)
        order_number += drawn.num_rows
        yield people, drawn


def draw_chunk(
    seed: int, first_customer: int, size: int, first_order: int, pace: float
) -> tuple[pa.Table, pa.Table]:
    """One chunk of people, and their purchases by BG/NBD at some pace, in the order of time."""
    import numpy as np
    import pyarrow as pa

    rng = np.random.default_rng([seed, first_customer])
    weeks = Seasons().weeks
    is_buyer = rng.random(size) < BUYERS / (BUYERS + PROSPECTS)
    first = rng.random(size) ** 0.9 * weeks
    rate = rng.gamma(BGNBD["r"], 1 / BGNBD["alpha"], size) * pace
    leaves = rng.beta(BGNBD["a"], BGNBD["b"], size) / pace
    gone = first + rng.exponential(1 / np.maximum(rate * leaves, 1e-12))
    alive = np.minimum(gone, weeks) - first
    repeats = np.where(is_buyer, rng.poisson(rate * (1 - leaves) * alive), 0)
    again: Any = np.repeat(np.arange(size), repeats)
    last = np.flatnonzero(is_buyer & (gone < weeks))
    who = np.concatenate([np.flatnonzero(is_buyer), again, last])
    at = np.concatenate([first[is_buyer], first[again] + rng.random(again.size) * alive[again],
                         gone[last]])  # fmt: skip
    is_first = np.arange(who.size) < is_buyer.sum()
    order = np.argsort(at, kind="stable")
    people = pa.table({
        "customer_number": first_customer + np.arange(size),
        "first_at": moments(first),
        "is_buyer": is_buyer,
    })  # fmt: skip
    drawn = pa.table({
        "order_number": first_order + np.arange(who.size),
        "customer_number": first_customer + who[order],
        "ordered_at": moments(at[order]),
        "is_first": is_first[order],
    })  # fmt: skip
    return people, drawn


def moments(weeks: Any) -> Any:
    """Moments of weighted time as UTC timestamps between 6 and 24 o'clock in winter's Berlin."""
    import numpy as np

    until = np.array([0.0, *Seasons().until])
    days = np.interp(weeks, until, np.arange(until.size))
    day = np.minimum(np.floor(days), (LAST_DAY - FIRST_DAY).days)
    seconds = (day * 86400 + 5 * 3600 + (days - day) * 17 * 3600).astype("int64")
    return np.datetime64(datetime.combine(FIRST_DAY, time()), "us") + seconds.astype(
        "timedelta64[s]"
    )
