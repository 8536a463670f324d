/// Placeholder of histories.
struct SkuHistory {}
