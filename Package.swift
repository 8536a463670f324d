// swift-tools-version: 6.2
import PackageDescription

/// `HOLDFAST_MUTANTS=1` builds the bugs in that the simulator has to find (`Tests/mutants`). No other
/// build has them.
let hasMutants = Context.environment["HOLDFAST_MUTANTS"] == "1"

/// Every room is built with the same strict settings; generated C has its own, looser ones.
let strict: [SwiftSetting] =
  [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (hasMutants ? [.define("HOLDFAST_MUTANTS")] : [])

/// For the rooms where everything runs through methods of classes with one owner and one thread: the
/// checks of exclusive access at run time cost a tenth of the server's time, and a twentieth of the
/// simulator's. Debug builds keep them.
let hot: [SwiftSetting] =
  strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// `HOLDFAST_CORES=1` builds only the rooms that touch memory: no package is fetched, and a
/// variant of a core builds in a minute.
let coresOnly = Context.environment["HOLDFAST_CORES"] == "1"

func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: [.byName(name: name)] + dependencies,
    swiftSettings: strict)
}

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]

let cores: [Target] = [
  .target(name: "CChecksum"),
  room("Primitives", ["CChecksum"]),
  room("RaftConsensus", ["Primitives"]),
  room("RaftScript", ["Primitives", "RaftConsensus"]),
  room("StockLedger", ["Primitives"]),
  room("NodeCore", ["Primitives", "RaftConsensus", "StockLedger"]),
  room("Workload", ["Primitives"]),
  room(
    "Simulation", ["Primitives", "RaftConsensus", "StockLedger", "NodeCore"], settings: hot),
  .executableTarget(
    name: "holdfast-sim", dependencies: ["Primitives", "Simulation"], swiftSettings: strict),
  tests(of: "Primitives"),
  tests(of: "RaftConsensus", ["Primitives"]),
  tests(of: "RaftScript", ["Primitives", "RaftConsensus"]),
  tests(of: "StockLedger", ["Primitives"]),
  tests(of: "NodeCore", ["Primitives", "RaftConsensus", "StockLedger"]),
  tests(of: "Workload", ["Primitives"]),
  tests(of: "Simulation", ["Primitives", "RaftConsensus", "StockLedger", "NodeCore"]),
]

let shells: [Target] = [
  .systemLibrary(name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
  .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
  .systemLibrary(
    name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(name: "CFileRange"),
  .systemLibrary(name: "CMalloc"),
  .target(name: "CHoldfastProto", dependencies: ["CProtobufC"]),

  room(
    "WireFormat",
    ["Primitives", "RaftConsensus", "StockLedger", "NodeCore", "CProtobufC", "CHoldfastProto"]),
  room("GRPCTransport", ["Primitives", "CNghttp2", "COpenSSL", "CZlib"] + nio, settings: hot),
  room(
    "LogStorage",
    [
      "Primitives", "RaftConsensus", "CFileRange", "COpenSSL",
      .product(name: "GRDB", package: "GRDB.swift"),
    ]),
  room(
    "NodeRuntime",
    [
      "Primitives", "RaftConsensus", "StockLedger", "NodeCore", "WireFormat", "GRPCTransport",
      "LogStorage",
      .product(name: "Logging", package: "swift-log"),
      .product(name: "Metrics", package: "swift-metrics"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ] + nio, settings: hot),
  room("ReservationClient", ["Primitives", "StockLedger", "WireFormat", "GRPCTransport"] + nio),
  .executableTarget(
    name: "holdfast",
    dependencies: [
      "Primitives", "RaftConsensus", "StockLedger", "NodeCore", "WireFormat", "GRPCTransport",
      "LogStorage", "NodeRuntime", "RaftScript", "ReservationClient", "Workload", "Simulation",
      "CMalloc",
      "COpenSSL", "CZlib",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
      .product(name: "Yams", package: "Yams"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      .product(name: "UnixSignals", package: "swift-service-lifecycle"),
    ] + nio,
    swiftSettings: strict),

  tests(
    of: "WireFormat",
    ["Primitives", "RaftConsensus", "StockLedger", "NodeCore", "CProtobufC", "CHoldfastProto"]),
  tests(of: "GRPCTransport", ["Primitives", "CNghttp2", "COpenSSL"] + nio),
  tests(
    of: "LogStorage",
    ["Primitives", "RaftConsensus", .product(name: "GRDB", package: "GRDB.swift")]),
  tests(
    of: "NodeRuntime",
    [
      "Primitives", "RaftConsensus", "StockLedger", "NodeCore", "WireFormat", "GRPCTransport",
      "LogStorage", "ReservationClient", "Workload",
      .product(name: "Logging", package: "swift-log"),
      .product(name: "Metrics", package: "swift-metrics"),
      .product(name: "MetricsTestKit", package: "swift-metrics"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ] + nio),
  tests(
    of: "holdfast",
    ["Primitives", "Workload", "ReservationClient", "WireFormat", "GRPCTransport"] + nio),
]

let package = Package(
  name: "holdfast",
  products: [.executable(name: "holdfast-sim", targets: ["holdfast-sim"])]
    + (coresOnly ? [] : [.executable(name: "holdfast", targets: ["holdfast"])]),
  dependencies: coresOnly
    ? []
    : [
      .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
      .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
      .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
      .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
      .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
      .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
      .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
  targets: coresOnly ? cores : cores + shells
)
