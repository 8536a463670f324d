"""All members of a shard are replaced, one by one, its leader among them, while orders are replayed.

The cluster has two nodes in each region, so that there are nodes without a seat. For each member in
turn another node gets a seat, catches up, gets a vote, and the member goes; the leader goes last and
without handing over. Exit code 0 only if the shard ends up with none of its first members, the
replay's own audit holds, all members agree and all journals verify.
"""
import argparse
import sys

from live import Cluster, all_serve, assert_members_agree, verify_journals, wait_until
from members import Replay, add_replay_options, change, lead, print_result, shard_of_replay

from holdfast.v1 import cluster_pb2, cluster_pb2_grpc


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
    add_replay_options(parser)
    options = parser.parse_args()
    cluster = Cluster(nodes_per_region=2)
    try:
        replay = Replay(cluster, options)
        with cluster.plaintext("us") as channel:
            stub = cluster_pb2_grpc.ClusterServiceStub(channel)
            old, new = replace(cluster, stub, lambda text: print(text, file=sys.stderr, flush=True))
        during = replay.runs()
        audit, holds = replay.audit()
        wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
        assert_members_agree(cluster)
        verify_journals(cluster)
    finally:
        cluster.stop()
    result = {"old": old, "new": new, "replaced_during_replay": during, **audit,
              "ok": holds and during and not set(old) & set(new)}
    print_result(result, options)
    sys.exit(0 if result["ok"] else 1)


main()
