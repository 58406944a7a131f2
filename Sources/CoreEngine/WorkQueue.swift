import CoreObjects

/// Keys to reconcile, first in first out, each at most once, with the failures of each for back-off.
struct WorkQueue: Sendable {
  struct Item: Hashable, Sendable {
    /// Index of the controller.
    var controller: Int
    var key: ObjectKey
  }
  private var items: [Item] = []
  private var head = 0
  private var waiting: Set<Item> = []
  private var failures: [Item: Int] = [:]

  var count: Int { items.count - head }

  mutating func add(_ item: Item) {
    if waiting.insert(item).inserted { items.append(item) }
  }

  mutating func pop() -> Item? {
    guard head < items.count else { return nil }
    let item = items[head]
    head += 1
    waiting.remove(item)
    if head > 1024, head * 2 > items.count {
      items.removeFirst(head)
      head = 0
    }
    return item
  }

  /// The delay before a failed item is tried again: 5 ms doubling to 1,000 s.
  /// Source: DefaultTypedControllerRateLimiter, client-go util/workqueue, v0.36.
  mutating func failed(_ item: Item) -> Duration {
    let count = failures[item, default: 0]
    failures[item] = count + 1
    return count > 17 ? .seconds(1000) : .milliseconds(5 << count)
  }

  mutating func succeeded(_ item: Item) {
    if !failures.isEmpty { failures[item] = nil }
  }
}
