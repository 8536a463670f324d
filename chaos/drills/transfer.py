"""How long a shard takes no reservations and answers no reads while its lead is handed over.

One client reserves and one reads, each call after the one before, through a node that never leads;
the lead goes round the others. The gap is the longest time between two answers in the second after
a hand-over was asked for. Exit code 0 only if every hand-over came about and half of the gaps are
within `--limit-ms`.
"""
import argparse
import json
import statistics
import sys
import time

from live import Cluster, Shop, all_serve, assert_members_agree, wait_until
from prober import Reader, Writer, leader_of, missing, shard_of

from holdfast.v1 import cluster_pb2, cluster_pb2_grpc


def run(transfers, progress):
    cluster = Cluster()
    try:
        with cluster.plaintext("eu") as channel:
            shop = Shop(channel)
            shop.receive(10_000_000)
        wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
        shard = shard_of(cluster, shop.pool)
        with cluster.plaintext("ap") as writes, cluster.plaintext("ap") as reads, \
                cluster.plaintext("us") as asks:
            stub = cluster_pb2_grpc.ClusterServiceStub(asks)
            clients = [Writer([writes], shop), Reader([reads], shop)]
            for client in clients:
                client.start()
            gaps = []
            for number in range(transfers):
                time.sleep(0.5)
                target = 2 if leader_of(cluster, shop.pool) == 0 else 1
                since = time.monotonic()
                answer = stub.TransferLeadership(cluster_pb2.TransferLeadershipRequest(
                    shard=shard.id, node=target), timeout=10)
                assert answer.leader == target
                time.sleep(max(0, since + 1 - time.monotonic()))
                gaps.append([client.gap(since, since + 1) for client in clients])
                progress(f"transfer {number + 1} of {transfers}: no write for "
                         f"{gaps[-1][0] * 1e3:.1f} ms, no read for {gaps[-1][1] * 1e3:.1f} ms")
            for client in clients:
                client.stop.set()
            for client in clients:
                client.join()
        assert_members_agree(cluster)
        return gaps, missing(cluster, clients[0].names[-200:])
    finally:
        cluster.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=20)
    parser.add_argument("--limit-ms", type=float, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    gaps, lost = run(options.transfers, lambda text: print(text, file=sys.stderr, flush=True))
    result = {"transfers": len(gaps), "lost_acknowledged": lost}
    for name, values in zip(("write", "read"), zip(*gaps)):
        result[f"{name}_gap_p50_ms"] = round(statistics.median(values) * 1e3, 1)
        result[f"{name}_gap_max_ms"] = round(max(values) * 1e3, 1)
    result["ok"] = lost == 0 and all(
        result[f"{name}_gap_p50_ms"] <= options.limit_ms for name in ("write", "read"))
    print(json.dumps(result) if options.json else "  ".join(f"{k} {v}" for k, v in result.items()))
    sys.exit(0 if result["ok"] else 1)


main()
