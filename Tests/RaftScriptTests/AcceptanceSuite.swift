import Foundation

@testable import RaftScript

/// The suites that others wrote. They are no part of this repository: their folder is named by
/// `HOLDFAST_ACCEPTANCE`, or lies beside the checkout; where there is none, the tests that need it
/// are skipped.
enum AcceptanceSuite {
  static let root: URL? = {
    let named = ProcessInfo.processInfo.environment["HOLDFAST_ACCEPTANCE"]
    let candidates = named.map { [URL(fileURLWithPath: $0)] } ?? besideTheCheckout
    return candidates.first {
      FileManager.default.fileExists(atPath: $0.appendingPathComponent("etcd-raft").path)
    }
  }()

  static var isThere: Bool { root != nil }

  /// Every folder above the sources may have it.
  private static var besideTheCheckout: [URL] {
    var folders: [URL] = []
    var folder = URL(fileURLWithPath: #filePath)
    while folder.pathComponents.count > 1 {
      folder.deleteLastPathComponent()
      folders.append(folder.appendingPathComponent("shared/acceptance"))
    }
    return folders
  }

  /// The files of one folder of the suite, by name.
  static func files(_ folder: String) throws -> [URL] {
    guard let root else { return [] }
    let url = root.appendingPathComponent("etcd-raft").appendingPathComponent(folder)
    return try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "txt" }
      .sorted { $0.path < $1.path }
  }

  static func report(_ file: URL) throws -> ScriptReport {
    try runScript(String(contentsOf: file, encoding: .utf8))
  }
}
