/// A sorted array in chunks: while a copy (a snapshot) is alive, a write copies one chunk, not everything.
struct SortedChunks<Element: Sendable>: Sendable {
  private static var chunkLimit: Int { 128 }

  private var chunks: [[Element]] = []
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// Where an element is, or would be inserted.
  struct Position {
    fileprivate var chunk: Int
    fileprivate var index: Int
  }

  subscript(position: Position) -> Element {
    get { chunks[position.chunk][position.index] }
    set { chunks[position.chunk][position.index] = newValue }
  }

  /// The first position whose element does not come before the one looked for; `comesBefore` must agree with the order.
  func position(_ comesBefore: (Element) -> Bool) -> Position {
    let chunk = chunks.span.partition { comesBefore($0[$0.count - 1]) }
    guard chunk < chunks.count else { return Position(chunk: chunk, index: 0) }
    let elements = chunks[chunk]
    return Position(chunk: chunk, index: elements.span.partition(comesBefore))
  }

  /// The element there; nil at the end.
  func element(at position: Position) -> Element? {
    position.chunk < chunks.count ? chunks[position.chunk][position.index] : nil
  }

  /// The element before it; nil at the begin.
  func element(before position: Position) -> Element? {
    if position.index > 0 { return chunks[position.chunk][position.index - 1] }
    return position.chunk > 0 ? chunks[position.chunk - 1].last : nil
  }

  mutating func insert(_ element: Element, at position: Position) {
    count += 1
    guard position.chunk < chunks.count else {
      append(element)
      return
    }
    chunks[position.chunk].insert(element, at: position.index)
    if chunks[position.chunk].count > SortedChunks.chunkLimit { split(position.chunk) }
  }

  private mutating func append(_ element: Element) {
    guard let last = chunks.indices.last, chunks[last].count < SortedChunks.chunkLimit else {
      chunks.append([element])
      return
    }
    chunks[last].append(element)
  }

  private mutating func split(_ chunk: Int) {
    let middle = chunks[chunk].count / 2
    let upper = Array(chunks[chunk][middle...])
    chunks[chunk].removeSubrange(middle...)
    chunks.insert(upper, at: chunk + 1)
  }

  mutating func remove(at position: Position) {
    count -= 1
    chunks[position.chunk].remove(at: position.index)
    if chunks[position.chunk].isEmpty { chunks.remove(at: position.chunk) }
  }

  /// All elements, in order.
  func visit(_ body: (Element) -> Void) { for chunk in chunks { for element in chunk { body(element) } } }
}
