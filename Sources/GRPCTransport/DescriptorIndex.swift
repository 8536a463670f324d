// Which file of a descriptor set defines which symbol.

/// A parsed `FileDescriptorSet`; files are handed out as the bytes they came in.
struct DescriptorIndex: Sendable {
  private struct File {
    var name = ""
    var bytes: [UInt8] = []
    var dependencies: [String] = []
  }

  private var files: [File] = []
  private var byName: [String: Int] = [:]
  private var bySymbol: [String: Int] = [:]
  /// extendee → extension number → file
  private var extensions: [String: [UInt64: Int]] = [:]
  /// Full names of all services, in the order of the set.
  private(set) var services: [String] = []

  init(_ set: [UInt8]) {
    for field in ProtoReader(set[...]) where field.number == 1 { add(field.bytes) }
  }

  /// The file of that name and all that it needs, itself first.
  func closure(ofFile name: String) -> [[UInt8]]? { byName[name].map(closure) }
  func closure(ofSymbol name: String) -> [[UInt8]]? {
    bySymbol[name.hasPrefix(".") ? String(name.dropFirst()) : name].map(closure)
  }
  func closure(ofExtension number: UInt64, of type: String) -> [[UInt8]]? {
    extensions[type]?[number].map(closure)
  }
  func extensionNumbers(of type: String) -> [UInt64]? {
    if let found = extensions[type] { return found.keys.sorted() }
    return bySymbol[type] == nil ? nil : []
  }

  private func closure(_ first: Int) -> [[UInt8]] {
    var seen = [first]
    var next = 0
    while next < seen.count {
      for name in files[seen[next]].dependencies {
        if let index = byName[name], !seen.contains(index) { seen.append(index) }
      }
      next += 1
    }
    return seen.map { files[$0].bytes }
  }

  private mutating func add(_ bytes: ArraySlice<UInt8>) {
    var file = File()
    file.bytes = Array(bytes)
    var package = ""
    for field in ProtoReader(bytes) {
      switch field.number {
      case 1: file.name = field.text
      case 2: package = field.text
      case 3: file.dependencies.append(field.text)
      default: break
      }
    }
    let index = files.count
    files.append(file)
    byName[file.name] = index
    for field in ProtoReader(bytes) {
      switch field.number {
      case 4: addMessage(field.bytes, in: package, index)
      case 5: addEnum(field.bytes, in: package, index)
      case 6: addService(field.bytes, in: package, index)
      case 7: addExtension(field.bytes, in: package, index)
      default: break
      }
    }
  }

  private func name(of bytes: ArraySlice<UInt8>) -> String {
    ProtoReader(bytes).first { $0.number == 1 }?.text ?? ""
  }

  @discardableResult
  private mutating func define(
    _ bytes: ArraySlice<UInt8>, in scope: String, _ index: Int
  ) -> String {
    let full = scope.isEmpty ? name(of: bytes) : "\(scope).\(name(of: bytes))"
    bySymbol[full] = index
    return full
  }

  private mutating func addMessage(_ bytes: ArraySlice<UInt8>, in scope: String, _ index: Int) {
    let full = define(bytes, in: scope, index)
    for field in ProtoReader(bytes) {
      switch field.number {
      case 2, 8: define(field.bytes, in: full, index)
      case 3: addMessage(field.bytes, in: full, index)
      case 4: addEnum(field.bytes, in: full, index)
      case 6: addExtension(field.bytes, in: full, index)
      default: break
      }
    }
  }

  /// Values of an enum are siblings of the enum.
  private mutating func addEnum(_ bytes: ArraySlice<UInt8>, in scope: String, _ index: Int) {
    define(bytes, in: scope, index)
    for field in ProtoReader(bytes) where field.number == 2 {
      define(field.bytes, in: scope, index)
    }
  }

  private mutating func addService(_ bytes: ArraySlice<UInt8>, in scope: String, _ index: Int) {
    let full = define(bytes, in: scope, index)
    services.append(full)
    for field in ProtoReader(bytes) where field.number == 2 {
      define(field.bytes, in: full, index)
    }
  }

  private mutating func addExtension(_ bytes: ArraySlice<UInt8>, in scope: String, _ index: Int) {
    define(bytes, in: scope, index)
    var extendee = ""
    var number: UInt64 = 0
    for field in ProtoReader(bytes) {
      if field.number == 2 { extendee = field.text }
      if field.number == 3 { number = field.varint }
    }
    if extendee.hasPrefix(".") { extendee.removeFirst() }
    extensions[extendee, default: [:]][number] = index
  }
}
