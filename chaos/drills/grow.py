"""A cluster of three nodes grows by a fourth while orders are replayed, and then loses a leader's node.

The cluster begins without a word of the fourth node. During the replay every node is restarted in
turn with the longer list of nodes, the fourth is started, gets a seat everywhere, catches up and gets
a vote; then the node that leads the replay's shard loses all its seats. Exit code 0 only if the fourth
node votes in every shard and the third one in none, the replay's own audit holds, all members agree
and all journals verify.
"""
import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from live import (BINARY, Cluster, all_serve, assert_members_agree, describe, pid_of, verify_journals,
                  wait_until)
from members import Replay, add_replay_options, cluster_command, print_result, shard_of_replay

from holdfast.v1 import cluster_pb2

VOTES = (cluster_pb2.MEMBER_ROLE_FOLLOWER, cluster_pb2.MEMBER_ROLE_LEADER)


def config(node):
    return Path(node["dir"]) / "config.yaml"


def restart(cluster, node, text):
    """Stops a node, which comes back with another configuration."""
    config(node).write_text(text)
    pid = pid_of(cluster, node)
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: pid_of(cluster, node) not in (pid, None), 90, "the restart")
    wait_until(lambda: all_serve(cluster), 60, "all nodes serving")


def without_peer(text, number):
    return "".join(line for line in text.splitlines(True) if f"{{id: {number}," not in line)


def start(node):
    return subprocess.Popen(
        [str(BINARY), "serve", "--config", str(config(node)), "--end-with-input"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=(Path(node["dir"]) / "log").open("w"))


def votes_everywhere(cluster, number):
    return all(any(member.node == number and member.role in VOTES for member in shard.members)
               for shard in describe(cluster, "eu").shards)


def grow(cluster, spare, configs, progress):
    """The fourth node comes in, and the node that leads the replay's shard goes; gives its number."""
    wait_until(lambda: shard_of_replay(cluster) is not None, 60, "the replay's shard")
    for node, text in configs:
        restart(cluster, node, text)
        progress(f"node {node['id']} knows node {spare['id']}")
    process = start(spare)
    cluster.ready["nodes"].append(spare)
    wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
    number = str(spare["id"])
    cluster_command(cluster, "add", number)
    progress(f"node {number} has seats")
    cluster_command(cluster, "promote", number)
    cluster_command(cluster, "promote", number, "--shard", "1")
    wait_until(lambda: votes_everywhere(cluster, spare["id"]), 30, "its votes")
    progress(f"node {number} votes")
    gone = shard_of_replay(cluster).leader
    cluster_command(cluster, "remove", str(gone))
    progress(f"node {gone} is removed")
    return process, gone


def members(cluster):
    return {member.node for shard in describe(cluster, "eu").shards for member in shard.members}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_replay_options(parser)
    parser.add_argument("--lanes", type=int, default=1)
    options = parser.parse_args()
    cluster, fourth = Cluster(spares=1, lanes=options.lanes), None
    try:
        spare = cluster.ready["spares"][0]
        configs = [(node, config(node).read_text()) for node in cluster.ready["nodes"]]
        for node, text in configs:
            restart(cluster, node, without_peer(text, spare["id"]))
        replay = Replay(cluster, options)
        fourth, gone = grow(
            cluster, spare, configs, lambda text: print(text, file=sys.stderr, flush=True))
        during = replay.runs()
        audit, holds = replay.audit()
        wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
        assert_members_agree(cluster)
        left = members(cluster)
        votes = votes_everywhere(cluster, spare["id"])
        verify_journals(cluster)
    finally:
        if fourth:
            fourth.terminate()
            fourth.wait(30)
        cluster.stop()
    result = {"added": spare["id"], "removed": gone, "members": sorted(left),
              "grown_during_replay": during, **audit,
              "ok": holds and during and votes and gone not in left}
    print_result(result, options)
    sys.exit(0 if result["ok"] else 1)


main()
