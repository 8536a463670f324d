import Primitives
import Testing

@testable import Workload

/// Every row as text, and the faults on the way.
func readAll(_ text: String) -> (rows: [[String]], lines: [Int], faults: [CSVFault]) {
  var reader = CSVReader(Array(text.utf8))
  var row = CSVRow()
  var rows: [[String]] = []
  var lines: [Int] = []
  var faults: [CSVFault] = []
  while true {
    switch reader.next(into: &row) {
    case .end: return (rows, lines, faults)
    case .fault(let fault): faults.append(fault)
    case .row:
      rows.append((0..<row.count).map { String(decoding: row[$0], as: UTF8.self) })
      lines.append(row.line)
    }
  }
}

@Suite struct CSVReaderTests {
  @Test func plainRowsEndWithEitherLineEndOrTheFile() {
    let read = readAll("a,b\r\nc,\n,d\n\n\r\ne,f")
    #expect(read.rows == [["a", "b"], ["c", ""], ["", "d"], ["e", "f"]])
    #expect(read.lines == [1, 2, 3, 6])
    #expect(read.faults.isEmpty)
  }

  @Test func quotesHideCommasNewlinesAndQuotes() {
    let read = readAll("\"a, b\",\"c\nd\",\"say \"\"x\"\"\"\nnext,\"\",z\n")
    #expect(read.rows == [["a, b", "c\nd", "say \"x\""], ["next", "", "z"]])
    #expect(read.lines == [1, 3])
  }

  @Test func byteOrderMarkIsNoPartOfTheFirstField() {
    #expect(readAll("\u{FEFF}a,b\n").rows == [["a", "b"]])
  }

  @Test(arguments: [
    ("x,y\"z\nok,1\n", "a quote inside an unquoted field"),
    ("\"x\"y,1\nok,1\n", "text after a closing quote"),
    ("\"x,1\nok,1\n", "a quote that is never closed"),
    ("x\ry,1\nok,1\n", "a carriage return without its newline"),
  ])
  func brokenRowIsReportedAndTheNextLineIsRead(text: String, reason: String) {
    let read = readAll(text)
    #expect(read.faults == [CSVFault(line: 1, reason: reason)])
    #expect(read.rows == [["ok", "1"]])
    #expect(read.lines == [2])
  }

  @Test func unclosedQuoteSwallowsNoMoreThanTheLimit() {
    let long = "\"" + String(repeating: "x", count: CSVReader.rowBytesMax + 10) + "\nok\n"
    let read = readAll(long)
    #expect(read.faults.count == 1)
    #expect(read.rows == [["ok"]])
  }

  @Test func rowOfTooManyFieldsIsAFault() {
    let read = readAll(String(repeating: ",", count: CSVReader.fieldsMax) + "\nok\n")
    #expect(read.faults.map(\.reason) == ["more than \(CSVReader.fieldsMax) fields"])
    #expect(read.rows == [["ok"]])
  }

  @Test func fingerprintSeesFieldBordersAndNotTheQuoting() {
    func fingerprint(_ text: String) -> Hash128Pair {
      var reader = CSVReader(Array(text.utf8))
      var row = CSVRow()
      guard case .row = reader.next(into: &row) else { return Hash128Pair(0, 0) }
      return Hash128Pair(row.fingerprint.high, row.fingerprint.low)
    }
    #expect(fingerprint("a,b") == fingerprint("\"a\",b"))
    #expect(fingerprint("ab,c") != fingerprint("a,bc"))
  }

  /// STYLE 15: bytes from outside are hostile; the reader must come to an end on all of them.
  @Test func randomBytesNeverTrapAndAlwaysEnd() {
    var random = SeededBytes(seed: 7)
    let alphabet = Array("ab,\"\"\n\r\u{FEFF}".utf8)
    for _ in 0..<3_000 {
      let text = (0..<Int(random.below(40))).map { _ in
        alphabet[Int(random.below(UInt64(alphabet.count)))]
      }
      var reader = CSVReader(text)
      var row = CSVRow()
      var steps = 0
      reading: while true {
        steps += 1
        if case .end = reader.next(into: &row) { break reading }
        #expect(steps <= text.count + 1)
      }
    }
  }
}
