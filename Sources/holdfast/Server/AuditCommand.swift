import ArgumentParser
import Foundation
import LogStorage
import NodeRuntime
import Primitives

/// `holdfast audit`: what was decided, and the proof that it was.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Prove a journal, or trace a reservation through it.",
    subcommands: [AuditVerifyCommand.self, AuditTraceCommand.self])
}

/// `holdfast audit verify`: replays a node's journal and compares every link of its chain.
struct AuditVerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Replay a node's journal and check every link of its chain.",
    discussion: """
      Reads only; the node may be running. Give the node's folder, its data folder, or the folder \
      of a development cluster, whose nodes are then checked one after another.
      """)

  @Option(help: "The folder.") var dir: String
  @Flag(help: "Print the result as JSON.") var json = false

  func run() throws {
    let lanes = try laneFolders()
    guard !lanes.isEmpty else {
      printError("holdfast: no journal below \(dir); name a node's data folder")
      throw ExitCode(2)
    }
    var report = AuditReport(ok: true, entries: 0, groups: [])
    for lane in lanes { try add(lane, to: &report) }
    print(try report.text(json: json))
    if !report.ok { throw ExitCode(1) }
  }

  private func add(_ lane: String, to report: inout AuditReport) throws {
    printError("reading \(lane)")
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("holdfast-audit-\(UUID().uuidString)").path
    for group in try JournalAudit.run(directory: lane, scratch: scratch) {
      for finding in group.findings {
        printError("\(lane), group \(group.shard.rawValue): \(finding)")
      }
      report.ok = report.ok && group.isOK
      report.entries += group.entries
      report.groups.append(AuditReport.Group(group))
    }
  }

  /// Folders named lane-N below the given one: itself, in `data`, or in each node's.
  private func laneFolders() throws -> [String] {
    let files = FileManager.default
    func children(_ folder: String, _ prefix: String) -> [String] {
      ((try? files.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasPrefix(prefix) }
        .sorted().map { folder + "/" + $0 }
    }
    let nodes = [dir] + children(dir, "node-")
    return nodes.flatMap { children($0, "lane-") + children($0 + "/data", "lane-") }
  }
}

/// The result as scripts read it.
private struct AuditReport: Encodable {
  struct Group: Encodable {
    var group: UInt32
    var first: UInt64
    var last: UInt64
    var chain_ok: Bool
    var digest: String

    init(_ audit: GroupAudit) {
      group = audit.shard.rawValue
      first = audit.first.rawValue
      last = audit.last.rawValue
      chain_ok = audit.chainIsOK
      digest = audit.digest.hexadecimal
    }
  }
  var ok: Bool
  var entries: UInt64
  var groups: [Group]

  func text(json: Bool) throws -> String {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
    let rows = groups.map { group in
      "group \(group.group): entries \(group.first) to \(group.last), chain "
        + "\(group.chain_ok ? "holds" : "BROKEN"), digest \(group.digest)"
    }
    return (rows + ["\(entries) entries, \(ok ? "all good" : "NOT GOOD")"]).joined(separator: "\n")
  }
}

extension Hash128 {
  fileprivate var hexadecimal: String {
    [high, low].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
