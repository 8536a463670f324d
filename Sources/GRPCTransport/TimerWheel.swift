// Deadlines of all calls of one loop: one coarse wheel, constant work per call.

import NIOCore

/// Buckets of call numbers by due tick. A number whose deadline lies more than one turn ahead
/// simply stays in its bucket for another turn.
struct TimerWheel {
  static let tick = TimeAmount.milliseconds(10)
  private static let bucketCount = 512

  private struct Link {
    var previous: Int32 = -1
    var next: Int32 = -1
    var bucket: Int32 = -1
    var due: NIODeadline = .uptimeNanoseconds(0)
  }

  private var heads = [Int32](repeating: -1, count: bucketCount)
  private var links: [Link] = []
  private var lastTick: UInt64 = 0
  private(set) var count = 0

  private static func tick(of time: NIODeadline) -> UInt64 {
    time.uptimeNanoseconds / UInt64(tick.nanoseconds)
  }

  /// Starts the time of `number`; it must not be in the wheel.
  mutating func insert(_ number: Int, due: NIODeadline, now: NIODeadline) {
    while links.count <= number { links.append(Link()) }
    if count == 0 { lastTick = Self.tick(of: now) }
    // A deadline that has passed goes to the next tick that will be looked at.
    let tick = max(Self.tick(of: due) + 1, lastTick + 1)
    let bucket = Int32(truncatingIfNeeded: tick % UInt64(Self.bucketCount))
    let first = heads[Int(bucket)]
    links[number] = Link(previous: -1, next: first, bucket: bucket, due: due)
    if first >= 0 { links[Int(first)].previous = Int32(number) }
    heads[Int(bucket)] = Int32(number)
    count += 1
  }

  mutating func remove(_ number: Int) {
    guard number < links.count, links[number].bucket >= 0 else { return }
    let link = links[number]
    if link.previous >= 0 {
      links[Int(link.previous)].next = link.next
    } else {
      heads[Int(link.bucket)] = link.next
    }
    if link.next >= 0 { links[Int(link.next)].previous = link.previous }
    links[number].bucket = -1
    count -= 1
  }

  /// Removes and returns what is due.
  mutating func expire(now: NIODeadline) -> [Int] {
    let current = Self.tick(of: now)
    guard count > 0, current > lastTick else { return [] }
    var due: [Int] = []
    let steps = min(current - lastTick, UInt64(Self.bucketCount))
    for step in 1...steps {
      var number = heads[Int((lastTick + step) % UInt64(Self.bucketCount))]
      while number >= 0 {
        let next = links[Int(number)].next
        if links[Int(number)].due <= now {
          remove(Int(number))
          due.append(Int(number))
        }
        number = next
      }
    }
    lastTick = current
    return due
  }
}
