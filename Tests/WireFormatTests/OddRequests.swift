import Primitives
import StockLedger

@testable import WireFormat

/// Seeded ReserveRequests in their wire form: the usual shape, and every way of ours to leave it.
struct OddRequests {
  /// What is done to a message, here or in one that it holds.
  enum Oddity: CaseIterable {
    case repeatedScalar, repeatedMessage, otherOrder, unknownField, group, wrongWireType, packed
    case paddedVarint, tenByteVarint, elevenByteVarint, truncated, notUTF8, control, longText
    case negative, tooLarge, emptyMessage
  }

  /// One field: its tag and what follows it.
  private typealias Field = [UInt8]

  var random: SeededRandom
  private(set) var oddity: Oddity?

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  private mutating func one(in count: UInt64) -> Bool { random.below(count) == 0 }

  /// A Reserve. Half of them are of the usual shape, a quarter has an oddity, and a quarter is
  /// mutated.
  mutating func next() -> [UInt8] { next { $0.request() } }

  /// A QueryAvailability, likewise.
  mutating func nextQuery() -> [UInt8] { next { $0.query() } }

  private mutating func next(_ make: (inout OddRequests) -> [UInt8]) -> [UInt8] {
    let kind = random.below(4)
    oddity = kind == 0 ? Oddity.allCases[Int(random.below(UInt64(Oddity.allCases.count)))] : nil
    let bytes = make(&self)
    return kind == 1 ? MutationTests.mutate(bytes, &random) : bytes
  }

  private mutating func query() -> [UInt8] {
    let inner = one(in: 2)
    var fields = [text(0x0A, "web")]
    if !one(in: 3) { fields.append(text(0x12, "eu-west")) }
    for _ in 0...random.below(4) { fields.append(text(0x1A, "sku-\(random.below(1_000))")) }
    if one(in: 4) { fields.append(message(0x22, date(), isOdd: inner)) }
    if one(in: 2) { fields.append([0x28, UInt8(random.below(4))]) }
    if one(in: 2) {
      let position = [[0x08] + varint(random.below(9)), [0x10] + varint(random.below(1 << 63))]
      fields.append(message(0x32, position, isOdd: inner && one(in: 2)))
    }
    if !inner { apply(to: &fields) }
    return fields.flatMap { $0 }
  }

  private mutating func request() -> [UInt8] {
    // The oddity sits in the request itself, or in one of the messages in it.
    let inner = one(in: 2)
    var fields: [Field] = []
    if !one(in: 3) { fields.append(text(0x0A, "018f2b6e-0000-7000-8000-\(random.below(1 << 40))")) }
    if !one(in: 3) { fields.append(message(0x12, stamp(1_700_000_000), isOdd: false)) }
    fields.append(text(0x1A, "web"))
    if !one(in: 3) { fields.append(text(0x22, "eu-west")) }
    if !one(in: 3) { fields.append(text(0x2A, "order \(random.below(10_000))")) }
    if !one(in: 4) { fields.append(text(0x32, one(in: 4) ? "Zoë Ångström" : "c~9")) }
    if one(in: 2) { fields.append(text(0x3A, "lä\u{301}den \u{1F6D2}")) }
    for i in 0...random.below(4) {
      fields.append(message(0x42, line(), isOdd: inner && i == 0 && !one(in: 3)))
    }
    if !one(in: 3) { fields.append(message(0x4A, stamp(90), isOdd: inner && one(in: 3))) }
    if one(in: 2) { fields.append([0x50, UInt8(random.below(3))]) }
    if one(in: 4) { fields.append(message(0x5A, date(), isOdd: inner && one(in: 3))) }
    if !inner { apply(to: &fields) }
    return fields.flatMap { $0 }
  }

  private mutating func line() -> [Field] {
    var fields = [text(0x0A, "sku-\(random.below(1_000_000_000_000))")]
    fields.append([0x10] + varint(1 + random.below(1 << (1 + random.below(39)))))
    if one(in: 2) { fields.append(text(0x1A, "carton")) }
    if one(in: 2) { fields.append(text(0x22, "ham")) }
    return fields
  }

  private mutating func stamp(_ seconds: UInt64) -> [Field] {
    var fields = [[0x08] + varint(seconds)]
    if one(in: 2) { fields.append([0x10] + varint(random.below(1_000_000_000))) }
    return fields
  }

  private mutating func date() -> [Field] {
    [
      [0x08] + varint(1_969 + random.below(200)), [0x10, UInt8(1 + random.below(13))],
      [0x18, UInt8(1 + random.below(31))],
    ]
  }

  private mutating func message(_ tag: UInt8, _ fields: [Field], isOdd: Bool) -> Field {
    var fields = fields
    if isOdd { apply(to: &fields) }
    return delimited(tag, fields.flatMap { $0 })
  }

