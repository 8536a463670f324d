// What `holdfast serve --config FILE` reads. Relative paths are meant from the file's own folder.

import Foundation
import RaftConsensus
import StockLedger

/// A node's place in the cluster and on disk, as configured.
struct ServerConfig {
  struct Listen {
    var grpc: Endpoint
    var plaintext: Endpoint?
  }
  struct TLS {
    var authority: String
    var certificate: String
    var key: String
  }
  struct Peer {
    var id: UInt64
    var region: String
    var zone: String
    var address: Endpoint
  }
  struct Consensus {
    var tickMilliseconds = 10
    var electionMilliseconds = 1_000
    /// Nil: nine tenths of the election time, so that a new leader hardly ever waits for a lease.
    var leaseMillisecondsGiven: Int?
    /// 0: no leases, every linearizable read is by read index.
    var leaseMilliseconds: Int { leaseMillisecondsGiven ?? electionMilliseconds * 9 / 10 }
  }
  struct Limits {
    var mailbox = 8_192
    var endedRequestsMax = 16_000_000
    var connections = 4_096
    var journalDays = 7
    var journalGigabytes = 50
    /// Nil: as the ledger's size asks for.
    var snapshotLogMegabytes: Int?
  }

  var id: UInt64
  var region: String
  var zone: String
  var directory: String
  var listen: Listen
  var tls: TLS
  var peers: [Peer]
  /// The nodes that begin the cluster; nil: all that are listed here.
  var founders: [UInt64]?
  var lanes = 1
  var limits = Limits()
  var consensus = Consensus()
  /// Each message to another node waits so long: for trials.
  var linkDelayMilliseconds = 0
}

/// A numeric address and a port.
struct Endpoint: Equatable, CustomStringConvertible {
  var host: String
  var port: Int
  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Parses `host:port` or `[v6]:port`.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty else { return nil }
    self.init(host: host, port: port)
  }
}

extension ServerConfig {
  private static let keys = [
    "node", "listen", "tls", "peers", "founders", "lanes", "limits", "consensus", "trial",
  ]

  fileprivate static let nodeNumbers = 1...1_000_000

  static func load(_ file: String) throws -> ServerConfig {
    let text: String
    do {
      text = try String(contentsOfFile: file, encoding: .utf8)
    } catch {
      throw ConfigError(
        file: file, line: nil, message: "cannot be read: \(error.localizedDescription)")
    }
    return try parse(text, file: file)
  }

  static func parse(_ text: String, file: String) throws -> ServerConfig {
    let root = try YAMLSection.root(file: file, text: text, known: keys)
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    func path(_ text: String) -> String { text.hasPrefix("/") ? text : folder + "/" + text }

    let node = try root.required(
      "node", root.section("node", known: ["id", "region", "zone", "dir"]))
    let listen = try root.required(
      "listen", root.section("listen", known: ["grpc", "plaintext", "http"]))
    let tls = try root.required("tls", root.section("tls", known: ["ca", "cert", "key"]))
    let region = try node.region()
    var config = ServerConfig(
      id: UInt64(try node.required("id", node.integer("id", in: nodeNumbers))),
      region: region,
      zone: try node.zone(in: region),
      directory: path(try node.required("dir", node.string("dir"))),
      listen: Listen(
        grpc: try listen.required("grpc", listen.endpoint("grpc")),
        plaintext: try listen.endpoint("plaintext")),
      tls: TLS(
        authority: path(try tls.required("ca", tls.string("ca"))),
        certificate: path(try tls.required("cert", tls.string("cert"))),
        key: path(try tls.required("key", tls.string("key")))),
      peers: try root.sections("peers", known: ["id", "region", "zone", "address"]).map(Peer.init))
    config.founders = try root.integers("founders", in: nodeNumbers)?.map(UInt64.init)
    config.lanes = try root.integer("lanes", in: 1...64) ?? 1
    try config.readLimits(root)
    try config.readConsensus(root)
    if let trial = try root.section("trial", known: ["link_delay_ms"]) {
      config.linkDelayMilliseconds = try trial.integer("link_delay_ms", in: 0...1_000) ?? 0
    }
    try config.check(root, listen)
    return config
  }

