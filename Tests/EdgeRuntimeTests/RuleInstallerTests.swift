import CoreNode
import CoreObjects
import EdgeRuntime
import TestMachine
import Testing

/// A table with a chain for each word, and words that the kernel refuses.
private struct ChainRules: KernelRules {
  struct Word: KernelWord {
    var name: String
    var isNothing = false
    var key: ObjectKey { ObjectKey(.services, namespace: "", name) }
  }

  let table = "ip chains"
  let base = "add table ip chains\n"

  mutating func replace(_ words: [Word]) -> RuleUpdate {
    RuleUpdate(script: words.map { $0.isNothing ? "" : "add chain ip chains \($0.name)\n" }.joined())
  }
}

@Suite("Rules are brought into the kernel", .enabled(if: Requirement.met(.root), "namespaces need root"))
struct RuleInstallerTests {
  @Test("what the kernel refuses, also from the beginning, is told to who waits for it, until it is said no longer")
  func refusal() async throws {
    let namespace = try NetworkNamespace()
    let rules = RuleInstaller<ChainRules>()
    #expect("\(try #require(rules.refusal))".contains("no rules"))
    try await rules.open(NetworkTools(namespace), ChainRules())
    rules.replace(.init(name: "good"))
    await rules.settle()
    #expect(rules.refusal == nil)
    rules.replace(.init(name: "!"))
    await rules.settle()
    #expect("\(try #require(rules.refusal))".contains("nft"))
    rules.replace(.init(name: "!", isNothing: true))
    await rules.settle()
    #expect(rules.refusal == nil)
    #expect(try await NetworkTools(namespace).ask("nft", ["list", "chains"])?.contains("good") == true)
  }
}
