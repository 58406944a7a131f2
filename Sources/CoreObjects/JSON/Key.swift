/// The name of an object's member, in 8 bytes: a name of the schema's fixed vocabulary as its number, any other name as a box.
///
/// Only schema names are interned, so that hostile input cannot make the table grow. Constants such as `Key.metadata` are
/// generated from the schema; a literal costs a table look-up each time it is evaluated.
///
/// Constants and reads of members are `@inlinable`, and what they name `@usableFromInline`: what is merely `package` is called from
/// other modules, never inlined there.
@usableFromInline package enum Key: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  case known(UInt32)
  case other(KeyBox)

  package init(_ name: String) {
    var name = name
    let id = name.withUTF8 { KeyTable.shared.find($0.baseAddress, $0.count) }
    self = id >= 0 ? .known(UInt32(id)) : .other(KeyBox(name))
  }

  @usableFromInline package init(stringLiteral name: String) { self.init(name) }

  package var name: String {
    switch self {
    case .known(let id): KeyTable.shared.name(Int(id))
    case .other(let box): box.name
    }
  }

  @usableFromInline package var description: String { name }

  @usableFromInline package static func == (left: Key, right: Key) -> Bool {
    switch (left, right) {
    case (.known(let x), .known(let y)): x == y
    case (.other(let x), .other(let y)): x === y || x.name == y.name
    default: false
    }
  }

  @usableFromInline package func hash(into hasher: inout Hasher) {
    switch self {
    case .known(let id): hasher.combine(id)
    case .other(let box): hasher.combine(box.name)
    }
  }
}

extension Key {
  /// The 8 bytes of the key, which tell two known names apart without a look at either.
  @inline(__always) var word: UInt64 { unsafeBitCast(self, to: UInt64.self) }
}

extension [Member] {
  /// The index of the member named `key`, or -1. Most look-ups of the program end here: names of the vocabulary are compared as
  /// words, without reference counting.
  @usableFromInline package func place(of key: Key) -> Int {
    guard case .known = key else { return place(ofOther: key) }
    let word = key.word
    let members = span
    var index = 0
    while index < members.count {
      if members[unchecked: index].key.word == word { return index }
      index &+= 1
    }
    return -1
  }

  /// Apart, so that what it needs is not made ready for names of the vocabulary too.
  @inline(never) private func place(ofOther key: Key) -> Int { firstIndex { $0.key == key } ?? -1 }
}

/// A member name outside the schema's vocabulary: a label, an annotation, a key of a ConfigMap.
@usableFromInline package final class KeyBox: Sendable {
  package let name: String
  init(_ name: String) { self.name = name }
}
