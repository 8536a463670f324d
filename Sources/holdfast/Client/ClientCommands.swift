import ArgumentParser

/// The commands that talk to a cluster as a client. `audit trace` belongs to the command `audit`.
let clientCommands: [any ParsableCommand.Type] = [
  StatusCommand.self, ReserveCommand.self, ConfirmCommand.self, ReleaseCommand.self,
  ExtendCommand.self, AvailabilityCommand.self, SupplyCommand.self, CatalogCommand.self,
  ClusterCommand.self, ReplayCommand.self, BenchCommand.self,
  BenchHoldsCommand.self,
]
