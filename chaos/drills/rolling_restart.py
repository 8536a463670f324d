"""Every node of a cluster is stopped and started again, one after the other, under load.

A stopping node hands its leads over first. Two clients, one that reserves and one that reads, repeat
a call at the next node until it is answered. Exit code 0 only if no call took longer than
`--limit-ms` with its retries, all members agree and nothing acknowledged is missing.
"""
import argparse
import json
import os
import signal
import sys
import time

import grpc
from live import Cluster, Shop, all_serve, assert_members_agree, pid_of, verify_journals, wait_until
from prober import Reader, Writer, missing


def restart(cluster, node):
    pid = pid_of(cluster, node)
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: pid_of(cluster, node) not in (pid, None), 30, "the restart")
    wait_until(lambda: all_serve(cluster), 60, "all nodes serving")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="how often each node is restarted")
    parser.add_argument("--limit-ms", type=float, default=500)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cluster = Cluster()
    try:
        with cluster.plaintext("eu") as channel:
            shop = Shop(channel)
            shop.receive(10_000_000)
        wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
        nodes = cluster.ready["nodes"]
        channels = [[grpc.insecure_channel(node["plaintext"]) for node in nodes] for _ in range(2)]
        clients = [Writer(channels[0], shop), Reader(channels[1], shop)]
        for client in clients:
            client.start()
        for _ in range(options.rounds):
            for node in nodes:
                time.sleep(0.5)
                restart(cluster, node)
                print(f"node {node['id']} restarted: longest write "
                      f"{clients[0].longest * 1e3:.0f} ms, read {clients[1].longest * 1e3:.0f} ms",
                      file=sys.stderr, flush=True)
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join()
        assert_members_agree(cluster)
        verify_journals(cluster)
        lost = missing(cluster, clients[0].names)
    finally:
        cluster.stop()
    longest = [round(client.longest * 1e3) for client in clients]
    result = {"restarts": options.rounds * len(nodes), "reservations": len(clients[0].names),
              "reads": len(clients[1].answered), "longest_write_ms": longest[0],
              "longest_read_ms": longest[1], "lost_acknowledged": lost,
              "repeated": {**clients[0].errors}, "ok": lost == 0 and max(longest) <= options.limit_ms}
    print(json.dumps(result) if options.json else "  ".join(f"{k} {v}" for k, v in result.items()))
    sys.exit(0 if result["ok"] else 1)


main()
