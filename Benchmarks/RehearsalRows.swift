import CoreLoad
import CoreObjects
import CoreReport
import EdgeClient
import Glibc
import Rehearsal

/// Rehearsals of autoscalers, without a process.
enum RehearsalRows {
  /// Milliseconds of a `wavetank rehearse` that plays a day of one autoscaler, with a load from a file.
  static func day(_ program: String) throws -> Double {
    let directory = try Belongings.makeDirectory()
    defer { Belongings.removeDirectory(directory) }
    let load = dayOfSamples(pods: 5, 0)
    let lines = zip(load.seconds, load.values).map { "\($0),\($1)\n" }
    try write("time,cpu\n" + lines.joined(), to: directory + "/cpu.csv")
    try write(manifests("web", pods: 5, most: 20), to: directory + "/app.yaml")
    let words = ["rehearse", "-f", directory + "/app.yaml", "--load", "cpu=\(directory)/cpu.csv", "--for", "24h"]
    let begin = seconds()
    guard Belongings.run(program, words) == 0 else { throw BenchError("the rehearsal failed") }
    return (seconds() - begin) * 1000
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw BenchError("\(path) cannot be written") }
    fputs(text, file)
    fclose(file)
  }

  /// Seconds of a virtual day of so many autoscalers, each over one Deployment, with a sample of its load every 15 s.
  static func days(autoscalers: Int, pods: Int) throws -> Double {
    var input = RehearsalInput(objects: [], seconds: 86_400)
    for number in 0..<autoscalers {
      input.objects += try objects(manifests("web-\(number)", pods: pods, most: pods * 4))
      input.loads.append(
        RehearsalLoad(
          metric: "cpu", subject: "web-\(number)", shape: .series(dayOfSamples(pods: pods, UInt64(number))),
          model: LoadModel(.shared(base: 0, reachesUnready: false)), place: "day"))
    }
    let begin = seconds()
    let run = try RehearsalRun.play(input, name: "today")
    let taken = seconds() - begin
    guard run.autoscalers.allSatisfy({ $0.figures.changes > 4 && $0.metrics[0].value.values.count > 500 }) else {
      throw BenchError("the autoscalers did not follow their load")
    }
    return taken
  }

  /// A load that rises and falls once a day and is never twice the same, on average for so many pods.
  private static func dayOfSamples(pods: Int, _ seed: UInt64) -> LoadSeries {
    var random = RandomSource(seed: seed)
    var series = LoadSeries(isLinear: false)
    for sample in 0..<5_760 {
      let hour = Double(sample) / 240
      let slope = 1 - (hour - 12).magnitude / 12
      series.append(0.12 * Double(pods) * (0.5 + slope + Double(random.below(100)) / 1000), at: Double(sample * 15))
    }
    return series
  }

  /// Seconds for so many variants of the practice's autoscaler over its 180 minutes, on all cores.
  nonisolated(nonsending) static func sweep(_ count: Int) async throws -> Double {
    let begin = seconds()
    let manifests = try ["statefulset", "hpa"].flatMap { try objects(Server.read("Practice/manifests/\($0).yaml")) }
    var input = RehearsalInput(objects: manifests, seconds: 10_800)
    let mebi = 1_048_576.0
    let points = [(second: 0.0, level: 50 * mebi), (300, 60 * mebi), (7_500, 300 * mebi), (7_800, 10 * mebi)]
    input.loads = [
      RehearsalLoad(
        metric: "memory", shape: try .points(points, isLinear: true),
        model: LoadModel(.ticked(everySeconds: 300, base: mebi, grain: mebi)), place: "sweep")
    ]
    let variants = (0..<count).map { number in
      var autoscaler = manifests[1].tree
      let rules: JSON = ["stabilizationWindowSeconds": .int(Int64(number % 10 * 60))]
      let target: JSON = ["type": "Utilization", "averageUtilization": .int(Int64(30 + number / 20))]
      var spec = autoscaler[.spec]
      spec.put(.metrics, [["type": "Resource", "resource": ["name": "memory", "target": target]]])
      spec.put("behavior", ["scaleDown": rules, "scaleUp": ["stabilizationWindowSeconds": .int(Int64(number % 2 * 30))]])
      autoscaler.put(.spec, spec)
      return RehearsalSweep.Variant(name: "\(number)", autoscalers: [ManifestObject(autoscaler, file: "sweep", line: 1)])
    }
    let hours = try await RehearsalSweep(input).play(variants, tasks: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) { run in
      (try? run.get())?.autoscalers[0].figures.podHours ?? 0
    }
    let taken = seconds() - begin
    guard Set(hours.map { $0 ?? 0 }).count > count / 50, !hours.contains(0) else {
      throw BenchError("the variants are all the same")
    }
    return taken
  }

  private static func manifests(_ name: String, pods: Int, most: Int) -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: \(name)}
    spec:
      replicas: \(pods)
      selector: {matchLabels: {app: \(name)}}
      template:
        metadata: {labels: {app: \(name)}}
        spec:
          containers: [{name: web, image: web, resources: {requests: {cpu: 200m, memory: 64Mi}, limits: {cpu: 500m}}}]
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: \(name)}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: \(name)}
      minReplicas: 2
      maxReplicas: \(most)
      metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]
    """
  }

  private static func objects(_ text: String) throws -> [ManifestObject] {
    try YAMLReader.documents(text).map { ManifestObject($0, file: "bench", line: 1) }
  }
}
