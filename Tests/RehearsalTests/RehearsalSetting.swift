import CoreLoad
import CoreObjects
import CoreReport
import EdgeClient
import Rehearsal
import Testing

/// A small service with an autoscaler, under a load.
struct RehearsalSetting {
  static let replay: Comment = "replay: swift test --filter RehearsalTests"

  var deployment = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 2
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: web
            image: nginx:1.27
            resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
    """
  var metrics = "[{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}]"
  var target = "web"
  var least = 2
  var loads: [RehearsalLoad] = []
  var seconds = 900.0
  var startUp = StartUp()
  var steps: [RehearsalStep] = []

  /// A total of CPU in cores at given seconds.
  mutating func load(
    cpu points: [(Double, Double)], _ metric: String = "cpu", _ kind: LoadModel.Kind? = nil, of selector: [String: String] = [:]
  ) throws {
    loads.append(
      RehearsalLoad(
        metric: metric, selector: selector, shape: try .points(points.map { (second: $0.0, level: $0.1) }, isLinear: false),
        model: LoadModel(kind ?? .shared(base: 0, reachesUnready: false)), place: "--load \(metric)"))
  }

  func autoscaler(_ name: String = "web", most: Int = 10) -> String {
    """
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: {name: \(name)}
    spec:
      scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: \(target)}
      minReplicas: \(least)
      maxReplicas: \(most)
      metrics: \(metrics)
    """
  }

  static func objects(_ text: String, file: String = "app.yaml") throws -> [ManifestObject] {
    try YAMLReader.located(text).map { ManifestObject($0.value, file: file, line: $0.line) }
  }

  func input(_ more: String = "") throws -> RehearsalInput {
    var input = RehearsalInput(
      objects: try RehearsalSetting.objects(deployment) + RehearsalSetting.objects(autoscaler(), file: "hpa.yaml")
        + RehearsalSetting.objects(more, file: "more.yaml"), seconds: seconds)
    input.loads = loads
    input.startUp = startUp
    input.steps = steps
    return input
  }

  func play() throws -> RunRecord { try RehearsalRun.play(input(), name: "today") }

  /// The changes of the wanted count, as "second count".
  static func counts(_ series: RunSeries) -> [String] { zip(series.seconds, series.values).map { "\($0) \(Int($1))" } }
}
