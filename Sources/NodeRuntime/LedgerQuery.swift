// What a read asks, as a function of the ledger at one instant.

import NodeCore
import Primitives
import StockLedger
import WireFormat

/// One read: where it belongs, how fresh it has to be, and how it is answered there.
struct LedgerQuery {
  enum Target {
    case catalog
    case shard(pool: [UInt8], region: [UInt8])
    case account(AccountKey)
  }

  var target: Target
  var read: API.Read
  var atLeast: API.Position?
  var question: ReadQuestion

  init(
    target: Target, read: API.Read, atLeast: API.Position?,
    answer: @escaping @Sendable (Lane, ReadInstant, ShardNames) -> Result<[UInt8], RequestRefusal>
  ) {
    self.target = target
    self.read = read
    self.atLeast = atLeast
    question = .other(answer)
  }
}

extension LedgerQuery {
  init(_ request: API.GetReservationRequest) {
    let name = ReservationName(request.name)!
    self.init(
      target: .shard(pool: name.pool, region: name.region), read: request.read,
      atLeast: request.atLeast
    ) { lane, instant, shard in
      var record = ByteWriter()
      let found = lane.core.withShardLedger(instant.shard) {
        $0.reservation(number: name.number, into: &record)
      }
      guard found == true else { return .failure(RequestRefusal(.unknownReservation)) }
      var response = API.GetReservationResponse()
      response.reservation = reservations(record, count: 1, of: shard)[0]
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      response.logTime = instant.logTime
      return .success(response.encoded())
    }
  }

  init(_ request: API.ListReservationsRequest) throws(RequestRefusal) {
    let limit = Int(request.pageSize)
    let after = try pageStart(request.pageToken)
    var filter = ReservationFilter()
    filter.state = StockLedger.ReservationState(rawValue: UInt8(clamping: request.state.rawValue))
    filter.orderID = Array(request.orderID.utf8)
    filter.customer = Array(request.customer.utf8)
    let wanted = filter
    self.init(
      target: .shard(
        pool: Array(request.pool.utf8), region: Array(request.region.utf8)),
      read: request.read, atLeast: request.atLeast
    ) { lane, instant, shard in
      var records = ByteWriter()
      let page = lane.core.withShardLedger(instant.shard) {
        $0.reservations(after: after, limit: limit, filter: wanted, into: &records)
      }
      guard let page else { return .failure(.retry(.noLeader, afterMilliseconds: 100)) }
      var response = API.ListReservationsResponse()
      response.reservations = reservations(records, count: page.count, of: shard)
      response.nextPageToken = page.last.map { "\($0)" } ?? ""
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      response.logTime = instant.logTime
      return .success(response.encoded())
    }
  }

  init(_ request: API.QueryAvailabilityRequest) {
    target = .shard(pool: Array(request.pool.utf8), region: Array(request.region.utf8))
    read = request.read
    atLeast = request.atLeast
    var skus = ByteWriter()
    skus.put(UInt16(request.skus.count))
    for sku in request.skus { skus.put(short: Array(sku.utf8)) }
    question = .availability(skus: skus.bytes[...], day: day(request.date))
  }

  init(_ request: API.GetPositionRequest) {
    let key = AccountKey(
      sku: Array(request.sku.utf8), location: Array(request.location.utf8),
      owner: Array(request.owner.utf8))
    self.init(target: .account(key), read: request.read, atLeast: request.atLeast) {
      lane, instant, shard in
      let books = lane.core.withShardLedger(instant.shard) {
        $0.position(sku: key.sku, location: key.location, owner: key.owner)
      }
      // The catalog has the account, so the shard has yet to hear of it.
      guard let books, let books else {
        return .failure(.retry(.catalogMissing, afterMilliseconds: 100))
      }
      var response = API.GetPositionResponse(key, books, pool: shard.pool)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      response.logTime = instant.logTime
      return .success(response.encoded())
    }
  }
}

/// The day that was asked for; the decoder has checked it.
func day(_ date: CivilDate?) -> Day? {
  date.map { Day(number: $0.dayNumber!) }
}

/// Reads `count` reservation records that lie back to back.
func reservations(
  _ records: ByteWriter, count: Int, of shard: ShardNames
) -> [API.Reservation] {
  unsafe records.bytes.withUnsafeBytes { bytes in
    var reader = unsafe ByteReader(bytes)
    return (0..<count).map { number in
      guard let reservation = API.Reservation(from: &reader, shard: shard) else {
        preconditionFailure("reservation \(number) of \(count) in \(bytes.count) bytes")
      }
      return reservation
    }
  }
}

/// The number behind which a page of reservations starts.
func pageStart(_ token: String) throws(RequestRefusal) -> UInt64 {
  guard !token.isEmpty else { return 0 }
  // There is no number behind the last one.
  guard let start = UInt64(token), start < .max else { throw RequestRefusal(.invalidPageToken) }
  return start
}
