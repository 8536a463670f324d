"""The drills hold, for a few rounds each; `chaos/run` makes many."""
import json
import os
import subprocess

import pytest
from live import BINARY, ROOT


@pytest.mark.parametrize("drill", [
    ["failover", "--kills", "2"],
    ["frozen_leader", "--freezes", "1"],
    ["transfer", "--transfers", "3", "--limit-ms", "1000"],
    ["replace_members"],
    ["grow"],
    ["rolling_restart", "--limit-ms", "3000"],
], ids=lambda drill: drill[0])
def test_drill(drill):
    done = subprocess.run(
        [str(ROOT / "chaos/run"), *drill, "--json"], capture_output=True, text=True, timeout=180,
        env={**os.environ, "HOLDFAST_BINARY": str(BINARY)})
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["ok"] is True
