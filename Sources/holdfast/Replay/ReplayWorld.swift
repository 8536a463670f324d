// Names of one replay in the cluster's catalog. They are new in each run, so that replays on one
// cluster do not meet.

import ReservationClient
import Workload

struct ReplayWorld {
  let run: String
  let plan: ReplayPlan

  var pool: String { "retail-\(run)" }
  var owner: String { "replay-\(run)" }
  let channel = "replay"

  func location(_ region: Int, _ place: Int) -> String {
    "\(plan.regions[region])-\(place + 1)-\(run)"
  }

  /// All locations, in the order of assignment.
  var locations: [(name: String, region: String)] {
    plan.regions.indices.flatMap { region in
      (0..<ReplayPlan.locationsPerRegion).map {
        (location(region, $0), plan.regions[region])
      }
    }
  }

  func account(_ supply: PlannedSupply) -> AccountKey {
    AccountKey(
      sku: plan.skus[Int(supply.sku)], location: location(supply.region, supply.location),
      owner: owner)
  }

  func orderID(_ turn: ReplaySchedule.Turn) -> String {
    "\(run)-\(turn.round)-\(plan.events[turn.event].invoice)"
  }
}

extension AccountKey {
  var name: AccountName { AccountName(sku: sku, location: location, owner: owner) }
}
