// grpc.health.v1: what load balancers and orchestrators ask.

/// The health of the server ("") and of its services, by name; settable from anywhere.
package final class HealthService: Sendable {
  package enum Status: UInt8, Sendable {
    case unknown = 0
    case serving = 1
    case notServing = 2
    case serviceUnknown = 3
  }

  /// Sets one service's status and tells its watchers.
  package func set(_ service: String, _ status: Status) { fatalError("not built yet") }
  /// The status of a service; nil when it was never set.
  package func status(_ service: String) -> Status? { fatalError("not built yet") }
}
