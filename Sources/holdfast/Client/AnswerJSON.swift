import ReservationClient
import WireFormat

/// The answer to `method` in proto3 JSON.
func jsonOfAnswer(_ bytes: [UInt8], _ method: HoldfastMethod) throws -> String {
  guard let text = protoJSON(bytes, "holdfast.v1.\(method.name)Response") else {
    throw ClientFailure.malformedAnswer(method)
  }
  return text
}

extension ClientOptions {
  /// Prints the answer as JSON or, for people, as `text` has it.
  func show<Call: ClientCall>(
    _ bytes: [UInt8], of call: Call.Type, _ text: (Call.Answer) -> String
  ) throws {
    if json { return printLine(try jsonOfAnswer(bytes, Call.method)) }
    printLine(text(try ReservationClient.read(bytes, as: call)))
  }
}

/// An enum's case as the API spells it: `partiallyFulfilled` is `PARTIALLY_FULFILLED`.
func apiName(_ value: some WireEnum) -> String {
  var name = ""
  for letter in "\(value)" {
    if letter.isUppercase { name += "_" }
    name += letter.uppercased()
  }
  return name
}

extension CivilDate {
  /// `2026-11-25`
  var text: String {
    func padded(_ value: Int32, _ width: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }
}
