/// Why a call was refused: `holdfast.v1.ErrorReason` without its prefix.
package enum ErrorReason: Int32, CaseIterable, Sendable {
  case malformedMessage = 1
  case invalidField = 2
  case limitExceeded = 3
  case requestFromTheFuture = 4
  case invalidPageToken = 5
  case unknownPool = 10
  case unknownRegion = 11
  case unknownReservation = 12
  case unknownAccount = 13
  case unknownSku = 14
  case unknownLocation = 15
  case wrongState = 20
  case holdExpired = 21
  case requestTooOld = 22
  case unknownLine = 23
  case quantityExceedsLine = 24
  case secondHome = 25
  case inUse = 26
  case quantityOverflow = 27
  case requestIDReused = 30
  case notPermitted = 40
  case certificateRequired = 41
  case overloaded = 50
  case diskFull = 51
  case ledgerFull = 52
  case noLeader = 60
  case notLeader = 61
  case outcomeUnknown = 62
  case notServing = 63
  case streamBroken = 64
  case behind = 65
  case catalogMissing = 66
  case ledgersDiffer = 67
  case deadlinePassed = 70
  case `internal` = 80

  /// The `reason` of the ErrorInfo, such as `HOLD_EXPIRED`: the case's name, a word at a time.
  package var name: String {
    let letters = Array("\(self)")
    var name = ""
    for (i, letter) in letters.enumerated() {
      let startsWord =
        letter.isUppercase && i > 0
        && (letters[i - 1].isLowercase || (i + 1 < letters.count && letters[i + 1].isLowercase))
      if startsWord { name += "_" }
      name += letter.uppercased()
    }
    return name
  }

  package init?(name: String) {
    guard let reason = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = reason
  }
}
