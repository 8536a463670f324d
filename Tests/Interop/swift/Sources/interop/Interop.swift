import Foundation

/// Runs every case over plaintext and over mutual TLS, then those that are about TLS or routing,
/// against one live cluster. Ends with `N passed, N failed`, and with 1 after a failure.
@main
struct Interop {
  private static let cases =
    Lifecycle.cases + Reading.cases + Refusals.cases + Streams.cases + Wires.cases

  static func main() async {
    var tally = Tally()
    do {
      let cluster = try Cluster()
      for wire in Wire.answered { await run(over: wire, cluster, &tally) }
      for test in Clusters.cases { await tally.run(test.name) { try await test.body(cluster) } }
      await tally.run("Ctrl-C ends the cluster with 0") { try cluster.stop() }
    } catch {
      tally.fail("the cluster starts", error)
    }
    print("\(tally.passed) passed, \(tally.failed) failed")
    exit(tally.failed == 0 ? 0 : 1)
  }

  private static func run(over wire: Wire, _ cluster: Cluster, _ tally: inout Tally) async {
    do {
      try await cluster.withClient(of: "eu", over: wire) { client in
        let given = Fixture(cluster: cluster, wire: wire, client: client)
        for test in cases {
          await tally.run("\(wire.rawValue): \(test.name)") { try await test.body(given) }
        }
      }
    } catch {
      tally.fail("\(wire.rawValue): the client runs until it is closed", error)
    }
  }
}

/// What a case of the API is given.
struct Fixture {
  let cluster: Cluster
  let wire: Wire
  let client: Client
}

/// One test: a phrase that says what holds, and the code that finds out.
struct Case<Given>: Sendable {
  let name: String
  let body: @Sendable (Given) async throws -> Void

  init(_ name: String, _ body: @escaping @Sendable (Given) async throws -> Void) {
    self.name = name
    self.body = body
  }
}

/// Counts what has passed, and prints each as it ends.
struct Tally {
  private(set) var passed = 0
  private(set) var failed = 0

  mutating func run(_ name: String, _ body: () async throws -> Void) async {
    do {
      try await body()
      passed += 1
      print("ok      \(name)")
    } catch {
      fail(name, error)
    }
  }

  mutating func fail(_ name: String, _ error: any Error) {
    failed += 1
    print("FAILED  \(name)\n        \(error)")
  }
}
