import CoreNode
import CoreObjects
import Testing

/// Rules that are kept up with facts, and what the policies themselves say.
private struct PolicyBench {
  var rules = PolicyRules(nodes: 3)
  var tables = PolicyTables()
  var model = PolicyModel()

  static func tree(_ text: String) -> JSON { try! JSONParser.parse(Array(text.utf8)) }

  static func labels(_ text: String) -> TextMap {
    var map = TextMap()
    for pair in text.split(separator: ",").map({ $0.split(separator: "=") }) { map[String(pair[0])] = String(pair[1]) }
    return map
  }

  static func pod(
    _ name: String, _ address: String?, _ labels: String = "", http: Int? = nil, in namespace: String = "a"
  ) -> PolicyFact {
    let ports = http.map { [PolicyIdentity.Port(name: "http", protocol: "tcp", number: $0)] } ?? []
    let identity = PolicyIdentity(namespace: namespace, labels: Self.labels(labels), ports: ports)
    return PolicyFact(
      ObjectKey(.pods, namespace: namespace, name), address.map { .pod(PolicedPod(address: $0, identity)) } ?? .nothing)
  }

  static func namespace(_ name: String, _ labels: String) -> PolicyFact {
    PolicyFact(ObjectKey(.namespaces, name), .namespace(labels: Self.labels(labels)))
  }

  static func policy(_ name: String, _ spec: String?, in namespace: String = "a") -> PolicyFact {
    PolicyFact(
      ObjectKey(.networkPolicies, namespace: namespace, name),
      spec.map { .policy(NetworkPolicySpec(tree: Self.tree($0))) } ?? .nothing)
  }

  /// The script.
  @discardableResult mutating func tell(_ facts: PolicyFact...) -> String {
    let script = rules.replace(facts).script
    tables.run(script)
    return script
  }

  func lets(_ from: String, _ to: String, _ protocol: String = "tcp", _ port: Int = 80) -> Bool {
    tables.lets(TestPacket(from: from, to: to, protocol: `protocol`, port: port))
  }
}

@Suite("Policies as rules of nftables")
struct PolicyRulesTests {
  private typealias Bench = PolicyBench
  private static let (web, db, far, outside) = ("10.244.0.2", "10.244.1.2", "10.244.2.2", "203.0.113.9")

  /// Two pods in namespace a, one in b.
  private static func bench(_ policies: String...) -> PolicyBench {
    var bench = Bench()
    bench.tell(
      Bench.namespace("a", "team=red"), Bench.namespace("b", "team=blue"), Bench.pod("web", web, "app=web", http: 8080),
      Bench.pod("db", db, "app=db", http: 80), Bench.pod("far", far, "app=web", in: "b"))
    for (number, spec) in policies.enumerated() { bench.tell(Bench.policy("p\(number)", spec)) }
    return bench
  }

