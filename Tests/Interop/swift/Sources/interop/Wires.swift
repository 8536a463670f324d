import GRPCCore
import GRPCProtobuf
import HoldfastStubs
import SwiftProtobuf

/// What gRPC itself promises.
enum Wires {
  static let cases: [Case<Fixture>] = [
    Case("health is served, by name and for all", healthIsServed),
    Case("an unknown service has no health", unknownHealth),
    Case("a health watch says so at once", healthWatch),
    Case("an unknown method is UNIMPLEMENTED", unknownMethod),
    Case("bytes that are no message are INVALID_ARGUMENT", bytesThatAreNoMessage),
    Case("gzip is understood", gzipIsUnderstood),
  ]

  static func healthIsServed(_ given: Fixture) async throws {
    let health = Grpc_Health_V1_Health.Client(wrapping: given.client)
    for service in ["", "holdfast.v1.ReservationService"] {
      try expect(try await health.check(.with { $0.service = service }).status, .serving)
    }
  }

  static func unknownHealth(_ given: Fixture) async throws {
    let health = Grpc_Health_V1_Health.Client(wrapping: given.client)
    try await refusal(.notFound) { try await health.check(.with { $0.service = "no" }) }
  }

  static func healthWatch(_ given: Fixture) async throws {
    let health = Grpc_Health_V1_Health.Client(wrapping: given.client)
    let status = try await health.watch(.init()) { response in
      try await response.messages.first { _ in true }?.status
    }
    try expect(status, .serving)
  }

  static func unknownMethod(_ given: Fixture) async throws {
    try await refusal(.unimplemented) {
      try await given.client.call("holdfast.v1.ReservationService", "Steal", [])
    }
  }

  static func bytesThatAreNoMessage(_ given: Fixture) async throws {
    let error = try await refusal(.invalidArgument) {
      try await given.client.call("holdfast.v1.ReservationService", "Reserve", [0xff, 0xff, 0xff])
    }
    try expect(try error.info().reason, "MALFORMED_MESSAGE")
  }

  static func gzipIsUnderstood(_ given: Fixture) async throws {
    let shop = try await Shop(given.client)
    var options = CallOptions.defaults
    options.compression = .gzip
    try expect(try await shop.reservations.reserve(shop.order(1), options: options).outcome, .full)
  }
}

/// What only certificates and metadata of a client's own could get wrong.
enum Clusters {
  static let cases: [Case<Cluster>] = [
    Case("a client without a certificate is refused", noCertificateNoService),
    Case("a client may not speak as a node", clientIsNoNode),
    Case("forwarding metadata of a client counts for nothing", forwardingMetadata),
  ]

  static func noCertificateNoService(_ cluster: Cluster) async throws {
    try await cluster.withClient(of: "eu", over: .oneSidedTLS) { client in
      let health = Grpc_Health_V1_Health.Client(wrapping: client)
      try await refusal(.unavailable) { try await health.check(.init()) }
    }
  }

  static func clientIsNoNode(_ cluster: Cluster) async throws {
    try await cluster.withClient(of: "eu", over: .mutualTLS) { client in
      try await refusal(.permissionDenied) {
        try await client.call("holdfast.peer.v1.PeerService", "Exchange", [])
      }
    }
  }

  static func forwardingMetadata(_ cluster: Cluster) async throws {
    try await cluster.withClient(of: "us", over: .plaintext) { client in
      let shop = try await Shop(client)
      let metadata: Metadata = ["holdfast-forwarded-by": "1", "holdfast-principal": "node/1"]
      let answer = try await shop.reservations.reserve(shop.order(1), metadata: metadata)
      try expect(answer.outcome, .full)
    }
  }
}

/// A message as its bytes, for calls that no stub would make.
private struct Bytes: MessageSerializer, MessageDeserializer {
  func serialize<Buffer: GRPCContiguousBytes>(_ message: [UInt8]) -> Buffer { Buffer(message) }

  func deserialize<Buffer: GRPCContiguousBytes>(_ buffer: Buffer) -> [UInt8] {
    buffer.withUnsafeBytes { [UInt8]($0) }
  }
}

extension Client {
  fileprivate func call(
    _ service: String, _ method: String, _ message: [UInt8]
  ) async throws -> [UInt8] {
    try await unary(
      request: ClientRequest(message: message),
      descriptor: MethodDescriptor(fullyQualifiedService: service, method: method),
      serializer: Bytes(), deserializer: Bytes(), options: .defaults
    ) { try $0.message }
  }
}
