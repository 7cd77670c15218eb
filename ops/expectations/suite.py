"""Frames held against expectations by Great Expectations: findings for the log, Data Docs for people.

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
from great_expectations.expectations import Expectation

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
    """An expectation that is not met."""

    batch: str
    expected: str
    seen: str
    remedy: str
    stops: bool

    def __str__(self) -> str:
        return (
            f"{'Stopped' if self.stops else 'Warning'}: {self.batch}\n"
            f"    expected:   {self.expected}\n"
            f"    seen:       {self.seen}\n"
            f"    what to do: {self.remedy}"
        )


def run(title: str, batches: Sequence[Batch], folder: Path) -> list[Finding]:
    """Hold every frame against its expectations, and write the pages into a folder, anew."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    following = folder.with_name(folder.name + ".next")
    shutil.rmtree(following, ignore_errors=True)
    for site in list(context.list_data_docs_sites()):
        context.delete_data_docs_site(site)
    context.add_data_docs_site("gate", _site(following))
    source = context.data_sources.add_pandas(title)
    findings = [finding for batch in batches for finding in _validate(context, source, batch)]
    context.build_data_docs()
    pages.make_offline(following, title)
    shutil.rmtree(folder, ignore_errors=True)
    following.rename(folder)
    return findings


def _site(folder: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder),
        },
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _validate(context: Any, source: Any, batch: Batch) -> list[Finding]:
    """One frame, with the pages of its suite."""
    suite = context.suites.add(gx.ExpectationSuite(name=batch.name))
    for number, check in enumerate(batch.checks):
        suite.add_expectation(
            check.expectation(
                **check.arguments,
                severity="critical" if check.stops else "warning",
                meta={
                    "check": number,
                    "notes": {"format": "string", "content": [check.expected]},
                },
            )
        )
    asset = source.add_dataframe_asset(batch.name)
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=batch.name,
            data=asset.add_batch_definition_whole_dataframe("whole"),
            suite=suite,
        )
    )
    answer = definition.run(
        batch_parameters={"dataframe": batch.frame}, result_format=RESULT_FORMAT
    )
    findings = []
    for result in answer.results:
        check = batch.checks[result.expectation_config.meta["check"]]
        if not result.success:
            seen = check.seen or _seen(result)
            findings.append(Finding(batch.name, check.expected, seen, check.remedy, check.stops))
    return findings


def _seen(result: Any) -> str:
    """What was found instead, as counts."""
    found = result.result
    if not found:
        return "the expectation could not be evaluated"
    if "unexpected_count" in found:
        share = found["unexpected_count"] / max(found["element_count"], 1)
        return f"{found['unexpected_count']:,} of {found['element_count']:,} rows ({share:.1%})"
    value = found["observed_value"]
    if isinstance(value, int | float):
        return f"{value:,.4g}" if isinstance(value, float) and value < 1 else f"{value:,}"
    return str(value)
