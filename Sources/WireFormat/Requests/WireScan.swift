internal import CHoldfastProto
internal import CProtobufC

/// How many elements one repeated field may have: in each message, and in the whole request.
@safe
struct ElementRule {
  let descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  let field: UInt32
  let perMessageMax: Int
  let requestMax: Int

  /// `field` by its name in `message`.
  init(_ message: String, _ field: String, _ perMessageMax: Int, total: Int? = nil) {
    unsafe descriptor = WireFormat.descriptor(of: message)
    let found = unsafe protobuf_c_message_descriptor_get_field_by_name(
      descriptor, field)
    guard let found = unsafe found else { preconditionFailure("\(message) has no \(field)") }
    self.field = unsafe found.pointee.id
    self.perMessageMax = perMessageMax
    requestMax = total ?? perMessageMax
  }
}

/// Reads a request's bytes once before anything is unpacked: they are well formed, text is UTF-8
/// without controls (protobuf-c would cut it at a NUL), nothing nests too deep, and every repeated
/// field has no more elements than its rule allows (protobuf-c would make 255 MiB of 4 MiB).
struct WireScan {
  private let rules: [ElementRule]
  private let depthMax: Int
  private var inMessage: [Int]
  private var inRequest: [Int]

  init(_ rules: [ElementRule], depthMax: Int) {
    self.rules = rules
    self.depthMax = depthMax
    inMessage = [Int](repeating: 0, count: rules.count)
    inRequest = inMessage
  }

  mutating func check(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws(RequestRefusal) {
    for i in inRequest.indices { inRequest[i] = 0 }
    unsafe try message(bytes, descriptor, depth: 0)
  }

  private mutating func message(
    _ bytes: UnsafeRawBufferPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    depth: Int
  ) throws(RequestRefusal) {
    guard depth <= depthMax else {
      throw RequestRefusal(.malformedMessage, "messages nest deeper than \(depthMax)")
    }
    for i in rules.indices where unsafe rules[i].descriptor == descriptor {
      inMessage[i] = 0
    }
    var reader = unsafe ProtoReader(bytes)
    while reader.next() {
      guard let field = unsafe Self.field(descriptor, reader.number) else { continue }
      let element =
        unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED
        ? unsafe try count(descriptor, field) : 0
      switch unsafe field.pointee.type {
      case PROTOBUF_C_TYPE_STRING:
        guard reader.wireType == 2 else { throw unsafe Self.malformed(field) }
        unsafe try text(reader.content, field, element)
      case PROTOBUF_C_TYPE_MESSAGE:
        guard reader.wireType == 2 else { throw unsafe Self.malformed(field) }
        let inner = unsafe field.pointee.descriptor.assumingMemoryBound(
          to: ProtobufCMessageDescriptor.self)
        do throws(RequestRefusal) {
          unsafe try message(reader.content, inner, depth: depth + 1)
        } catch {
          throw unsafe error.within(Self.path(field, element))
        }
      default: break
      }
    }
    if reader.isMalformed { throw RequestRefusal(.malformedMessage) }
  }

  /// The fields of our messages are numbered from 1 without gaps, so their descriptors lie in
  /// order; others are looked up.
  private static func field(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ number: UInt32
  ) -> UnsafePointer<ProtobufCFieldDescriptor>? {
    let all = unsafe descriptor.pointee
    if unsafe number <= all.n_fields {
      let field = unsafe all.fields + Int(number - 1)
      if unsafe field.pointee.id == number { return unsafe field }
    }
    return unsafe protobuf_c_message_descriptor_get_field(descriptor, number)
  }

  /// Counts one element of a repeated field and gives its index in its message. A repeated field
  /// without a rule has no place in a request.
  private mutating func count(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) throws(RequestRefusal) -> Int {
    let number = unsafe field.pointee.id
    guard
      let i = rules.firstIndex(where: {
        unsafe $0.descriptor == descriptor && $0.field == number
      })
    else { throw unsafe Self.malformed(field) }
    inMessage[i] += 1
    inRequest[i] += 1
    if inMessage[i] > rules[i].perMessageMax {
      throw unsafe Self.tooMany(field, rules[i].perMessageMax, "elements")
    }
    if inRequest[i] > rules[i].requestMax {
      throw unsafe Self.tooMany(field, rules[i].requestMax, "elements in all")
    }
    return inMessage[i] - 1
  }

  private func text(
    _ content: UnsafeRawBufferPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>,
    _ element: Int
  ) throws(RequestRefusal) {
    switch unsafe TextCheck(content) {
    case .fine: return
    case .notUTF8: throw unsafe .invalid(Self.path(field, element), "is not UTF-8")
    case .control: throw unsafe .invalid(Self.path(field, element), "has a control character")
    }
  }

  private static func path(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ element: Int
  ) -> String {
    let name = unsafe String(cString: field.pointee.name)
    return unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED ? "\(name)[\(element)]" : name
  }

  private static func tooMany(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ max: Int, _ unit: String
  ) -> RequestRefusal {
    unsafe .limit(String(cString: field.pointee.name), max: max, unit: unit)
  }

  private static func malformed(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) -> RequestRefusal {
    unsafe RequestRefusal(
      .malformedMessage, "\(String(cString: field.pointee.name)) has the wrong wire type")
  }
}
