"""dbt with its costs by node: one node at a time, so that a process's seconds are one node's.

python -m ops.bench.nodes costs.json build ...
"""

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any


class Clock:
    """The processor's seconds between a node's start and its end, by kind and by model."""

    def __init__(self) -> None:
        self.kinds: dict[str, float] = defaultdict(float)
        self.counts: dict[str, int] = defaultdict(int)
        self.models: dict[str, float] = {}
        self._started = 0.0

    def __call__(self, event: Any) -> None:
        if event.info.name == "NodeStart":
            self._started = time.process_time()
        elif event.info.name == "NodeFinished":
            node, seconds = event.data.node_info, time.process_time() - self._started
            self.kinds[node.resource_type] += seconds
            self.counts[node.resource_type] += 1
            if node.resource_type == "model":
                self.models[node.node_name] = seconds


def main(out: Path, arguments: list[str]) -> int:
    """Run dbt in this process and write what its nodes took."""
    from dbt.cli.main import dbtRunner

    clock = Clock()
    answer = dbtRunner(callbacks=[clock]).invoke(arguments)
    costs = {"seconds": clock.kinds, "counts": clock.counts, "models": clock.models}
    out.write_text(json.dumps(costs), encoding="utf-8")
    return 0 if answer.success else 1


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2:]))
