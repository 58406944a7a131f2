import CoreObjects
import Testing

@testable import CoreControllers

@Suite("The last decisions of an autoscaler")
struct RecentDecisionsTests {
  private static let rules = AutoscalerRules(HorizontalPodAutoscalerSpec())

  private static func counts(_ decisions: RecentDecisions) -> [Int] { decisions.oldestFirst.map(\.current) }

  /// - Parameter counts: what each look saw, to tell decisions apart
  private static func add(_ counts: some Sequence<Int>, to decisions: inout RecentDecisions) {
    for count in counts {
      decisions.append(Decision(at: Instant(nanoseconds: Int64(count)), current: count, rules))
      #expect(decisions.last?.current == count)
    }
  }

  @Test("are as many as the limit, oldest first")
  func order() {
    var decisions = RecentDecisions(limit: 3)
    #expect(decisions.last == nil)
    for last in 1...10 {
      Self.add([last], to: &decisions)
      #expect(Self.counts(decisions) == Array(max(1, last - 2)...last))
    }
  }

  @Test("stay in order when the limit shrinks and grows", arguments: 1...7)
  func limits(before: Int) {
    var decisions = RecentDecisions(limit: 4)
    Self.add(1...before, to: &decisions)
    decisions.limit = 2
    Self.add([before + 1], to: &decisions)
    #expect(Self.counts(decisions) == [before, before + 1])
    Self.add([before + 2], to: &decisions)
    decisions.limit = 5
    Self.add((before + 3)...(before + 4), to: &decisions)
    #expect(Self.counts(decisions) == Array((before + 1)...(before + 4)))
    Self.add((before + 5)...(before + 8), to: &decisions)
    #expect(Self.counts(decisions) == Array((before + 4)...(before + 8)))
  }

  @Test("the last one of which holds for longer has a later time")
  func extended() {
    var decisions = RecentDecisions(limit: 2)
    Self.add(1...3, to: &decisions)
    decisions.extend(to: Instant(nanoseconds: 9))
    #expect(decisions.oldestFirst.map(\.at.nanoseconds) == [2, 9])
  }
}