  /// Changes one field, or adds one.
  private mutating func apply(to fields: inout [Field]) {
    guard let oddity else { return }
    let at = Int(random.below(UInt64(fields.count)))
    let field = fields[at]
    switch oddity {
    case .repeatedScalar, .repeatedMessage: repeatField(&fields, oddity == .repeatedMessage)
    case .otherOrder: fields.append(fields.remove(at: at))
    case .unknownField: fields.insert(unknown(), at: at)
    case .group: fields.insert(one(in: 2) ? [0x0B, 0x0C] : [0xA3, 0x06, 0xA4, 0x06], at: at)
    case .wrongWireType: fields[at][0] = field[0] & 0xF8 | UInt8(random.below(8))
    case .packed: fields.insert([field[0] & 0xF8 | 2, 2, 1, 2], at: at)
    case .paddedVarint: pad(&fields[at], to: 2 + Int(random.below(8)))
    case .tenByteVarint: pad(&fields[at], to: 10)
    case .elevenByteVarint: pad(&fields[at], to: 11)
    case .truncated: fields[at].removeLast(1 + Int(random.below(UInt64(field.count))))
    case .notUTF8: fields.insert(spoilt([0x80, 0xC0, 0xED, 0xF5, 0xFF], field[0]), at: at)
    case .control: fields.insert(spoilt([0, 9, 0x1F, 0x7F], field[0]), at: at)
    case .longText:
      let text = [UInt8](repeating: 0x61, count: 30 + Int(random.below(60)))
      fields[at] = delimited(field[0], text)
    case .negative: fields[at] = [field[0], 0xFF] + [UInt8](repeating: 0xFF, count: 8) + [0x01]
    case .tooLarge: fields[at] = [field[0]] + varint(1 << (30 + random.below(34)))
    case .emptyMessage: fields[at] = [field[0], 0]
    }
  }

  /// A field once more, right behind or at the end: the last scalar holds, and messages merge.
  private mutating func repeatField(_ fields: inout [Field], _ isMessage: Bool) {
    let all = fields.filter { ($0[0] == 0x12 || $0[0] == 0x4A || $0[0] == 0x5A) == isMessage }
    guard !all.isEmpty else { return }
    var again = all[Int(random.below(UInt64(all.count)))]
    if again.count > 2 { again[again.count - 1] ^= UInt8(random.below(4)) }
    if isMessage, one(in: 2) { again = [again[0], 2, 0x10, UInt8(random.below(128))] }
    let at = fields.firstIndex { $0[0] == again[0] }! + 1
    fields.insert(again, at: one(in: 2) ? at : fields.count)
  }

  private mutating func unknown() -> Field {
    let fields: [Field] = [
      [0x98, 0x06, 1], [0x99, 0x06, 0, 0, 0, 0, 0, 0, 0, 0], [0x9A, 0x06, 2, 0xFF, 0x0B],
      [0x9D, 0x06, 0, 0, 0, 0], [0x60, 0], [0x62, 1, 0x80], [0x78, 0],
    ]
    return fields[Int(random.below(UInt64(fields.count)))]
  }

  /// A text with one byte that doesn't belong there.
  private mutating func spoilt(_ bytes: [UInt8], _ tag: UInt8) -> Field {
    var text = [UInt8](repeating: 0x61, count: Int(random.below(20)))
    text.insert(
      bytes[Int(random.below(UInt64(bytes.count)))],
      at: Int(random.below(UInt64(text.count + 1))))
    return delimited(tag, text)
  }

  /// Writes the number behind the tag, a length or a value, with needless zero bits.
  private func pad(_ field: inout Field, to count: Int) {
    var i = 1
    while i < field.count, field[i] >= 0x80 { i += 1 }
    guard i < field.count, i < count else { return }
    field[i] |= 0x80
    let zeros = [UInt8](repeating: 0x80, count: max(0, count - i - 1))
    field.insert(contentsOf: zeros + [0], at: i + 1)
  }

  private func text(_ tag: UInt8, _ text: String) -> Field { delimited(tag, Array(text.utf8)) }

  private func delimited(_ tag: UInt8, _ content: [UInt8]) -> Field {
    [tag] + varint(UInt64(content.count)) + content
  }

  private func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// A batch of `count` of them, the oddity in one or in the batch itself.
  mutating func batch(_ count: Int) -> [UInt8] {
    var fields: [Field] = []
    for _ in 0..<count { fields.append(delimited(0x0A, one(in: 4) ? next() : usual())) }
    if one(in: 8), !fields.isEmpty {
      oddity = Oddity.allCases[Int(random.below(UInt64(Oddity.allCases.count)))]
      apply(to: &fields)
    }
    return fields.flatMap { $0 }
  }

  private mutating func usual() -> [UInt8] {
    oddity = nil
    return request()
  }
}
