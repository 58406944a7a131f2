import CoreNode
import CoreObjects
import Daemon
import EdgeLinux

/// wavetank net: makes the running cluster's network fail, between pods, and heal again.
enum NetCommand {
  struct CutOptions: CommandOptions {
    let ends = NetCommand.ends
    let namespace = NetCommand.namespace
    let span = NetCommand.span
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [ends, namespace, span, dataDirectory] }
  }

  struct LossOptions: CommandOptions {
    let share = Option.argument("PERCENT", .text, "of packets that are lost in each direction, such as 5% or 0.1%")
    let ends = NetCommand.ends
    let namespace = NetCommand.namespace
    let span = NetCommand.span
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [share, ends, namespace, span, dataDirectory] }
  }

  struct DelayOptions: CommandOptions {
    let time = Option.argument("DELAY", .text, "how much later packets arrive in each direction, such as 100ms; up to 60s")
    let ends = NetCommand.ends
    let jitter = Option.value("--jitter", "DURATION", .text, "how much more or less that is, at random")
    let namespace = NetCommand.namespace
    let span = NetCommand.span
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [time, ends, jitter, namespace, span, dataDirectory] }
  }

  struct ShowOptions: CommandOptions {
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [dataDirectory] }
  }

  struct HealOptions: CommandOptions {
    let numbers = Option.arguments(
      "NUMBER", .wholeNumber(1...Int(Int32.max)), "of a fault, as 'net show' has it; without one, all")
    let dataDirectory = Option.dataDirectory

    var all: [any OptionDescription] { [numbers, dataDirectory] }
  }

  private static let ends = Option.arguments(
    "END", .text, isRequired: true,
    "one or two: pod/NAME, or all pods of node/NAME, namespace/NAME or an owner such as deployment/NAME or cronjob/NAME"
  )
  private static let namespace = Option.value("--namespace", short: "n", "NAMESPACE", .text, default: "default", "of the ends")
  private static let span = Option.value(
    "--for", "DURATION", .text, "heals by itself then, in the cluster's time; without it 'net heal' does")

  private static let details = [
    "Of two ends what they send to each other is hit, of one what goes between it and everybody else, the machine, the DNS and the API "
      + "server included. Packets are judged, so connections that are open are hit, too. A pod and its own node go on reaching each "
      + "other: probes tell what the pod's programs do.",
    "A fault follows pods that are made later. The control plane goes on seeing its nodes. All faults end with the cluster.",
  ]

  static let cut = Command(
    "net cut", "has no packet arrive between pods", details: details,
    examples: [
      "net cut pod/db-0 --for 30s": "db-0 is alone for half a minute",
      "net cut namespace/shop namespace/bank": "neither hears of the other until 'net heal'",
    ],
    options: CutOptions.self
  ) { invocation throws(UsageError) in
    try make(.cut, invocation.ends, invocation.namespace, invocation.span, invocation.dataDirectory)
  }

  static let loss = Command(
    "net loss", "loses some packets between pods", details: details,
    examples: ["net loss 5% node/wavetank-worker --for 1m": "of what its pods and others send to each other"],
    options: LossOptions.self
  ) { invocation throws(UsageError) in
    let text = invocation.share
    guard let percent = Double(text.hasSuffix("%") ? String(text.dropLast()) : text), 0.0001...100 ~= percent else {
      throw UsageError("PERCENT wants a share from 0.0001% to 100%, not '\(text)'")
    }
    let effect = NetworkFault.Effect.loss(perMillion: Int((percent * 10_000).rounded()))
    try make(effect, invocation.ends, invocation.namespace, invocation.span, invocation.dataDirectory)
  }

  static let delay = Command(
    "net delay", "has packets between pods arrive later",
    details: details + ["The kernel needs its module sch_netem for this; the other faults do without."],
    examples: ["net delay 100ms pod/web-0 statefulset/db --jitter 10ms": "an answer comes 200 ms later, give or take"],
    options: DelayOptions.self
  ) { invocation throws(UsageError) in
    let time = try milliseconds("DELAY", invocation.time)
    let jitter = try invocation.jitter.map { text throws(UsageError) in try milliseconds("--jitter", text) } ?? 0
    if jitter > time { throw UsageError("--jitter may not be longer than the delay") }
    let effect = NetworkFault.Effect.delay(milliseconds: time, jitter: jitter)
    try make(effect, invocation.ends, invocation.namespace, invocation.span, invocation.dataDirectory)
  }

  static let show = Command("net show", "lists the faults that there are", options: ShowOptions.self) {
    ask(.show, $0.dataDirectory)
  }

  static let heal = Command(
    "net heal", "ends faults", examples: ["net heal": "all of them", "net heal 2": "the one that 'net show' calls 2"],
    options: HealOptions.self
  ) { invocation in
    let numbers = invocation.numbers.map { Int($0) }
    for number in numbers.isEmpty ? [nil] : numbers { ask(.heal(number), invocation.dataDirectory) }
  }

  private static func milliseconds(_ name: String, _ text: String) throws(UsageError) -> Int {
    guard let seconds = DurationText.seconds(text, hasDays: false), 0.001...60 ~= seconds else {
      throw UsageError("\(name) wants a duration from 1ms to 60s, not '\(text)'")
    }
    return Int((seconds * 1000).rounded())
  }

  private static func make(
    _ effect: NetworkFault.Effect, _ texts: [String], _ namespace: String, _ duration: String?, _ directory: String
  ) throws(UsageError) {
    var ends: [FaultEnd] = []
    for text in texts {
      guard let end = FaultEnd(text, namespace: namespace) else {
        throw UsageError("'\(text)' is not pod/NAME, node/NAME, namespace/NAME or an owner such as deployment/NAME")
      }
      if ends.contains(end) { throw UsageError("\(end) is given twice") }
      ends.append(end)
    }
    if ends.count > 2 { throw UsageError("a fault has one end or two, not \(ends.count)") }
    var seconds: Double?
    if let duration {
      seconds = DurationText.seconds(duration, hasDays: false)
      guard let seconds, 0.001...604_800 ~= seconds else {
        throw UsageError("--for wants a duration from 1ms to 168h, such as 30s, not '\(duration)'")
      }
    }
    ask(.make(NetworkFault(effect, ends), seconds: seconds), directory)
  }

  private static func ask(_ request: FaultRequest, _ directory: String) {
    for line in ControlSocket.lines(.faults(request), in: directory) { Standard.output(line) }
  }
}
