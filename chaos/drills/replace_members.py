"""All members of a shard are replaced, one by one, its leader among them, while orders are replayed.

The cluster has two nodes in each region, so that there are nodes without a seat. For each member in
turn another node gets a seat, catches up, gets a vote, and the member goes; the leader goes last and
without handing over. Exit code 0 only if the shard ends up with none of its first members, the
replay's own audit holds, all members agree and all journals verify.
"""
import argparse
import json
import subprocess
import sys
import time

import grpc
from live import BINARY, Cluster, all_serve, assert_members_agree, describe, verify_journals, wait_until

from holdfast.v1 import cluster_pb2, cluster_pb2_grpc

RETRY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.FAILED_PRECONDITION,
         grpc.StatusCode.DEADLINE_EXCEEDED)


def shard_of_replay(cluster):
    found = [shard for shard in describe(cluster, "eu").shards
             if shard.pool.startswith("retail-") and shard.region == "eu" and shard.leader]
    return found[0] if found else None


def change(stub, shard, node, kind):
    """Asks until it is so: a learner may be behind, a leader new, an answer lost."""
    request = cluster_pb2.ChangeMembersRequest(
        shard=shard, changes=[cluster_pb2.MemberChange(node=node, kind=kind)])
    deadline = time.monotonic() + 60
    while True:
        try:
            return stub.ChangeMembers(request, timeout=10)
        except grpc.RpcError as error:
            if error.code() not in RETRY or time.monotonic() > deadline:
                raise
            if is_so(stub, shard, node, kind):
                return None
            time.sleep(0.1)


def lead(stub, shard, node):
    stub.TransferLeadership(
        cluster_pb2.TransferLeadershipRequest(shard=shard, node=node), timeout=10)


def is_so(stub, shard, node, kind):
    cluster = stub.DescribeCluster(cluster_pb2.DescribeClusterRequest(), timeout=5)
    members = next(each for each in cluster.shards if each.id == shard).members
    roles = {member.node: member.role for member in members}
    if kind == cluster_pb2.MEMBER_CHANGE_KIND_REMOVE:
        return node not in roles
    if kind == cluster_pb2.MEMBER_CHANGE_KIND_ADD_LEARNER:
        return node in roles
    return roles.get(node) in (cluster_pb2.MEMBER_ROLE_FOLLOWER, cluster_pb2.MEMBER_ROLE_LEADER)


def replace(cluster, stub, progress):
    """Old and new members of the shard that the replay uses in its first region."""
    wait_until(lambda: shard_of_replay(cluster) is not None, 60, "the replay's shard")
    shard = shard_of_replay(cluster)
    # The member with the lowest number leads: those that go before it will know of no other leader.
    lead(stub, shard.id, min(member.node for member in shard.members))
    shard = shard_of_replay(cluster)
    old = [member.node for member in shard.members if member.node != shard.leader] + [shard.leader]
    free = [node["id"] for node in cluster.ready["nodes"] if node["id"] not in old]
    progress(f"members {old}, without a seat {free}")
    for gone, new in zip(old, free, strict=True):
        change(stub, shard.id, new, cluster_pb2.MEMBER_CHANGE_KIND_ADD_LEARNER)
        change(stub, shard.id, new, cluster_pb2.MEMBER_CHANGE_KIND_PROMOTE)
        change(stub, shard.id, gone, cluster_pb2.MEMBER_CHANGE_KIND_REMOVE)
        progress(f"node {new} for node {gone}")
    wait_until(lambda: shard_of_replay(cluster) is not None, 30, "a leader")
    return old, sorted(member.node for member in shard_of_replay(cluster).members)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", help="a real file; else synthetic orders")
    parser.add_argument("--rate", type=int, default=100, help="orders a second")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cluster = Cluster(nodes_per_region=2)
    try:
        command = [str(BINARY), "replay", "--json", "--context", cluster.ready["context"],
                   "--rate", str(options.rate)]
        replay = subprocess.Popen(
            command + (["--orders", options.orders] if options.orders else []),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        with cluster.plaintext("us") as channel:
            stub = cluster_pb2_grpc.ClusterServiceStub(channel)
            old, new = replace(cluster, stub, lambda text: print(text, file=sys.stderr, flush=True))
        during = replay.poll() is None
        output, _ = replay.communicate(timeout=900)
        audit = json.loads(output.strip().splitlines()[-1])
        wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
        assert_members_agree(cluster)
        verify_journals(cluster)
    finally:
        cluster.stop()
    result = {"old": old, "new": new, "replaced_during_replay": during, "orders": audit["orders"],
              "oversold_units": audit["oversold_units"],
              "lost_acknowledged": audit["lost_acknowledged"],
              "duplicate_effects": audit["duplicate_effects"],
              "conservation_ok": audit["conservation_ok"], "p99_ms": audit["p99_ms"],
              "ok": replay.returncode == 0 and during and not set(old) & set(new)}
    print(json.dumps(result) if options.json else "  ".join(f"{k} {v}" for k, v in result.items()))
    sys.exit(0 if result["ok"] else 1)


main()
