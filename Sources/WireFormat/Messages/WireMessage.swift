package import Primitives

/// The messages of `holdfast.v1` as plain values, for clients and for what isn't called for every
/// reservation. Each lists its fields once; `FieldEncoder` writes and `FieldDecoder` reads them.
package enum API {}

package protocol WireMessage: Sendable, Equatable {
  /// The full name in the descriptors.
  static var name: String { get }
  init()
  /// Shows each field with its number, in order.
  mutating func fields(_ visitor: inout some FieldVisitor)
}

/// An enum of the API. Values from the future are read as `unspecified`.
package protocol WireEnum: RawRepresentable, CaseIterable, Sendable where RawValue == Int32 {
  static var unspecified: Self { get }
}

/// What is done with a message's fields.
package protocol FieldVisitor {
  mutating func field(_ number: UInt32, _ value: inout String)
  mutating func field(_ number: UInt32, _ value: inout [String])
  mutating func field(_ number: UInt32, _ value: inout [UInt8])
  mutating func field(_ number: UInt32, _ value: inout Bool)
  mutating func field<I: FixedWidthInteger>(_ number: UInt32, _ value: inout I)
  mutating func field<E: WireEnum>(_ number: UInt32, _ value: inout E)
  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout M?)
  mutating func field<M: WireMessage>(_ number: UInt32, _ value: inout [M])
  mutating func field(_ number: UInt32, _ value: inout LogTime?)
  mutating func field(_ number: UInt32, _ value: inout Duration?)
  mutating func field(_ number: UInt32, _ value: inout CivilDate?)
}

/// The bytes are no message of the type that was expected.
package struct WireError: Error, Sendable, Equatable {
  package var type: String
}

extension WireMessage {
  /// The message's bytes.
  package func encoded() -> [UInt8] {
    var copy = self
    var bytes: [UInt8] = []
    ProtoWriter.append(to: &bytes) { writer in
      unsafe withUnsafeMutablePointer(to: &writer) {
        var encoder = unsafe FieldEncoder($0)
        copy.fields(&encoder)
      }
    }
    return bytes
  }

  package init(decoding bytes: [UInt8]) throws(WireError) {
    var message = Self()
    let isFine = unsafe bytes.withUnsafeBytes { unsafe FieldDecoder.read($0, into: &message) }
    guard isFine else { throw WireError(type: Self.name) }
    self = message
  }

  package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    self.init()
    guard unsafe FieldDecoder.read(bytes, into: &self) else { throw WireError(type: Self.name) }
  }
}
