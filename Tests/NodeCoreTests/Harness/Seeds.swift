import Foundation

/// The seeds of a randomised test. `HOLDFAST_SEEDS=1000-1199` plays others, and
/// `HOLDFAST_SEEDS=217` repeats one that failed.
enum Seeds {
  static func of(_ usual: [UInt64]) -> [UInt64] {
    guard let asked = ProcessInfo.processInfo.environment["HOLDFAST_SEEDS"] else { return usual }
    let ends = asked.split(separator: "-").compactMap { UInt64($0) }
    guard let first = ends.first, let last = ends.last, first <= last else { return usual }
    return Array(first...last)
  }
}
