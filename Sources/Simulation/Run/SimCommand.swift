#if HOLDFAST_MUTANTS
  import Primitives
#endif

/// The command line of `holdfast-sim` and of `holdfast sim`. What belongs to the process (a clock, a
/// random number, where a trap is reported) is given by whoever owns it.
package struct SimCommand {
  package enum Task: Sendable { case run, plan, mutants, recipes, help }

  package var base = SimOptions()
  /// The seeds, in order.
  package var seeds: [UInt64] = []
  package var task = Task.run
  package var printsTraceHash = false
  package var printsMarks = false
  package var requiresMarks = false
  package var isQuiet = false
  package var shrinks = false
  /// A planted bug, in builds that have them.
  package var mutant = ""

  package struct UsageError: Error { package var message: String }

  package static let usage = """
    usage: holdfast-sim [--seed S | --from A --seeds N | --seeds N] [options]

      --seed S          one seed
      --from A          seeds from A on, with --seeds
      --seeds N         N seeds; random ones, which are printed, without --from
      --seconds T       virtual seconds with faults, 60
      --nodes N         nodes, 5        --regions N   regions, 3
      --pools N         pools, 1: each has a shard in every region
      --clients N       clients, 10
      --recipe NAME     what the run is about; drawn by the seed without it. Half of all seeds have
                        a few kinds of faults of all that there are (anything), the others one of
                        leases, transfers, slow-disks, figure-8, clocks, members, late-messages.
                        By name only, after the fuzzy tests of hashicorp/raft: sanity,
                        leader-partitions, slow-votes-sent, slow-votes-received,
                        leadership-transfers, member-adds, remove-leader, remove-partitioned,
                        remove-others
      --recipes         list them
      --no-faults       nothing goes wrong
      --without A,B,…   faults of the plan that are left out
      --heal-seconds T  how soon a healed majority must get on, 20
      --trace-hash      print a hash of everything that happened, last
      --marks           print how often each rare path was reached
      --require-marks   fail if one was never reached
      --plan            print what goes wrong for a seed, and do nothing
      --shrink          reduce a seed that fails or traps to few faults and a short time
      --quiet           only failures and the total

    HOLDFAST_COMMIT in the environment names the commit that was built; a failure repeats it.
    exit codes: 0 nothing wrong, 1 something found, 2 usage
    """

  package init(_ arguments: [String], randomSeeds: () -> UInt64) throws(UsageError) {
    var words = arguments[...]
    var (from, count): (UInt64?, UInt64?)
    while let word = words.popFirst() {
      switch word {
      case "--seed": seeds = [try Self.number(word, &words)]
      case "--from": from = try Self.number(word, &words)
      case "--seeds": count = try Self.number(word, &words)
      case "--seconds": base.seconds = try Self.number(word, &words, 1...86_400)
      case "--nodes":
        base.nodes = Int(try Self.number(word, &words, 1...UInt64(SimOptions.nodesMax)))
      case "--regions": base.regions = Int(try Self.number(word, &words, 1...9))
      case "--pools": base.pools = Int(try Self.number(word, &words, 1...8))
      case "--clients":
        base.clients = Int(try Self.number(word, &words, 1...UInt64(SimOptions.clientsMax)))
      case "--heal-seconds": base.healSeconds = try Self.number(word, &words, 1...3_600)
      case "--recipe":
        let name = try Self.text(word, &words)
        guard let recipe = Recipe(rawValue: name) else {
          throw UsageError(message: "no recipe is called \(name)")
        }
        base.recipe = recipe
      case "--recipes": task = .recipes
      case "--no-faults": base.faults = false
      case "--without": base.without = try Self.list(word, &words)
      case "--mutant": mutant = try Self.text(word, &words)
      case "--trace-hash": printsTraceHash = true
      case "--marks": printsMarks = true
      case "--require-marks": requiresMarks = true
      case "--plan": task = .plan
      case "--mutants": task = .mutants
      case "--shrink": shrinks = true
      case "--quiet": isQuiet = true
      case "--help", "-h": task = .help
      default: throw UsageError(message: "unknown option \(word)")
      }
    }
    try plantMutant()
    guard base.regions <= base.nodes else {
      throw UsageError(message: "\(base.regions) regions need as many nodes")
    }
    try chooseSeeds(from: from, count: count, randomSeeds)
  }

  private func plantMutant() throws(UsageError) {
    guard !mutant.isEmpty else { return }
    #if HOLDFAST_MUTANTS
      guard let planted = Mutant(rawValue: mutant) else {
        throw UsageError(message: "no planted bug is called \(mutant)")
      }
      unsafe Mutant.planted = planted
    #else
      throw UsageError(message: "this build has no planted bugs; see Tests/mutants")
    #endif
  }

  /// The planted bugs that this build has.
  package static var mutants: [String] {
    #if HOLDFAST_MUTANTS
      return Mutant.allCases.filter { $0 != .none }.map(\.rawValue)
    #else
      return []
    #endif
  }

  private mutating func chooseSeeds(
    from: UInt64?, count: UInt64?, _ randomSeeds: () -> UInt64
  ) throws(UsageError) {
    guard count ?? 1 <= 10_000_000 else { throw UsageError(message: "too many seeds") }
    if let from {
      seeds = (0..<(count ?? 1)).map { from &+ $0 }
    } else if let count {
      seeds = (0..<count).map { _ in randomSeeds() >> 16 }
    } else if seeds.isEmpty {
      seeds = [randomSeeds() >> 16]
    }
  }

  /// One seed's options.
  package func options(_ seed: UInt64) -> SimOptions {
    var options = base
    options.seed = seed
    return options
  }

  // MARK: Reading words

  private static func text(
    _ option: String, _ words: inout ArraySlice<String>
  ) throws(UsageError) -> String {
    guard let word = words.popFirst() else {
      throw UsageError(message: "\(option) needs a value")
    }
    return word
  }

  private static func number(
    _ option: String, _ words: inout ArraySlice<String>, _ range: ClosedRange<UInt64> = 0...(.max)
  ) throws(UsageError) -> UInt64 {
    let word = try text(option, &words)
    guard let number = UInt64(word), range.contains(number) else {
      throw UsageError(message: "\(option) \(word): a number from \(range.lowerBound) on is needed")
    }
    return number
  }

  private static func list(
    _ option: String, _ words: inout ArraySlice<String>
  ) throws(UsageError) -> [Int] {
    let word = try text(option, &words)
    let numbers = word.split(separator: ",").compactMap { Int($0) }
    guard !numbers.isEmpty else {
      throw UsageError(message: "\(option) \(word): numbers are needed")
    }
    return numbers
  }
}
