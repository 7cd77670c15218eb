"""What a run costs: seconds of the processors, seconds on the clock, memory."""

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import duckdb

from ops.project import ROOT, UserError

TOLD_CHARACTERS = 2_000


@dataclass(frozen=True)
class Cost:
    """What one run took, in seconds, and the bytes that its process held at most."""

    cpu: float
    wall: float
    peak: float = 0.0


@dataclass(frozen=True)
class Call:
    """A program with its arguments, and what its environment has besides this one's."""

    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> Cost:
        """Run it as a process of its own and say what that took."""
        started = time.perf_counter()
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=os.environ | self.environment,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            wall = time.perf_counter() - started
            if process.returncode:
                said.seek(0)
                told = said.read().decode(errors="replace")[-TOLD_CHARACTERS:]
                raise UserError(f"This failed: {' '.join(self.command)}\n{told}")
        return Cost(usage.ru_utime + usage.ru_stime, wall, in_bytes(usage))


def combine(costs: Sequence[Cost], how: Callable[[Iterable[float]], float]) -> Cost:
    """One cost for several: the sum of models, the median of rounds."""
    return Cost(
        how(cost.cpu for cost in costs),
        how(cost.wall for cost in costs),
        how(cost.peak for cost in costs),
    )


def cost_of(work: Callable[[], object]) -> Cost:
    """Do work in this process and say what that took."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def cost_of_statements(connection: duckdb.DuckDBPyConnection, statements: str) -> Cost:
    """Run statements once and say what they took."""
    return cost_of(lambda: connection.execute(statements).fetchall())


def in_bytes(usage: resource.struct_rusage) -> float:
    """The most memory that was held; Linux counts in kilobytes."""
    return float(usage.ru_maxrss * 1024)


def own_peak() -> float:
    """The most bytes that this process has held."""
    return in_bytes(resource.getrusage(resource.RUSAGE_SELF))
