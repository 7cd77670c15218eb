"""Where things are in the project, and the one kind of error that a person can mend."""

import contextlib
import difflib
import importlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from jinja2 import Environment

ROOT = Path(__file__).resolve().parent.parent


# how a command ends, for the shell: 0 all is well, 1 a model or a test failed
REFUSED = 2  # the caller can put it right
FAULT = 3  # the machine is at fault: disk, memory, permissions
BUSY = 4  # another run or program is at work on the same files


class UserError(Exception):
    """Something that a person can put right: one sentence on what is wrong, one on what to do.

    The message may quote what was given; the reason never does, for it is kept and published.
    """

    def __init__(self, message: str, reason: str = "refused", exit_code: int = REFUSED) -> None:
        super().__init__(message)
        self.reason = reason
        self.exit_code = exit_code


def build_file() -> Path:
    """The file that dbt builds into, as profiles.yml reads it; marts are published beside it."""
    return (ROOT / os.environ.get("LIFETIME_BUILD_PATH", "warehouse/build.duckdb")).resolve()


def published_file() -> Path:
    """The file that readers open; only replaced as a whole, after every test has passed."""
    return build_file().with_name("lifetime_segments.duckdb")


def activation_file() -> Path:
    """What other tools may know of whom, addresses included: for them and nobody else."""
    return build_file().with_name("activation.duckdb")


def history_file() -> Path:
    """What earlier nights decided and later ones have to know, and who is forgotten."""
    return build_file().with_name("history.duckdb")


def published_files() -> list[Path]:
    """Every file that publishing writes, and in which people's data may therefore be."""
    return [published_file(), activation_file(), history_file()]


def versions_folder() -> Path:
    """What was published before, for a rollback."""
    return build_file().with_name("versions")


def run_record() -> Path:
    """Every run as it began and ended; outside of the build, so that failed ones are there too."""
    return build_file().with_name("run_history.jsonl")


def log_folder() -> Path:
    """Where dbt writes its log, and each run its line."""
    return Path(os.environ.get("DBT_LOG_PATH", "logs"))


def export_folder() -> Path:
    """One CSV a destination, for tools that read files."""
    return build_file().with_name("export")


def build_record() -> Path:
    """How the last build ended: as-of date, success, and which build file that was."""
    return build_file().with_name("build.json")


def project_vars() -> dict[str, Any]:
    """The vars of dbt_project.yml with their defaults."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    return dict(project["vars"])


def target_settings(target: str | None) -> dict[str, Any]:
    """A target of profiles.yml as dbt reads it, with what the environment says filled in."""
    path = Path(os.environ.get("DBT_PROFILES_DIR", ROOT)) / "profiles.yml"
    if not path.exists():
        raise UserError(
            f"There is no {display(path)}. Copy it: cp profiles.yml.example profiles.yml."
        )
    profile = yaml.safe_load(path.read_text(encoding="utf-8"))["lifetime_segments"]
    outputs = profile["outputs"]
    name = target or profile["target"]
    if name not in outputs:
        raise UserError(
            f"{display(path)} has no target {name!r}, only {', '.join(outputs)}."
            f"{suggestion(name, outputs)} Give one of them as TARGET."
        )
    environment = Environment(autoescape=False)
    environment.filters["as_number"] = int

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if isinstance(value, str):
            return environment.from_string(value).render(env_var=_env_var)
        return value

    return {**filled(outputs[name]), "name": name}


def _env_var(name: str, default: str | None = None) -> str:
    """As in dbt: a variable without a default has to be set."""
    value = os.environ.get(name, default)
    if value is None:
        raise UserError(f"profiles.yml needs the environment variable {name}. Set it.")
    return value


def engine_of(settings: Mapping[str, Any]) -> ModuleType:
    """The commands of a target that is not DuckDB; its client takes time to import."""
    return importlib.import_module(f"ops.{settings['type']}")


def contract_tables(defaults: dict[str, Any]) -> list[str]:
    """The tables of the raw contract: orders, and each that a has_<table> var switches."""
    return ["orders", *(name.removeprefix("has_") for name in defaults if name.startswith("has_"))]


@contextlib.contextmanager
def owner_only() -> Iterator[None]:
    """Whatever file is made in here, nobody else can open, from its first byte on."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def display(path: Path) -> str:
    """A path as a person in the project's folder would type it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def suggestion(word: str, choices: Iterable[str]) -> str:
    """' Did you mean x?' for the choice nearest to a misspelt word, else nothing."""
    near = difflib.get_close_matches(word, list(choices), n=1)
    return f" Did you mean {near[0]}?" if near else ""