  private mutating func readLimits(_ root: YAMLSection) throws {
    let known = [
      "mailbox", "ended_requests_max", "connections", "journal_days", "journal_gigabytes",
      "snapshot_log_megabytes",
    ]
    guard let section = try root.section("limits", known: known) else { return }
    limits.mailbox = try section.integer("mailbox", in: 1...65_536) ?? limits.mailbox
    limits.endedRequestsMax =
      try section.integer("ended_requests_max", in: 1...100_000_000) ?? limits.endedRequestsMax
    limits.connections = try section.integer("connections", in: 1...65_536) ?? limits.connections
    limits.journalDays = try section.integer("journal_days", in: 0...3_650) ?? limits.journalDays
    limits.journalGigabytes =
      try section.integer("journal_gigabytes", in: 1...100_000) ?? limits.journalGigabytes
    limits.snapshotLogMegabytes = try section.integer("snapshot_log_megabytes", in: 1...100_000)
  }

  private mutating func readConsensus(_ root: YAMLSection) throws {
    let known = ["tick_ms", "election_ms", "lease_ms"]
    guard let section = try root.section("consensus", known: known) else { return }
    consensus.tickMilliseconds =
      try section.integer("tick_ms", in: 1...1_000) ?? consensus.tickMilliseconds
    consensus.electionMilliseconds =
      try section.integer("election_ms", in: 50...60_000) ?? consensus.electionMilliseconds
    consensus.leaseMillisecondsGiven = try section.integer("lease_ms", in: 0...60_000)
  }

  /// What no single key shows: contradictions between them.
  private func check(_ root: YAMLSection, _ listen: YAMLSection) throws {
    func refuse(_ message: String) -> ConfigError {
      ConfigError(file: root.file, line: nil, message: message)
    }
    if let plaintext = self.listen.plaintext, !plaintext.isLoopback {
      throw refuse(
        "'listen.plaintext' must be a loopback address; use 'listen.grpc' for \(plaintext)")
    }
    if try listen.string("http") != nil {
      throw refuse("'listen.http' is not served by this version; leave it out or say null")
    }
    if consensus.electionMilliseconds < 10 * consensus.tickMilliseconds {
      throw refuse("'consensus.election_ms' must be at least ten ticks of 'consensus.tick_ms'")
    }
    if case .neverRuns(leastMilliseconds: let least)? = consensus.raftSettings.leaseProblem() {
      throw refuse(
        "'consensus.lease_ms' must be 0 (no leases) or at least \(least): a shorter lease is over "
          + "before an entry can commit")
    }
    let ids = peers.map(\.id) + [id]
    if Set(ids).count != ids.count { throw refuse("two nodes have the same id") }
    guard let founders else { return }
    if let stranger = founders.first(where: { !ids.contains($0) }) {
      throw refuse("'founders' names node \(stranger), which is neither 'node' nor one of 'peers'")
    }
    if founders.isEmpty || Set(founders).count != founders.count {
      throw refuse(
        "'founders' must name each node once that began the cluster; leave it out if all did")
    }
  }
}

extension ServerConfig.Peer {
  fileprivate init(_ section: YAMLSection) throws {
    id = UInt64(try section.required("id", section.integer("id", in: ServerConfig.nodeNumbers)))
    region = try section.region()
    zone = try section.zone(in: region)
    address = try section.required("address", section.endpoint("address"))
  }
}

extension ServerConfig {
  /// What the catalog takes for the name of a region or a zone; it refuses a node with a longer one.
  static let nameBytesMax = LedgerLimits().textBytesMax
  /// The zone of a node that names none.
  static func firstZone(of region: String) -> String { region + "-a" }
}

extension YAMLSection {
  fileprivate func region() throws -> String { try required("region", shortName("region")) }

  fileprivate func zone(in region: String) throws -> String {
    if let zone = try shortName("zone") { return zone }
    let zone = ServerConfig.firstZone(of: region)
    guard zone.utf8.count <= ServerConfig.nameBytesMax else {
      throw refused("zone", "must be given: '\(zone)' is too long for a name")
    }
    return zone
  }

  private func shortName(_ key: String) throws -> String? {
    let name = try string(key)
    guard name?.utf8.count ?? 0 <= ServerConfig.nameBytesMax else {
      throw refused(key, "must have at most \(ServerConfig.nameBytesMax) bytes")
    }
    return name
  }

  private func refused(_ key: String, _ what: String) -> ConfigError {
    ConfigError(file: file, line: nil, message: "'\(path).\(key)' \(what)")
  }

  fileprivate func endpoint(_ key: String) throws -> Endpoint? {
    guard let text = try string(key) else { return nil }
    guard let endpoint = Endpoint(text) else {
      throw refused(key, "must be host:port, not '\(text)'")
    }
    return endpoint
  }
}
