import Foundation
import Testing

@testable import Workload

/// Every order file that is at hand: under HOLDFAST_DATA, or beside the checkout.
private let orderFiles: [String] = {
  let here = URL(filePath: #filePath).deletingLastPathComponent().path
  let beside = ["../../../shared/data", "../../../../shared/data"].map { "\(here)/\($0)" }
  let given = ProcessInfo.processInfo.environment["HOLDFAST_DATA"].map { [$0] } ?? []
  for root in given + beside {
    let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    let found = names.filter { $0.hasSuffix(".csv") || $0.hasSuffix(".csv.gz") }.sorted()
    if !found.isEmpty { return found.map { "\(root)/\($0)" } }
  }
  return []
}()

/// Plain bytes of a file; `gzip` unpacks, so that this room needs no zlib.
private func plainBytes(_ path: String) throws -> [UInt8] {
  guard path.hasSuffix(".gz") else { return [UInt8](try Data(contentsOf: URL(filePath: path))) }
  let unpack = Process()
  unpack.executableURL = URL(filePath: "/bin/gzip")
  unpack.arguments = ["-dc", path]
  let pipe = Pipe()
  unpack.standardOutput = pipe
  try unpack.run()
  let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
  unpack.waitUntilExit()
  return [UInt8](bytes)
}

@Suite struct RealOrdersTests {
  @Test(.enabled(if: !orderFiles.isEmpty, "no order files: set HOLDFAST_DATA to their folder"))
  func everyFileIsReadWholeAndMostlyKept() throws {
    for path in orderFiles {
      var file = RetailFile()
      try file.read(try plainBytes(path))
      let t = file.tally
      #expect(t.badRows == 0, "\(path): \(t.badRowSamples)")
      #expect(t.orderLines + t.cancellationLines > t.rows * 9 / 10, "\(path): \(t.lines)")
      #expect(t.nonStockRows < t.rows / 50, "\(path): \(t.nonStockCodes)")
      let plan = ReplayPlan(file, regions: ["eu", "us", "ap"])
      let demand = plan.demand().reduce(0) { $0 + $1.reduce(0, +) }
      let supply = plan.supply.reduce(0) { $0 + $1.units }
      #expect(supply <= demand * 6 / 10 && supply > demand / 2, "\(path): \(supply) of \(demand)")
    }
  }

  @Test(.enabled(if: !orderFiles.isEmpty, "no order files: set HOLDFAST_DATA to their folder"))
  func juneHasTheCountsThatItsReadmeNames() throws {
    guard let june = orderFiles.first(where: { $0.hasSuffix("2011-06.csv.gz") }) else { return }
    var file = RetailFile()
    try file.read(try plainBytes(june))
    #expect(file.tally.rows == 36_874)
    let largest = file.documents.filter { $0.kind == .order }.map(\.lines.count).max() ?? 0
    #expect((500...705).contains(largest))
  }
}
