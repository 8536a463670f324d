/// Everything that a run follows from. The same options give the same run, to the bit.
package struct SimOptions: Sendable, Equatable {
  package var seed: UInt64 = 1
  /// Virtual seconds with clients and faults; the setup before and the liveness phase behind come
  /// on top.
  package var seconds: UInt64 = 60
  package var nodes = 5
  package var regions = 3
  package var pools = 1
  package var clients = 10
  package var faults = true
  /// What the run is about; nil: drawn by the seed.
  package var recipe: Recipe?
  /// Faults of the plan that are left out, by number: how a shrunk run is written down.
  package var without: [Int] = []
  /// Virtual seconds within which the healed majority has to make progress.
  package var healSeconds: UInt64 = 20

  package init() {}

  package static let nodesMax = 9
  package static let clientsMax = 64

  /// The options as they are given on a command line, the usual ones left out.
  package var arguments: String {
    let usual = SimOptions()
    var words = ["--seed \(seed)"]
    if seconds != usual.seconds { words.append("--seconds \(seconds)") }
    if nodes != usual.nodes { words.append("--nodes \(nodes)") }
    if regions != usual.regions { words.append("--regions \(regions)") }
    if pools != usual.pools { words.append("--pools \(pools)") }
    if clients != usual.clients { words.append("--clients \(clients)") }
    if let recipe { words.append("--recipe \(recipe.rawValue)") }
    if !faults { words.append("--no-faults") }
    if !without.isEmpty {
      words.append("--without " + without.map(String.init).joined(separator: ","))
    }
    if healSeconds != usual.healSeconds { words.append("--heal-seconds \(healSeconds)") }
    return words.joined(separator: " ")
  }
}
