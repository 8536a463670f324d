package import GRPCTransport
package import LogStorage
package import Metrics
package import NodeCore

/// Everything that a node is told at its start.
package struct RuntimeSettings: Sendable {
  package struct Listener: Sendable {
    package var host: String
    package var port: Int
    package init(host: String, port: Int) {
      self.host = host
      self.port = port
    }
  }

  /// This node, the cluster's nodes, and what the cores are told.
  package var core: NodeSettings
  /// Holds one folder per lane.
  package var directory: String
  package var lanes = 1
  /// Mutual TLS, for clients and nodes alike.
  package var grpc: Listener
  /// Without TLS, on loopback only; nil turns it off.
  package var plaintext: Listener?
  package var identity: TLSIdentity
  package var server = ServerSettings()
  package var storage = StorageSettings()
  package var tickMilliseconds: Int64 = 10
  /// Where metrics go; nil: to the process's own backend.
  package var metrics: (any MetricsFactory)?
  /// How often counts become metrics: what is shorter than that is in the counts all the same.
  package var metricsMilliseconds: Int64 = 1_000
  /// How long a starting node goes on waiting for ledgers that don't move.
  package var recoveryStall = Duration.seconds(30)
  /// How long a stopping node waits for its calls.
  package var drainSeconds: Int64 = 5
  /// Each message to another node waits so long before it is sent: a cluster over the world on one
  /// machine. For trials; forwarded calls are not delayed.
  package var linkDelayMilliseconds: Int64 = 0
  /// Below this many free bytes intake is refused, so that confirms, releases and expiries still fit.
  package var freeBytesMin: Int64 = 256 << 20

  package init(
    core: NodeSettings, directory: String, grpc: Listener, plaintext: Listener?,
    identity: TLSIdentity
  ) {
    self.core = core
    self.directory = directory
    self.grpc = grpc
    self.plaintext = plaintext
    self.identity = identity
  }
}
