import CoreAPI
import CoreObjects
import Simulation

/// A cluster that lives for a week in virtual time: 1,000 CronJobs, 200 StatefulSets and 800 Deployments with 1,000 autoscalers
/// over about 5,000 pods, whose load rises and falls once a day.
struct Week {
  /// How often the CronJobs run.
  enum Pace {
    /// 50 every quarter of an hour, 250 hourly, 700 daily: 480 runs an hour on average.
    case usual
    /// Every 5 minutes to hourly: 3,000 runs an hour.
    case busy
  }
  static let hours = 168
  /// Real seconds after which it is given up.
  static let patience = 600.0
  private static let workloads = 1_000
  private static let sets = 200
  private static let cronJobs = 1_000
  private static let nodes = 80
  /// Minutes between two changes of the load.
  private static let loadMinutes = 15

  private let pace: Pace
  private var cluster: VirtualCluster
  private let start = Instant(rfc3339: "2026-01-01T00:00:00Z")!

  /// Seconds of one core for so many hours of it, once everything runs.
  static func measure(hours: Int, _ pace: Pace) throws -> Double {
    var week = try Week(pace)
    try week.settle()
    let begin = seconds()
    for hour in 0..<hours {
      week.live(hour)
      if seconds() - begin > patience, hour + 1 < hours {
        throw BenchError("\(hour + 1) of \(hours) virtual hours in \(Int(patience)) s")
      }
    }
    let taken = seconds() - begin
    try week.check()
    return taken
  }

  private init(_ pace: Pace) throws {
    self.pace = pace
    cluster = VirtualCluster(seed: 1, nodes: (0...Week.nodes).map { "node-\($0)" }, start: start)
    for length in [5, 20, 60, 150] { cluster.nodes.programs["job-\(length)"] = .exits(afterSeconds: length, code: 0) }
    cluster.run(until: start + .seconds(2))
    cluster.nodes.load(Week.load(minute: 0))
    for number in 0..<Week.workloads {
      try post(Week.workload(number))
      try post(Week.autoscaler(number))
    }
    for number in 0..<Week.cronJobs { try post(cronJob(number)) }
  }

  private mutating func post(_ manifest: JSON) throws {
    let answer = cluster.request("POST", Resources.collectionPath(of: manifest) ?? "", body: manifest.encoded())
    guard case .body(201, _, _, _) = answer else { throw BenchError("\(manifest[.metadata][.name].string ?? "") was refused") }
  }

  /// Ten minutes in which all pods start.
  private mutating func settle() throws {
    cluster.run(until: start + .seconds(600))
    let running = cluster.nodes.count
    guard running >= 4_000 else { throw BenchError("only \(running) containers run") }
  }

  private mutating func live(_ hour: Int) {
    for minute in stride(from: 0, to: 60, by: Week.loadMinutes) {
      cluster.nodes.load(Week.load(minute: hour * 60 + minute))
      cluster.run(until: start + .seconds(600 + hour * 3600 + (minute + Week.loadMinutes) * 60))
    }
  }

  private func check() throws {
    if let fault = cluster.faults.first { throw BenchError(fault) }
    guard cluster.nodes.count >= 3_000 else { throw BenchError("only \(cluster.nodes.count) containers run at the end") }
  }

  /// Memory of the pods of each workload: between 40 and 80 Mi, each with its own hour of the day.
  private static func load(minute: Int) -> [String: Int64] {
    var load: [String: Int64] = [:]
    for number in 0..<workloads {
      let phase = (minute + number * 1440 / workloads) % 1440
      load["app-\(number)"] = Int64(40 << 20) + Int64(abs(phase - 720)) * Int64(40 << 20) / 720
    }
    return load
  }

  // MARK: Manifests

  private static func template(_ name: String, _ image: String, restart: String) -> JSON {
    let requests: JSON = ["cpu": "50m", "memory": "100Mi"]
    let container: JSON = [
      "name": "main", "image": .string(image), "imagePullPolicy": "IfNotPresent", "resources": ["requests": requests],
    ]
    return [
      "metadata": ["labels": ["app": .string(name)]], "spec": ["restartPolicy": .string(restart), "containers": [container]],
    ]
  }

  private static func workload(_ number: Int) -> JSON {
    let name = "w-\(number)"
    var spec: JSON = [
      "replicas": 5, "selector": ["matchLabels": ["app": .string(name)]],
      "template": template(name, "app-\(number)", restart: "Always"),
    ]
    if number < sets { spec.put(.podManagementPolicy, "Parallel") }
    return [
      "apiVersion": "apps/v1", "kind": number < sets ? "StatefulSet" : "Deployment",
      "metadata": ["name": .string(name), "namespace": "default"], "spec": spec,
    ]
  }

  private static func autoscaler(_ number: Int) -> JSON {
    let name = "w-\(number)"
    let target: JSON = ["type": "Utilization", "averageUtilization": 60]
    let kind = number < sets ? "StatefulSet" : "Deployment"
    return [
      "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
      "metadata": ["name": .string(name), "namespace": "default"],
      "spec": [
        "scaleTargetRef": ["apiVersion": "apps/v1", "kind": .string(kind), "name": .string(name)], "minReplicas": 3,
        "maxReplicas": 7, "metrics": [["type": "Resource", "resource": ["name": "memory", "target": target]]],
      ],
    ]
  }

  /// Each with a minute of its own; runs of 5 to 150 s.
  private func cronJob(_ number: Int) -> JSON {
    let length = [5, 20, 60, 150][number % 4]
    let name = "c-\(number)"
    return [
      "apiVersion": "batch/v1", "kind": "CronJob", "metadata": ["name": .string(name), "namespace": "default"],
      "spec": [
        "schedule": .string(schedule(number)), "concurrencyPolicy": .string(["Allow", "Forbid", "Replace"][number % 3]),
        "jobTemplate": ["spec": ["template": Week.template(name, "job-\(length)", restart: "Never")]],
      ],
    ]
  }

  private func schedule(_ number: Int) -> String {
    func every(_ period: Int) -> String { "\(number % period)-59/\(period) * * * *" }
    let hourly = "\(number % 60) * * * *"
    switch pace {
    case .usual: return number < 50 ? every(15) : number < 300 ? hourly : "\(number % 60) \(number / 60 * 7 % 24) * * *"
    case .busy: return number < 100 ? every(5) : number < 300 ? every(15) : number < 600 ? every(30) : hourly
    }
  }
}
