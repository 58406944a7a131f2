package import CoreAPI
package import CoreLoad
package import CoreObjects
package import Simulation

/// Everything that a rehearsal plays.
package struct RehearsalInput: Sendable {
  /// In the order of the files; the API gets them in this order, but autoscalers last.
  package var objects: [ManifestObject]
  package var nodes: [VirtualNode] = RehearsalInput.roomyNodes
  package var startUp = StartUp()
  package var loads: [RehearsalLoad] = []
  package var steps: [RehearsalStep] = []
  package var tests: [ChainsawTest] = []
  package var seconds: Double
  package var seed: UInt64 = 1
  /// Names the moments on which second 0 may fall.
  package var begins: CronSchedule?
  /// That of another run, to begin as it did.
  package var beginning: RunBeginning?
  package var featureGates: Set<FeatureGate> = []
  package var timeZones = TimeZoneDatabase.utcOnly
  /// Autoscalers that other runs with the same loads have.
  package var alternatives: [ManifestObject] = []

  package init(objects: [ManifestObject], seconds: Double) {
    self.objects = objects
    self.seconds = seconds
  }

  /// The namespaces of the manifests: as they say, and those that are only named, since people bring no cluster.
  var namespaces: [ManifestObject] {
    let written = objects.filter { $0.kind == "Namespace" }
    var known = Set(written.map(\.name) + ["default", "kube-system", "kube-public", "kube-node-lease"])
    return written
      + objects.compactMap { object in
        guard known.insert(object.namespace).inserted else { return nil }
        let tree: JSON = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(object.namespace)]]
        return ManifestObject(tree, file: object.file, line: object.line)
      }
  }

  /// The manifest of what an autoscaler scales, of whatever version.
  func target(of autoscaler: ManifestObject) -> ManifestObject? {
    let reference = autoscaler.tree[.spec][.scaleTargetRef]
    return objects.first {
      $0.tree[.kind] == reference[.kind] && $0.tree[.metadata][.name] == reference[.name] && $0.namespace == autoscaler.namespace
    }
  }

  /// - Throws: where an object is there twice, which `kubectl create` would refuse.
  func requireDifferentObjects() throws(RehearsalError) {
    var places: [[String]: String] = [:]
    for object in objects where !object.tree[.metadata][.name].isNull {
      let group = (object.tree[.apiVersion].string ?? "").split(separator: "/").dropLast().joined()
      let identity = [group, object.kind, object.namespace, object.name]
      if let first = places.updateValue(object.place, forKey: identity) {
        throw RehearsalError("\(object.title) is already in \(first)", at: object.place)
      }
    }
  }

  /// What is there before second 0, in the order in which the API gets it. What goes by the clock is made with the autoscalers: it would
  /// go on before, and not equally long in each run.
  /// - Parameter others: that come before all others but namespaces
  func early(with others: [ManifestObject] = []) -> [ManifestObject] {
    namespaces + others + objects.filter { !$0.isAutoscaler && !$0.isTimed && $0.kind != "Namespace" }
  }
  var timed: [ManifestObject] { objects.filter(\.isTimed) }

  /// So long before a second 0 that has its moment on the clock the manifests are created: containers that do something every so often
  /// then do it at the same seconds in each run.
  static let earlySeconds = 75

  /// The first moment from one on on which second 0 may fall.
  func beginning(from moment: Instant) -> Instant { begins?.next(after: moment - .nanoseconds(1)) ?? moment }
  /// The first moment from one on at which the manifests may be created.
  func creation(from moment: Instant) -> Instant {
    begins == nil ? moment : beginning(from: moment + .seconds(Self.earlySeconds)) - .seconds(Self.earlySeconds)
  }

  /// Where nothing is said of nodes there is room for everything.
  package static let roomyNodes = [
    VirtualNode("node", cpuMillicores: 10_000_000, memoryBytes: 1 << 46, maxPods: 100_000, isControlPlane: true)
  ]
}

/// How a run began on its cluster's clock, as far as it makes a difference for what follows.
package struct RunBeginning: Sendable, Equatable {
  package var zero: Instant
  /// From the start of the workload's last container until second 0.
  package var startedSeconds: Double
  /// The moment of a measurement: others come whole scrape periods before and after.
  package var scrape: Instant

  package init(zero: Instant, startedSeconds: Double, scrape: Instant) {
    (self.zero, self.startedSeconds, self.scrape) = (zero, startedSeconds, scrape)
  }
}

/// A load, and whose it is.
package struct RehearsalLoad: Sendable {
  /// "cpu", "memory", or the name of a metric of type Pods, Object or External.
  package var metric: String
  /// Of several metrics of this name, the one whose selector, container or object says so.
  package var selector: [String: String]
  /// The autoscaler or its target, by name; nil: the only one that reads the metric.
  package var subject: String?
  package var shape: LoadShape
  package var model: LoadModel
  /// What is said of it in messages: "--load cpu=web.csv".
  package var place: String
  /// Its level was measured by somebody, and is not known after its last sample.
  package var isMeasured: Bool

  package init(
    metric: String, selector: [String: String] = [:], subject: String? = nil, shape: LoadShape, model: LoadModel, place: String,
    isMeasured: Bool = false
  ) {
    self.metric = metric
    self.selector = selector
    self.subject = subject
    self.shape = shape
    self.model = model
    self.place = place
    self.isMeasured = isMeasured
  }
}
