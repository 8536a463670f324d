// grpc.reflection: one answer for each request; v1 and v1alpha differ in name only.

/// Answers reflection requests from a descriptor set.
struct Reflection: Sendable {
  private let index: DescriptorIndex

  init(files: [UInt8]) { index = DescriptorIndex(files) }

  /// The serialized `ServerReflectionResponse` to a serialized `ServerReflectionRequest`.
  func answer(_ request: [UInt8]) -> [UInt8] {
    var response = ProtoWriter()
    var reader = ProtoReader(request[...])
    var wish: ProtoField?
    while let field = reader.next() {
      if field.number == 1 { response.add(1, bytes: field.bytes) }
      if (3...7).contains(field.number) { wish = field }
    }
    response.add(2, bytes: request)
    if reader.isBroken { wish = nil }
    add(wish, to: &response)
    return response.bytes
  }

  private func add(_ wish: ProtoField?, to response: inout ProtoWriter) {
    switch wish?.number {
    case 3: addFiles(index.closure(ofFile: wish!.text), wish!.text, &response)
    case 4: addFiles(index.closure(ofSymbol: wish!.text), wish!.text, &response)
    case 5:
      let (type, number) = extensionWish(wish!.bytes)
      addFiles(index.closure(ofExtension: number, of: type), "\(type) \(number)", &response)
    case 6:
      guard let numbers = index.extensionNumbers(of: wish!.text) else {
        return addError(.notFound, "\(wish!.text) is not known", &response)
      }
      var list = ProtoWriter()
      list.add(1, text: wish!.text)
      for number in numbers { list.add(2, varint: number) }
      response.add(5, bytes: list.bytes)
    case 7:
      var list = ProtoWriter()
      for name in index.services {
        var service = ProtoWriter()
        service.add(1, text: name)
        list.add(1, bytes: service.bytes)
      }
      response.add(6, bytes: list.bytes)
    default: addError(.invalidArgument, "request asks for nothing", &response)
    }
  }

  private func extensionWish(_ bytes: ArraySlice<UInt8>) -> (String, UInt64) {
    var type = ""
    var number: UInt64 = 0
    for field in ProtoReader(bytes) {
      if field.number == 1 { type = field.text }
      if field.number == 2 { number = field.varint }
    }
    return (type, number)
  }

  private func addFiles(_ files: [[UInt8]]?, _ what: String, _ response: inout ProtoWriter) {
    guard let files else { return addError(.notFound, "\(what) is not known", &response) }
    var list = ProtoWriter()
    for file in files { list.add(1, bytes: file) }
    response.add(4, bytes: list.bytes)
  }

  private func addError(_ code: StatusCode, _ message: String, _ response: inout ProtoWriter) {
    var error = ProtoWriter()
    error.add(1, varint: UInt64(code.rawValue))
    error.add(2, text: message)
    response.add(7, bytes: error.bytes)
  }
}
