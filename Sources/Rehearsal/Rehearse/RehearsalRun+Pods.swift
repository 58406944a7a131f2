import CoreAPI
import CoreEngine
import CoreNode
import CoreObjects
import Simulation

/// What is to happen to a pod at a time.
struct PodDue: Sendable {
  enum Action: Sendable, Equatable {
    /// Its application answers its probes.
    case openGate
    /// The same of a pod that no autoscaler has.
    case openOther(ObjectKey)
    /// A container has nothing more to do.
    case end(container: String)
  }
  var at: Instant
  var uid: String
  var action: Action
}

extension RehearsalRun {
  mutating func planGate(_ uid: String) {
    guard let place = recorder.pods.place(of: uid) else { return }
    let pod = recorder.pods[place]
    guard let wait = pod.waitSeconds, let started = pod.startedAt, pod.gateStart != started else { return }
    recorder.pods[place].gateStart = started
    if pod.gateStart != nil { setGate(pod.key, isOpen: false) }
    // The status has whole seconds.
    add(PodDue(at: cluster.now + .seconds(wait), uid: uid, action: .openGate))
  }

  private mutating func add(_ due: PodDue) {
    dues.append(due)
    dues.sort { ($0.at, $0.uid) > ($1.at, $1.uid) }
  }

  mutating func performDues() {
    while let due = dues.last, due.at <= cluster.now {
      dues.removeLast()
      switch due.action {
      case .end(let container):
        for running in cluster.nodes.running(ofPod: due.uid, at: cluster.now) where running.name == container {
          cluster.end(running.id, with: 0, .process)
        }
        receive()
      case .openOther(let key):
        if cluster.engine.store.get(key)?.uid == due.uid { setGate(key, isOpen: true) }
      case .openGate:
        guard let pod = recorder.pods.place(of: due.uid).map({ recorder.pods[$0] }), let wait = pod.waitSeconds,
          let started = pod.startedAt, started + .seconds(wait) <= cluster.now
        else { continue }
        setGate(pod.key, isOpen: true)
      }
    }
  }

  private mutating func setGate(_ key: ObjectKey, isOpen: Bool) {
    guard var tree = cluster.engine.store.get(key)?.tree else { return }
    var status = tree[.status]
    let condition: JSON = [
      "type": .string(StartUp.gate), "status": isOpen ? "True" : "False", "lastTransitionTime": .string(cluster.now.rfc3339),
    ]
    status.put(.conditions, .array(status[.conditions].elements.filter { $0[.type].string != StartUp.gate } + [condition]))
    tree.put(.status, status)
    _ = try? cluster.write(.status(.pods, in: tree), by: .node(tree[.spec][.nodeName].string ?? ""))
    cluster.settle()
    receive()
  }

  /// Init containers, and those of a pod that is not to be started again, a Job's, have nothing to do and succeed.
  mutating func planEnds(_ object: StoredObject) {
    let pod = object.view(Pod.self)
    if pod.spec.restartPolicy == "Always", pod.spec.initContainers.isEmpty { return }
    let lasting = Set(pod.spec.initContainers.filter { $0.restartPolicy == "Always" }.map { $0.name ?? "" })
    for status in pod.status.initContainerStatuses where !lasting.contains(status.name ?? "") {
      planEnd(status, of: object.uid, after: Self.initSeconds)
    }
    if pod.spec.restartPolicy == "Always" { return }
    for status in pod.status.containerStatuses { planEnd(status, of: object.uid, after: Self.jobSeconds) }
  }

  private mutating func planEnd(_ status: ContainerStatus, of uid: String, after seconds: Int) {
    let action = PodDue.Action.end(container: status.name ?? "")
    if status.state.running.isAbsent || dues.contains(where: { $0.uid == uid && $0.action == action }) { return }
    add(PodDue(at: cluster.now + .seconds(seconds), uid: uid, action: action))
  }

  /// A pod that no autoscaler has answers its probes in the middle of the time that it may take, so that it draws no chance.
  mutating func planOther(_ object: StoredObject) {
    if object.tree[.spec]["nodeName"].isNull { cluster.nodes.startUps[object.uid] = .seconds(input.startUp.up(chance: 0.5)) }
    let action = PodDue.Action.openOther(object.key)
    guard let wait = input.startUp.wait(of: object.tree, chance: 0.5),
      !object.view(Pod.self).status.containerStatuses.isEmpty,
      object.view(Pod.self).status.containerStatuses.allSatisfy({ !$0.state.running.isAbsent }),
      !object.tree[.status][.conditions].elements.contains(where: { $0[.type].string == StartUp.gate }),
      !dues.contains(where: { $0.uid == object.uid && $0.action == action })
    else { return }
    add(PodDue(at: cluster.now + .seconds(wait), uid: object.uid, action: action))
  }
}
