import Metrics

/// A counter that is published as a total.
struct Series {
  private let counter: Counter
  private var published: UInt64 = 0

  init(_ name: String, _ labels: [(String, String)], _ factory: any MetricsFactory) {
    counter = Counter(label: name, dimensions: labels, factory: factory)
  }

  mutating func publish(_ total: UInt64) {
    guard total > published else { return }
    counter.increment(by: total - published)
    published = total
  }
}
