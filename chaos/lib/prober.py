"""What the drills share: a client that gets its units whoever leads, and the check of what it was told."""
import threading
import time

import grpc
from live import describe, new_id, until_known

from holdfast.v1 import (availability_pb2, availability_pb2_grpc, reservation_pb2,
                         reservation_pb2_grpc)

TRY_SECONDS = 0.25


def shard_of(cluster, pool, region="eu", asked=None):
    shards = describe(cluster, asked or region).shards
    return next(shard for shard in shards if shard.pool == pool and shard.region == region)


class Prober:
    """Reserves through any node that answers, under one request id per unit until it is known."""

    def __init__(self, cluster, shop):
        self.shop, self.names = shop, []
        self.channels = [grpc.insecure_channel(node["plaintext"]) for node in cluster.ready["nodes"]]
        self.stubs = [reservation_pb2_grpc.ReservationServiceStub(each) for each in self.channels]

    def reserve(self, avoiding=None):
        request = self.shop.reserve(1, request_id=new_id())
        while True:
            for at, stub in enumerate(self.stubs):
                if at == avoiding:
                    continue
                try:
                    answer = stub.Reserve(request, timeout=TRY_SECONDS)
                    self.names.append(answer.reservation.name)
                    return
                except grpc.RpcError:
                    time.sleep(0.002)


def leader_of(cluster, shard_pool, region="eu", asked=None):
    """Where in `cluster.ready["nodes"]` the shard's leader is; None while nobody leads."""
    shard = shard_of(cluster, shard_pool, region, asked)
    ids = [node["id"] for node in cluster.ready["nodes"]]
    return ids.index(shard.leader) if shard.leader in ids else None


def missing(cluster, names, asked="us"):
    """Acknowledged reservations that are not there; none was given out twice."""
    assert len(set(names)) == len(names), "one reservation was given out twice"
    lost = 0
    with cluster.plaintext(asked) as channel:
        stub = reservation_pb2_grpc.ReservationServiceStub(channel)
        for name in names:
            request = reservation_pb2.GetReservationRequest(name=name)
            try:
                until_known(lambda: stub.GetReservation(request, timeout=5), attempts=5)
            except grpc.RpcError:
                lost += 1
    return lost


def turned(items):
    return items[1:] + items[:1]


class Client(threading.Thread):
    """One call after the other, until it is told to stop; keeps when each was answered."""

    def __init__(self, channels, shop):
        super().__init__()
        self.channels, self.shop = channels, shop
        self.answered, self.names, self.stop = [], [], threading.Event()
        self.longest, self.errors = 0.0, {}

    def run(self):
        while not self.stop.is_set():
            calls, began = self.prepare(), time.monotonic()
            while not self.stop.is_set():
                try:
                    calls[0]()
                    self.answered.append(time.monotonic())
                    self.longest = max(self.longest, self.answered[-1] - began)
                    break
                except grpc.RpcError as error:
                    self.errors[error.code().name] = self.errors.get(error.code().name, 0) + 1
                    # The same call, of the next node.
                    calls, self.channels = turned(calls), turned(self.channels)
                    time.sleep(0.001)

    def gap(self, since, until):
        times = [since] + [at for at in self.answered if since <= at <= until] + [until]
        return max(b - a for a, b in zip(times, times[1:]))


class Writer(Client):
    def prepare(self):
        request = self.shop.reserve(1, request_id=new_id())
        stubs = [reservation_pb2_grpc.ReservationServiceStub(each) for each in self.channels]
        return [lambda stub=stub: self.names.append(
            stub.Reserve(request, timeout=2).reservation.name) for stub in stubs]


class Reader(Client):
    def prepare(self):
        request = availability_pb2.QueryAvailabilityRequest(
            pool=self.shop.pool, region="eu", skus=[self.shop.sku])
        stubs = [availability_pb2_grpc.AvailabilityServiceStub(each) for each in self.channels]
        return [lambda stub=stub: stub.QueryAvailability(request, timeout=2) for stub in stubs]
