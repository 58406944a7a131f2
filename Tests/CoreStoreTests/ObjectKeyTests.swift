import Testing

@testable import CoreObjects

@Suite("Keys of objects")
struct ObjectKeyTests {
  @Test("a resource put together at run time is the constant of its names")
  func resources() {
    let made = ResourceID(["ap", "ps"].joined(), "statefulsets")
    #expect(made == .statefulSets && made.hashValue == ResourceID.statefulSets.hashValue)
    #expect(
      made != ResourceID("app", "sstatefulsets") && made != .deployments && ResourceID("", "pods/x") != ResourceID("pods", "x"))
    #expect(made.description == "statefulsets.apps" && made.group == "apps")
  }

  @Test("keys with the same parts are one key, whoever made them; one other part makes another key")
  func equality() {
    let key = ObjectKey(.pods, namespace: "default", "a-pod-with-a-name-of-some-length")
    let same = ObjectKey(
      ResourceID("", "pods"), namespace: "default", ["a-pod-with-a-name", "of-some-length"].joined(separator: "-"))
    #expect(key == same && key.hashValue == same.hashValue && Set([key, same]).count == 1)
    for other in [
      ObjectKey(.services, namespace: "default", key.name), ObjectKey(.pods, namespace: "others", key.name),
      ObjectKey(.pods, namespace: "default", key.name + "x"), ObjectKey(.pods, namespace: key.name, "default"),
    ] {
      #expect(key != other && (key < other) != (other < key))
    }
  }

  @Test("keys whose texts have one hash are told apart by their texts")
  func collisions() {
    // The hash runs over the name and then the namespace: "ab" both times.
    let key = ObjectKey(.pods, namespace: "", "ab")
    let other = ObjectKey(.pods, namespace: "b", "a")
    #expect(key.hashValue == other.hashValue && key != other)
    #expect(Set([key, other]).count == 2)
  }
}
