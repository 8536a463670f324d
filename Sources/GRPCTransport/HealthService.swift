// grpc.health.v1: what load balancers and orchestrators ask.

import NIOConcurrencyHelpers

/// The health of the server ("") and of its services, by name; settable from anywhere.
package final class HealthService: Sendable {
  package enum Status: UInt8, Sendable {
    case unknown = 0
    case serving = 1
    case notServing = 2
    case serviceUnknown = 3
  }

  private struct State {
    var statuses: [String: Status] = ["": .serving]
    var observers: [@Sendable (String, Status) -> Void] = []
  }

  private let state = NIOLockedValueBox(State())

  package init() {}

  /// Sets one service's status and tells its watchers.
  package func set(_ service: String, _ status: Status) {
    let observers = state.withLockedValue { state in
      state.statuses[service] = status
      return state.observers
    }
    for observer in observers { observer(service, status) }
  }

  /// The status of a service; nil when it was never set.
  package func status(_ service: String) -> Status? {
    state.withLockedValue { $0.statuses[service] }
  }

  /// Each loop's watcher list is told of every change.
  func observe(_ observer: @escaping @Sendable (String, Status) -> Void) {
    state.withLockedValue { $0.observers.append(observer) }
  }

  func removeObservers() { state.withLockedValue { $0.observers = [] } }
}
