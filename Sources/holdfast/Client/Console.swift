// What every command writes with: answers to standard output, all else to standard error.

import Foundation

func printLine(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

/// Columns for people; numbers to the right.
struct Table {
  var header: [String]
  var rows: [[String]] = []

  init(_ header: String...) { self.header = header }

  mutating func add(_ row: String...) { rows.append(row) }

  var text: String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let numeric = header.indices.map { column in
      !rows.isEmpty && rows.allSatisfy { $0[column].isEmpty || Int64($0[column]) != nil }
    }
    let lines = all.map { row in
      let cells = row.indices.map { column in
        let fill = String(repeating: " ", count: widths[column] - row[column].count)
        return numeric[column] ? fill + row[column] : row[column] + fill
      }
      return trimmedRight(cells.joined(separator: "  "))
    }
    return lines.joined(separator: "\n")
  }

  private func trimmedRight(_ text: String) -> String {
    var text = text
    while text.last == " " { text.removeLast() }
    return text
  }
}

/// A line on standard error every two seconds, for work that takes longer.
struct Progress {
  private let clock = ContinuousClock()
  private var last: ContinuousClock.Instant

  init() { last = clock.now }

  mutating func report(_ text: @autoclosure () -> String) {
    let now = clock.now
    guard now - last >= .seconds(2) else { return }
    last = now
    say(text())
  }
}

/// Milliseconds since 1970.
func wallMilliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

/// `2026-11-25T08:26:00.123Z`
func instantText(_ milliseconds: Int64) -> String {
  Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(
    .iso8601.year().month().day().timeZone(separator: .omitted)
      .time(includingFractionalSeconds: true))
}
