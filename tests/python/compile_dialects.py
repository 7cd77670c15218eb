"""Compile a project for some engines without a connection, in the environment of their adapters.

Arguments: the project's folder, which holds profiles.yml too, then the targets. What came of each
model is written to <target>.json beside the project: its SQL, or an error.
"""

import json
import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

# each model on a first night; those that a later night writes otherwise, on such a one
NIGHTS = {"": "resource_type:model", " on a later night": "config.materialized:incremental"}


def compiled(project: Path, target: str) -> dict[str, str]:
    """The SQL of each model, or under `error` why the project does not compile."""
    places = ["--project-dir", str(project), "--profiles-dir", str(project), "--target", target]
    places += ["--target-path", str(project / "target" / target)]
    places += ["--log-path", str(project / "logs")]
    quiet = ["--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    answer: Any = dbtRunner().invoke([*quiet, "parse", *places])
    manifest = answer.result
    models: dict[str, str] = {}
    for night, selected in NIGHTS.items():
        if not answer.success:
            break
        options = ["--no-introspect", "--no-populate-cache", "--select", selected]
        options += ["--vars", json.dumps({"is_a_later_night": bool(night)})]
        answer = dbtRunner(manifest=manifest).invoke([*quiet, "compile", *places, *options])
        for result in answer.result or []:
            models[result.node.name + night] = result.node.compiled_code or ""
    failed = [result.message for result in answer.result or []] if models else []
    return models if answer.success else {"error": str(answer.exception or failed)}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name in sys.argv[2:]:
        (folder.parent / f"{name}.json").write_text(json.dumps(compiled(folder, name)))
