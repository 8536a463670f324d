"""What drills share that change the members of shards under a replay."""
import json
import subprocess
import time

import grpc
from live import BINARY, describe

from holdfast.v1 import cluster_pb2

RETRY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.FAILED_PRECONDITION,
         grpc.StatusCode.DEADLINE_EXCEEDED)


def add_replay_options(parser):
    parser.add_argument("--orders", help="a real file; else synthetic orders")
    parser.add_argument("--rate", type=int, default=100, help="orders a second")
    parser.add_argument("--json", action="store_true")


class Replay:
    """Orders that are placed while something else is done to the cluster."""

    def __init__(self, cluster, options):
        words = ["--json", "--context", cluster.ready["context"], "--rate", str(options.rate)]
        self.process = subprocess.Popen(
            [str(BINARY), "replay", *words,
             *(["--orders", options.orders] if options.orders else [])],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def runs(self):
        return self.process.poll() is None

    def audit(self, timeout=900):
        """The replay's own judgement, and whether it holds."""
        output, _ = self.process.communicate(timeout=timeout)
        audit = json.loads(output.strip().splitlines()[-1])
        kept = {key: audit[key] for key in (
            "orders", "oversold_units", "lost_acknowledged", "duplicate_effects",
            "conservation_ok", "p99_ms")}
        return kept, self.process.returncode == 0


def shard_of_replay(cluster):
    """The shard that the replay uses in its first region, once somebody leads it."""
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


def cluster_command(cluster, *words, seconds=90):
    """`holdfast cluster …`, repeated until it is done: a node that was just added may be behind."""
    deadline = time.monotonic() + seconds
    while True:
        done = subprocess.run(
            [str(BINARY), "cluster", *words, "--context", cluster.ready["context"]],
            capture_output=True, text=True, timeout=seconds)
        if done.returncode == 0:
            return
        assert time.monotonic() < deadline, f"cluster {' '.join(words)}: {done.stderr}"
        time.sleep(0.2)


def print_result(result, options):
    print(json.dumps(result) if options.json else "  ".join(f"{k} {v}" for k, v in result.items()))
