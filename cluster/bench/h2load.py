"""Drives h2load: one body for all requests, 16 connections with 64 streams each."""
import re
import subprocess
import tempfile
from pathlib import Path

CONNECTIONS = 16
STREAMS = 64
HEADERS = ["-H", "content-type: application/grpc", "-H", "te: trailers"]


class LoadError(Exception):
    pass


def run(port, path, body, calls):
    """Calls per second over `calls` calls, after a short warm-up; every call must succeed."""
    _run(port, path, body, ["-n", str(max(CONNECTIONS * STREAMS, calls // 20))])
    output = _run(port, path, body, ["-n", str(calls)])
    return float(re.search(r"finished in [^,]+, ([0-9.]+) req/s", output).group(1))


def percentiles(port, path, body, rate, seconds):
    """p50 and p99 in milliseconds at a rate that is steady from one burst of 10 ms to the next."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        per_connection = max(1, rate // CONNECTIONS)
        _run(port, path, body, [
            "-n", str(per_connection * CONNECTIONS * seconds), "--rps", str(per_connection),
            "--log-file", str(log)])
        times = sorted(int(line.split("\t")[2]) for line in log.open())
    at = lambda share: times[int(share * (len(times) - 1))] / 1000
    return at(0.50), at(0.99)


def _run(port, path, body, options):
    command = [
        "h2load", "-t", "1", "-c", str(CONNECTIONS), "-m", str(STREAMS), "-d", str(body),
        *HEADERS, *options, f"http://127.0.0.1:{port}{path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    counts = re.search(
        r"requests: (\d+) total, .* (\d+) succeeded, (\d+) failed", done.stdout)
    if not counts or counts.group(1) != counts.group(2):
        raise LoadError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout
