internal import CHoldfastProto
internal import CProtobufC

/// A message as proto3 JSON, by its descriptor: lower-camel names, 64-bit integers as strings,
/// enums by name, bytes in base64, Timestamps in RFC 3339 and Durations like "3.500s". Fields with
/// their default are left out unless `includingDefaults`. Nil when there is no message of this
/// name, or when the bytes are none.
package func protoJSON(
  _ bytes: [UInt8], _ messageName: String, includingDefaults: Bool = false
) -> String? {
  guard let descriptor = unsafe hf_message_descriptor(messageName) else { return nil }
  let message = unsafe bytes.withUnsafeBufferPointer {
    unsafe protobuf_c_message_unpack(descriptor, nil, $0.count, $0.baseAddress)
  }
  guard let message = unsafe message else { return nil }
  defer { unsafe protobuf_c_message_free_unpacked(message, nil) }
  var writer = JSONWriter(includingDefaults: includingDefaults)
  unsafe writer.message(UnsafeRawPointer(message), descriptor)
  return writer.text
}

private struct JSONWriter {
  let includingDefaults: Bool
  var text = ""

  mutating func message(
    _ message: UnsafeRawPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) {
    switch unsafe String(cString: descriptor.pointee.name) {
    case "google.protobuf.Timestamp":
      let stamp = unsafe message.load(as: Google__Protobuf__Timestamp.self)
      text += JSONText.quoted(
        unsafe JSONText.timestamp(seconds: stamp.seconds, nanos: stamp.nanos))
    case "google.protobuf.Duration":
      let duration = unsafe message.load(as: Google__Protobuf__Duration.self)
      text += JSONText.quoted(
        unsafe JSONText.duration(seconds: duration.seconds, nanos: duration.nanos))
    case "google.protobuf.Any": unsafe any(message.load(as: Google__Protobuf__Any.self))
    default:
      text += "{"
      var isFirst = true
      unsafe fields(message, descriptor, &isFirst)
      text += "}"
    }
  }

  /// The fields of a message, without its braces.
  private mutating func fields(
    _ message: UnsafeRawPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    _ isFirst: inout Bool
  ) {
    for i in unsafe 0..<Int(descriptor.pointee.n_fields) {
      let field = unsafe descriptor.pointee.fields + i
      guard unsafe isShown(message, field) else { continue }
      let name = unsafe JSONText.lowerCamel(String(cString: field.pointee.name))
      text += (isFirst ? "" : ",") + JSONText.quoted(name) + ":"
      isFirst = false
      if unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED {
        unsafe repeated(message, field)
      } else {
        unsafe value(message + Int(field.pointee.offset), field)
      }
    }
  }

  private func isShown(
    _ message: UnsafeRawPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) -> Bool {
    let place = unsafe message + Int(field.pointee.offset)
    let quantifier = unsafe message + Int(field.pointee.quantifier_offset)
    if unsafe field.pointee.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0 {
      return unsafe quantifier.load(as: UInt32.self) == field.pointee.id
    }
    if unsafe field.pointee.label == PROTOBUF_C_LABEL_REPEATED {
      return unsafe includingDefaults || quantifier.load(as: Int.self) > 0
    }
    switch unsafe field.pointee.type {
    case PROTOBUF_C_TYPE_MESSAGE: return unsafe place.load(as: UnsafeRawPointer?.self) != nil
    case PROTOBUF_C_TYPE_STRING:
      guard let string = unsafe place.load(as: UnsafePointer<CChar>?.self) else { return false }
      return unsafe includingDefaults || string[0] != 0
    case PROTOBUF_C_TYPE_BYTES:
      return unsafe includingDefaults || place.load(as: ProtobufCBinaryData.self).len > 0
    default:
      return unsafe includingDefaults || number(place, field.pointee.type) != 0
    }
  }

  private mutating func repeated(
    _ message: UnsafeRawPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) {
    let count = unsafe (message + Int(field.pointee.quantifier_offset)).load(as: Int.self)
    let elements = unsafe (message + Int(field.pointee.offset)).load(as: UnsafeRawPointer?.self)
    let isMap = unsafe Self.isMap(field)
    text += isMap ? "{" : "["
    for i in 0..<count {
      if i > 0 { text += "," }
      let element = unsafe elements! + i * Self.size(of: field.pointee.type)
      if isMap {
        unsafe mapEntry(element.load(as: UnsafeRawPointer.self), field)
      } else {
        unsafe value(element, field)
      }
    }
    text += isMap ? "}" : "]"
  }

  /// Only upstream's `ErrorInfo.metadata` is a map.
  private static func isMap(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Bool {
    guard unsafe field.pointee.type == PROTOBUF_C_TYPE_MESSAGE else { return false }
    let inner = unsafe field.pointee.descriptor.assumingMemoryBound(
      to: ProtobufCMessageDescriptor.self)
    return unsafe String(cString: inner.pointee.name) == "google.rpc.ErrorInfo.MetadataEntry"
  }

  private mutating func mapEntry(
    _ entry: UnsafeRawPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) {
    let inner = unsafe field.pointee.descriptor.assumingMemoryBound(
      to: ProtobufCMessageDescriptor.self)
    let key = unsafe inner.pointee.fields!
    let content = unsafe key + 1
    unsafe value(entry + Int(key.pointee.offset), key)
    text += ":"
    unsafe value(entry + Int(content.pointee.offset), content)
  }

  private static func size(of type: ProtobufCType) -> Int {
    switch type {
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_UINT64: 8
    case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_ENUM,
      PROTOBUF_C_TYPE_BOOL:
      4
    case PROTOBUF_C_TYPE_BYTES: unsafe MemoryLayout<ProtobufCBinaryData>.size
    default: unsafe MemoryLayout<UnsafeRawPointer>.size
    }
  }

  /// A scalar as 64 bits, for comparison with its default.
  private func number(_ place: UnsafeRawPointer, _ type: ProtobufCType) -> Int64 {
    Self.size(of: type) == 8
      ? unsafe place.load(as: Int64.self) : unsafe Int64(place.load(as: Int32.self))
  }

  private mutating func value(
    _ place: UnsafeRawPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) {
    switch unsafe field.pointee.type {
    case PROTOBUF_C_TYPE_MESSAGE:
      let inner = unsafe field.pointee.descriptor.assumingMemoryBound(
        to: ProtobufCMessageDescriptor.self)
      unsafe message(place.load(as: UnsafeRawPointer.self), inner)
    case PROTOBUF_C_TYPE_STRING:
      text += unsafe JSONText.quoted(String(cString: place.load(as: UnsafePointer<CChar>.self)))
    case PROTOBUF_C_TYPE_BYTES:
      let data = unsafe place.load(as: ProtobufCBinaryData.self)
      let bytes = unsafe UnsafeBufferPointer(start: data.data, count: data.len)
      text += JSONText.quoted(unsafe JSONText.base64([UInt8](bytes)))
    case PROTOBUF_C_TYPE_ENUM: unsafe enumeration(place.load(as: Int32.self), field)
    case PROTOBUF_C_TYPE_BOOL: text += unsafe place.load(as: Int32.self) != 0 ? "true" : "false"
    case PROTOBUF_C_TYPE_INT64: text += unsafe JSONText.quoted("\(place.load(as: Int64.self))")
    case PROTOBUF_C_TYPE_UINT64: text += unsafe JSONText.quoted("\(place.load(as: UInt64.self))")
    case PROTOBUF_C_TYPE_UINT32: text += unsafe "\(place.load(as: UInt32.self))"
    case PROTOBUF_C_TYPE_INT32: text += unsafe "\(place.load(as: Int32.self))"
    default: unsafe preconditionFailure("field type \(field.pointee.type.rawValue)")
    }
  }

  /// By its name; a value from the future by its number.
  private mutating func enumeration(
    _ value: Int32, _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) {
    let descriptor = unsafe field.pointee.descriptor.assumingMemoryBound(
      to: ProtobufCEnumDescriptor.self)
    guard let found = unsafe protobuf_c_enum_descriptor_get_value(descriptor, value) else {
      text += "\(value)"
      return
    }
    text += unsafe JSONText.quoted(String(cString: found.pointee.name))
  }

  /// A packed message with its type beside its fields; of an unknown type as bytes.
  private mutating func any(_ packed: Google__Protobuf__Any) {
    let url = unsafe String(cString: packed.type_url)
    let bytes = unsafe UnsafeBufferPointer(start: packed.value.data, count: packed.value.len)
    text += "{\"@type\":" + JSONText.quoted(url)
    defer { text += "}" }
    let name = url.split(separator: "/").last.map(String.init) ?? ""
    guard let descriptor = unsafe hf_message_descriptor(name),
      let inner = unsafe protobuf_c_message_unpack(descriptor, nil, bytes.count, bytes.baseAddress)
    else {
      text += ",\"value\":" + JSONText.quoted(unsafe JSONText.base64([UInt8](bytes)))
      return
    }
    defer { unsafe protobuf_c_message_free_unpacked(inner, nil) }
    var isFirst = false
    unsafe fields(UnsafeRawPointer(inner), descriptor, &isFirst)
  }
}
