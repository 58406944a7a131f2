import CoreJSON
import Daemon
import Glibc

/// wavetank explain hpa/NAME: why an autoscaler did what it did, told by the running cluster.
enum ExplainCommand {
  static func run(_ arguments: [String]) {
    guard let what = arguments.first, !what.hasPrefix("-") else { Usage.refuse("explain wants hpa/NAME") }
    let options = Options(Array(arguments.dropFirst()), options: ["--namespace", "-n", "--data-dir"], flags: ["--json"])
    let parts = what.split(separator: "/")
    guard parts.count == 2, ["hpa", "horizontalpodautoscaler", "horizontalpodautoscalers"].contains(parts[0].lowercased()) else {
      Usage.refuse("explain wants hpa/NAME, not '\(what)'")
    }
    let namespace = options.text("--namespace") ?? options.text("-n") ?? "default"
    let request: JSON = ["verb": "explain", "name": .string(String(parts[1])), "namespace": .string(namespace)]
    guard let answer = ControlSocket.ask(request, directory: options.dataDirectory) else {
      Standard.fail("no cluster is running in \(options.dataDirectory): start one with 'wavetank up'")
    }
    if let problem = answer["error"].string { Standard.fail(problem) }
    if options.has("--json") {
      Standard.output(String(decoding: answer["explanation"].encoded(), as: UTF8.self))
    } else {
      for line in answer["explanation"]["lines"].elements { Standard.output(line.string ?? "") }
    }
  }
}
