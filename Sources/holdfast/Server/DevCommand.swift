import ArgumentParser
import Foundation

/// `holdfast dev`: a whole cluster on loopback, for trying, testing and breaking.
struct DevCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dev",
    abstract: "Start a cluster on loopback and keep it running until Ctrl-C.",
    discussion: """
      Prints one line, READY {…}, on standard output when every shard has a leader; all else goes \
      to standard error. A node that dies is started again after a second.
      """)

  @Option(help: "Regions, separated by commas.")
  var regions = "eu,us,ap"
  @Option(help: "Nodes in each region, 1 to 5.")
  var nodesPerRegion = 1
  @Option(help: "Nodes that are configured, not started, and can be added later, 0 to 5.")
  var spares = 0
  @Option(help: "Event loops of each node, 1 to 8; a folder keeps the number that it began with.")
  var lanes = 1
  @Option(help: "Folder for data and certificates; kept. Without it, a temporary one.")
  var dir: String?
  @Option(help: "Port of the first node; node n has this plus 10·(n−1). 0 takes free ports.")
  var basePort = 7400
  @Option(help: "Milliseconds that each message between nodes waits: a wide network on loopback.")
  var linkDelayMs = 0
  @Option(help: "Length of the leaders' lease in milliseconds; 0: none, reads ask a majority.")
  var leaseMs: Int?
  @Flag(help: "Leave a node that died as it is.")
  var noRestart = false

  func validate() throws {
    guard (1...5).contains(nodesPerRegion) else {
      throw ValidationError("--nodes-per-region must be from 1 to 5")
    }
    guard (0...5).contains(spares), (1...8).contains(lanes) else {
      throw ValidationError("--spares must be from 0 to 5, --lanes from 1 to 8")
    }
    let names = regionNames
    guard (1...16).contains(names.count), Set(names).count == names.count,
      names.allSatisfy({ (1...DevLayout.regionBytesMax).contains($0.utf8.count) })
    else {
      throw ValidationError(
        "--regions must be 1 to 16 different names of at most \(DevLayout.regionBytesMax) bytes, "
          + "like eu,us,ap")
    }
    guard (0...1_000).contains(linkDelayMs), (0...60_000).contains(leaseMs ?? 0) else {
      throw ValidationError("--link-delay-ms must be from 0 to 1000, --lease-ms from 0 to 60000")
    }
    let last = basePort + 10 * (names.count * nodesPerRegion + spares - 1) + 2
    guard basePort == 0 || (basePort >= 1 && last <= 65_535) else {
      throw ValidationError("--base-port must be 0, or leave room for \(last - basePort) ports")
    }
  }

  private var regionNames: [String] {
    regions.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  func run() async throws {
    let directory = try dir ?? temporaryFolder()
    var layout = try DevLayout(
      directory: URL(fileURLWithPath: directory).path, regions: regionNames,
      nodesPerRegion: nodesPerRegion, spares: spares, basePort: basePort)
    layout.lanes = lanes
    layout.linkDelayMilliseconds = linkDelayMs
    layout.leaseMilliseconds = leaseMs
    try layout.write()
    let processes = try layout.founders.map { node in
      let process = ServerProcess(
        name: "node \(node.id)",
        arguments: ["serve", "--config", layout.config(node), "--end-with-input"],
        restarts: !noRestart)
      try process.start()
      return process
    }
    let stop = StopSignals()
    let ready = await waitUntilReady(layout, stop)
    if ready { try printReady(layout, processes) }
    await stop.wait()
    await stopAll(processes)
    if dir == nil { try? FileManager.default.removeItem(atPath: directory) }
    if !ready { throw ExitCode(3) }
  }

  private func temporaryFolder() throws -> String {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("holdfast-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url.path
  }

  private func printReady(_ layout: DevLayout, _ processes: [ServerProcess]) throws {
    let line = ReadyLine(
      nodes: zip(layout.founders, processes).map { ReadyLine.Node($0, pid: $1.pid) },
      spares: spares > 0 ? layout.nodes.suffix(spares).map { ReadyLine.Node($0, pid: nil) } : nil,
      ca: layout.authority, client_cert: layout.clientCertificate, client_key: layout.clientKey,
      context: layout.context)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
    var bytes = Data("READY ".utf8)
    bytes.append(try encoder.encode(line))
    bytes.append(UInt8(ascii: "\n"))
    FileHandle.standardOutput.write(bytes)
  }

  private func stopAll(_ processes: [ServerProcess]) async {
    await withTaskGroup(of: Void.self) { group in
      for process in processes { group.addTask { process.stop() } }
    }
  }
}

/// What scripts read after `READY`.
private struct ReadyLine: Encodable {
  struct Node: Encodable {
    var id: UInt64
    var region: String
    var pid: Int32?
    var endpoint: String
    var plaintext: String
    var dir: String

    init(_ node: DevLayout.Node, pid: Int32?) {
      id = node.id
      region = node.region
      self.pid = pid
      endpoint = node.grpc.description
      plaintext = node.plaintext.description
      dir = node.directory
    }

    enum CodingKeys: CodingKey { case id, region, pid, endpoint, plaintext, http, dir }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(id, forKey: .id)
      try container.encode(region, forKey: .region)
      try container.encode(pid, forKey: .pid)
      try container.encode(endpoint, forKey: .endpoint)
      try container.encode(plaintext, forKey: .plaintext)
      // The key is there for scripts; nothing listens for HTTP.
      try container.encodeNil(forKey: .http)
      try container.encode(dir, forKey: .dir)
    }
  }
  var nodes: [Node]
  /// Absent without any; `serve --config DIR/config.yaml` starts one.
  var spares: [Node]?
  var ca: String
  var client_cert: String
  var client_key: String
  var context: String
}
