import Glibc

/// One line of the table.
struct Row {
  var id: String
  var title: String
  /// Nil where the row stands beside another one's target.
  var target: Double?
  var unit: String
  var isLowerBetter = true
  var repetitions = Rows.repetitions
  /// Nothing but this thread is needed. Such rows come first: they are measured in a process with one thread, as a simulation is.
  var isAlone = false
  /// In the row's unit.
  var measure: nonisolated(nonsending) () async throws -> Double

  var targetText: String { target.map { (isLowerBetter ? "≤ " : "≥ ") + text($0) } ?? "" }

  /// What the reference machine would have measured: bytes and shares of a core are the same everywhere.
  func atReference(_ value: Double, speed: Double) -> Double {
    switch unit {
    case "s", "ms": value * speed
    case "/s": value / speed
    default: value
    }
  }

  func verdict(_ value: Double) -> String {
    guard let target else { return "" }
    return (isLowerBetter ? value <= target : value >= target) ? "ok" : "MISSED"
  }

  func text(_ value: Double) -> String {
    let number = value >= 1000 ? grouped(Int(value.rounded())) : value >= 100 ? "\(Int(value.rounded()))" : rounded(value)
    return number + " " + unit
  }

  private func rounded(_ value: Double) -> String {
    let scaled = (value * (value < 10 ? 100 : 10)).rounded() / (value < 10 ? 100 : 10)
    return "\(scaled)"
  }

  private func grouped(_ number: Int) -> String {
    let digits = String(number)
    return String(digits.reversed().enumerated().map { $0 > 0 && $0 % 3 == 0 ? ",\($1)" : "\($1)" }.joined().reversed())
  }
}

enum Table {
  /// scripts/bench-against reads `id` and `measured` by their places.
  static func line(
    _ id: String, _ what: String, _ target: String, _ measured: String, _ atReference: String, _ verdict: String
  ) -> String {
    pad(id, 12) + pad(what, 52) + pad(target, 14) + pad(measured, 14) + pad(atReference, 14) + verdict
  }
  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

/// Why a row has no value.
struct BenchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Seconds of the monotonic clock.
func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

enum Rows {
  static let repetitions = 3

  static func all(_ program: String) -> [Row] {
    [
      Row(
        id: "practice", title: "the practice simulated, the whole process", target: 50, unit: "ms", repetitions: 9, isAlone: true
      ) {
        try CoreRows.practice(program)
      },
      Row(id: "core", title: "the practice simulated, without a process", target: nil, unit: "ms", repetitions: 9, isAlone: true)
      {
        try await CoreRows.practiceInProcess()
      },
      Row(id: "hpa", title: "10,000 HPAs, one 15 s round", target: 0.25, unit: "s", isAlone: true) { try CoreRows.autoscalers() },
      Row(
        id: "day", title: "a day of one HPA rehearsed, the whole process", target: 60, unit: "ms", repetitions: 9, isAlone: true
      ) {
        try RehearsalRows.day(program)
      },
      Row(
        id: "days", title: "a day of 200 HPAs over 1,000 pods rehearsed", target: 3, unit: "s", repetitions: 1, isAlone: true
      ) {
        try RehearsalRows.days(autoscalers: 200, pods: 5)
      },
      Row(
        id: "hour", title: "5,000 pods, 3,000 job runs: a busy first hour", target: nil, unit: "s", repetitions: 1, isAlone: true
      ) {
        try Week.measure(hours: 1, .busy)
      },
      Row(
        id: "week", title: "1,000 CronJobs and HPAs, 5,000 pods: a week", target: 60, unit: "s", repetitions: 1, isAlone: true
      ) {
        try Week.measure(hours: Week.hours, .usual)
      },
      Row(id: "sweep", title: "1,000 HPAs rehearsed for 180 minutes, all cores", target: 5, unit: "s", repetitions: 1) {
        try await RehearsalRows.sweep(1_000)
      },
      Row(id: "dns", title: "names answered, 5,000 Services, one thread", target: 20_000, unit: "/s", isLowerBetter: false) {
        try await NameRows.answers(services: 5_000)
      },
      Row(id: "routes", title: "routes of 5,000 Services with 10 backends each", target: 2, unit: "s") {
        try await RouteRows.all(5_000)
      },
      Row(id: "route", title: "a change of one of them", target: 20, unit: "ms") { try await RouteRows.change(among: 5_000) },
      Row(id: "policies", title: "1,000 policies and 1,000 pods, none alike, in force", target: 2, unit: "s") {
        try await PolicyRows.all(1_000)
      },
      Row(id: "policy", title: "a pod more among them", target: 20, unit: "ms") { try await PolicyRows.change(among: 1_000) },
      Row(id: "up", title: "up to /readyz, empty", target: 0.15, unit: "s") { try ServerRows.start(program, objects: 0) },
      Row(id: "restart", title: "restart with 10,000 objects", target: 0.5, unit: "s") {
        try ServerRows.start(program, objects: 10_000)
      },
      Row(id: "memory", title: "idle memory, control plane and node", target: 45, unit: "MB") { try ServerRows.memory(program) },
      Row(id: "cpu", title: "idle CPU, of a core", target: 0.5, unit: "%", repetitions: 1) { try ServerRows.idle(program) },
      Row(id: "get", title: "GET one ConfigMap, TLS, 16 connections", target: 30_000, unit: "/s", isLowerBetter: false) {
        try LoadRows.get(program)
      },
      Row(id: "token", title: "the same with a ServiceAccount's token", target: 27_000, unit: "/s", isLowerBetter: false) {
        try LoadRows.token(program)
      },
      Row(id: "post", title: "durable POST, TLS, 16 connections", target: 16_000, unit: "/s", isLowerBetter: false) {
        try LoadRows.post(program)
      },
      Row(id: "apply", title: "server-side apply of what is there", target: 17_000, unit: "/s", isLowerBetter: false) {
        try LoadRows.apply(program)
      },
      Row(id: "list", title: "LIST 10,000 ConfigMaps", target: 20, unit: "ms") { try LoadRows.list(program, limit: nil) },
      Row(id: "pages", title: "the same in pages of 500, as kubectl does", target: nil, unit: "ms") {
        try LoadRows.list(program, limit: 500)
      },
      Row(id: "watch", title: "a write seen by 1,000 watchers, p99", target: 20, unit: "ms") { try LoadRows.watch(program) },
      Row(id: "pod", title: "pod created to Running, image present, p50", target: 60, unit: "ms") { try LoadRows.pods(program) },
      Row(id: "hold", title: "100,000 simulated pods held", target: 0.32, unit: "GB", repetitions: 1) { try HeldPods.measure() },
    ]
  }
}

/// Unbuffered: a benchmark takes its time, and each line is of use at once.
func say(_ text: String, to descriptor: Int32 = 1) {
  let bytes = Array((text + "\n").utf8)
  _ = write(descriptor, bytes, bytes.count)
}
