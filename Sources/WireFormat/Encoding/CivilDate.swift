/// A day of the proleptic Gregorian calendar, and its number counted from 1970-01-01 (Howard
/// Hinnant's `days_from_civil`, which needs neither tables nor a loop).
package struct CivilDate: Hashable, Sendable {
  package var year: Int32
  package var month: Int32
  package var day: Int32

  /// The years that the API takes.
  package static let years: ClosedRange<Int32> = 1970...9999

  package init(year: Int32, month: Int32, day: Int32) {
    self.year = year
    self.month = month
    self.day = day
  }

  package init(dayNumber: Int32) {
    let z = Int64(dayNumber) + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = Int32(truncatingIfNeeded: dayOfYear - (153 * shifted + 2) / 5 + 1)
    month = Int32(truncatingIfNeeded: shifted < 10 ? shifted + 3 : shifted - 9)
    year = Int32(truncatingIfNeeded: yearOfEra + era * 400 + (month <= 2 ? 1 : 0))
  }

  /// The day's number; nil for a date that no calendar has.
  package var dayNumber: Int32? {
    guard Self.years.contains(year), (1...12).contains(month), day >= 1,
      day <= Self.length(of: month, in: year)
    else { return nil }
    let y = Int64(month <= 2 ? year - 1 : year)
    let era = y / 400
    let yearOfEra = y - era * 400
    let shifted = Int64(month > 2 ? month - 3 : month + 9)
    let dayOfYear = (153 * shifted + 2) / 5 + Int64(day) - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int32(truncatingIfNeeded: era * 146_097 + dayOfEra - 719_468)
  }

  static func length(of month: Int32, in year: Int32) -> Int32 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
