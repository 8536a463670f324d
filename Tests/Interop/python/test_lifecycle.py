"""A reservation's life through generated stubs."""
import grpc
import pytest
from live import new_id
from holdfast.v1 import availability_pb2, audit_pb2, reservation_pb2, types_pb2


def test_reserve_confirm_fulfill(shop):
    answer = shop.reservations.Reserve(shop.reserve(10), timeout=5)
    assert answer.outcome == types_pb2.OUTCOME_FULL
    assert answer.reservation.state == types_pb2.RESERVATION_STATE_HELD
    assert [line.reserved for line in answer.lines] == [10]
    name = answer.reservation.name
    assert name.startswith(f"pools/{shop.pool}/regions/eu/reservations/")

    confirmed = shop.reservations.Confirm(
        reservation_pb2.ConfirmRequest(request_id=new_id(), name=name), timeout=5)
    assert confirmed.reservation.state == types_pb2.RESERVATION_STATE_CONFIRMED

    part = shop.reservations.Fulfill(reservation_pb2.FulfillRequest(
        request_id=new_id(), name=name,
        lines=[types_pb2.SkuQuantity(sku=shop.sku, quantity=4)]), timeout=5)
    assert part.reservation.state == types_pb2.RESERVATION_STATE_PARTIALLY_FULFILLED
    rest = shop.reservations.Fulfill(
        reservation_pb2.FulfillRequest(request_id=new_id(), name=name), timeout=5)
    assert rest.reservation.state == types_pb2.RESERVATION_STATE_FULFILLED

    sku = availability(shop, at_least=rest.position)
    assert (sku.on_hand, sku.reserved, sku.atp) == (90, 0, 90)


def test_release_gives_units_back(shop):
    answer = shop.reservations.Reserve(shop.reserve(60), timeout=5)
    assert availability(shop).atp == 40
    released = shop.reservations.Release(reservation_pb2.ReleaseRequest(
        request_id=new_id(), name=answer.reservation.name), timeout=5)
    assert released.reservation.state == types_pb2.RESERVATION_STATE_RELEASED
    assert availability(shop).atp == 100


def test_extend_moves_the_deadline(shop):
    answer = shop.reservations.Reserve(shop.reserve(1), timeout=5)
    request = reservation_pb2.ExtendRequest(request_id=new_id(), name=answer.reservation.name)
    request.ttl.seconds = 3600
    extended = shop.reservations.Extend(request, timeout=5)
    assert extended.reservation.expires_at.seconds > answer.reservation.expires_at.seconds + 2000


def test_not_enough_is_an_outcome_and_not_an_error(shop):
    answer = shop.reservations.Reserve(shop.reserve(101), timeout=5)
    assert answer.outcome == types_pb2.OUTCOME_NONE
    assert answer.lines[0].reason == types_pb2.LINE_REASON_INSUFFICIENT_SUPPLY
    assert not answer.HasField("reservation")

    part = shop.reservations.Reserve(
        shop.reserve(101, fill=reservation_pb2.FILL_PARTIAL), timeout=5)
    assert part.outcome == types_pb2.OUTCOME_PARTIAL
    assert part.lines[0].reserved == 100


def test_a_retry_acts_once(shop):
    request = shop.reserve(30)
    first = shop.reservations.Reserve(request, timeout=5)
    again = shop.reservations.Reserve(request, timeout=5)
    assert again.reservation.name == first.reservation.name
    assert availability(shop).reserved == 30


def test_units_have_item_level_factors(shop):
    request = shop.reserve(2)
    request.lines[0].unit = "case"
    answer = shop.reservations.Reserve(request, timeout=5)
    assert answer.lines[0].reserved == 24


def test_get_list_and_trace(shop):
    names = [shop.reservations.Reserve(shop.reserve(1, order_id=f"o-{n}"), timeout=5)
             .reservation.name for n in range(5)]
    got = shop.reservations.GetReservation(
        reservation_pb2.GetReservationRequest(name=names[2]), timeout=5)
    assert got.reservation.order_id == "o-2"

    listed, token = [], ""
    while True:
        page = shop.reservations.ListReservations(reservation_pb2.ListReservationsRequest(
            pool=shop.pool, region="eu", page_size=2, page_token=token), timeout=5)
        listed += [reservation.name for reservation in page.reservations]
        token = page.next_page_token
        if not token:
            break
    assert listed == names

    trace = shop.audit.TraceReservation(
        audit_pb2.TraceReservationRequest(name=names[0]), timeout=10)
    assert [event.kind for event in trace.events] == [audit_pb2.TRACE_KIND_RESERVE]
    event = trace.events[0]
    assert event.catalog_version > 0 and event.rules_version > 0 and len(event.chain) == 32


def test_another_region_is_reached_through_any_node(shop):
    shop.receive(7, region="us")
    answer = shop.reservations.Reserve(shop.reserve(7, region="us"), timeout=5)
    assert answer.outcome == types_pb2.OUTCOME_FULL
    assert "/regions/us/" in answer.reservation.name


def test_batch_answers_each_on_its_own(shop):
    requests = [shop.reserve(60), shop.reserve(60), shop.reserve(40)]
    requests[1].lines[0].quantity = 0
    answer = shop.reservations.BatchReserve(
        reservation_pb2.BatchReserveRequest(requests=requests), timeout=5)
    assert [result.WhichOneof("result") for result in answer.results] == [
        "response", "error", "response"]
    assert answer.results[1].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert availability(shop).atp == 0


def availability(shop, **fields):
    answer = shop.availability.QueryAvailability(availability_pb2.QueryAvailabilityRequest(
        pool=shop.pool, region="eu", skus=[shop.sku], **fields), timeout=5)
    assert answer.answered.by in (types_pb2.ANSWERED_BY_LEASE, types_pb2.ANSWERED_BY_QUORUM)
    return answer.skus[0]


@pytest.mark.parametrize("region", ["eu", "us", "ap"])
def test_a_read_sees_what_was_acknowledged_through_any_node(cluster, shop, region):
    """Rule Q4: a position makes any node wait for it."""
    from holdfast.v1 import availability_pb2_grpc

    answer = shop.reservations.Reserve(shop.reserve(5), timeout=5)
    with cluster.plaintext(region) as channel:
        stub = availability_pb2_grpc.AvailabilityServiceStub(channel)
        seen = stub.QueryAvailability(availability_pb2.QueryAvailabilityRequest(
            pool=shop.pool, region="eu", skus=[shop.sku], at_least=answer.position), timeout=5)
    assert seen.position.index >= answer.position.index
    assert seen.skus[0].reserved == 5
