"""How long a shard takes no reservations after its leader was killed with SIGKILL.

A prober reserves one unit after the other through the nodes that stay, each try bounded; the gap is
from the kill to the first answer of the new leader. T is the lower bound of the election timeout.
Exit code 0 only if half of the gaps are within 2 T and all within 5 T, and every acknowledged
reservation is there at the end, once.
"""
import argparse
import json
import os
import signal
import statistics
import sys
import time

from live import Cluster, Shop, all_serve, assert_members_agree, pid_of, wait_until
from prober import Prober, leader_of, missing

def run(kills, progress):
    cluster = Cluster()
    try:
        with cluster.plaintext("eu") as channel:
            shop = Shop(channel)
            shop.receive(1_000_000)
        prober, gaps = Prober(cluster, shop), []
        for number in range(kills):
            wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
            prober.reserve()
            at = leader_of(cluster, shop.pool)
            os.kill(pid_of(cluster, cluster.ready["nodes"][at]), signal.SIGKILL)
            killed = time.monotonic()
            prober.reserve(avoiding=at)
            gaps.append(time.monotonic() - killed)
            progress(f"kill {number + 1} of {kills}: {gaps[-1] * 1e3:.0f} ms")
        wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
        assert_members_agree(cluster)
        lost = missing(cluster, prober.names)
        return gaps, lost
    finally:
        cluster.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--election-ms", type=int, default=1000, help="T, as the nodes have it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    gaps, lost = run(options.kills, lambda text: print(text, file=sys.stderr, flush=True))
    limit = options.election_ms / 1e3
    result = {
        "kills": len(gaps), "election_ms": options.election_ms,
        "p50_ms": round(statistics.median(gaps) * 1e3), "max_ms": round(max(gaps) * 1e3),
        "lost_acknowledged": lost,
        "ok": statistics.median(gaps) <= 2 * limit and max(gaps) <= 5 * limit and lost == 0,
    }
    print(json.dumps(result) if options.json else
          f"{result['kills']} kills: gap p50 {result['p50_ms']} ms, max {result['max_ms']} ms; "
          f"T is {result['election_ms']} ms; {lost} acknowledged reservations lost")
    sys.exit(0 if result["ok"] else 1)


main()
