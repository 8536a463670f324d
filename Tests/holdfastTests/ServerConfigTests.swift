import ArgumentParser
import Foundation
import RaftConsensus
import Testing

@testable import holdfast

/// What `holdfast serve` reads, and what it refuses in which words.
@Suite struct ServerConfigTests {
  private static let good = """
    node: {id: 1, region: eu, dir: data}
    listen: {grpc: "127.0.0.1:7400", plaintext: "127.0.0.1:7401"}
    tls: {ca: ca.pem, cert: node.pem, key: /keys/node.key}
    peers:
      - {id: 2, region: us, zone: us-b, address: "127.0.0.1:7410"}
    consensus: {tick_ms: 5, election_ms: 400}
    """

  /// The catalog takes names of 64 bytes.
  @Test func theLongestNamesAreTaken() throws {
    let text = Self.good.replacing("region: eu", with: "region: \(name(bytes: 64)), zone: z")
      .replacing("us-b", with: name(bytes: 64))
    #expect(try ServerConfig.parse(text, file: "node.yaml").region.utf8.count == 64)
    #expect(throws: Never.self) { try DevCommand.parse(["--regions", name(bytes: 62)]) }
    #expect(throws: (any Error).self) { try DevCommand.parse(["--regions", name(bytes: 63)]) }
  }

  @Test func aGoodFileIsReadWithPathsFromItsOwnFolder() throws {
    let config = try ServerConfig.parse(Self.good, file: "/etc/holdfast/node.yaml")
    #expect(config.id == 1)
    #expect(config.zone == "eu-a")
    #expect(config.directory == "/etc/holdfast/data")
    #expect(config.tls.key == "/keys/node.key")
    #expect(config.listen.plaintext == Endpoint(host: "127.0.0.1", port: 7401))
    #expect(config.peers.map(\.zone) == ["us-b"])
    #expect(config.consensus.electionMilliseconds == 400)
    #expect(config.limits.mailbox == 8_192)
  }

  @Test(arguments: [
    (
      "node: {id: 1", "node: {idd: 1",
      "node.yaml:1: unknown key 'node.idd'; did you mean 'node.id'?"
    ),
    (
      "consensus:", "consensuss:",
      "node.yaml:6: unknown key 'consensuss'; did you mean 'consensus'?"
    ),
    ("id: 1,", "id: one,", "'node.id' must be a whole number from 1 to 1000000"),
    ("id: 1, ", "", "'node.id' is missing"),
    ("\"127.0.0.1:7401\"", "\"10.0.0.1:7401\"", "must be a loopback address"),
    ("\"127.0.0.1:7410\"", "nowhere", "must be host:port, not 'nowhere'"),
    ("region: eu", "region: \(name(bytes: 65))", "'node.region' must have at most 64 bytes"),
    ("region: eu", "region: \(name(bytes: 63))", "'node.zone' must be given"),
    ("zone: us-b", "zone: \(name(bytes: 65))", "zone' must have at most 64 bytes"),
    ("id: 2", "id: 1", "two nodes have the same id"),
    ("consensus:", "founders: [1, 3]\nconsensus:", "'founders' names node 3"),
    ("consensus:", "founders: []\nconsensus:", "'founders' must name each node once"),
    ("consensus:", "founders: [2, 2]\nconsensus:", "'founders' must name each node once"),
    ("consensus:", "founders: 2\nconsensus:", "'founders' must be a list"),
    ("consensus:", "founders: [two]\nconsensus:", "each item of 'founders' must be a whole number"),
    ("tick_ms: 5", "tick_ms: 50", "at least ten ticks"),
    ("tick_ms: 5", "tick_ms: 5, tick_ms: 5", "tick_ms"),
    ("tick_ms: 5", "tick_ms: 5, lease_ms: 5", "must be 0 (no leases) or at least 6"),
  ])
  func aWrongFileIsRefusedWithWhatToDo(old: String, new: String, message: String) throws {
    let text = Self.good.replacing(old, with: new, maxReplacements: 1)
    try #require(text != Self.good)
    let error = #expect(throws: ConfigError.self) {
      try ServerConfig.parse(text, file: "node.yaml")
    }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
  }

  @Test func nodesThatCameLaterAreNoFounders() throws {
    #expect(try ServerConfig.parse(Self.good, file: "node.yaml").founders == nil)
    let text = Self.good + "\nfounders: [2]\n"
    #expect(try ServerConfig.parse(text, file: "node.yaml").founders == [2])
  }

  @Test(arguments: [
    ("", 360, nil), (", lease_ms: 0", 0, nil), (", lease_ms: 50", 50, nil),
    (", lease_ms: 400", 400, LeaseProblem.outlastsElection(waitMilliseconds: 406)),
  ])
  func ruleL5_theLeaseFollowsTheElectionTimeUnlessTheFileSaysOtherwise(
    lease: String, milliseconds: Int, problem: LeaseProblem?
  ) throws {
    let text = Self.good.replacing("election_ms: 400", with: "election_ms: 400\(lease)")
    let config = try ServerConfig.parse(text, file: "node.yaml")
    #expect(config.consensus.leaseMilliseconds == milliseconds)
    #expect(config.consensus.raftSettings.leaseMilliseconds == UInt32(milliseconds))
    #expect(config.consensus.raftSettings.leaseProblem() == problem)
  }

  @Test func theExampleInTheClusterFolderIsGood() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let example = folder.appendingPathComponent(
      "../../cluster/topologies/three-regions-node-1.yaml"
    ).path
    let config = try ServerConfig.load(example)
    #expect(config.peers.count == 2)
  }

  @Test(arguments: ["127.0.0.1:7400", "[::1]:7400", "node.example:1"])
  func endpointsAreReadAsTheyAreWritten(text: String) {
    #expect(Endpoint(text)?.description == text)
  }

  @Test(arguments: ["", "7400", "host:", "host:99999", ":7400"])
  func whatIsNoEndpointIsRefused(text: String) {
    #expect(Endpoint(text) == nil)
  }
}

/// A name of so many bytes.
private func name(bytes: Int) -> String { String(repeating: "x", count: bytes) }
