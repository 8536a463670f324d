"""A leader is stopped with SIGSTOP for longer than its lease and any election, then goes on.

Meanwhile the others elect a leader and take reservations. Reads are sent to the frozen node before
and right after it goes on: none may miss a reservation that was acknowledged before the read was
sent. At the end all members agree, all journals verify, and nothing acknowledged is missing: no
expiry or command of the old leader took effect. Exit code 0 only if all that holds.
"""
import argparse
import json
import os
import signal
import sys
import time

import grpc
from live import Cluster, Shop, all_serve, assert_members_agree, pid_of, verify_journals, wait_until
from prober import Prober, leader_of, missing

from holdfast.v1 import availability_pb2, availability_pb2_grpc

READS = 20


def read(stub, shop):
    return stub.QueryAvailability.future(availability_pb2.QueryAvailabilityRequest(
        pool=shop.pool, region="eu", skus=[shop.sku]), timeout=10)


def freeze(cluster, shop, prober, seconds):
    """Stale answers, fresh ones and refused ones of one freeze."""
    at = leader_of(cluster, shop.pool)
    node = cluster.ready["nodes"][at]
    pid = pid_of(cluster, node)
    with grpc.insecure_channel(node["plaintext"]) as channel:
        stub = availability_pb2_grpc.AvailabilityServiceStub(channel)
        read(stub, shop).result()
        os.kill(pid, signal.SIGSTOP)
        try:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                prober.reserve(avoiding=at)
            sent = [(len(prober.names), read(stub, shop)) for _ in range(READS)]
        finally:
            os.kill(pid, signal.SIGCONT)
        for _ in range(READS):
            sent.append((len(prober.names), read(stub, shop)))
            time.sleep(0.002)
        return judge(sent)


def judge(sent):
    stale = fresh = refused = 0
    for acknowledged, call in sent:
        try:
            seen = call.result().skus[0].reserved
        except grpc.RpcError:
            refused += 1
            continue
        if seen < acknowledged:
            stale += 1
        else:
            fresh += 1
    return stale, fresh, refused


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--freezes", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each freeze lasts")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cluster, counts = Cluster(), [0, 0, 0]
    try:
        with cluster.plaintext("eu") as channel:
            shop = Shop(channel)
            shop.receive(1_000_000)
        prober = Prober(cluster, shop)
        for number in range(options.freezes):
            wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
            prober.reserve()
            found = freeze(cluster, shop, prober, options.seconds)
            counts = [a + b for a, b in zip(counts, found)]
            print(f"freeze {number + 1} of {options.freezes}: stale {found[0]}, fresh {found[1]}, "
                  f"refused {found[2]}", file=sys.stderr, flush=True)
        wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
        assert_members_agree(cluster)
        verify_journals(cluster)
        lost = missing(cluster, prober.names)
    finally:
        cluster.stop()
    result = {"freezes": options.freezes, "reservations": len(prober.names), "stale": counts[0],
              "fresh": counts[1], "refused": counts[2], "lost_acknowledged": lost,
              "ok": counts[0] == 0 and counts[1] > 0 and lost == 0}
    print(json.dumps(result) if options.json else "  ".join(f"{k} {v}" for k, v in result.items()))
    sys.exit(0 if result["ok"] else 1)


main()
