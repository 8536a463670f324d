// Reads of the catalog: every node has a replica of it.

import NodeCore
import Primitives
import StockLedger
import WireFormat

extension LedgerQuery {
  /// A read of the catalog that may find nothing.
  private init(
    catalog read: API.Read, _ atLeast: API.Position?,
    _ answer:
      @escaping @Sendable (borrowing MetaLedger, ReadInstant) -> Result<
        [UInt8], RequestRefusal
      >
  ) {
    self.init(target: .catalog, read: read, atLeast: atLeast) { lane, instant, _ in
      lane.core.withMetaLedger { answer($0, instant) }
        ?? .failure(.retry(.noLeader, afterMilliseconds: 100))
    }
  }

  init(_ request: API.GetSkuRequest) {
    let name = Array(request.sku.utf8)
    self.init(catalog: request.read, request.atLeast) { ledger, instant in
      guard let item = ledger.sku(name) else { return .failure(RequestRefusal(.unknownSku)) }
      var response = API.GetSkuResponse()
      response.sku = API.Sku(item)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      return .success(response.encoded())
    }
  }

  init(_ request: API.GetLocationRequest) {
    let name = Array(request.location.utf8)
    self.init(catalog: request.read, request.atLeast) { ledger, instant in
      guard let item = ledger.location(name) else {
        return .failure(RequestRefusal(.unknownLocation))
      }
      var response = API.GetLocationResponse()
      response.location = API.Location(item)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      return .success(response.encoded())
    }
  }

  init(_ request: API.GetPoolRequest) {
    let name = Array(request.pool.utf8)
    self.init(catalog: request.read, request.atLeast) { ledger, instant in
      guard let item = ledger.pool(name) else { return .failure(RequestRefusal(.unknownPool)) }
      var response = API.GetPoolResponse()
      response.pool = API.Pool(item)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      return .success(response.encoded())
    }
  }

  init(_ request: API.GetAccountRequest) {
    let key = AccountKey(
      sku: Array(request.sku.utf8), location: Array(request.location.utf8),
      owner: Array(request.owner.utf8))
    self.init(catalog: request.read, request.atLeast) { ledger, instant in
      guard let item = ledger.account(key) else {
        return .failure(RequestRefusal(.unknownAccount))
      }
      var response = API.GetAccountResponse()
      response.account = API.Account(item)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      return .success(response.encoded())
    }
  }

  /// What to say of an account that a copy of the catalog lacked: what is there now is worth another
  /// try.
  init(whyUnknown account: AccountKey) {
    self.init(catalog: .unspecified, nil) { ledger, _ in
      ledger.account(account) == nil
        ? .failure(RequestRefusal(.unknownAccount))
        : .failure(.retry(.catalogMissing, afterMilliseconds: 100))
    }
  }
}

extension LedgerQuery {
  init(_ request: API.ListSkusRequest) throws(RequestRefusal) {
    let (after, limit) = (try nameStart(request.pageToken), Int(request.pageSize))
    self.init(catalog: request.read, request.atLeast) { ledger, instant in
      let items = ledger.skus(after: after, limit: limit)
      var response = API.ListSkusResponse()
      response.skus = items.map { API.Sku($0) }
      response.nextPageToken = items.count < limit ? "" : token(items.last!.sku)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      return .success(response.encoded())
    }
  }

  init(_ request: API.ListLocationsRequest) throws(RequestRefusal) {
    let (after, limit) = (try nameStart(request.pageToken), Int(request.pageSize))
    self.init(catalog: request.read, request.atLeast) { ledger, instant in
      let items = ledger.locations(after: after, limit: limit)
      var response = API.ListLocationsResponse()
      response.locations = items.map { API.Location($0) }
      response.nextPageToken = items.count < limit ? "" : token(items.last!.location)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      return .success(response.encoded())
    }
  }

  init(_ request: API.ListPoolsRequest) throws(RequestRefusal) {
    let (after, limit) = (try nameStart(request.pageToken), Int(request.pageSize))
    self.init(catalog: request.read, request.atLeast) { ledger, instant in
      let items = ledger.pools(after: after, limit: limit)
      var response = API.ListPoolsResponse()
      response.pools = items.map { API.Pool($0) }
      response.nextPageToken = items.count < limit ? "" : token(items.last!.pool)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      return .success(response.encoded())
    }
  }

  init(_ request: API.ListAccountsRequest) throws(RequestRefusal) {
    let (after, limit) = (try accountStart(request.pageToken), Int(request.pageSize))
    self.init(catalog: request.read, request.atLeast) { ledger, instant in
      let items = ledger.accounts(after: after, limit: limit)
      var response = API.ListAccountsResponse()
      response.accounts = items.map { API.Account($0) }
      response.nextPageToken = items.count < limit ? "" : token(items.last!.key)
      response.answered = API.Answered(instant.answered)
      response.position = API.Position(instant)
      return .success(response.encoded())
    }
  }
}

// A page token is the last name of the page before, in hexadecimal digits.

private func token(_ name: [UInt8]) -> String {
  name.map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}

private func token(_ key: AccountKey) -> String {
  [key.sku, key.location, key.owner].map(token).joined(separator: ".")
}

private func nameStart(_ token: String) throws(RequestRefusal) -> [UInt8] {
  let digits = Array(token.utf8)
  guard digits.count % 2 == 0, digits.count <= 2 * 64 else {
    throw RequestRefusal(.invalidPageToken)
  }
  var name: [UInt8] = []
  for at in stride(from: 0, to: digits.count, by: 2) {
    guard let byte = UInt8(String(decoding: digits[at..<(at + 2)], as: UTF8.self), radix: 16) else {
      throw RequestRefusal(.invalidPageToken)
    }
    name.append(byte)
  }
  return name
}

private func accountStart(_ token: String) throws(RequestRefusal) -> AccountKey? {
  guard !token.isEmpty else { return nil }
  let parts = token.split(separator: ".", omittingEmptySubsequences: false)
  guard parts.count == 3 else { throw RequestRefusal(.invalidPageToken) }
  return AccountKey(
    sku: try nameStart(String(parts[0])), location: try nameStart(String(parts[1])),
    owner: try nameStart(String(parts[2])))
}
