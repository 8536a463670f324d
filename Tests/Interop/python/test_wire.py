"""What gRPC itself promises: statuses, details, deadlines, streams, health, reflection, TLS."""
import json
import subprocess

import grpc
import pytest
from live import Shop, new_id, until_known
from google.protobuf.descriptor_pool import DescriptorPool
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)
from grpc_status import rpc_status
from holdfast.v1 import availability_pb2, reservation_pb2, types_pb2


def refused(call):
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value


def details(error, kind):
    status = rpc_status.from_call(error)
    found = [entry for entry in status.details if entry.Is(kind.DESCRIPTOR)]
    assert len(found) == 1, f"{len(found)} {kind.DESCRIPTOR.name} in {status}"
    message = kind()
    found[0].Unpack(message)
    return message


def test_bad_input_names_the_field(shop):
    error = refused(lambda: shop.reservations.Reserve(shop.reserve(0), timeout=5))
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert details(error, error_details_pb2.ErrorInfo).domain == "holdfast"
    fields = details(error, error_details_pb2.BadRequest).field_violations
    assert fields[0].field == "lines[0].quantity"


def test_a_reused_request_id_is_already_exists(shop):
    identity = new_id()
    shop.reservations.Reserve(shop.reserve(1, request_id=identity), timeout=5)
    error = refused(lambda: shop.reservations.Reserve(
        shop.reserve(2, request_id=identity), timeout=5))
    assert error.code() == grpc.StatusCode.ALREADY_EXISTS
    assert details(error, error_details_pb2.ErrorInfo).reason == "REQUEST_ID_REUSED"


def test_wrong_state_and_unknown_names(shop):
    name = shop.reservations.Reserve(shop.reserve(1), timeout=5).reservation.name
    release = lambda: shop.reservations.Release(
        reservation_pb2.ReleaseRequest(request_id=new_id(), name=name), timeout=5)
    release()
    error = refused(release)
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert details(error, error_details_pb2.ErrorInfo).metadata["state"] == "RELEASED"

    unknown = reservation_pb2.GetReservationRequest(name=name.rsplit("/", 1)[0] + "/999999999")
    assert refused(lambda: shop.reservations.GetReservation(unknown, timeout=5)).code() == (
        grpc.StatusCode.NOT_FOUND)
    pool = shop.reserve(1, pool="no-such-pool")
    assert refused(lambda: shop.reservations.Reserve(pool, timeout=5)).code() == (
        grpc.StatusCode.NOT_FOUND)


def test_a_passed_deadline_ends_the_call(shop):
    """WatchAvailability never ends by itself, so the deadline has to."""
    watch = shop.availability.WatchAvailability(availability_pb2.WatchAvailabilityRequest(
        pool=shop.pool, region="eu", skus=[shop.sku]), timeout=0.5)
    error = refused(lambda: [None for _ in watch])
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_an_unknown_method_is_unimplemented(channel):
    call = channel.unary_unary("/holdfast.v1.ReservationService/Steal")
    assert refused(lambda: call(b"", timeout=5)).code() == grpc.StatusCode.UNIMPLEMENTED


def test_bytes_that_are_no_message_are_invalid(channel):
    call = channel.unary_unary("/holdfast.v1.ReservationService/Reserve")
    assert refused(lambda: call(b"\xff\xff\xff", timeout=5)).code() == (
        grpc.StatusCode.INVALID_ARGUMENT)


def test_metadata_asks_for_the_leader_instead_of_forwarding(cluster):
    """`holdfast-route: none`: the hint names a node that then does it."""
    with cluster.plaintext("eu") as eu, cluster.plaintext("us") as us:
        shop = Shop(eu)
        shop.receive(5)
        from holdfast.v1 import reservation_pb2_grpc

        elsewhere = reservation_pb2_grpc.ReservationServiceStub(us)
        metadata = (("holdfast-route", "none"),)
        error = refused(lambda: elsewhere.Reserve(shop.reserve(1), timeout=5, metadata=metadata))
        assert error.code() == grpc.StatusCode.UNAVAILABLE
        info = details(error, error_details_pb2.ErrorInfo)
        assert info.reason == "NOT_LEADER"
        leader = next(node for node in cluster.ready["nodes"]
                      if str(node["id"]) == info.metadata["leader"])
        assert leader["endpoint"] == info.metadata["address"]
        assert details(error, error_details_pb2.RetryInfo) is not None


