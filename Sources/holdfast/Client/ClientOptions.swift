// What all client commands share: which cluster, how long to wait, what form the answer has, and
// which exit code tells how it ended.

import ArgumentParser
import GRPCTransport
import NIOCore
import NIOPosix
import ReservationClient
import WireFormat

struct ConnectionOptions: ParsableArguments {
  @Option(help: "The cluster's context file; else HOLDFAST_CONTEXT.")
  var context: String?
  @Flag(help: "Use the cluster's plaintext ports (loopback only).")
  var plaintext = false
}

struct ClientOptions: ParsableArguments {
  @OptionGroup var connection: ConnectionOptions
  @Flag(help: "Print the answer as JSON.")
  var json = false
  @Option(help: "How long to wait for an answer, retries included.")
  var timeout = DurationText(argument: "10s")!
}

struct StampOptions: ParsableArguments {
  @Option(help: "Repeat an earlier call under its own request id.")
  var requestID: String?
}

extension StampOptions {
  /// Without an earlier call to repeat.
  static var fresh: StampOptions {
    var options = StampOptions()
    options.requestID = nil
    return options
  }

  func stamp(_ client: ReservationClient) async throws -> RequestStamp {
    let fresh = await client.stamp(now: wallMilliseconds())
    guard let requestID else { return fresh }
    guard (1...36).contains(requestID.utf8.count) else {
      throw UsageError("a request id has 1 to 36 bytes")
    }
    // A UUIDv7 tells by itself when it was first sent.
    return RequestStamp(requestID: requestID, firstSentAt: nil)
  }
}

/// Exit codes of the contract.
enum Exit {
  static let refused = ExitCode(1)
  static let usage = ExitCode(2)
  static let unknown = ExitCode(3)
  static let notAllowed = ExitCode(4)
}

extension ClientOptions {
  /// Runs `body` with a client and turns what it throws into words and an exit code.
  func run(_ body: (ReservationClient) async throws -> Void) async throws {
    do {
      let context = try ClientContext.load(connection.context, plaintext: connection.plaintext)
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      let client = ReservationClient(
        context.settings, eventLoop: group.next(),
        timeout: .milliseconds(timeout.milliseconds))
      defer { group.shutdownGracefully { _ in } }
      try await body(client)
      await client.close()
    } catch {
      throw commandEnding(for: error)
    }
  }
}

/// Says what went wrong and what to do next; gives the exit code for it.
func commandEnding(for error: any Error) -> any Error {
  switch error {
  case let error as UsageError:
    say("Error: \(error)")
    return Exit.usage
  case let failure as ClientFailure:
    say("Error: \(failure)")
    for violation in failure.violations { say("  \(violation)") }
    if let advice = failure.advice { say(advice) }
    return failure.exitCode
  default:
    return error
  }
}

extension ClientFailure {
  var exitCode: ExitCode {
    switch self {
    case .refused(let failure):
      failure.code == .permissionDenied || failure.code == .unauthenticated
        ? Exit.notAllowed : Exit.refused
    case .unknown, .unreachable, .malformedAnswer: Exit.unknown
    }
  }

  var violations: [String] {
    guard case .refused(let failure) = self else { return [] }
    return failure.violations
  }

  /// What to do next.
  var advice: String? {
    switch self {
    case .unknown:
      return "It may have been done or not. Repeat it with the same --request-id: it acts once."
    case .unreachable(let failure):
      let asked = failure.endpoint.map { " (asked \($0) last)" } ?? ""
      return "Nothing was done\(asked). Is the cluster running? See `holdfast status`."
    case .malformedAnswer: return "Is this client as new as the cluster?"
    case .refused(let failure): return Self.advice(for: failure)
    }
  }

  private static func advice(for failure: CallFailure) -> String? {
    switch failure.reason {
    case "HOLD_EXPIRED": "Confirm again with --reacquire to take the same lines if they are there."
    case "UNKNOWN_POOL": "See `holdfast catalog pool list`."
    case "UNKNOWN_REGION": "See `holdfast catalog pool get POOL` for the pool's regions."
    case "UNKNOWN_ACCOUNT": "Create it with `holdfast catalog account put`."
    case "UNKNOWN_SKU": "Create it with `holdfast catalog sku put`."
    case "UNKNOWN_LOCATION": "Create it with `holdfast catalog location put`."
    case "REQUEST_ID_REUSED": "This id belongs to a call with other contents; leave it out."
    case "NOT_PERMITTED", "CERTIFICATE_REQUIRED":
      "The certificate in the context does not allow this."
    default: nil
    }
  }
}
