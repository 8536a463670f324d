import ArgumentParser

/// A length of time as people write it: `500ms`, `90s`, `15m`, `2h`, `30d`.
struct DurationText: ExpressibleByArgument, CustomStringConvertible {
  var milliseconds: Int64
  var description: String

  init?(argument: String) {
    let units: [(String, Int64)] = [
      ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    for (unit, factor) in units where argument.hasSuffix(unit) {
      guard let count = Int64(argument.dropLast(unit.count)), count > 0 else { continue }
      let (value, overflow) = count.multipliedReportingOverflow(by: factor)
      guard !overflow else { return nil }
      milliseconds = value
      description = argument
      return
    }
    return nil
  }

  var defaultValueDescription: String { description }
}
