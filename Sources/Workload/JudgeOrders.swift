// Order by order: nothing that was acknowledged is lost, and nothing acts twice.

extension Judge {
  mutating func checkKept(_ number: Int) {
    let order = history.orders[number]
    guard order.reserve == .answered, !order.name.isEmpty else { return }
    switch evidence.lookups[number] {
    case .found(let reservation):
      if let reason = whatIsLost(number, reservation) {
        verdict.lost.append(Finding(subject: order.name, reason: reason))
      }
    case .missing:
      verdict.lost.append(Finding(subject: order.name, reason: "acknowledged, but not found"))
    case .unreadable, .notAsked:
      verdict.unreadable.append(Finding(subject: order.name, reason: "could not be read"))
    }
  }

  private func whatIsLost(_ number: Int, _ found: ObservedReservation) -> String? {
    let order = history.orders[number]
    if found.name != order.name || !isOf(order, found) {
      return "is now \(found.name) of order \(found.orderID)"
    }
    switch (order.confirm, found.state) {
    case (.answered, .held), (.answered, .expired):
      return "confirmed, but now \(found.state)"
    case (_, .released):
      for claim in order.claims where claimed(order, sku(claim)) > released(number, sku(claim)) {
        return "released, though nobody released all of \(sku(claim))"
      }
    default: break
    }
    // An ended reservation need not show its lines.
    guard found.state.isLive || !found.lines.isEmpty else { return nil }
    for claim in order.claims {
      let acknowledged = total(order.claims, claim.account)
      let reserved = found.lines.reduce(0) {
        $1.account == claim.account ? $0 + $1.reserved : $0
      }
      if reserved < acknowledged {
        return "\(acknowledged) of \(sku(claim)) were acknowledged, \(reserved) are there"
      }
      let releases = released(number, sku(claim), surely: true)
      if releasedUnits(found, sku(claim)) < releases {
        return "\(releases) of \(sku(claim)) were released, and are promised again"
      }
    }
    return nil
  }

  mutating func checkListed() {
    var numberOfOrder: [String: Int] = [:]
    for (number, order) in history.orders.enumerated() { numberOfOrder[order.orderID] = number }
    var timesListed = [Int](repeating: 0, count: history.orders.count)
    for reservation in evidence.listed {
      guard let number = numberOfOrder[reservation.orderID] else {
        addDuplicate(reservation, "belongs to no order of this run")
        continue
      }
      timesListed[number] += 1
      if timesListed[number] > 1 {
        addDuplicate(reservation, "is reservation \(timesListed[number]) of its order")
      } else if let reason = whatActedTwice(number, reservation) {
        addDuplicate(reservation, reason)
      }
    }
    for (number, order) in history.orders.enumerated() where timesListed[number] == 0 {
      guard case .found(let found) = evidence.lookups[number], found.state.isLive else { continue }
      verdict.lost.append(Finding(subject: order.name, reason: "is found, but in no list"))
    }
  }

  private mutating func addDuplicate(_ reservation: ObservedReservation, _ reason: String) {
    verdict.duplicates.append(Finding(subject: reservation.name, reason: reason))
  }

  private func whatActedTwice(_ number: Int, _ listed: ObservedReservation) -> String? {
    let order = history.orders[number]
    switch order.reserve {
    case .refused: return "exists, though its call was refused"
    case .unsent: return "exists, though its call was never sent"
    case .answered where order.name.isEmpty:
      return "exists, though its order was told that nothing is reserved"
    case .answered where listed.name != order.name:
      return "is not \(order.name), the one acknowledged"
    case .answered, .sent, .unknown: break
    }
    for line in listed.lines {
      let sku = history.accounts[line.account].name.sku
      let reserved = listed.lines.reduce(0) {
        history.accounts[$1.account].name.sku == sku ? $0 + $1.reserved : $0
      }
      let most = order.reserve == .answered ? claimed(order, sku) : asked(order, sku)
      if reserved > most { return "holds \(reserved) of \(sku) where \(most) are its own" }
      if listed.state != .expired, releasedUnits(listed, sku) > released(number, sku) {
        return "released more of \(sku) than the \(released(number, sku)) that were sent"
      }
    }
    return nil
  }

  // MARK: Sums

  private func isOf(_ order: PlayedOrder, _ found: ObservedReservation) -> Bool {
    found.orderID == order.orderID || !found.state.isLive && found.orderID.isEmpty
  }

  private func sku(_ claim: UnitClaim) -> String { history.accounts[claim.account].name.sku }

  private func total(_ claims: [UnitClaim], _ account: Int) -> Int64 {
    claims.reduce(0) { $1.account == account ? $0 + $1.quantity : $0 }
  }

  private func claimed(_ order: PlayedOrder, _ sku: String) -> Int64 {
    order.claims.reduce(0) { self.sku($1) == sku ? $0 + $1.quantity : $0 }
  }

  private func asked(_ order: PlayedOrder, _ sku: String) -> Int64 {
    order.asked.reduce(0) { $1.sku == sku ? $0 + $1.quantity : $0 }
  }

  private func releasedUnits(_ reservation: ObservedReservation, _ sku: String) -> Int64 {
    reservation.lines.reduce(0) {
      history.accounts[$1.account].name.sku == sku ? $0 + $1.released : $0
    }
  }

  /// Units that were released: surely, or at most. A release without lines takes all.
  private func released(_ number: Int, _ sku: String, surely: Bool = false) -> Int64 {
    releasesOfOrder[number].reduce(0) { sum, index in
      let release = history.releases[index]
      switch release.state {
      case .answered: break
      case .sent, .unknown: if surely { return sum }
      case .refused, .unsent: return sum
      }
      if release.lines.isEmpty { return max(sum, claimed(history.orders[number], sku)) }
      return sum + release.lines.reduce(0) { $1.sku == sku ? $0 + $1.quantity : $0 }
    }
  }
}
