import CoreAPI
import CoreObjects
import Foundation
import Testing

/// What `wavetank explain fields` says is held against the program's own sources.
@Suite("The table of fields")
struct FieldTableTests {
  private static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The words of the files under these folders that read a member: `.image`, "image".
  private static func words(under folders: [String], except isLeftOut: (String) -> Bool = { _ in false }) throws -> Set<Substring>
  {
    let pattern = /[.]`?([A-Za-z]+)`?|"([A-Za-z-]+)"/
    var words: Set<Substring> = []
    for folder in folders {
      let files = FileManager.default.enumerator(
        at: project.appending(path: "Sources/\(folder)"), includingPropertiesForKeys: nil)
      for case let file as URL in try #require(files) where file.pathExtension == "swift" && !isLeftOut(file.path) {
        for match in try String(contentsOf: file, encoding: .utf8).matches(of: pattern) {
          words.insert(match.1 ?? match.2 ?? "")
        }
      }
    }
    return words
  }

  /// Who only refuses, warns of, fills in or converts a field does not act on it.
  private static let acting: Set<Substring>? = try? words(
    under: ["CoreAPI", "CoreControllers", "CoreEngine", "CoreNode", "CoreObjects", "EdgeAgent", "EdgeRuntime"]
  ) { path in
    path.contains("/CoreAPI/") && ["Rules", "Warnings", "Defaults", "Conversion", "FieldTable"].contains { path.contains($0) }
  }

  private static func unread(_ rows: [FieldTable.Row]) throws -> [String] {
    let acting = try #require(acting)
    // Of some fields all that counts is what is in them.
    func isTold(below row: FieldTable.Row) -> Bool {
      let place = row.note.hasPrefix("as ") ? String(row.note.dropFirst(3)) : row.path
      return rows.contains { $0.word != .acted && $0.path.hasPrefix(place + ".") }
    }
    return rows.filter { $0.word == .acted && !acting.contains($0.name) && !isTold(below: $0) }.map(\.path)
  }

  @Test("a field that is said to be acted on is read by something that acts")
  func actsOn() throws {
    let rows = FieldTable().rows
    #expect(rows.count > 600)
    let unread = try Self.unread(rows)
    #expect(unread == [])
    // The check can fail.
    #expect(try Self.unread([FieldTable.Row(path: "Pod.spec.hostUsers", word: .acted, note: "")]) == ["Pod.spec.hostUsers"])
  }

  @Test("a field that is said to be warned of is read neither on nodes nor by controllers")
  func warnsOf() throws {
    let rows = FieldTable().rows
    let words = try Self.words(under: ["CoreControllers", "CoreNode", "EdgeAgent", "EdgeRuntime"])
    let acted = Set(rows.filter { $0.word == .acted }.map(\.name))
    // Read, and yet nothing comes of it.
    let known: [Substring: String] = [
      "volumeAttributesClassName": "volumes and claims are matched by it", "mountOptions": "a volume gets its class's",
      "hostPort": "two pods with one are kept apart", "hostIP": "likewise", "stopSignal": "an image's",
      "claims": "those of volumes",
    ]
    // A limit to some values is no limit to the others.
    let whole = rows.filter { row in
      row.word == .warned && !row.isPartial && !acted.contains(row.name) && known[row.name] == nil
    }
    #expect(whole.count > 30)
    #expect(whole.filter { words.contains($0.name) }.map(\.path) == [])
  }

  @Test("docs/fields.md is what the program prints")
  func isPrinted() throws {
    let text = try String(contentsOf: Self.project.appending(path: "docs/fields.md"), encoding: .utf8)
    let printed = text.split(separator: "```", omittingEmptySubsequences: false)
    #expect(
      printed.count == 3 && printed[1].dropFirst() == FieldTable().rows.map { $0.line + "\n" }.joined(), "make readme writes it")
  }

  @Test("one kind's table stands for itself")
  func ofOneKind() {
    let rows = FieldTable(kind: "deployment").rows
    #expect(rows.contains { $0.path == "Deployment.spec.template.spec.containers[].image" && $0.word == .acted })
    #expect(rows.contains { $0.path == "Deployment.spec.template.spec.volumes[].nfs" && $0.word == .warned })
    for name in ["Deployments", "deploy"] { #expect(FieldTable(kind: name).rows.count == rows.count) }
    #expect(FieldTable(kind: "Nope").rows.isEmpty)
  }
}
