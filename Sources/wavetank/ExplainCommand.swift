import CoreAPI
import CoreObjects
import Daemon
import EdgeLinux
import Rehearsal

/// wavetank explain hpa/NAME: why an autoscaler did what it did, as the running cluster remembers it; wavetank explain fields: what
/// becomes of the fields of objects, and wavetank explain scenario: what may stand in a scenario, which need no cluster.
enum ExplainCommand {
  struct Options: CommandOptions {
    let subject = Option.argument(
      "SUBJECT", .object(kinds: ["hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"], words: ["fields", "scenario"]),
      "hpa/NAME: an autoscaler; fields: what becomes of the fields of objects; scenario, or scenario.spec.load: a scenario's fields"
    )
    let kinds = Option.arguments("KIND", .text, "of fields: the kinds; without one, all")
    let namespace = Option.value("--namespace", short: "n", "NAMESPACE", .text, default: "default", "the autoscaler's namespace")
    let json = Option.flag("--json", "prints the explanation as a JSON object")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [subject, kinds, namespace, json, dataDirectory] }
  }

  static let command = Command(
    "explain", "says why an autoscaler scaled, or what fields do",
    examples: [
      "explain hpa/app -n default": "every term of the last decision, and what comes next",
      "explain scenario.spec.load": "what may stand there in a scenario for 'wavetank rehearse'",
      "explain fields pod service": "which fields are acted on, and what is done instead of others",
    ],
    options: Options.self, run: run)

  private static func run(_ invocation: Invocation<Options>) throws(UsageError) {
    if invocation.subject == "fields" { return try printFields(invocation.kinds, asJSON: invocation.json) }
    if invocation.subject == "scenario" || invocation.subject.hasPrefix("scenario.") {
      let path = String(invocation.subject.dropFirst("scenario".count))
      return Standard.output(try TypeExplanation(ScenarioFile.typeName, path).lines.joined(separator: "\n"))
    }
    if let kind = invocation.kinds.first { throw UsageError("explain hpa/NAME takes no '\(kind)'") }
    let name = invocation.subject.split(separator: "/").last ?? ""
    let request = ControlRequest.explain(autoscaler: String(name), namespace: invocation.namespace)
    guard let answer = ControlSocket.ask(request.tree, directory: invocation.dataDirectory) else {
      Standard.fail("no cluster is running in \(invocation.dataDirectory): start one with 'wavetank up'")
    }
    if let problem = answer["error"].string { Standard.fail(problem) }
    if invocation.json {
      Standard.output(String(decoding: answer["explanation"].encoded(), as: UTF8.self))
    } else {
      for line in answer["explanation"]["lines"].elements { Standard.output(line.string ?? "") }
    }
  }

  private static func printFields(_ kinds: [String], asJSON: Bool) throws(UsageError) {
    var rows: [FieldTable.Row] = []
    for kind in kinds.isEmpty ? [String?.none] : kinds.map(Optional.some) {
      let table = FieldTable(kind: kind)
      if table.rows.isEmpty { throw UsageError("no kind '\(kind ?? "")' is stored here") }
      rows += table.rows
    }
    if asJSON {
      let trees = rows.map { ["path": .string($0.path), "word": .string($0.word.rawValue), "note": .string($0.note)] as JSON }
      return Standard.output(String(decoding: JSON.array(trees).encoded(), as: UTF8.self))
    }
    Standard.output(rows.map(\.line).joined(separator: "\n"))
  }
}
