import Foundation
import TestMachine
import Testing

@Suite("wavetank rehearse", .timeLimit(.minutes(1)))
struct RehearseTests {
  private static let wavetank =
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/wavetank"
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  private static func run(_ words: [String], in folder: String = root) async throws -> Program.Outcome {
    try await Program.run(wavetank, ["rehearse"] + words, in: folder)
  }

  @Test(
    "plays each example, whose expectations hold, and says the same twice",
    arguments: ["php-apache", "queue-worker", "flapping", "jvm", "practice"])
  func examples(name: String) async throws {
    let outcome = try await Self.run(["Examples/\(name)/scenario.yaml"])
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.output.contains("  ✓ ") && !outcome.output.contains("✗") && outcome.output.contains("pod-hours"))
    #expect(try await Self.run(["Examples/\(name)/scenario.yaml"]).output == outcome.output)
  }

  @Test("ends with 1 where an expectation does not hold, and says when and what was decided")
  func failing() async throws {
    try await Self.inFolder { folder in
      let scenario = try String(contentsOfFile: Self.root + "/Examples/jvm/scenario.yaml", encoding: .utf8)
      let text = scenario.replacingOccurrences(of: "within: 3m", with: "within: 1m")
        .replacingOccurrences(of: "manifests.yaml", with: Self.root + "/Examples/jvm/manifests.yaml")
      try text.write(toFile: folder + "/s.yaml", atomically: true, encoding: .utf8)
      let outcome = try await Self.run(["s.yaml"], in: folder)
      #expect(outcome.status == 1)
      #expect(
        outcome.output.contains("in three minutes: at 16:00 there were 4 ready pods; decided at 15:35, 6 → 7: cpu"), "\(outcome)")
    }
  }

  @Test("takes manifests and a file of numbers, lays another autoscaler beside today's, and reads standard input")
  func files() async throws {
    try await Self.inFolder { folder in
      try "time,cpu\n0,0.1\n60,1.4\n600,0.2\n900,0.2\n".write(toFile: folder + "/cpu.csv", atomically: true, encoding: .utf8)
      let flapping = Self.root + "/Examples/flapping"
      let outcome = try await Self.run(
        [
          "-f", flapping + "/manifests.yaml", "--load", "cpu=cpu.csv", "--against", flapping + "/steady.yaml", "--nodes",
          "3x4cpu,16Gi",
        ],
        in: folder)
      #expect(outcome.status == 0 && outcome.output.contains("today  steady.yaml"), "\(outcome)")
      #expect(outcome.output.contains("peak"))
    }
  }

  @Test("writes a page, JUnit's XML, JSON, a table and OpenMetrics, the same bytes twice")
  func outputs() async throws {
    try await Self.inFolder { folder in
      let names = ["report": "a.html", "junit": "a.xml", "json": "a.json", "csv": "a.csv", "openmetrics": "a.om"]
      let words = names.sorted { $0.key < $1.key }.flatMap { ["--" + $0.key, $0.value] }
      var first: [String: Data] = [:]
      for _ in 0..<2 {
        let outcome = try await Self.run([Self.root + "/Examples/flapping/scenario.yaml"] + words, in: folder)
        #expect(outcome.status == 0, "\(outcome)")
        for name in names.values {
          let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
          #expect(data.count > 200 && first[name] == nil || first[name] == data, "\(name)")
          first[name] = data
        }
      }
      #expect(String(decoding: first["a.html"] ?? Data(), as: UTF8.self).contains("<svg"))
    }
  }

  @Test(
    "says in one line what is wrong with its input, and where, and ends with 2",
    arguments: [
      ("cpu=text.csv", "text.csv:3: \"abc\" is no number"), ("cpu=back.csv", "back.csv:3: time runs backwards"),
      ("cpu=empty.csv", "empty.csv: the file is empty"), ("cpu=none.csv", "none.csv: No such file"),
      ("mem=good.csv", "no autoscaler reads the metric 'mem'"), ("cpu=good.csv,unit=Mi", "'Mi' is no unit of cpu"),
      ("cpu=good.csv,factor=x", "'factor=x' wants a number"), ("cpu", "wants METRIC=FILE"),
      ("cpu{container=no}=good.csv", "no autoscaler reads the metric 'cpu{container=no}'"),
      ("cpu{a=b=good.csv", "wants METRIC=FILE"),
      ("cpu{a}=good.csv", "'a' wants LABEL=VALUE"),
      ("cpu=pct.csv", "pct.csv:2: \"10%\" is a share: factor=N says how much cpu one percent is"),
      ("cpu=c.om", "c.om:1: c_total is a counter"), ("cpu=my load,=x.csv,column=y", "my load,=x.csv: no column \"y\""),
    ])
  func problems(load: String, message: String) async throws {
    try await Self.inFolder { folder in
      let files = [
        "text.csv": "time,cpu\n0,1\n15,abc\n", "back.csv": "time,cpu\n15,1\n0,1\n", "empty.csv": "",
        "good.csv": "time,cpu\n0,1\n900,1\n", "my load,=x.csv": "time,cpu\n0,1\n900,1\n", "pct.csv": "Time,cpu\n0,10%\n60,20%\n",
        "c.om": "# TYPE c counter\nc_total 1 0\nc_total 9 60\n# EOF\n",
      ]
      for (name, text) in files { try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8) }
      let manifests = Self.root + "/Examples/php-apache/manifests.yaml"
      let outcome = try await Self.run(["-f", manifests, "--load", load], in: folder)
      #expect(outcome.status == 2 && outcome.output.isEmpty && outcome.errors.contains(message), "\(outcome)")
      #expect(outcome.errors.split(separator: "\n").count == 1)
      if load == "cpu=good.csv,unit=Mi" {
        for (words, message) in [
          (["--for", "0s"], "--for: '0s' is no time"), (["--nodes", "2x4GB,1Gi"], "--nodes wants a number of nodes"),
          (["--nodes", "2x4Gi,1Gi"], "--nodes wants a number of nodes"),
          (
            [Self.root + "/Examples/flapping/steady.yaml"],
            "wavetank.dev/v1alpha1, not HorizontalPodAutoscaler in autoscaling/v2; -f takes"
          ),
        ] {
          let outcome = try await Self.run(["-f", manifests, "--load", "cpu=good.csv"] + words, in: folder)
          #expect(outcome.status == 2 && outcome.errors.contains(message), "\(outcome)")
        }
        let unwritable = try await Self.run(
          ["-f", manifests, "--load", "cpu=good.csv", "--json", "none/a.json"], in: folder)
        #expect(unwritable.status == 2 && unwritable.output.contains("pod-hours"), "\(unwritable)")
        #expect(unwritable.errors == "wavetank: none/a.json: No such file or directory\n")
        let allocatable = try await Self.run(
          ["-f", manifests, "--load", "cpu=good.csv", "--nodes", "2x3920m,14Gi"], in: folder)
        #expect(allocatable.status == 0, "\(allocatable)")
        let longer = try await Self.run(["-f", manifests, "--load", "cpu=good.csv", "--for", "2h"], in: folder)
        #expect(longer.status == 2 && longer.errors.contains("its numbers end at 15:00, the run at 2:00:00"), "\(longer)")
      }
    }
  }

  @Test("plays manifests that hold an Ingress and a NetworkPolicy as if they were not there")
  func networking() async throws {
    try await Self.inFolder { folder in
      let text = """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: web}
        spec: {defaultBackend: {service: {name: php-apache, port: {number: 80}}}}
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: closed}
        spec: {podSelector: {}}
        ---

        """
      let manifests = try String(contentsOfFile: Self.root + "/Examples/php-apache/manifests.yaml", encoding: .utf8)
      try (text + manifests).write(toFile: folder + "/all.yaml", atomically: true, encoding: .utf8)
      try manifests.write(toFile: folder + "/plain.yaml", atomically: true, encoding: .utf8)
      let played = try await Self.run(["-f", "all.yaml", "--for", "1m"], in: folder)
      let plain = try await Self.run(["-f", "plain.yaml", "--for", "1m"], in: folder)
      #expect(played.status == 0 && played.output == plain.output && played.errors.isEmpty, "\(played)")
    }
  }

  @Test("names objects that are not served, and leaves them out where it is told to")
  func unserved() async throws {
    try await Self.inFolder { folder in
      let text = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n---\n"
      let manifests = try String(contentsOfFile: Self.root + "/Examples/php-apache/manifests.yaml", encoding: .utf8)
      try (text + manifests).write(toFile: folder + "/all.yaml", atomically: true, encoding: .utf8)
      let refused = try await Self.run(["-f", "all.yaml", "--for", "1m"], in: folder)
      #expect(refused.status == 2 && refused.errors.contains("all.yaml:1: Widget w: example.com/v1 Widget is not served"))
      let more = "kind: Gadget\napiVersion: x/v2\n---\n\(text)kind: Bare\nmetadata: {name: b}\n"
      try more.write(toFile: folder + "/more.yaml", atomically: true, encoding: .utf8)
      let bare = try await Self.run(["-f", "more.yaml", "--for", "1m"], in: folder)
      #expect(bare.status == 2 && bare.errors == "wavetank: more.yaml:8: Bare b has no apiVersion\n", "\(bare)")
      try "\(text)kind: Gadget\napiVersion: x/v2\n---\n\(text)".write(
        toFile: folder + "/two.yaml", atomically: true, encoding: .utf8)
      let two = try await Self.run(["-f", "two.yaml", "--for", "1m"], in: folder)
      #expect(two.errors.contains("two.yaml:1: Widget w: example.com/v1 Widget, x/v2 Gadget are not served here"), "\(two)")
      let list =
        "kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n- apiVersion: x/v1\n  kind: B\n"
      try list.write(toFile: folder + "/list.yaml", atomically: true, encoding: .utf8)
      let item = try await Self.run(["-f", "list.yaml", "--for", "1m"], in: folder)
      #expect(item.status == 2 && item.errors.contains("list.yaml:5: B "), "\(item)")
      let played = try await Self.run(["-f", "all.yaml", "--for", "1m", "--skip-unserved"], in: folder)
      #expect(played.status == 0 && played.errors.contains("all.yaml:1: Widget w is left out"), "\(played)")
    }
  }

  @Test("tells autoscalers of one name apart by their namespaces, and plays each of a file that holds one several times")
  func sameNames() async throws {
    try await Self.inFolder { folder in
      let example = try String(contentsOfFile: Self.root + "/Examples/php-apache/manifests.yaml", encoding: .utf8)
      func named(_ namespace: String) -> String {
        example.replacingOccurrences(of: "metadata:\n  name: ", with: "metadata:\n  namespace: \(namespace)\n  name: ")
      }
      let both = named("a") + "\n---\n" + named("b")
      try both.write(toFile: folder + "/nn.yaml", atomically: true, encoding: .utf8)
      try "time,cpu\n0,0.1\n60,1.4\n300,0.2\n".write(toFile: folder + "/cpu.csv", atomically: true, encoding: .utf8)
      let found = named("b").components(separatedBy: "---\n").last ?? ""
      let twice = found + "\n---\n" + found.replacingOccurrences(of: "maxReplicas: 10", with: "maxReplicas: 3")
      try twice.write(toFile: folder + "/found.yaml", atomically: true, encoding: .utf8)
      let words = ["-f", "nn.yaml", "--load", "b/php-apache/cpu=cpu.csv"]
      let outcome = try await Self.run(
        words + ["--against", "found.yaml", "--against", "found.yaml", "--json", "a.json"], in: folder)
      #expect(outcome.status == 0, "\(outcome)")
      #expect(
        outcome.output.contains("today a/php-apache  today b/php-apache  found.yaml#1 a/php-apache")
          && outcome.output.contains("b/php-apache  "), "\(outcome)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: folder + "/a.json")))
      let runs = ((json as? [String: Any])?["runs"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
      #expect(runs == ["today", "found.yaml#1", "found.yaml#2", "found.yaml (2)#1", "found.yaml (2)#2"])
      let scenario =
        "apiVersion: wavetank.dev/v1alpha1\nkind: Scenario\nmetadata: {name: s}\nspec:\n  manifests: [nn.yaml]\n  length: 5m\n"
        + "  expect: [{neverAbove: 20, of: php-apache}]\n"
      try scenario.write(toFile: folder + "/s.yaml", atomically: true, encoding: .utf8)
      let vague = try await Self.run(["s.yaml"], in: folder)
      #expect(
        vague.status == 2
          && vague.errors == "wavetank: s.yaml:7: spec.expect[0].of: 'php-apache' may be each of a/php-apache, b/php-apache\n",
        "\(vague)")
      let tuned = try await Program.run(
        Self.wavetank, ["tune"] + words + ["--goal", "unmet<90%", "--runs", "10", "--autoscaler", "b/php-apache"], in: folder)
      #expect(tuned.status == 0 && tuned.output.contains("namespace: b"), "\(tuned)")
    }
  }

  @Test("asks for a load, or how long, where nothing says it, and for -f where manifests are taken for a scenario")
  func hints() async throws {
    try await Self.inFolder { folder in
      try "time,cpu\n0,1\n".write(toFile: folder + "/one.csv", atomically: true, encoding: .utf8)
      let manifests = Self.root + "/Examples/php-apache/manifests.yaml"
      for (words, message) in [
        ([manifests], "there is more than one document in it: a scenario is one, and manifests go with -f"),
        (["-f", manifests], "there is no load, as in --load cpu=cpu.csv: --for says how long to play"),
        (
          ["-f", manifests, "--load", "cpu=one.csv"], "--load cpu=one.csv: it has one moment only: --for says how long that holds"
        ),
        (["-f", manifests, "--load", "cpu=one.csv", "--for", "1h"], "its numbers end at 0:00, the run at 1:00:00"),
        (["-f", manifests, "--load", "cpu=one.csv,factor=2,factor=3"], "'factor' is there twice"),
      ] {
        let outcome = try await Self.run(words, in: folder)
        #expect(outcome.status == 2 && outcome.errors.contains(message), "\(outcome)")
      }
      let tuned = try await Program.run(
        Self.wavetank, ["tune", "-f", manifests, "--for", "5m", "--goal", "unmet<1%"], in: folder)
      #expect(tuned.status == 2 && tuned.errors.contains("there is no load: "), "\(tuned)")
    }
  }

  @Test("tells what it has read and the command that a shell plays again, and reads what is packed, and standard input")
  func sources() async throws {
    try await Self.inFolder { folder in
      let flapping = Self.root + "/Examples/flapping"
      let text = "time,cpu\n0,0.1\n60,\n120,1.4\n600,0.2\n"
      try text.write(toFile: folder + "/it's.csv", atomically: true, encoding: .utf8)
      _ = try await Program.run("/usr/bin/gzip", ["-k", "it's.csv"], in: folder)
      let words = ["-f", flapping + "/manifests.yaml", "--against", flapping + "/steady.yaml", "--json", "a b.json"]
      let plain = try await Self.run(words + ["--load", "cpu=it's.csv"], in: folder)
      #expect(plain.status == 0, "\(plain)")
      let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: folder + "/a b.json")))
      let report = try #require(json as? [String: Any])
      let sources = (report["sources"] as? [[String: String]] ?? []).map { "\($0["name"] ?? ""): \($0["note"] ?? "")" }
      #expect(sources.count == 3 && sources[0].hasPrefix(flapping + "/manifests.yaml: Deployment "), "\(sources)")
      #expect(sources[1] == "it's.csv: 3 samples of cpu in 10:00, 1:00 apart, 1 missing", "\(sources)")
      #expect(sources[2] == flapping + "/steady.yaml: HorizontalPodAutoscaler web", "\(sources)")
      let command = try #require(report["command"] as? String)
      #expect(command.hasSuffix(" --json 'a b.json' --load 'cpu=it'\\''s.csv'"), "\(command)")
      #expect(try await Self.run(words + ["--load", "cpu=it's.csv.gz"], in: folder).output == plain.output)
      let again = try await Program.run(
        "/bin/sh",
        [
          "-c",
          "PATH='\(Self.wavetank.dropLast(9))':$PATH; cat it*.gz | \(command.replacingOccurrences(of: "it'\\''s.csv", with: "-"))",
        ],
        in: folder)
      #expect(again.output == plain.output, "\(again)")
      try Data(contentsOf: URL(fileURLWithPath: folder + "/it's.csv.gz")).dropLast(12).write(
        to: URL(fileURLWithPath: folder + "/cut.csv.gz"))
      let cut = try await Self.run(words + ["--load", "cpu=cut.csv.gz"], in: folder)
      #expect(cut.status == 2 && cut.errors == "wavetank: cut.csv.gz: unexpected end of file\n", "\(cut)")
    }
  }

  private static func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }
}
