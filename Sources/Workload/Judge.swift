// Compares what the servers say in the end with what the clients were told on the way. It knows
// nothing of how a ledger works; it only adds up.

package struct Judge {
  let history: History
  let evidence: Evidence
  var verdict = Verdict()
  /// By order, the numbers of its releases.
  let releasesOfOrder: [[Int]]
  private var live: [Int64]
  private var shipped: [Int64]

  package static func verdict(_ history: History, _ evidence: Evidence) -> Verdict {
    var judge = Judge(history, evidence)
    judge.addUpListed()
    for order in history.orders.indices { judge.checkKept(order) }
    judge.checkListed()
    for account in history.accounts.indices { judge.checkAccount(account) }
    return judge.verdict
  }

  private init(_ history: History, _ evidence: Evidence) {
    precondition(
      evidence.lookups.count == history.orders.count
        && evidence.books.count == history.accounts.count,
      "evidence of \(evidence.lookups.count) orders, \(evidence.books.count) accounts")
    self.history = history
    self.evidence = evidence
    var releases = [[Int]](repeating: [], count: history.orders.count)
    for (number, release) in history.releases.enumerated() {
      releases[release.order].append(number)
    }
    releasesOfOrder = releases
    live = [Int64](repeating: 0, count: history.accounts.count)
    shipped = live
  }

  private mutating func addUpListed() {
    for reservation in evidence.listed {
      for line in reservation.lines {
        shipped[line.account] += line.fulfilled
        guard reservation.state.isLive else { continue }
        live[line.account] += line.reserved - line.fulfilled - line.released
      }
    }
  }

  private mutating func checkAccount(_ account: Int) {
    let known = history.accounts[account]
    let subject = "\(known.name.sku) at \(known.name.location)"
    guard let books = evidence.books[account] else {
      verdict.unreadable.append(Finding(subject: subject, reason: "books could not be read"))
      return
    }
    let byBooks = books.promised - books.onHand - books.inbound - books.shortfall
    let byList = live[account] - max(0, known.suppliedAtMost - shipped[account])
    let oversold = max(0, known.oversold, byBooks, byList)
    if oversold > 0 {
      verdict.oversoldUnits += oversold
      verdict.oversold.append(Finding(subject: subject, reason: "\(oversold) units oversold"))
    }
    let onHandEver = books.onHand + shipped[account]
    if onHandEver > known.suppliedAtMost {
      verdict.duplicates.append(
        Finding(
          subject: subject,
          reason: "\(onHandEver) units on hand where \(known.suppliedAtMost) were supplied"))
    }
    if let reason = whatIsUnbalanced(account, books, onHandEver) {
      verdict.conservation.append(Finding(subject: subject, reason: reason))
    }
  }

  /// Rule R1, and that the promised units are those of the reservations.
  private func whatIsUnbalanced(
    _ account: Int, _ books: ObservedBooks, _ onHandEver: Int64
  ) -> String? {
    if books.hasNegative { return "a term is below zero: \(books)" }
    if books.balance != 0 { return "the books are off by \(books.balance)" }
    if books.promised != live[account] {
      return "\(books.promised) promised, but the reservations hold \(live[account])"
    }
    let supplied = history.accounts[account].suppliedAtLeast
    if onHandEver < supplied { return "\(onHandEver) on hand where \(supplied) were supplied" }
    return nil
  }
}
