import Foundation
import GRPCCore
import GRPCNIOTransportHTTP2Posix

typealias Transport = HTTP2ClientTransport.Posix
typealias Client = GRPCClient<Transport>

/// How a client reaches a node.
enum Wire: String {
  case plaintext
  case mutualTLS = "mutual TLS"
  /// TLS without a certificate of the client's own, which no node lets in.
  case oneSidedTLS = "one-sided TLS"

  /// Those that the API answers over.
  static let answered: [Wire] = [.plaintext, .mutualTLS]
}

/// A live cluster of three regions: `holdfast dev` with files of its own.
final class Cluster {
  struct Node: Decodable {
    let id: Int
    let region: String
    let endpoint: String
    let plaintext: String
  }

  private struct Ready: Decodable {
    let nodes: [Node]
    let ca: String
    let client_cert: String
    let client_key: String
  }

  private let process = Process()
  private let folder: URL
  private let ready: Ready

  var nodes: [Node] { ready.nodes }

  init() throws {
    let environment = ProcessInfo.processInfo.environment
    let binary = environment["HOLDFAST_BINARY"] ?? "../../../.build-tests/release/holdfast"
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("holdfast-interop-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let log = folder.appendingPathComponent("log")
    try Data().write(to: log)
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: binary)
    process.arguments = [
      "dev", "--regions", "eu,us,ap", "--base-port", "0",
      "--dir", folder.appendingPathComponent("cluster").path,
    ]
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: log)
    do {
      try process.run()
      ready = try Self.readReady(from: output.fileHandleForReading)
    } catch {
      let said = try String(contentsOf: log, encoding: .utf8).suffix(4000)
      if process.isRunning { process.terminate() }
      try FileManager.default.removeItem(at: folder)
      throw Failure("the cluster did not start: \(error)\n\(said)")
    }
  }

  /// The first line of the output; the end of it before that is a failed start.
  private static func readReady(from output: FileHandle) throws -> Ready {
    var line = Data()
    while line.last != UInt8(ascii: "\n") {
      let byte = output.readData(ofLength: 1)
      guard !byte.isEmpty else { break }
      line += byte
    }
    let prefix = Data("READY ".utf8)
    try expect(line.starts(with: prefix), "\(String(decoding: line, as: UTF8.self))")
    return try JSONDecoder().decode(Ready.self, from: line.dropFirst(prefix.count))
  }

  /// Ctrl-C, as a person would.
  func stop() throws {
    process.interrupt()
    process.waitUntilExit()
    try FileManager.default.removeItem(at: folder)
    try expect(process.terminationReason == .exit, "ended by signal \(process.terminationStatus)")
    try expect(process.terminationStatus, 0)
  }

  func node(of region: String) throws -> Node {
    try required(nodes.first { $0.region == region }, "node in \(region)")
  }
}

extension Cluster {
  /// A connection to the node of `region`, closed when `body` ends. Calls end after 10 s unless
  /// they say otherwise.
  @discardableResult
  func withClient<Result: Sendable>(
    of region: String, over wire: Wire, _ body: (Client) async throws -> Result
  ) async throws -> Result {
    let node = try node(of: region)
    let address = (wire == .plaintext ? node.plaintext : node.endpoint).split(separator: ":")
    let port = try required(Int(address[1]), "port")
    let everyMethod = MethodConfig(names: [.init(service: "")], timeout: .seconds(10))
    let transport = try Transport(
      target: .ipv4(address: String(address[0]), port: port),
      transportSecurity: security(of: wire),
      config: .defaults { $0.compression.enabledAlgorithms = .all },
      serviceConfig: ServiceConfig(methodConfig: [everyMethod]))
    return try await withGRPCClient(transport: transport) { try await body($0) }
  }

  /// The node's certificate is verified in full, against the address that was dialled.
  private func security(of wire: Wire) -> Transport.TransportSecurity {
    let roots = TLSConfig.TrustRootsSource.certificates([.file(path: ready.ca, format: .pem)])
    switch wire {
    case .plaintext:
      return .plaintext
    case .mutualTLS:
      return .mTLS(
        certificateChain: [.file(path: ready.client_cert, format: .pem)],
        privateKey: .file(path: ready.client_key, format: .pem)
      ) { $0.trustRoots = roots }
    case .oneSidedTLS:
      return .tls { $0.trustRoots = roots }
    }
  }
}
