package import CoreObjects

/// A table of nftables that is kept up with what is told, one word for each key: what is installed, and the script that makes the next
/// state of it.
package protocol KernelRules: Sendable {
  associatedtype Word: KernelWord
  /// "ip wavetank".
  var table: String { get }
  /// What is there before any word.
  var base: String { get }
  mutating func replace(_ words: [Word]) -> RuleUpdate
}

/// What is told of one object; the last word counts.
package protocol KernelWord: Sendable {
  var key: ObjectKey { get }
  /// It is as if nothing had ever been told.
  var isNothing: Bool { get }
}

/// What is to be done so that rules are what was told.
package struct RuleUpdate: Sendable, Equatable {
  package struct Flow: Hashable, Sendable {
    package var frontend: Route.Frontend
    package var backend: Route.Backend

    package init(frontend: Route.Frontend, backend: Route.Backend) { (self.frontend, self.backend) = (frontend, backend) }
  }

  /// For nft, one transaction; empty where nothing changes.
  package var script: String
  /// Where datagrams must not be sent any more: the kernel goes on with what it began, as long as the client does.
  package var forgotten: [Flow]

  package init(script: String = "", forgotten: [Flow] = []) { (self.script, self.forgotten) = (script, forgotten) }
}
