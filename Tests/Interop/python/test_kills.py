"""What was acknowledged survives: nodes are killed with SIGKILL while orders are being placed."""
import json
import os
import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import grpc
import pytest
from live import (BINARY, Cluster, Shop, all_serve, assert_members_agree, describe, new_id, pid_of,
                  until_known, verify_journals, wait_until)

from holdfast.v1 import reservation_pb2, reservation_pb2_grpc


@pytest.fixture
def own_cluster():
    """Not shared: its nodes die."""
    cluster = Cluster()
    yield cluster
    cluster.stop()


class Orders(threading.Thread):
    """Reserves one unit after another until told to stop, and keeps what was acknowledged."""

    def __init__(self, cluster, shop):
        super().__init__()
        self.cluster, self.shop = cluster, shop
        self.acknowledged, self.stop = [], threading.Event()

    def run(self):
        with self.cluster.plaintext("eu") as channel:
            stub = reservation_pb2_grpc.ReservationServiceStub(channel)
            while not self.stop.is_set():
                try:
                    answer = stub.Reserve(self.shop.reserve(1, request_id=new_id()), timeout=5)
                    self.acknowledged.append(answer.reservation.name)
                except grpc.RpcError:
                    self.stop.wait(0.05)


def test_everything_acknowledged_survives_the_death_of_all_nodes(own_cluster):
    cluster = own_cluster
    with cluster.plaintext("eu") as channel:
        shop = Shop(channel)
        shop.receive(1_000_000)
    workers = [Orders(cluster, shop) for _ in range(8)]
    for worker in workers:
        worker.start()
    wait_until(lambda: sum(len(worker.acknowledged) for worker in workers) > 1_000, 60, "load")
    for pid in [pid_of(cluster, node) for node in cluster.ready["nodes"]]:
        os.kill(pid, signal.SIGKILL)
    for worker in workers:
        worker.stop.set()
    for worker in workers:
        worker.join()
    wait_until(lambda: all_serve(cluster), 60, "the restart of all nodes")

    names = [name for worker in workers for name in worker.acknowledged]
    assert len(set(names)) == len(names)
    with cluster.plaintext("us") as channel:
        stub = reservation_pb2_grpc.ReservationServiceStub(channel)
        for name in names:
            request = reservation_pb2.GetReservationRequest(name=name)
            assert until_known(lambda: stub.GetReservation(request, timeout=5)).reservation.name == name
    assert_members_agree(cluster)
    verify_journals(cluster)


def test_a_replay_holds_while_one_node_after_the_other_is_killed(own_cluster):
    cluster = own_cluster
    replay = subprocess.Popen(
        [str(BINARY), "replay", "--json", "--context", cluster.ready["context"], "--rate", "40"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    killed = 0
    for node in cluster.ready["nodes"]:
        wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
        if replay.poll() is not None:
            break
        os.kill(pid_of(cluster, node), signal.SIGKILL)
        killed += 1
        wait_until(lambda: pid_of(cluster, node) is not None, 10, "the restart")
    output, _ = replay.communicate(timeout=300)
    report = json.loads(output.strip().splitlines()[-1])
    assert killed == 3, f"the replay was over after {killed} kills"
    assert replay.returncode == 0, report
    assert report["oversold_units"] == 0
    assert report["lost_acknowledged"] == 0
    assert report["duplicate_effects"] == 0
    assert report["conservation_ok"] is True


def test_a_node_that_lost_its_disk_is_refused(own_cluster):
    """Rule C9: it may have forgotten a vote, so nobody listens to it, and both sides say so, once."""
    cluster = own_cluster
    with cluster.plaintext("eu") as channel:
        shop = Shop(channel)
        shop.receive(100)
    wait_until(lambda: all_serve(cluster), 60, "all nodes serving")
    lost = cluster.node("ap")
    os.kill(pid_of(cluster, lost), signal.SIGKILL)
    shutil.rmtree(Path(lost["dir"]) / "data")

    def said(text, key):
        """What `key` is in each line with the text."""
        lines = Path(cluster.log.name).read_text().splitlines()
        return sorted(re.search(rf"\b{key}=(\d+)", line)[1] for line in lines if text in line)

    def who():
        """The nodes that refused it by their own word, and by its word. It tries those that it has
        something to say to: without a vote it may be one of the two."""
        return (said("refused a node that came with another disk", "node"),
                said("another node refuses to listen to this one", "by"))

    def matches():
        return {shard.id: member.match for shard in describe(cluster, "eu").shards
                for member in shard.members if member.node == lost["id"]}

    wait_until(lambda: who()[0] and who()[0] == who()[1], 30, "the refusal, on both sides")
    before = matches()
    with cluster.plaintext("eu") as channel:
        stub = reservation_pb2_grpc.ReservationServiceStub(channel)
        for _ in range(10):
            request = shop.reserve(1, request_id=new_id())
            until_known(lambda: stub.Reserve(request, timeout=5))
    assert all(match <= before[shard] for shard, match in matches().items()), "it acknowledged"
    wait_until(lambda: {shard.leader for shard in describe(cluster, "eu").shards} <= {1, 2}, 30,
               "the others leading what it led")
    wait_until(lambda: who()[0] == who()[1], 30, "the refusal, on both sides")
    assert len(set(who()[0])) == len(who()[0]), "said again with each try"
