internal import CHoldfastProto
internal import CProtobufC
package import Primitives

/// Turns the bytes of requests into command records, and says where they belong. One for each
/// event loop: it owns the memory into which protobuf-c unpacks.
///
/// Whatever it refuses it refuses before a record is in the writer, by the name of the field and
/// its limit.
@safe
package struct RequestDecoder: ~Copyable {
  let limits: WireLimits
  /// The region of a request that names none; ours until the end.
  private(set) var home: UnsafeRawBufferPointer
  private let arena: MessageArena
  private var schemas: [RequestSchema?]

  package init(limits: WireLimits = WireLimits(), homeRegion: [UInt8]) {
    self.limits = limits
    unsafe home = Self.copy(homeRegion)
    arena = MessageArena(capacity: limits.arenaBytesMax)
    schemas = HoldfastMethod.allCases.map { RequestSchema($0, limits: limits) }
  }

  deinit { unsafe home.deallocate() }

  /// From now on requests that name no region are for this one.
  package mutating func setHomeRegion(_ region: [UInt8]) {
    unsafe home.deallocate()
    unsafe home = Self.copy(region)
  }

  private static func copy(_ region: [UInt8]) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: region.count, alignment: 1)
    unsafe copy.copyBytes(from: region)
    return UnsafeRawBufferPointer(copy)
  }

  /// Decodes a call that is one command: everything that writes but BatchReserve, StreamReserve
  /// and SyncSupply. Appends its record to `out`; `minted` is the id of a request without one.
  package mutating func command(
    _ method: HoldfastMethod, _ bytes: UnsafeRawBufferPointer, minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    if method == .reserve,
      let route = unsafe hotReserve(bytes, into: &out, mint: { minted })
    {
      return route
    }
    return try unsafe general(method, bytes, minted: minted, into: &out)
  }

  /// The same through protobuf-c, for requests of every shape.
  mutating func general(
    _ method: HoldfastMethod, _ bytes: UnsafeRawBufferPointer, minted: MintedID,
    into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let mark = out.count
    do throws(RequestRefusal) {
      switch method {
      case .reserve:
        return try unsafe reserve(unpack(method, bytes), minted, into: &out)
      case .confirm: return try unsafe confirm(unpack(method, bytes), minted, into: &out)
      case .extend: return try unsafe extend(unpack(method, bytes), minted, into: &out)
      case .release: return try unsafe release(unpack(method, bytes), minted, into: &out)
      case .fulfill: return try unsafe fulfill(unpack(method, bytes), minted, into: &out)
      case .adjustSupply: return try unsafe adjust(unpack(method, bytes), minted, into: &out)
      case .putSku: return try unsafe putSku(unpack(method, bytes), minted, into: &out)
      case .putLocation: return try unsafe putLocation(unpack(method, bytes), minted, into: &out)
      case .putPool: return try unsafe putPool(unpack(method, bytes), minted, into: &out)
      case .putAccount: return try unsafe putAccount(unpack(method, bytes), minted, into: &out)
      default: preconditionFailure("\(method) is no single command")
      }
    } catch {
      out.bytes.removeLast(out.count - mark)
      throw error
    }
  }

  /// Decodes one message of StreamReserve, which is one Reserve.
  package mutating func streamed(
    _ bytes: UnsafeRawBufferPointer, minted: MintedID, into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    if let route = unsafe hotStreamed(bytes, into: &out, mint: { minted }) { return route }
    return try unsafe generalStreamed(bytes, minted: minted, into: &out)
  }

  mutating func generalStreamed(
    _ bytes: UnsafeRawBufferPointer, minted: MintedID, into out: inout ByteWriter
  ) throws(RequestRefusal) -> CommandRoute {
    let message: UnsafeMutablePointer<Holdfast__V1__StreamReserveRequest> =
      try unsafe unpack(.streamReserve, bytes)
    guard let request = unsafe message.pointee.request else {
      throw .invalid("request", "is missing")
    }
    let mark = out.count
    do throws(RequestRefusal) {
      return try unsafe reserve(request, minted, into: &out)
    } catch {
      out.bytes.removeLast(out.count - mark)
      throw error.within("request")
    }
  }

  /// Decodes a batch. An item that is refused has no record; the others are in the writer in
  /// order, back to back. `mint` is asked for an id for each item without one.
  package mutating func batch(
    _ bytes: UnsafeRawBufferPointer, into out: inout ByteWriter, mint: () -> MintedID
  ) throws(RequestRefusal) -> [BatchItem] {
    var items: [BatchItem] = []
    if unsafe hotItems(bytes, into: &out, mint: mint, &items) { return items }
    return try unsafe generalBatch(bytes, after: items, into: &out, mint: mint)
  }

  /// Decodes what comes after the first items of a batch, whose records are the writer's last.
  mutating func generalBatch(
    _ bytes: UnsafeRawBufferPointer, after first: [BatchItem] = [], into out: inout ByteWriter,
    mint: () -> MintedID
  ) throws(RequestRefusal) -> [BatchItem] {
    let message: UnsafeMutablePointer<Holdfast__V1__BatchReserveRequest>
    do throws(RequestRefusal) {
      unsafe message = try unpack(.batchReserve, bytes)
      try unsafe limits.count(message.pointee.n_requests, "requests", 1...limits.batchRequestsMax)
    } catch {
      out.bytes.removeLast(first.reduce(0) { $0 + $1.record.count })
      throw error
    }
    var items = first
    items.reserveCapacity(unsafe message.pointee.n_requests)
    for i in unsafe first.count..<message.pointee.n_requests {
      let request = unsafe message.pointee.requests[i]!
      let needsID = unsafe request.pointee.request_id[0] == 0
      let minted = needsID ? mint() : MintedID.unused
      let mark = out.count
      do throws(RequestRefusal) {
        let route = try unsafe reserve(request, minted, into: &out)
        items.append(BatchItem(route: route, record: mark..<out.count))
      } catch {
        out.bytes.removeLast(out.count - mark)
        let route = unsafe CommandRoute(.shard, Self.idOfRefused(request))
        items.append(
          BatchItem(route: route, record: mark..<mark, refusal: error.within("requests[\(i)]")))
      }
    }
    return items
  }

  private static func idOfRefused(
    _ request: UnsafeMutablePointer<Holdfast__V1__ReserveRequest>
  ) -> RequestID {
    let text = try? unsafe WireLimits().text(request.pointee.request_id, "request_id", max: 36)
    return unsafe text.map { unsafe RequestID($0) } ?? RequestID()
  }

  /// Checks the bytes of a request without unpacking them.
  mutating func scan(
    _ method: HoldfastMethod, _ bytes: UnsafeRawBufferPointer
  ) throws(RequestRefusal) {
    guard bytes.count <= limits.messageBytesMax else {
      throw .limit(
        "message", max: limits.messageBytesMax, actual: Int64(bytes.count), unit: "bytes")
    }
    guard schemas[method.rawValue] != nil else {
      preconditionFailure("\(method) has no request schema")
    }
    try unsafe schemas[method.rawValue]!.check(bytes)
  }

  /// Checks and unpacks; the message lives until the next call.
  mutating func unpack<Message>(
    _ method: HoldfastMethod, _ bytes: UnsafeRawBufferPointer
  ) throws(RequestRefusal) -> UnsafeMutablePointer<Message> {
    try unsafe scan(method, bytes)
    let descriptor = unsafe schemas[method.rawValue]!.descriptor
    guard let message = unsafe arena.unpack(bytes, descriptor, as: Message.self) else {
      if arena.isExhausted {
        throw .limit("message", max: limits.arenaBytesMax, unit: "bytes when unpacked")
      }
      throw RequestRefusal(.malformedMessage)
    }
    return unsafe message
  }
}

extension MintedID {
  /// Stands in where the request has an id of its own.
  static var unused: MintedID {
    var random = SeededRandom(seed: 0)
    return MintedID(milliseconds: 0, random: &random)
  }
}
