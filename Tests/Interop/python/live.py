"""A live cluster on loopback, and stubs made from proto/holdfast by grpcio's own generator: for tests
and drills."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from importlib import resources
from pathlib import Path

import grpc

ROOT = Path(__file__).resolve().parents[3]
BINARY = Path(os.environ.get("HOLDFAST_BINARY", ROOT / ".build/release/holdfast"))


def _generate_stubs(folder):
    """Only our own packages: status, health and reflection come from their own on PyPI."""
    from grpc_tools import protoc

    tools = resources.files("grpc_tools") / "_proto"
    sources = [str(path) for path in sorted((ROOT / "proto/holdfast/v1").glob("*.proto"))]
    code = protoc.main([
        "protoc", f"-I{ROOT / 'proto'}", f"-I{tools}", f"--python_out={folder}",
        f"--grpc_python_out={folder}", *sources])
    assert code == 0, f"stub generation ended with {code}"


_stubs = tempfile.TemporaryDirectory(prefix="holdfast-stubs-")
_generate_stubs(_stubs.name)
sys.path.insert(0, _stubs.name)

from holdfast.v1 import cluster_pb2, cluster_pb2_grpc  # noqa: E402  (made just now)


class Cluster:
    def __init__(self, regions="eu,us,ap", nodes_per_region=1, spares=0, lanes=1):
        self.folder = tempfile.TemporaryDirectory(prefix="holdfast-interop-")
        self.log = (Path(self.folder.name) / "log").open("w+")
        self.command = [
            str(BINARY), "dev", "--regions", regions, "--nodes-per-region", str(nodes_per_region),
            "--spares", str(spares), "--lanes", str(lanes), "--base-port", "0", "--dir", self.folder.name + "/cluster"]
        self._start()

    def _start(self):
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("READY "):
            self.log.seek(0)
            raise RuntimeError(f"the cluster did not start: {line!r}\n{self.log.read()[-4000:]}")
        self.ready = json.loads(line[len("READY "):])

    def node(self, region):
        return next(node for node in self.ready["nodes"] if node["region"] == region)

    def plaintext(self, region):
        return grpc.insecure_channel(self.node(region)["plaintext"])

    def credentials(self, with_certificate=True):
        read = lambda key: Path(self.ready[key]).read_bytes()
        if not with_certificate:
            return grpc.ssl_channel_credentials(read("ca"))
        return grpc.ssl_channel_credentials(read("ca"), read("client_key"), read("client_cert"))

    def secure(self, region, with_certificate=True):
        return grpc.secure_channel(
            self.node(region)["endpoint"], self.credentials(with_certificate))

    def logged(self):
        """What all its nodes have logged so far."""
        return (Path(self.folder.name) / "log").read_text()

    def restart(self, between):
        """Stops all nodes, does something, and starts them again on what they have."""
        self._end()
        between()
        self._start()

    def stop(self):
        code = self._end()
        self.log.close()
        self.folder.cleanup()
        assert code == 0, f"holdfast dev ended with {code} after Ctrl-C"

    def _end(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


class Shop:
    """A pool of its own with one location in each region, and stubs to use it."""

    def __init__(self, channel):
        from holdfast.v1 import (audit_pb2_grpc, availability_pb2_grpc, catalog_pb2,
                                 catalog_pb2_grpc, reservation_pb2_grpc, supply_pb2_grpc)

        tag = uuid.uuid4().hex[:8]
        self.pool, self.sku = f"pool-{tag}", f"sku-{tag}"
        self.locations = {region: f"{region}-{tag}" for region in ("eu", "us", "ap")}
        self.reservations = reservation_pb2_grpc.ReservationServiceStub(channel)
        self.availability = availability_pb2_grpc.AvailabilityServiceStub(channel)
        self.supply = supply_pb2_grpc.SupplyServiceStub(channel)
        self.catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.catalog.PutSku(catalog_pb2.PutSkuRequest(
            request_id=new_id(), sku=self.sku, base_unit="each", active=True,
            units=[catalog_pb2.SkuUnit(unit="case", base_units_each=12)]), timeout=10)
        for region, location in self.locations.items():
            self.catalog.PutLocation(catalog_pb2.PutLocationRequest(
                request_id=new_id(), location=location, region=region, zone=region + "-a"),
                timeout=10)
        self.catalog.PutPool(catalog_pb2.PutPoolRequest(
            request_id=new_id(), pool=self.pool, regions=list(self.locations),
            locations=list(self.locations.values())), timeout=10)
        for location in self.locations.values():
            self.catalog.PutAccount(catalog_pb2.PutAccountRequest(
                request_id=new_id(), sku=self.sku, location=location, owner="acme",
                pool=self.pool), timeout=10)
        self._sequence = 0

    def receive(self, units, region="eu"):
        """Books units in; waits out the moment until the shard has heard of its account."""
        from holdfast.v1 import supply_pb2

        self._sequence += 1
        request = supply_pb2.AdjustSupplyRequest(
            request_id=new_id(), source="wms", source_sequence=self._sequence, sku=self.sku,
            location=self.locations[region], owner="acme", delta=units)
        return until_known(lambda: self.supply.AdjustSupply(request, timeout=5))

    def reserve(self, quantity, **fields):
        from holdfast.v1 import reservation_pb2

        fields = {"request_id": new_id(), "pool": self.pool, "region": "eu", "order_id": "o-1",
                  **fields}
        lines = [reservation_pb2.ReserveLine(sku=self.sku, quantity=quantity)]
        return reservation_pb2.ReserveRequest(lines=lines, **fields)


def new_id():
    return str(uuid.uuid4())


def until_known(call, attempts=200):
    """Repeats a call while the answer is that the catalog has not arrived or nobody leads yet."""
    for attempt in range(attempts):
        try:
            return call()
        except grpc.RpcError as error:
            retry = (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE)
            if error.code() not in retry or attempt == attempts - 1:
                raise
            threading.Event().wait(0.05)


def pid_of(cluster, node):
    """The process that serves as this node now; None between its death and its restart."""
    config = f"{node['dir']}/config.yaml".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"serve" in words and config in words:
                return int(entry.name)
    return None


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        threading.Event().wait(0.05)
    raise AssertionError(f"{what} did not happen in {seconds} s")


def describe(cluster, region):
    with cluster.plaintext(region) as channel:
        stub = cluster_pb2_grpc.ClusterServiceStub(channel)
        return stub.DescribeCluster(cluster_pb2.DescribeClusterRequest(), timeout=3)


def all_serve(cluster):
    ids = {node["id"] for node in cluster.ready["nodes"]}
    try:
        for node in cluster.ready["nodes"]:
            picture = describe(cluster, node["region"])
            if any(shard.leader == 0 for shard in picture.shards):
                return False
            if any(each.state != cluster_pb2.NODE_STATE_SERVING
                   for each in picture.nodes if each.id in ids):
                return False
        return True
    except grpc.RpcError:
        return False


def assert_members_agree(cluster):
    def agree():
        shards = describe(cluster, "eu").shards
        return all(
            shard.digest_index > 0 and all(
                member.digest == shard.digest for member in shard.members) for shard in shards)
    wait_until(agree, 30, "an equal digest on all members")


def verify_journals(cluster):
    for node in cluster.ready["nodes"]:
        done = subprocess.run([str(BINARY), "audit", "verify", "--json", "--dir", node["dir"]],
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["ok"] is True