def test_a_stream_is_answered_in_order(shop):
    wanted = [30, 30, 30, 30]
    answers = shop.reservations.StreamReserve(iter(
        [reservation_pb2.StreamReserveRequest(request=shop.reserve(n)) for n in wanted]),
        timeout=10)
    got = list(answers)
    assert [answer.sequence for answer in got] == [1, 2, 3, 4]
    assert [answer.response.outcome for answer in got] == [
        types_pb2.OUTCOME_FULL, types_pb2.OUTCOME_FULL, types_pb2.OUTCOME_FULL,
        types_pb2.OUTCOME_NONE]


def test_a_watch_tells_of_changes(shop):
    watch = shop.availability.WatchAvailability(availability_pb2.WatchAvailabilityRequest(
        pool=shop.pool, region="eu", skus=[shop.sku]), timeout=10)
    assert next(watch).skus[0].atp == 100
    shop.reservations.Reserve(shop.reserve(25), timeout=5)
    assert next(watch).skus[0].atp == 75
    watch.cancel()


def test_gzip_is_understood_and_answered(shop):
    answer = shop.reservations.Reserve(
        shop.reserve(1), timeout=5, compression=grpc.Compression.Gzip)
    assert answer.outcome == types_pb2.OUTCOME_FULL


def test_health(channel):
    stub = health_pb2_grpc.HealthStub(channel)
    for service in ("", "holdfast.v1.ReservationService"):
        answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    error = refused(lambda: stub.Check(health_pb2.HealthCheckRequest(service="no"), timeout=5))
    assert error.code() == grpc.StatusCode.NOT_FOUND
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=5)
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
    watch.cancel()


def test_reflection_describes_every_service(channel):
    """grpcio-reflection as it comes; it speaks v1alpha."""
    database = ProtoReflectionDescriptorDatabase(channel)
    services = database.get_services()
    for name in ("ReservationService", "AvailabilityService", "SupplyService", "CatalogService",
                 "ClusterService", "AuditService"):
        assert f"holdfast.v1.{name}" in services
    service = DescriptorPool(database).FindServiceByName("holdfast.v1.ReservationService")
    assert {method.name for method in service.methods} >= {"Reserve", "BatchReserve", "Fulfill"}


def test_grpcurl_makes_a_call_by_reflection(cluster):
    with cluster.plaintext("eu") as channel:
        shop = Shop(channel)
        shop.receive(10)
    body = {"pool": shop.pool, "region": "eu", "orderId": "4711",
            "lines": [{"sku": shop.sku, "quantity": 3}]}
    done = subprocess.run(
        ["grpcurl", "-plaintext", "-d", json.dumps(body), cluster.node("eu")["plaintext"],
         "holdfast.v1.ReservationService/Reserve"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "OUTCOME_FULL"


def test_a_client_without_a_certificate_is_refused(cluster):
    with cluster.secure("eu", with_certificate=False) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        error = refused(lambda: stub.Check(health_pb2.HealthCheckRequest(), timeout=5))
        assert error.code() == grpc.StatusCode.UNAVAILABLE


def test_a_client_may_not_speak_as_a_node(cluster):
    with cluster.secure("eu") as channel:
        call = channel.stream_stream("/holdfast.peer.v1.PeerService/Exchange")
        error = refused(lambda: list(call(iter([b""]), timeout=5)))
        assert error.code() == grpc.StatusCode.PERMISSION_DENIED


def test_forwarding_metadata_of_a_client_counts_for_nothing(cluster):
    with cluster.plaintext("us") as channel:
        shop = Shop(channel)
        shop.receive(5)
        answer = until_known(lambda: shop.reservations.Reserve(
            shop.reserve(1), timeout=5,
            metadata=(("holdfast-forwarded-by", "1"), ("holdfast-principal", "node/1"))))
        assert answer.outcome == types_pb2.OUTCOME_FULL
