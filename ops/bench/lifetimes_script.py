"""The summary and the fit of the package lifetimes, on purchases that are clean already.

python -m ops.bench.lifetimes_script purchases.parquet out
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ops.bench.core import CUSTOMERS
from ops.bench.costs import cost_of
from ops.clv_fit import Array
from ops.demo.books import LAST_DAY
from ops.fit import DAYS_IN_WEEK

COSTS = "costs.json"
LIKELIHOOD = "log_likelihood"


def fit(x: Array, t_x: Array, age: Array) -> dict[str, float]:
    """Its parameters of BG/NBD, and how likely they make what was seen."""
    from lifetimes import BetaGeoFitter

    found = BetaGeoFitter().fit(x, t_x, age)
    # it fits scaled times, whose likelihood differs by their unit to the power of the repeats
    log_likelihood = -found._negative_log_likelihood_ * len(x)
    log_likelihood += float(np.sum(x)) * np.log(found._scale)
    return {**found.params_, LIKELIHOOD: float(log_likelihood)}


def main(purchases: Path, out: Path) -> None:
    """Read, summarise and fit; reading is not what is compared."""
    from lifetimes.utils import summary_data_from_transaction_data

    bought = pd.read_parquet(purchases)
    found: dict[str, Any] = {}

    def summarise() -> None:
        found["summary"] = summary_data_from_transaction_data(
            bought,
            "customer_id",
            "order_date",
            "net_amount",
            observation_period_end=pd.Timestamp(LAST_DAY),
        )

    def fit_summary() -> None:
        summary = found["summary"]
        x, t_x, age = (summary[name].to_numpy() for name in ("frequency", "recency", "T"))
        found["fit"] = fit(x, t_x / DAYS_IN_WEEK, age / DAYS_IN_WEEK)

    costs = {"summary": asdict(cost_of(summarise)), "fit": asdict(cost_of(fit_summary))}
    names = {"frequency": "repeat_count", "recency": "recency_days", "T": "age_days"}
    table = found["summary"].reset_index().rename(columns=names)
    table.to_parquet(out / f"{CUSTOMERS}.parquet", index=False)
    said = {**costs, LIKELIHOOD: found["fit"][LIKELIHOOD]}
    (out / COSTS).write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
