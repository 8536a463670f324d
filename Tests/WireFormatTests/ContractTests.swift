import CHoldfastProto
import CProtobufC
import Primitives
import Testing

@testable import WireFormat

/// The method table, the descriptors and the plain values say the same.
@Suite struct ContractTests {
  static let set = descriptorSetBytes()

  /// Every service and method of the descriptor set, with its kind, read from the set itself.
  static func declaredMethods() -> [String: HoldfastMethod.Kind] {
    var methods: [String: HoldfastMethod.Kind] = [:]
    unsafe set.withUnsafeBytes {
      // FileDescriptorSet.file = 1; FileDescriptorProto.package = 2, service = 6
      unsafe fields($0, 1) { file in
        var package = ""
        unsafe fields(file, 2) { package = unsafe text($0) }
        unsafe fields(file, 6) { service in
          var name = ""
          unsafe fields(service, 1) { name = unsafe text($0) }
          unsafe fields(service, 2) { method in
            var (path, client, server) = ("", false, false)
            unsafe fields(method, 1) { path = unsafe "/\(package).\(name)/\(text($0))" }
            unsafe numbers(method) { number, value in
              if number == 5 { client = value != 0 }
              if number == 6 { server = value != 0 }
            }
            methods[path] =
              client
              ? (server ? .bidirectional : .clientStream) : (server ? .serverStream : .unary)
          }
        }
      }
    }
    return methods
  }

  static func fields(
    _ bytes: UnsafeRawBufferPointer, _ number: UInt32, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    var reader = unsafe ProtoReader(bytes)
    while reader.next() {
      if reader.number == number, reader.wireType == 2 { unsafe body(reader.content) }
    }
  }

  static func numbers(_ bytes: UnsafeRawBufferPointer, _ body: (UInt32, UInt64) -> Void) {
    var reader = unsafe ProtoReader(bytes)
    while reader.next() {
      if reader.wireType == 0 { body(reader.number, reader.value) }
    }
  }

  @Test func theMethodTableIsTheProtoFiles() {
    let declared = Self.declaredMethods()
    let ours = declared.filter { $0.key.hasPrefix("/holdfast.") }
    #expect(ours.count == HoldfastMethod.allCases.count)
    for method in HoldfastMethod.allCases {
      #expect(ours[method.path] == method.kind, "\(method.path)")
    }
  }

