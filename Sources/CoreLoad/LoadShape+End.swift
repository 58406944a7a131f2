extension LoadShape {
  /// The second of the last sample of its series; 0 where it has none.
  package var endSecond: Double {
    switch self {
    case .series(let series): series.end
    case .sum(let shapes), .product(let shapes): shapes.map(\.endSecond).max() ?? 0
    case .constant, .sine, .spike, .noise: 0
    }
  }
}