  @Test("without policies there are no rules; with the last policy all of them go")
  func none() {
    var bench = Self.bench()
    #expect(bench.tables == PolicyTables())
    bench.tell(Bench.policy("p", #"{"podSelector":{},"policyTypes":["Ingress"]}"#))
    #expect(!bench.lets(Self.web, Self.db))
    #expect(bench.tell(Bench.policy("p", nil)) == "delete table ip wavetank_policies\n")
    #expect(bench.lets(Self.web, Self.db) && bench.tables == PolicyTables())
    bench.tell(Bench.pod("late", "10.244.0.9"), Bench.policy("p", #"{"podSelector":{},"policyTypes":["Ingress"]}"#))
    #expect(!bench.lets(Self.web, "10.244.0.9"))
  }

  @Test("a policy without rules lets nothing in, but from the pod's node and itself; what others take and it sends is as before")
  func closed() {
    let bench = Self.bench(#"{"podSelector":{"matchLabels":{"app":"db"}},"policyTypes":["Ingress"]}"#)
    #expect(!bench.lets(Self.web, Self.db) && !bench.lets(Self.outside, Self.db) && !bench.lets("10.244.0.1", Self.db))
    #expect(bench.lets("10.244.1.1", Self.db) && bench.lets(Self.db, "10.244.1.1") && bench.lets(Self.db, Self.db))
    #expect(bench.lets(Self.db, Self.web) && bench.lets(Self.far, Self.web))
    let egress = Self.bench(#"{"podSelector":{"matchLabels":{"app":"db"}},"policyTypes":["Egress"]}"#)
    #expect(!egress.lets(Self.db, Self.web) && !egress.lets(Self.db, Self.outside) && egress.lets(Self.web, Self.db))
  }

  @Test("an empty rule lets everything in, two policies what either does")
  func union() {
    let open = Self.bench(#"{"podSelector":{},"policyTypes":["Ingress"],"ingress":[{}]}"#)
    #expect(open.lets(Self.outside, Self.db, "udp", 9))
    let both = Self.bench(
      #"{"podSelector":{},"policyTypes":["Ingress"]}"#,
      #"{"podSelector":{},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}]}]}"#)
    #expect(both.lets(Self.web, Self.db) && !both.lets(Self.db, Self.web) && !both.lets(Self.far, Self.db))
  }

  @Test("two selectors in a peer must both hold, two peers are one or the other; a namespace's new label counts at once")
  func selectors() {
    let blue = #""namespaceSelector":{"matchLabels":{"team":"blue"}}"#
    let db = #""podSelector":{"matchLabels":{"app":"db"}}"#
    var and = Self.bench(#"{"podSelector":{},"policyTypes":["Ingress"],"ingress":[{"from":[{\#(blue),\#(db)}]}]}"#)
    #expect(!and.lets(Self.far, Self.web) && !and.lets(Self.db, Self.web))
    and.tell(Bench.pod("far", Self.far, "app=db", in: "b"))
    #expect(and.lets(Self.far, Self.web))
    and.tell(Bench.namespace("b", "team=green"))
    #expect(!and.lets(Self.far, Self.web))
    let or = Self.bench(#"{"podSelector":{},"policyTypes":["Ingress"],"ingress":[{"from":[{\#(blue)},{\#(db)}]}]}"#)
    #expect(or.lets(Self.far, Self.web) && or.lets(Self.db, Self.web) && !or.lets(Self.outside, Self.web))
  }

  @Test("a block of addresses lets in what is in it, without its exceptions, also pods; one of IPv6 lets in nobody")
  func blocks() {
    let block = #"{"ipBlock":{"cidr":"10.244.0.0/16","except":["10.244.1.0/24"]}}"#
    let bench = Self.bench(#"{"podSelector":{},"policyTypes":["Ingress"],"ingress":[{"from":[\#(block)]}]}"#)
    #expect(bench.lets(Self.far, Self.web) && !bench.lets(Self.db, Self.web) && !bench.lets(Self.outside, Self.web))
    let six = Self.bench(
      #"{"podSelector":{},"policyTypes":["Ingress"],"ingress":[{"from":[{"ipBlock":{"cidr":"::/0"}}]}]}"#)
    #expect(!six.lets(Self.far, Self.web))
  }

  @Test("ports are numbers, ranges, all of a protocol, and names: of the pod that is called, wherever the rule stands")
  func ports() {
    func bench(_ ports: String, egress: Bool = false) -> PolicyBench {
      let (type, rule) = egress ? ("Egress", "egress") : ("Ingress", "ingress")
      return Self.bench(#"{"podSelector":{},"policyTypes":["\#(type)"],"\#(rule)":[{"ports":[\#(ports)]}]}"#)
    }
    let range = bench(#"{"protocol":"UDP","port":53,"endPort":60},{"port":443}"#)
    #expect(range.lets(Self.far, Self.web, "udp", 60) && !range.lets(Self.far, Self.web, "udp", 61))
    #expect(range.lets(Self.far, Self.web, "tcp", 443) && !range.lets(Self.far, Self.web, "tcp", 53))
    let whole = bench(#"{"protocol":"SCTP"}"#)
    #expect(whole.lets(Self.far, Self.web, "sctp", 1) && !whole.lets(Self.far, Self.web))
    for isEgress in [false, true] {
      let named = bench(#"{"port":"http"}"#, egress: isEgress)
      #expect(named.lets(Self.web, Self.db, "tcp", 80) && !named.lets(Self.web, Self.db, "tcp", 8080), "\(isEgress)")
      #expect(named.lets(Self.db, Self.web, "tcp", 8080) && !named.lets(Self.db, Self.web, "tcp", 80), "\(isEgress)")
    }
    #expect(!bench(#"{"port":"other"}"#).lets(Self.web, Self.db))
  }

  @Test("pods that may only ask the DNS reach it by the labels that its pods have elsewhere, at its ports' numbers and names")
  func names() {
    let dns =
      #""to":[{"namespaceSelector":{"matchLabels":{"team":"system"}},"podSelector":{"matchLabels":{"k8s-app":"kube-dns"}}}]"#
    for port in ["53", #""dns""#] {
      var bench = Self.bench(
        #"{"podSelector":{},"policyTypes":["Egress"],"egress":[{\#(dns),"ports":[{"protocol":"UDP","port":\#(port)}]}]}"#)
      #expect(!bench.lets(Self.web, "10.96.0.10", "udp", 53))
      bench.tell(Bench.namespace("kube-system", "team=system"))
      #expect(bench.lets(Self.web, "10.96.0.10", "udp", 53) && !bench.lets(Self.web, "10.96.0.10", "tcp", 53))
      #expect(!bench.lets(Self.web, "10.96.0.1", "tcp", 443) && !bench.lets(Self.web, Self.db))
    }
  }

  @Test(
    "a pod that is like another is two elements, and no rule; when it ends they go, and who has its address next is judged anew")
  func pods() {
    var bench = Self.bench(
      #"{"podSelector":{"matchLabels":{"app":"db"}},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{}}]}]}"#)
    let script = bench.tell(Bench.pod("db-2", "10.244.0.7", "app=db", http: 80))
    #expect(script.split(separator: "\n").count == 2 && script.split(separator: "\n").allSatisfy { $0.hasPrefix("add element") })
    #expect(bench.tell(Bench.pod("db-2", "10.244.0.7", "app=db", http: 80)) == "")
    #expect(bench.lets(Self.web, "10.244.0.7") && !bench.lets(Self.far, "10.244.0.7"))
    // Its end may be told after its address has been given to another.
    bench.tell(Bench.pod("new", "10.244.0.7", "app=new"))
    bench.tell(Bench.pod("db-2", nil))
    #expect(bench.lets(Self.far, "10.244.0.7") && bench.lets("10.244.0.7", Self.db))
    bench.tell(Bench.pod("new", nil))
    #expect(!bench.lets("10.244.0.7", Self.db))
  }

  /// Replay: swift test --filter PolicyRulesTests/histories
  @Test(
    "after any history every packet is judged as the policies say, the rules are as many as after a fresh start, and nft refuses nothing",
    arguments: 0..<30 as Range<UInt64>)
  func histories(seed: UInt64) {
    var random = RandomSource(seed: seed)
    func draw(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    func pick<Value>(_ values: [Value]) -> Value { values[draw(values.count)] }
    func label() -> String { draw(3) == 0 ? "" : "app=\(pick(["x", "y"]))" }
    func selector() -> String {
      pick([
        "{}", #"{"matchLabels":{"app":"x"}}"#, #"{"matchExpressions":[{"key":"app","operator":"NotIn","values":["x"]}]}"#,
        #"{"matchExpressions":[{"key":"app","operator":"Exists"}]}"#,
      ])
    }
    func peer() -> String {
      switch draw(4) {
      case 0: #"{"podSelector":\#(selector())}"#
      case 1: #"{"namespaceSelector":\#(selector())}"#
      case 2: #"{"namespaceSelector":\#(selector()),"podSelector":\#(selector())}"#
      default: #"{"ipBlock":{"cidr":"10.244.0.0/16"\#(pick(["", #","except":["10.244.1.0/24"]"#]))}}"#
      }
    }
    func port() -> String {
      pick([#"{"port":80}"#, #"{"port":"http"}"#, #"{"port":81,"endPort":90}"#, #"{"protocol":"UDP"}"#])
    }
    func list(_ element: () -> String) -> String { (0..<draw(3)).map { _ in element() }.joined(separator: ",") }
    func policy() -> String {
      let ingress = list { #"{"from":[\#(list(peer))],"ports":[\#(list(port))]}"# }
      let egress = list { #"{"to":[\#(list(peer))],"ports":[\#(list(port))]}"# }
      let types = pick([#""Ingress""#, #""Egress""#, #""Ingress","Egress""#])
      return #"{"podSelector":\#(selector()),"policyTypes":[\#(types)],"ingress":[\#(ingress)],"egress":[\#(egress)]}"#
    }
    let addresses = (0..<6).map { "10.244.\($0 % 2).\($0 + 2)" }
    var (bench, latest) = (Bench(), [ObjectKey: PolicyFact]())
    for turn in 0..<60 {
      var facts: [ObjectKey: PolicyFact] = [:]
      for _ in 0...draw(3) {
        let (namespace, number) = (pick(["a", "b"]), draw(6))
        let fact: PolicyFact
        switch draw(4) {
        case 0: fact = Bench.namespace(namespace, label())
        case 1: fact = Bench.policy("p\(draw(3))", draw(3) == 0 ? nil : policy(), in: namespace)
        default:
          // Each address is one pod's.
          let own = number % 2 == 0 ? "a" : "b"
          fact = Bench.pod(
            "p\(number)", draw(4) == 0 ? nil : addresses[number], label(), http: pick([nil, 80, 85]), in: own)
        }
        facts[fact.key] = fact
      }
      bench.tables.run(bench.rules.replace(facts.values.sorted { $0.key < $1.key }).script)
      latest.merge(facts) { $1 }
      if turn % 10 != 9 { continue }
      var model = PolicyModel()
      for (key, fact) in latest {
        switch fact.content {
        case .pod(let pod): (model.pods[key], model.made[key]) = (pod, pod.parts)
        case .namespace(let labels): model.labels[key.name] = labels
        case .policy(let spec): model.policies[key] = spec
        case .nothing: continue
        }
      }
      for from in addresses + ["203.0.113.9", "10.244.0.1"] {
        for to in addresses + ["203.0.113.9", "10.244.1.1"] {
          for (`protocol`, port) in [("tcp", 80), ("tcp", 85), ("udp", 53)] {
            let packet = TestPacket(from: from, to: to, protocol: `protocol`, port: port)
            if bench.tables.lets(packet) != model.lets(packet) { Issue.record("seed \(seed), turn \(turn): \(packet)") }
          }
        }
      }
      var (fresh, expected) = (PolicyRules(nodes: 3), PolicyTables())
      expected.run(fresh.replace(latest.values.sorted { $0.key < $1.key }).script)
      let sizes = { (tables: PolicyTables) in
        ([tables.chains.count] + tables.sets.map { tables.elements[$0]?.count ?? 0 }.sorted())
      }
      #expect(sizes(bench.tables) == sizes(expected), "seed \(seed), turn \(turn)")
    }
  }
}

extension PolicedPod {
  fileprivate var parts: (labels: TextMap, ports: [PolicyIdentity.Port]) { (identity.labels, identity.ports) }
}
