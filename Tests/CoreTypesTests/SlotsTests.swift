import CoreObjects
import Testing

@Suite("Values by name that stay where they are")
struct SlotsTests {
  @Test("a name keeps its place until it is removed, and the next new name gets that place with a new value")
  func places() {
    var slots = Slots<String, Int>()
    let (a, b) = (slots.reserve("a", 1), slots.reserve("b", 2))
    slots[a] += 10
    #expect(slots.reserve("a", 1) == a && slots[a] == 11)
    #expect(slots.remove("a", leaving: 0) == a && slots[a] == 0)
    #expect(slots.place(of: "a") == nil && slots.place(of: "b") == b && slots.remove("a", leaving: 0) == nil)
    let c = slots.reserve("c", 3)
    #expect(c == a && slots[c] == 3 && !slots.isEmpty)
  }

  @Test("a hint is believed only where the name is")
  func hints() {
    var slots = Slots<String, Int>()
    let (a, b) = (slots.reserve("a", 1), slots.reserve("b", 2))
    #expect(slots.place(of: "a", hint: a) == a && slots.place(of: "a", hint: b) == a && slots.place(of: "a", hint: 7) == a)
    #expect(slots.place(of: "c", hint: a) == nil)
    slots.remove("b", leaving: 0)
    #expect(slots.place(of: "b", hint: b) == nil)
  }
}
