"""The lift models on people of our own: the project's compiled SQL, step by step, in DuckDB."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from fairness_chain import seed

CHAIN = (
    "int_experiment_plan",
    "int_experiment_balance",
    "int_lift_comparisons",
    "int_lift_means",
    "int_lift_effects",
    "int_lift_adjusted",
    "int_lift_stratified",
    "int_lift_detectable",
    "int_lift_results",
    "int_lift_decisive",
    "int_lift_verdicts",
    "int_promotion_gains",
    "int_promotion_profit",
)
KEYS = ["experiment_key", "segment", "metric", "arm", "is_control"]
SUMS = ["outcome_sum", "outcome_square_sum", "earlier_sum", "earlier_square_sum", "product_sum"]


def metrics() -> pd.DataFrame:
    """Seed lift_metrics with its types."""
    rows = seed("lift_metrics")
    return rows.assign(is_guardrail=rows["is_guardrail"].astype(str).str.lower() == "true")


def arm(
    name: str,
    outcome: Sequence[float],
    earlier: Sequence[float] | None = None,
    metric: str = "net_revenue",
    segment: str = "all",
    experiment: int = 1,
) -> dict[str, Any]:
    """The row of int_experiment_moments that people with these outcomes give."""
    y = np.asarray(outcome, dtype=float)
    x = np.zeros_like(y) if earlier is None else np.asarray(earlier, dtype=float)
    return moments(
        name, len(y), y.sum(), (y * y).sum(), metric, segment, experiment,
        events=int((y != 0).sum()), earlier=(x.sum(), (x * x).sum(), (x * y).sum()),
    )  # fmt: skip


def moments(
    name: str,
    people: int,
    total: float,
    squares: float,
    metric: str = "net_revenue",
    segment: str = "all",
    experiment: int = 1,
    *,
    events: int | None = None,
    earlier: tuple[float, float, float] = (0, 0, 0),
) -> dict[str, Any]:
    """The same from sums."""
    return {
        "experiment_key": experiment, "segment": segment, "metric": metric, "arm": name,
        "is_control": name == "control", "customer_count": people,
        "event_count": people if events is None else events,
        **dict(zip(SUMS, (total, squares, *earlier), strict=True)),
    }  # fmt: skip


def rate(
    name: str, events: int, people: int, metric: str = "purchase", **more: Any
) -> dict[str, Any]:
    """The same of a rate."""
    return moments(name, people, events, events, metric, events=events, **more)


def inputs(
    rows: Sequence[dict[str, Any]],
    planned: Mapping[str, float] | None = None,
    costs: Mapping[str, Mapping[str, float]] | None = None,
    *,
    complete: bool = True,
    **policy: Any,
) -> dict[str, pd.DataFrame]:
    """All that the chain reads: moments, sizes of arms, and the shipped policy with changes.

    Arms of an experiment without `planned` are those of a draw with even shares.
    """
    frame = pd.DataFrame(rows)
    sizes = (
        frame.groupby(["experiment_key", "segment", "arm", "is_control"])["customer_count"]
        .max()
        .reset_index(name="assigned_count")
    )
    counts = sizes.assign(
        complete_count=sizes["assigned_count"] if complete else 0,
        held_out_count=np.nan,
        customer_count=sizes["assigned_count"],
        **{
            column: [(costs or {}).get(name, {}).get(column, 0) for name in sizes["arm"]]
            for column in (
                "contacted_count", "buyer_count", "redeemer_count", "redemption_count",
                "offer_cost_amount", "contact_cost_amount",
            )
        },
    )  # fmt: skip
    general = seed("lift_policies").query("promotion_id == 'any'").drop(columns="meaning")
    experiments = (
        frame[["experiment_key"]]
        .drop_duplicates()
        .merge(general.drop(columns="promotion_id"), how="cross")
        .assign(
            promotion_id=lambda found: "p" + found["experiment_key"].astype(str),
            draw="delivered", population="assigned", period="all",
            last_start_at=pd.Timestamp("2026-01-01"), **policy,
        )
    )  # fmt: skip
    plans = pd.DataFrame(
        [
            {"promotion_id": promotion, "arm": name, "planned_share": share}
            for promotion in experiments["promotion_id"]
            for name, share in (planned or {}).items()
        ],
        columns=["promotion_id", "arm", "planned_share"],
    ).astype({"promotion_id": "string", "arm": "string", "planned_share": float})
    return {
        "int_experiment_moments": frame,
        "int_experiment_counts": counts,
        "int_experiments": experiments,
        "planned_arms": plans,
        "lift_metrics": metrics(),
    }
