import CoreObjects
import CoreReport

/// How long a pod takes from its container's start until it is ready.
///
/// Probes cannot be run where no program runs, so each is replaced by its time: the container would answer it from `appSeconds` on,
/// and the kubelet asks `initialDelaySeconds` after the start and then every `periodSeconds`. A pod waits for that behind a readiness
/// gate. The simulated kubelet asks itself where more hangs on the answer: probes that would give up before the application is up, and
/// those of sidecars, on which other containers wait.
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
      waits.append(["startup": container[.startupProbe], "readiness": container[.readinessProbe]])
      containers.append(without([.startupProbe, .readinessProbe, .livenessProbe], container))
    }
    if spec[.initContainers].isArray {
      spec.put(.initContainers, .array(spec[.initContainers].elements.map { without([.livenessProbe], $0) }))
      pod.put(.spec, spec)
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

  private func without(_ probes: [Key], _ container: JSON) -> JSON {
    var container = container
    let kept = impatient(container)?.probe
    container.members.removeAll { probes.contains($0.key) && $0.key != kept }
    return container
  }

  /// The probe of a container that gives up before the application is up, and after how many seconds.
  private func impatient(_ container: JSON) -> (probe: Key, seconds: Double)? {
    let name: Key = container[.startupProbe].isNull ? .livenessProbe : .startupProbe
    let probe = container[name]
    if probe.isNull { return nil }
    let last = Double(max(1, probe[.failureThreshold].int ?? 3) - 1)
    let seconds = Double(probe[.initialDelaySeconds].int ?? 0) + last * Double(max(1, probe[.periodSeconds].int ?? 10))
    return seconds < appSeconds.upperBound ? (name, seconds) : nil
  }

  /// What is to be said of an object's probes, a sentence for each that gives up.
  func warnings(_ object: JSON) -> [String] {
    let spec = object[.spec]
    let pod = object[.kind].string == "Pod" ? spec : (spec[.template].isNull ? spec[.jobTemplate][.spec] : spec)[.template][.spec]
    return (pod[.initContainers].elements + pod[.containers].elements).compactMap { container in
      guard let (probe, seconds) = impatient(container) else { return nil }
      let up = appSeconds.lowerBound == appSeconds.upperBound ? "takes" : "may take"
      return "the \(probe.name) of container \(container[.name].string ?? "") gives up after \(Elapsed.text(seconds)), and the "
        + "application \(up) \(Elapsed.text(appSeconds.upperBound)): it is killed before it is up"
    }
  }

  /// Seconds until the application of a pod answers.
  func up(chance: Double) -> Double { appSeconds.lowerBound + (appSeconds.upperBound - appSeconds.lowerBound) * chance }

  /// Seconds from the start of a pod's containers until the gate opens; nil where it has none.
  /// - Parameter chance: what is drawn for this pod, from 0 to 1
  func wait(of pod: JSON, chance: Double) -> Double? {
    guard let text = pod[.metadata][.annotations][StartUp.annotation].string, let waits = try? JSONParser.parse(text) else {
      return nil
    }
    let up = up(chance: chance)
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
