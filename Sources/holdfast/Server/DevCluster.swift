// The files and processes of a cluster on loopback: certificates, one configuration per node, one
// `holdfast serve` per node, started again when it dies.

import Foundation
import GRPCTransport

/// Where everything of a development cluster lies and listens.
struct DevLayout {
  struct Node {
    var id: UInt64
    var region: String
    var zone: String
    var directory: String
    var grpc: Endpoint
    var plaintext: Endpoint
  }
  var directory: String
  /// Those that begin the cluster, and behind them the spares.
  var nodes: [Node]
  /// Nodes that are configured everywhere and wait to be started and added.
  let spares: Int
  var lanes = 1
  var linkDelayMilliseconds = 0
  /// Nil: as it is by default.
  var leaseMilliseconds: Int?

  var authority: String { directory + "/certificates/ca.pem" }
  var clientCertificate: String { directory + "/certificates/client.pem" }
  var clientKey: String { directory + "/certificates/client.key" }
  var context: String { directory + "/context.yaml" }
  func certificate(_ node: Node) -> String { directory + "/certificates/node-\(node.id).pem" }
  func key(_ node: Node) -> String { directory + "/certificates/node-\(node.id).key" }
  func config(_ node: Node) -> String { node.directory + "/config.yaml" }
  var founders: ArraySlice<Node> { nodes.dropLast(spares) }

  /// Zones are named after their region: `eu-a`.
  static let regionBytesMax = ServerConfig.nameBytesMax - "-a".utf8.count

  /// Lays out `nodesPerRegion` nodes in each region, and then spares as if there were more; node n
  /// gets `basePort + 10·(n − 1)` and the next port, or free ones when `basePort` is zero.
  init(
    directory: String, regions: [String], nodesPerRegion: Int, spares: Int, basePort: Int
  ) throws {
    self.directory = directory
    self.spares = spares
    nodes = []
    let count = regions.count * nodesPerRegion + spares
    var free = basePort == 0 ? try LoopbackPorts.take(2 * count) : []
    for offset in 0..<count {
      let region = regions[offset % regions.count]
      let ports =
        basePort == 0
        ? (free.removeFirst(), free.removeFirst())
        : (basePort + 10 * offset, basePort + 10 * offset + 1)
      nodes.append(
        Node(
          id: UInt64(offset + 1),
          region: region,
          zone: "\(region)-\(zoneLetter(offset / regions.count))",
          directory: directory + "/node-\(offset + 1)",
          grpc: Endpoint(host: "127.0.0.1", port: ports.0),
          plaintext: Endpoint(host: "127.0.0.1", port: ports.1)))
    }
  }

  /// Writes certificates (unless they are there), configurations and the client context.
  func write() throws {
    let files = FileManager.default
    try files.createDirectory(
      atPath: directory + "/certificates", withIntermediateDirectories: true)
    if !files.fileExists(atPath: authority) { try writeCertificates() }
    for node in nodes {
      try files.createDirectory(atPath: node.directory, withIntermediateDirectories: true)
      try configuration(of: node).write(toFile: config(node), atomically: true, encoding: .utf8)
    }
    try contextText.write(toFile: context, atomically: true, encoding: .utf8)
  }

  private func writeCertificates() throws {
    let authority = try CertificateAuthority(name: "Holdfast development")
    for node in nodes {
      let issued = try authority.issue(
        commonName: "node-\(node.id)", uris: ["holdfast:node/\(node.id)"],
        dnsNames: ["localhost"], ipAddresses: ["127.0.0.1", "::1"])
      try writeText(issued.certificatePEM, certificate(node))
      try writeSecret(issued.keyPEM, key(node))
    }
    let client = try authority.issue(
      commonName: "developer", uris: ["holdfast:client/developer"])
    try writeText(client.certificatePEM, clientCertificate)
    try writeSecret(client.keyPEM, clientKey)
    // Last: its presence says that the set is complete.
    try writeText(authority.certificatePEM, self.authority)
  }

  private func configuration(of node: Node) -> String {
    let peers = nodes.filter { $0.id != node.id }.map {
      "  - {id: \($0.id), region: \($0.region), zone: \($0.zone), address: \"\($0.grpc)\"}\n"
    }
    return """
      node: {id: \(node.id), region: \(node.region), zone: \(node.zone), dir: data}
      listen: {grpc: "\(node.grpc)", plaintext: "\(node.plaintext)"}
      tls: {ca: "\(authority)", cert: "\(certificate(node))", key: "\(key(node))"}
      peers:\(peers.isEmpty ? " []\n" : "\n" + peers.joined())\(trial)
      """
  }

  /// What is not as it is by default.
  private var trial: String {
    let ids = founders.map { "\($0.id)" }.joined(separator: ", ")
    let grows = spares > 0 ? "founders: [\(ids)]\n" : ""
    let lanes = lanes > 1 ? "lanes: \(lanes)\n" : ""
    let lease = leaseMilliseconds.map { "consensus: {lease_ms: \($0)}\n" } ?? ""
    return grows + lanes + lease
      + (linkDelayMilliseconds > 0 ? "trial: {link_delay_ms: \(linkDelayMilliseconds)}\n" : "")
  }

  private var contextText: String {
    """
    endpoints: [\(founders.map { "\"\($0.grpc)\"" }.joined(separator: ", "))]
    regions: [\(founders.map(\.region).joined(separator: ", "))]
    plaintext: [\(founders.map { "\"\($0.plaintext)\"" }.joined(separator: ", "))]
    ca: "\(authority)"
    cert: "\(clientCertificate)"
    key: "\(clientKey)"

    """
  }
}

private func zoneLetter(_ place: Int) -> String {
  String(UnicodeScalar(UInt8(ascii: "a") + UInt8(place % 26)))
}

private func writeText(_ text: [UInt8], _ path: String) throws {
  try Data(text).write(to: URL(fileURLWithPath: path), options: .atomic)
}

/// A file that only its owner may read, from its first byte on.
private func writeSecret(_ text: [UInt8], _ path: String) throws {
  let owner: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
  guard
    FileManager.default.createFile(
      atPath: path, contents: Data(text), attributes: owner)
  else { throw CocoaError(.fileWriteUnknown) }
}
