"""Holdfast under the same load: a cluster of one or three nodes, its catalog, and its own count."""
import json
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import h2load
from peers import grpc_frame

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / ".build/release/holdfast"
RESERVE = "/holdfast.v1.ReservationService/Reserve"


def build():
    subprocess.run(["swift", "build", "-c", "release", "--product", "holdfast"], check=True,
                   cwd=ROOT, stdout=subprocess.DEVNULL)


def reserve_body(folder):
    """One unit of the hot SKU, without a request id: h2load sends one body for all calls."""
    def text(field, value):
        data = value.encode()
        return bytes([field << 3 | 2, len(data)]) + data

    line = text(1, "hot") + bytes([2 << 3, 1])
    message = text(3, "bench") + text(4, "eu") + text(5, "order-1") + bytes(
        [8 << 3 | 2, len(line)]) + line
    path = Path(folder) / "reserve"
    path.write_bytes(grpc_frame(message))
    return path


class Cluster:
    """`holdfast dev`, perhaps with further options, with a pool of one hot SKU."""

    def __init__(self, folder, regions, *options):
        self.regions, self.options = regions, [str(option) for option in options]
        self.folder = tempfile.TemporaryDirectory(dir=folder)

    def __enter__(self):
        self.log = open(Path(self.folder.name) / "log", "w+")
        self.process = subprocess.Popen(
            [str(BINARY), "dev", "--regions", self.regions, "--base-port", "0", "--dir",
             self.folder.name + "/cluster", *self.options], stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("READY "):
            self.log.seek(0)
            raise RuntimeError(f"the cluster did not start: {self.log.read()[-2000:]}")
        self.ready = json.loads(line[len("READY "):])
        self.port = int(self.ready["nodes"][0]["plaintext"].rsplit(":", 1)[1])
        self._set_up()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)
        self.log.close()
        self.folder.cleanup()

    def _set_up(self):
        account = ("--sku", "hot", "--location", "dc", "--owner", "acme")
        self.call("catalog", "sku", "put", "hot")
        self.call("catalog", "location", "put", "dc", "--region", "eu")
        self.call("catalog", "pool", "put", "bench", "--region", "eu", "--location", "dc")
        self.call("catalog", "account", "put", *account, "--pool", "bench")
        self._when_known("supply", "adjust", *account, "--delta", "1000000000", "--source", "bench",
                         "--sequence", "1")

    def _when_known(self, *words):
        """The catalog reaches the node that is asked a network's way after the one that took it."""
        for _ in range(50):
            try:
                return self.call(*words)
            except RuntimeError as error:
                if "UNKNOWN_ACCOUNT" not in str(error):
                    raise
                time.sleep(0.1)
        return self.call(*words)

    def call(self, *words):
        done = subprocess.run([str(BINARY), *map(str, words), "--context", self.ready["context"]],
                              capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(f"holdfast {' '.join(map(str, words))}: {done.stderr}")
        return done.stdout

    def reservations_made(self):
        status = json.loads(self.call("status", "--json"))
        return next(int(shard["reservations_made"]) for shard in status["shards"]
                    if shard.get("pool") == "bench")

    def reserve_by_h2load(self, body, calls):
        before = self.reservations_made()
        rate = h2load.run(self.port, RESERVE, body, calls)
        made = self.reservations_made() - before
        answered = calls + max(h2load.CONNECTIONS * h2load.STREAMS, calls // 20)
        if made != answered:
            raise RuntimeError(f"{answered} calls were answered and {made} reservations made")
        return rate

    def bench(self, *words):
        return self.bench_result(*words)["ops_per_second"]

    def bench_result(self, *words):
        return json.loads(self.call("bench", "--json", *words))
