import CoreObjects

/// How long a pod takes from its container's start until it is ready.
///
/// Probes cannot be run where no program runs, so each is replaced by its time: the container would answer it from `appSeconds` on,
/// and the kubelet asks `initialDelaySeconds` after the start and then every `periodSeconds`. A pod waits for that behind a readiness
/// gate.
package struct StartUp: Sendable {
  /// Seconds until the application answers; drawn evenly between both for each pod.
  package var appSeconds: ClosedRange<Double>

  package init(appSeconds: ClosedRange<Double> = 0...0) { self.appSeconds = appSeconds }

  static let gate = "wavetank.dev/started"
  static let annotation: Key = "wavetank.dev/probes"

  /// The pod template of an object without its probes, behind the gate where it is not ready at once.
  func prepare(_ object: JSON) -> JSON {
    var object = object
    switch object[.kind].string {
    case "Pod": prepare(&object)
    case "CronJob":
      var template = object[.spec][.jobTemplate][.spec][.template]
      prepare(&template)
      var spec = object[.spec]
      var job = spec[.jobTemplate]
      var jobSpec = job[.spec]
      jobSpec.put(.template, template)
      job.put(.spec, jobSpec)
      spec.put(.jobTemplate, job)
      object.put(.spec, spec)
    default:
      var spec = object[.spec]
      guard case .object = spec[.template] else { return object }
      var template = spec[.template]
      prepare(&template)
      spec.put(.template, template)
      object.put(.spec, spec)
    }
    return object
  }

  private func prepare(_ pod: inout JSON) {
    var spec = pod[.spec]
    guard case .object = spec else { return }
    var waits: [JSON] = []
    var containers: [JSON] = []
    for container in spec[.containers].elements {
      var container = container
      waits.append(["startup": container[.startupProbe], "readiness": container[.readinessProbe]])
      for probe in [Key.startupProbe, .readinessProbe, .livenessProbe] { container.members.removeAll { $0.key == probe } }
      containers.append(container)
    }
    let isAsked = waits.contains { wait in wait.members.contains { !$0.value.isNull } }
    if containers.isEmpty || (!isAsked && appSeconds.upperBound == 0) { return }
    spec.put(.containers, .array(containers))
    spec.put(.readinessGates, .array(spec[.readinessGates].elements + [["conditionType": .string(StartUp.gate)]]))
    pod.put(.spec, spec)
    var metadata = pod[.metadata]
    var annotations = metadata[.annotations]
    annotations.put(StartUp.annotation, .string(JSON.array(waits).description))
    metadata.put(.annotations, annotations)
    pod.put(.metadata, metadata)
  }

  /// Seconds from the start of a pod's containers until the gate opens; nil where it has none.
  /// - Parameter chance: what is drawn for this pod, from 0 to 1
  func wait(of pod: JSON, chance: Double) -> Double? {
    guard let text = pod[.metadata][.annotations][StartUp.annotation].string, let waits = try? JSONParser.parse(text) else {
      return nil
    }
    let up = appSeconds.lowerBound + (appSeconds.upperBound - appSeconds.lowerBound) * chance
    return waits.elements.map { wait in
      let started = StartUp.answered(wait["startup"], from: 0, up: up)
      return StartUp.answered(wait["readiness"], from: started, up: up)
    }.max() ?? up
  }

  /// When a probe has succeeded often enough. The kubelet runs the first one after the initial delay, then one each period.
  /// - Parameter from: when it may begin (a readiness probe waits for the startup probe)
  private static func answered(_ probe: JSON, from: Double, up: Double) -> Double {
    if probe.isNull { return max(from, up) }
    let delay = Double(probe[.initialDelaySeconds].int ?? 0)
    let period = Double(max(1, probe[.periodSeconds].int ?? 10))
    let successes = Double(max(1, probe[.successThreshold].int ?? 1))
    let first = max(delay, 0)
    let due = max(from, up)
    let rounds = max(0, ((due - first) / period).rounded(.up))
    return first + (rounds + successes - 1) * period
  }
}
