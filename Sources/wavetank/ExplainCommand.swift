import CoreObjects
import Daemon
import EdgeLinux

/// wavetank explain hpa/NAME: why an autoscaler did what it did, as the running cluster remembers it.
enum ExplainCommand {
  struct Options: CommandOptions {
    let object = Option.argument(
      "hpa/NAME", .object(kinds: ["hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"]), "the autoscaler")
    let namespace = Option.value("--namespace", short: "n", "NAMESPACE", .text, default: "default", "the autoscaler's namespace")
    let json = Option.flag("--json", "prints the explanation as a JSON object")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [object, namespace, json, dataDirectory] }
  }

  static let command = Command(
    "explain", "says why an autoscaler did or did not scale",
    examples: ["explain hpa/app -n default": "every term of the last decision, and what comes next"],
    options: Options.self, run: run)

  private static func run(_ invocation: Invocation<Options>) {
    let name = invocation.object.split(separator: "/").last ?? ""
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
}
