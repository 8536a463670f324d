import ArgumentParser
import Foundation
import GRPCTransport
import LogStorage
import Logging
import NodeCore
import NodeRuntime
import Primitives
import RaftConsensus
import ServiceLifecycle
import StockLedger
import UnixSignals

/// `holdfast serve`: one node.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Run one node until SIGTERM or SIGINT.")

  @Option(help: "The node's configuration, YAML.")
  var config: String
  @Flag(help: .hidden)
  var endWithInput = false
  @Option(help: "Least severe log lines that are written: debug, info, notice, warning or error.")
  var logLevel: LogLevel = .notice

  func run() async throws {
    let loaded: ServerConfig
    do {
      loaded = try ServerConfig.load(config)
    } catch let error as ConfigError {
      printError("holdfast: \(error)")
      throw ExitCode(2)
    }
    let level = Logger.Level(rawValue: logLevel.rawValue)!
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = level
      return handler
    }
    var logger = Logger(label: "holdfast")
    logger[metadataKey: "node"] = "\(loaded.id)"
    loaded.consensus.warn(logger)
    let node = HoldfastNode(settings: try loaded.runtimeSettings(), logger: logger)
    let services = ServiceGroup(
      configuration: .init(
        services: [node], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    if endWithInput { endWhenInputCloses(services) }
    do {
      try await services.run()
    } catch let error as StorageError {
      printError("holdfast: \(error)")
      throw ExitCode(1)
    } catch let error as RecoveryError {
      printError("holdfast: \(error)")
      throw ExitCode(2)
    } catch let error as DiskNameError {
      printError("holdfast: \(error)")
      throw ExitCode(2)
    }
  }

  /// A node of `holdfast dev` ends when its parent is gone, however the parent ended.
  private func endWhenInputCloses(_ services: ServiceGroup) {
    let thread = Thread {
      while let data = try? FileHandle.standardInput.read(upToCount: 4_096), !data.isEmpty {}
      Task { await services.triggerGracefulShutdown() }
    }
    thread.start()
  }
}

/// Severities of log lines, as options spell them.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case debug, info, notice, warning, error
}

extension ServerConfig.Consensus {
  var raftSettings: RaftSettings {
    var raft = RaftSettings()
    let election = UInt64(electionMilliseconds) * 1_000_000
    raft.electionNanoseconds = election...(2 * election)
    raft.heartbeatNanoseconds = election / 10
    raft.leaseMilliseconds = UInt32(leaseMilliseconds)
    return raft
  }

  /// Says what costs time and is allowed all the same (rule L5).
  func warn(_ logger: Logger) {
    guard case .outlastsElection(waitMilliseconds: let wait)? = raftSettings.leaseProblem() else {
      return
    }
    logger.warning(
      "consensus.lease_ms is above consensus.election_ms: new leaders wait before they commit",
      metadata: ["wait_ms": "\(wait)", "election_ms": "\(electionMilliseconds)"])
  }
}

extension ServerConfig {
  /// The configuration in the rooms' own words.
  func runtimeSettings() throws -> RuntimeSettings {
    let own = NodeSeat(
      id: NodeID(id), region: Array(region.utf8), zone: Array(zone.utf8),
      address: Array(listen.grpc.description.utf8))
    let others = peers.map {
      NodeSeat(
        id: NodeID($0.id), region: Array($0.region.utf8), zone: Array($0.zone.utf8),
        address: Array($0.address.description.utf8))
    }
    var core = NodeSettings(
      node: own.id, nodes: [own] + others, founders: founders?.map { NodeID($0) },
      raft: consensus.raftSettings,
      seed: .random(in: 0 ... .max))
    core.mailboxCommandsMax = limits.mailbox
    core.ledger.endedRequestsMax = limits.endedRequestsMax
    core.snapshotLogBytes = limits.snapshotLogMegabytes.map { $0 << 20 }
    var settings = RuntimeSettings(
      core: core, directory: directory,
      grpc: .init(host: listen.grpc.host, port: listen.grpc.port),
      plaintext: listen.plaintext.map { .init(host: $0.host, port: $0.port) },
      identity: try TLSIdentity(
        certificateFile: tls.certificate, keyFile: tls.key, rootsFile: tls.authority))
    settings.lanes = lanes
    settings.tickMilliseconds = Int64(consensus.tickMilliseconds)
    settings.linkDelayMilliseconds = Int64(linkDelayMilliseconds)
    settings.server.connectionsMax = limits.connections
    settings.storage.journalMilliseconds = Int64(limits.journalDays) * 86_400_000
    settings.storage.journalBytes = Int64(limits.journalGigabytes) << 30
    return settings
  }
}
