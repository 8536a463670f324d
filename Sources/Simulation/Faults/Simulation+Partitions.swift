import Primitives

// Links are cut: nodes hear nothing of one another, or only one of two hears the other.

extension Simulation {
  func partition(_ shape: Fault.Shape, oneWay: Bool, pick: UInt64) {
    network.joinAll()
    if oneWay { marks.reach(.partitionedOneWay) }
    var random = SeededRandom(seed: pick)
    var order = Array(nodes.indices)
    for at in order.indices.reversed() where at > 0 {
      order.swapAt(at, Int(random.below(UInt64(at + 1))))
    }
    switch shape {
    case .majority: cut(Array(order.prefix(order.count / 2 + 1)), oneWay: oneWay)
    case .minority: cut(Array(order.prefix(order.count / 2)), oneWay: oneWay)
    case .single: cut([order[0]], oneWay: oneWay)
    case .only(let node): cut([node], oneWay: oneWay)
    case .with(let node): cut([node, order.first { $0 != node } ?? node], oneWay: oneWay)
    case .region:
      marks.reach(.partitionedRegion)
      cut(nodes.indices.filter { regionOf[$0] == regionOf[order[0]] }, oneWay: oneWay)
    case .ring:
      marks.reach(.partitionedRing)
      ring(order, oneWay: oneWay)
    }
  }

  /// `side` hears nothing of the others, and, unless `oneWay`, they nothing of it.
  func cut(_ side: [Int], oneWay: Bool) {
    for node in side {
      for other in nodes.indices where !side.contains(other) {
        network.cut(from: other, to: node)
        if !oneWay { network.cut(from: node, to: other) }
      }
    }
  }

  /// Each node reaches its two neighbours in the ring, and no other.
  private func ring(_ order: [Int], oneWay: Bool) {
    for (at, node) in order.enumerated() {
      for (place, other) in order.enumerated() where other != node {
        let distance = (place - at + order.count) % order.count
        if distance == 1 || (distance == order.count - 1 && !oneWay) { continue }
        network.cut(from: node, to: other)
      }
    }
  }
}
