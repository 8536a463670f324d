"""A member whose ledger is wrong finds it out, leaves the service and is given another (rule C10)."""
import sqlite3
import struct
from pathlib import Path

from live import Cluster, Shop, assert_members_agree, cluster_pb2, describe, wait_until

UNITS = 7_654_321


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


CRC_TABLE = _crc_table()


def crc32c(content, before):
    """Continues the checksum `before`."""
    state = before ^ 0xFFFFFFFF
    for byte in content:
        state = CRC_TABLE[(state ^ byte) & 0xFF] ^ state >> 8
    return state ^ 0xFFFFFFFF


def make_wrong(directory):
    """One unit less in the log of a node that is stopped, and every checksum right: what a memory
    that fails before the write leaves on the disk."""
    amount = struct.pack("<q", UNITS)
    segment, row = newest_row_with(directory, amount)
    with sqlite3.connect(segment) as database:
        [(shard, before)] = database.execute("SELECT shard, before FROM rows WHERE row = ?", (row,))
        rest = database.execute(
            "SELECT row, first, last, entries FROM rows WHERE shard = ? AND row >= ? AND "
            "first IS NOT NULL ORDER BY row", (shard, row)).fetchall()
        for number, first, last, entries in rest:
            entries = entries or b""
            if number == row:
                entries = entries.replace(amount, struct.pack("<q", UNITS - 1))
            checksum = crc32c(struct.pack("<QQQ", shard, first, last) + entries, before)
            database.execute(
                "UPDATE rows SET before = ?, checksum = ?, entries = ? WHERE row = ?",
                (before, checksum, entries or None, number))
            before = checksum
    database.close()


def newest_row_with(directory, content):
    # The segment that is written next begins with a checksum of its own.
    segment = max(Path(directory).glob("data/lane-*/segment-*.sqlite"), key=lambda path: path.name)
    with sqlite3.connect(segment) as database:
        rows = database.execute("SELECT row, entries FROM rows WHERE entries IS NOT NULL").fetchall()
    database.close()
    found = [row for row, entries in rows if content in entries]
    assert found, f"{segment} has no such row"
    return segment, found[-1]


def seats(cluster, region):
    node = cluster.node(region)["id"]
    members = [member for shard in describe(cluster, "eu").shards for member in shard.members]
    return [member for member in members if member.node == node]


def on_hand(cluster, region, shop):
    """What one node has in its own ledger."""
    from holdfast.v1 import availability_pb2, availability_pb2_grpc, types_pb2

    with cluster.plaintext(region) as channel:
        answer = availability_pb2_grpc.AvailabilityServiceStub(channel).QueryAvailability(
            availability_pb2.QueryAvailabilityRequest(
                pool=shop.pool, region="eu", skus=[shop.sku], read=types_pb2.READ_STALE),
            timeout=5)
    return answer.skus[0].on_hand


def test_a_wrong_ledger_leaves_and_comes_back():
    cluster = Cluster()
    try:
        with cluster.plaintext("eu") as channel:
            shop = Shop(channel)
            shop.receive(UNITS)
        assert_members_agree(cluster)
        cluster.restart(lambda: make_wrong(cluster.node("ap")["dir"]))
        wait_until(lambda: "a majority has another ledger" in cluster.logged(), 30, "the verdict")
        assert_members_agree(cluster)
        wait_until(
            lambda: all(seat.standing == cluster_pb2.SEAT_STANDING_SERVING
                        for seat in seats(cluster, "ap")), 30, "the return")
        assert on_hand(cluster, "ap", shop) == UNITS
        assert cluster.logged().count("a majority has another ledger") == 1, "nobody else leaves"
    finally:
        cluster.stop()
