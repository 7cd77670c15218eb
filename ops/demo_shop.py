"""The demo shop: invented customers with known truth, for tests, tours and benchmarks.

    python -m ops.demo_shop --seeds                            seeds/demo/*.csv and the truth file
    python -m ops.demo_shop --orders 1000000 --out folder      Parquet of the contract, any size

The shop is made in two layers. A clean part follows known laws: purchases by the BG/NBD process
(Fader, Hardie & Lee 2005, "Counting your customers the easy way"), a calendar of seasons, known
effects of promotions. On top stand planted rows with ids of their own: each knows what has to
become of it, and the truth file says so. The truth is written down while planting, never derived
by the rules that it tests. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ops.demo.books import CONTRACT, FIRST_DAY, LAST_DAY, Shop
from ops.demo.buying import (
    BGNBD,
    BUYERS,
    DRIFT_CHANNEL,
    DRIFT_FROM,
    DRIFT_KEEPS,
    PROSPECTS,
    make_customers,
)
from ops.demo.clean import (
    write_ad_consents,
    write_customers,
    write_events,
    write_orders,
    write_products,
    write_rates,
    write_surveys,
)
from ops.demo.decisions import PLANTS as DECISION_PLANTS
from ops.demo.planted import PLANTS
from ops.demo.promotions import EXPERIMENTS, run_experiment, write_campaigns

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds" / "demo"
TRUTH = ROOT / "tests" / "python" / "demo_truth.json"
SEED = 2


def make_shop(seed: int = SEED) -> Shop:
    """The demo shop: the clean part, then everything that is planted on top of it."""
    shop = Shop(seed)
    write_products(shop)
    write_rates(shop)
    customers = make_customers(shop)
    for experiment in EXPERIMENTS:
        run_experiment(experiment, customers, shop)
    for write in (write_customers, write_orders, write_campaigns, write_surveys, write_events):
        write(shop, customers)
    for plant in (*PLANTS, *DECISION_PLANTS):
        plant(shop)
    write_ad_consents(shop, customers)
    return shop


def truth(shop: Shop) -> dict[str, Any]:
    """What was planted, for tests."""
    return {
        "seed": shop.seed,
        "first_day": FIRST_DAY.isoformat(),
        "as_of_date": LAST_DAY.isoformat(),
        "row_counts": {table: len(rows) for table, rows in shop.rows.items()},
        "outcomes": {table: dict(sorted(n.items())) for table, n in shop.outcomes.items()},
        "accepted_amounts": {table: str(amount) for table, amount in shop.accepted_amounts.items()},
        "accepted_gross_eur": str(shop.accepted_gross_eur),
        "buyers": BUYERS,
        "prospects": PROSPECTS,
        "bgnbd": BGNBD | {"time_unit": "week"},
        "drift": {
            "acquisition_channel": DRIFT_CHANNEL,
            "from": DRIFT_FROM.isoformat(),
            "share_of_orders_kept": DRIFT_KEEPS,
        },
        **shop.facts,
        "cases": shop.cases,
    }


def write_seeds(seeds: Path, truth_file: Path, seed: int = SEED) -> Shop:
    """Write one CSV a table, and the truth file."""
    shop = make_shop(seed)
    seeds.mkdir(parents=True, exist_ok=True)
    for table, rows in shop.rows.items():
        with (seeds / f"demo_{table}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, CONTRACT[table], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    text = json.dumps(truth(shop), indent=1, ensure_ascii=False)
    truth_file.write_text(text + "\n", encoding="utf-8")
    return shop


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.demo_shop",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", action="store_true", help="write seeds/demo and the truth file")
    parser.add_argument("--orders", type=int, help="write about this many orders as Parquet")
    parser.add_argument("--orders-per-customer", type=float, help="more than by the shop's laws")
    parser.add_argument("--out", type=Path, help="the folder of the Parquet files")
    parser.add_argument("--seed", type=int, default=SEED, help="another shop of the same laws")
    options = parser.parse_args(arguments)
    if (not options.seeds and not options.orders) or (options.orders and not options.out):
        parser.error("say --seeds, or --orders N --out folder")
    if options.seeds:
        shop = write_seeds(SEEDS, TRUTH, options.seed)
        print(f"{sum(map(len, shop.rows.values())):,} rows in {SEEDS}, their truth in {TRUTH}")
    if options.orders:
        from ops.demo.parquet import ORDERS_PER_CUSTOMER, write_parquet

        each = options.orders_per_customer or ORDERS_PER_CUSTOMER
        if each < ORDERS_PER_CUSTOMER:
            parser.error(f"customers place {ORDERS_PER_CUSTOMER} orders each, or more")
        for table, rows in write_parquet(options.orders, options.out, options.seed, each).items():
            print(f"{rows:>14,} {table}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