  @Test func theDescriptorSetHasEveryService() {
    let services = Set(Self.declaredMethods().keys.map { $0.split(separator: "/")[0] })
    let expected = [
      "holdfast.v1.ReservationService", "holdfast.v1.AvailabilityService",
      "holdfast.v1.SupplyService", "holdfast.v1.CatalogService", "holdfast.v1.ClusterService",
      "holdfast.v1.AuditService", "holdfast.peer.v1.PeerService", "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]
    #expect(services == Set(expected.map { Substring($0) }))
    #expect(HoldfastMethod.services == Array(expected.prefix(7)))
  }

  static let messages: [any WireMessage.Type] = [
    API.Position.self, API.Answered.self, API.LineResult.self, API.Assignment.self,
    API.SkuQuantity.self, API.Reservation.self, API.ReservationLine.self, API.ReserveLine.self,
    API.ReserveRequest.self, API.ReserveResponse.self, API.BatchReserveRequest.self,
    API.BatchReserveResponse.self, API.BatchReserveResult.self, API.StreamReserveRequest.self,
    API.StreamReserveResponse.self, API.ConfirmRequest.self, API.ConfirmResponse.self,
    API.ExtendRequest.self, API.ExtendResponse.self, API.ReleaseRequest.self,
    API.ReleaseResponse.self, API.FulfillRequest.self, API.FulfillResponse.self,
    API.GetReservationRequest.self, API.GetReservationResponse.self,
    API.ListReservationsRequest.self, API.ListReservationsResponse.self,
    API.QueryAvailabilityRequest.self, API.QueryAvailabilityResponse.self,
    API.SkuAvailability.self, API.LocationAvailability.self, API.WatchAvailabilityRequest.self,
    API.WatchAvailabilityResponse.self, API.AdjustSupplyRequest.self,
    API.AdjustSupplyResponse.self, API.SyncSupplyRequest.self, API.SyncSupplyRow.self,
    API.InboundSupply.self, API.SyncSupplyResponse.self, API.SyncSupplyRowResult.self,
    API.SkuUnit.self, API.Sku.self, API.Location.self, API.Pool.self, API.Account.self,
    API.PutSkuRequest.self, API.PutSkuResponse.self, API.PutLocationRequest.self,
    API.PutLocationResponse.self, API.PutPoolRequest.self, API.PutPoolResponse.self,
    API.PutAccountRequest.self, API.PutAccountResponse.self, API.GetSkuRequest.self,
    API.GetSkuResponse.self, API.GetLocationRequest.self, API.GetLocationResponse.self,
    API.GetPoolRequest.self, API.GetPoolResponse.self, API.GetAccountRequest.self,
    API.GetAccountResponse.self, API.ListSkusRequest.self, API.ListSkusResponse.self,
    API.ListLocationsRequest.self, API.ListLocationsResponse.self, API.ListPoolsRequest.self,
    API.ListPoolsResponse.self, API.ListAccountsRequest.self, API.ListAccountsResponse.self,
    API.DescribeClusterRequest.self, API.DescribeClusterResponse.self, API.NodeDescription.self,
    API.ShardDescription.self, API.MemberDescription.self, API.DescribeNodeRequest.self,
    API.DigestAt.self, API.DescribeNodeResponse.self, API.SeatDescription.self,
    API.DigestReport.self, API.TraceReservationRequest.self, API.TraceReservationResponse.self,
    API.TraceEvent.self, API.GetPositionRequest.self, API.GetPositionResponse.self,
    API.TransferLeadershipRequest.self, API.TransferLeadershipResponse.self, API.MemberChange.self,
    API.ChangeMembersRequest.self, API.ChangeMembersResponse.self,
    API.SourceMark.self, API.Status.self, API.Detail.self, API.ErrorInfo.self,
    API.RetryInfo.self, API.BadRequest.self,
  ]

  /// Each plain value with every field set is read by protobuf-c as a message with every field
  /// set, and read back as itself.
  @Test func plainValuesHaveEveryFieldOfTheirMessages() throws {
    for type in Self.messages { try check(type) }
  }

  private func check<M: WireMessage>(_ type: M.Type) throws {
    var filler = FieldFiller()
    var message = M()
    message.fields(&filler)
    #expect(try M(decoding: message.encoded()) == message, "\(M.name)")
    let descriptor = unsafe descriptor(of: M.name)
    let numbers = unsafe (0..<Int(descriptor.pointee.n_fields)).map {
      unsafe descriptor.pointee.fields[$0].id
    }
    #expect(filler.numbers == numbers, "\(M.name)")
    let json = try #require(protoJSON(message.encoded(), M.name), "\(M.name)")
    let isOneof =
      M.name.hasSuffix("Result") && M.name.contains("Batch")
      || M.name.contains("StreamReserveResponse")
    for i in numbers.indices where !isOneof {
      let name = unsafe JSONText.lowerCamel(String(cString: descriptor.pointee.fields[i].name))
      if M.name == "google.protobuf.Any" { continue }
      #expect(json.contains("\"\(name)\":"), "\(M.name) \(name)")
    }
  }

  @Test func everyMessageOfTheAPIIsAPlainValue() {
    let set = Self.set
    var declared: Set<String> = []
    unsafe set.withUnsafeBytes {
      unsafe Self.fields($0, 1) { file in
        var package = ""
        unsafe Self.fields(file, 2) { package = unsafe text($0) }
        guard package == "holdfast.v1" else { return }
        unsafe Self.fields(file, 4) { message in
          unsafe Self.fields(message, 1) { declared.insert(unsafe "holdfast.v1.\(text($0))") }
        }
      }
    }
    declared.remove("holdfast.v1.Date")
    #expect(declared.isSubset(of: Set(Self.messages.map { $0.name })))
    #expect(declared.count > 80)
  }
}

/// Sets every field to something that isn't its default, and remembers the numbers.
struct FieldFiller: FieldVisitor {
  var numbers: [UInt32] = []

  mutating func field(_ number: UInt32, _ value: inout String) {
    numbers.append(number)
    value = "text \(number)"
  }
  mutating func field(_ number: UInt32, _ value: inout [String]) {
    numbers.append(number)
    value = ["a", "", "b"]
  }
  mutating func field(_ number: UInt32, _ value: inout [UInt8]) {
    numbers.append(number)
    value = [0, 1, 255]
  }
  mutating func field(_ number: UInt32, _ value: inout Bool) {
    numbers.append(number)
    value = true
  }
  mutating func field<I: FixedWidthInteger>(_ number: UInt32, _ value: inout I) {
    numbers.append(number)
    value = I.isSigned ? I.min : I.max
  }
  mutating func field<E: WireEnum>(_ number: UInt32, _ value: inout E) {
    numbers.append(number)
    value = E.allCases.first { $0.rawValue != 0 } ?? .unspecified
  }
  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout M?) {
    numbers.append(number)
    value = filled()
  }
  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout [M]) {
    numbers.append(number)
    value = [filled(), M()]
  }
  mutating func field(_ number: UInt32, _ value: inout LogTime?) {
    numbers.append(number)
    value = LogTime(milliseconds: -1_500)
  }
  mutating func field(_ number: UInt32, _ value: inout Duration?) {
    numbers.append(number)
    value = .milliseconds(-2_750)
  }
  mutating func field(_ number: UInt32, _ value: inout CivilDate?) {
    numbers.append(number)
    value = CivilDate(year: 2024, month: 2, day: 29)
  }

  private func filled<M: WireMessage>() -> M {
    var filler = FieldFiller()
    var message = M()
    message.fields(&filler)
    return message
  }
}
