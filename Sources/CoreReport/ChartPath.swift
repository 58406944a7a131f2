/// The line of a series in a field of 2,000 by 1,000 units, whatever its size on the page. A value holds until the next one.
///
/// Values of one column become its least, its greatest and its last one, so that no peak is lost. A column has 1 unit, and of a
/// series of more than 2,000 values 2.
struct ChartPath {
  static let (width, height) = (2000.0, 1000.0)
  /// A series of more values is thinned out.
  static let thinAbove = 2000

  private let base: Int
  private let isClosed: Bool
  private var start: Int?
  private var (x, y) = (0, 0)

  /// - Parameter isClosed: an area over the scale's 0 instead of a line
  static func write(_ series: RunSeries, _ axis: TimeAxis, _ scale: ChartScale, isClosed: Bool, to page: inout Markup) {
    var path = ChartPath(base: Int(scale.place(0, height: height).rounded()), isClosed: isClosed)
    let column = series.seconds.count > thinAbove ? 2 : 1
    func place(_ second: Double) -> Int { Int(axis.share(second) * width) / column * column }
    func level(_ value: Double) -> Int? { value.isNaN ? nil : Int(scale.place(value, height: height).rounded()) }
    var index = 0
    while index < series.seconds.count {
      let x = place(series.seconds[index])
      var (low, high, last) = (Int.max, Int.min, level(series.values[index]))
      repeat {
        last = level(series.values[index])
        if let last { (low, high) = (min(low, last), max(high, last)) }
        index += 1
      } while index < series.seconds.count && place(series.seconds[index]) == x
      if low <= high { path.column(at: x, low, high, last: last ?? high, &page) }
      if last == nil { path.end(at: x, &page) }
    }
    path.end(at: Int(width), &page)
  }

  private init(base: Int, isClosed: Bool) { (self.base, self.isClosed) = (base, isClosed) }

  private mutating func column(at x: Int, _ low: Int, _ high: Int, last: Int, _ page: inout Markup) {
    if start == nil {
      page.raw("M\(x) \(low)")
      (start, self.x, y) = (x, x, low)
    } else if low == y, high == y {
      return
    }
    move("h", &self.x, to: x, &page)
    // The nearer end first: the line runs over itself as little as it can.
    let isLowFirst = abs(y - low) <= abs(y - high)
    for level in [isLowFirst ? low : high, isLowFirst ? high : low, last] { move("v", &y, to: level, &page) }
  }

  private func move(_ letter: String, _ place: inout Int, to end: Int, _ page: inout Markup) {
    if end == place { return }
    page.raw(letter)
    page.int(end - place)
    place = end
  }

  private mutating func end(at x: Int, _ page: inout Markup) {
    guard let start else { return }
    move("h", &self.x, to: x, &page)
    if isClosed { page.raw("V\(base)H\(start)Z") }
    self.start = nil
  }
}
