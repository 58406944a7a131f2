import CoreObjects
import Testing

@Suite("Names of members")
struct KeyTests {
  private static let names = ["metadata", "name", "spec", "status", "app.kubernetes.io/name", "x", "", "metadata2"]

  @Test("a member is found by its name, whether the schema knows it or not, and nothing else is")
  func places() {
    let members = Self.names.enumerated().map { Member(key: Key($0.element), value: .int(Int64($0.offset))) }
    for (index, name) in Self.names.enumerated() {
      #expect(members.place(of: Key(name)) == index)
      #expect(JSON.object(members)[Key(name)].int == index)
    }
    for missing in ["kind", "y", "nam"] { #expect(members.place(of: Key(missing)) == -1) }
    #expect([Member]().place(of: .metadata) == -1)
  }

  @Test("a name known to the schema is the same however it was made")
  func words() {
    let parsed = try? JSONParser.parse(#"{"metadata":{"name":"a"}}"#)
    #expect(parsed?[.metadata][.name].string == "a" && parsed?[Key("metadata")][Key("name")].string == "a")
  }
}
