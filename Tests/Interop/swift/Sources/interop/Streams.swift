import GRPCCore
import HoldfastStubs
import SwiftProtobuf

/// Calls with more than one message, and how they end.
enum Streams {
  static let cases: [Case<Fixture>] = [
    Case("a stream is answered in order", answeredInOrder),
    Case("a stream is answered while it is open", answeredWhileOpen),
    Case("a watch tells of changes", watchTellsOfChanges),
    Case("a passed deadline ends a watch", deadlineEndsWatch),
  ]

  static func answeredInOrder(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let requests = (0..<4).map { _ in shop.order(30) }
    let answers = try await shop.reservations.streamReserve { writer in
      for request in requests { try await writer.write(.with { $0.request = request }) }
    } onResponse: { response in
      try await response.messages.reduce(into: []) { $0.append($1) }
    }
    try expect(answers.map(\.sequence), [1, 2, 3, 4])
    try expect(answers.map(\.response.requestID), requests.map(\.requestID))
    try expect(answers.map(\.response.outcome), [.full, .full, .full, .none])
  }

  /// The next request is sent only after the answer to the one before.
  static func answeredWhileOpen(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let (answered, tell) = AsyncStream.makeStream(of: UInt64.self)
    let last: UInt64 = 5
    let sequences = try await shop.reservations.streamReserve { writer in
      try await writer.write(.with { $0.request = shop.order(1) })
      for await sequence in answered where sequence < last {
        try await writer.write(.with { $0.request = shop.order(1) })
      }
    } onResponse: { response in
      defer { tell.finish() }
      var sequences: [UInt64] = []
      for try await answer in response.messages {
        sequences.append(answer.sequence)
        tell.yield(answer.sequence)
        if answer.sequence == last { tell.finish() }
      }
      return sequences
    }
    try expect(sequences, [1, 2, 3, 4, 5])
  }

  static func watchTellsOfChanges(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    let seen = try await shop.availability.watchAvailability(shop.watchRequest()) { response in
      var seen: [Int64] = []
      for try await message in response.messages {
        try expect(message.skus.map(\.sku), [shop.sku])
        seen.append(message.skus[0].atp)
        if seen.count == 2 { break }
        _ = try await shop.reserve(25)
      }
      return seen
    }
    try expect(seen, [100, 75])
  }

  /// WatchAvailability never ends by itself, so the deadline has to.
  static func deadlineEndsWatch(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    var options = CallOptions.defaults
    options.timeout = .milliseconds(500)
    try await refusal(.deadlineExceeded) {
      try await shop.availability.watchAvailability(shop.watchRequest(), options: options) {
        try await $0.messages.reduce(into: 0) { count, _ in count += 1 }
      }
    }
  }
}
