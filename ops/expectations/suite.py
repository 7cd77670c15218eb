"""Frames held against expectations by Great Expectations: findings, and pages for people.

No value of a row leaves this module: results are asked for without the values that were not
expected, and keys are compared as hashes.
"""

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when the library is imported

import great_expectations as gx
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations import Expectation
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

from ops.expectations import pages

# counts, and no examples of values
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Check:
    """An expectation, and in plain words what is expected, how much is allowed, what to do."""

    expectation: type[Expectation]
    arguments: dict[str, Any]
    expected: str
    remedy: str
    stops: bool = True
    seen: str = ""  # what was found, where the library would say less


@dataclass(frozen=True)
class Batch:
    """A frame, and what is expected of it."""

    name: str
    frame: pd.DataFrame
    checks: list[Check]


@dataclass(frozen=True)
class Finding:
    """What came of a check."""

    batch: str
    is_met: bool
    expected: str
    seen: str
    remedy: str
    stops: bool

    def __str__(self) -> str:
        return (
            f"{'Stopped' if self.stops else 'Warning'}: {self.expected}\n"
            f"    seen:       {self.seen}\n"
            f"    what to do: {self.remedy}"
        )


def hold(batches: Sequence[Batch]) -> list[tuple[Batch, Any]]:
    """What the library says of every frame."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    source = context.data_sources.add_pandas("frames")
    return [(batch, _validate(context, source, batch)) for batch in batches]


def outcomes(results: Sequence[tuple[Batch, Any]]) -> list[Finding]:
    """Every check, with what was seen."""
    return [_finding(batch, one) for batch, result in results for one in result.results]


def write_pages(title: str, results: Sequence[tuple[Batch, Any]], folder: Path) -> None:
    """The pages for people, in place of those that were in the folder."""
    following = folder.with_name(folder.name + ".next")
    shutil.rmtree(following, ignore_errors=True)
    following.mkdir(parents=True)
    for batch, result in results:
        document = ValidationResultsPageRenderer().render(result)
        page = pages.offline(DefaultJinjaPageView().render(document), f"{title}: {batch.name}")
        (following / f"{batch.name}.html").write_text(page, encoding="utf-8")
    index = pages.index(title, outcomes(results))
    (following / "index.html").write_text(index, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    following.rename(folder)


def _validate(context: Any, source: Any, batch: Batch) -> Any:
    """What the library says of one frame."""
    expectations = [
        check.expectation(
            **check.arguments,
            severity="critical" if check.stops else "warning",
            meta={"check": number},
        )
        for number, check in enumerate(batch.checks)
    ]
    suite = context.suites.add(gx.ExpectationSuite(name=batch.name, expectations=expectations))
    whole = source.add_dataframe_asset(batch.name).add_batch_definition_whole_dataframe("whole")
    definition = gx.ValidationDefinition(name=batch.name, data=whole, suite=suite)
    return context.validation_definitions.add(definition).run(
        batch_parameters={"dataframe": batch.frame}, result_format=RESULT_FORMAT
    )


def _finding(batch: Batch, result: Any) -> Finding:
    check = batch.checks[result.expectation_config.meta["check"]]
    seen = check.seen or _seen(result.result)
    return Finding(batch.name, result.success, check.expected, seen, check.remedy, check.stops)


def _seen(found: dict[str, Any]) -> str:
    """What was found, as counts."""
    if "unexpected_count" in found:
        share = found["unexpected_count"] / max(found["element_count"], 1)
        return (
            f"not so in {found['unexpected_count']:,} of {found['element_count']:,} ({share:.1%})"
        )
    value = found.get("observed_value")
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return "" if value is None else f"{value:,.0f}"
