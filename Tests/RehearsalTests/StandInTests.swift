import CoreObjects
import CoreReport
import Simulation
import Testing

@testable import Rehearsal

@Suite("Stand-ins for what manifests name and do not hold") struct StandInTests {
  private func setting() throws -> RehearsalSetting {
    var setting = RehearsalSetting()
    setting.seconds = 300
    try setting.load(cpu: [(0, 0.1), (60, 0.6)])
    return setting
  }

  private static let named = """
    spec:
          serviceAccountName: runner
          priorityClassName: high
          imagePullSecrets: [{name: registry}]
          volumes:
          - {name: a, configMap: {name: nginx, items: [{key: site.conf, path: site.conf}]}}
          - {name: b, secret: {secretName: tls}}
          - {name: c, persistentVolumeClaim: {claimName: data}}
          - {name: d, projected: {sources: [{configMap: {name: extra}}, {secret: {name: token}}]}}
          - {name: e, configMap: {name: perhaps, optional: true}}
          - {name: f, configMap: {name: kube-root-ca.crt}}
          containers:
    """
  private static let read = """
    image: nginx:1.27
            envFrom: [{configMapRef: {name: web-config}}, {secretRef: {name: web-secret}}]
            env:
            - {name: A, valueFrom: {secretKeyRef: {name: web-secret, key: password}}}
            - {name: B, valueFrom: {configMapKeyRef: {name: web-config, key: level}}}
            volumeMounts: [{name: c, mountPath: /data}]
    """

  @Test("are told in one line, and change nothing else")
  func standIns() throws {
    var setting = try setting()
    for (old, new) in [("spec:\n      containers:", Self.named), ("image: nginx:1.27", Self.read)] {
      setting.deployment = setting.deployment.split(separator: old, omittingEmptySubsequences: false).joined(separator: new)
    }
    var input = try setting.input("{apiVersion: v1, kind: Secret, metadata: {name: tls}}")
    input.nodes = VirtualNode.workers(3, cpuMillicores: 4000, memoryBytes: 8 << 30)
    #expect(
      input.standIns.line
        == "stand-ins are made of what the manifests name and do not hold: ConfigMap extra, ConfigMap nginx, ConfigMap web-config, "
        + "PersistentVolumeClaim data, PriorityClass high, Secret registry, Secret token, Secret web-secret, ServiceAccount runner; "
        + "the value of PriorityClass high is not known and taken to be 0")
    let run = try RehearsalRun.play(input, name: "today")
    var plain = try self.setting().input()
    plain.nodes = input.nodes
    #expect(plain.standIns.line == nil)
    #expect(run.autoscalers[0].desired == (try RehearsalRun.play(plain, name: "today").autoscalers[0].desired))
    #expect(run.podsOnNodes.count == 3, "a claim binds no pod to a node")
  }

  @Test("are made of classes of storage and not of what a step makes; volumes of another cluster are forgotten")
  func classes() throws {
    let set = """
      apiVersion: apps/v1
      kind: StatefulSet
      metadata: {name: store}
      spec:
        selector: {matchLabels: {app: store}}
        template:
          metadata: {labels: {app: store}}
          spec:
            volumes: [{name: old, persistentVolumeClaim: {claimName: old}}]
            containers: [{name: s, image: s, envFrom: [{configMapRef: {name: later}}]}]
        volumeClaimTemplates:
        - {metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], storageClassName: gp3, resources: {requests: {storage: 1Gi}}}}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: old, annotations: {pv.kubernetes.io/bind-completed: "yes", volume.kubernetes.io/selected-node: ip-10}}
      spec: {accessModes: [ReadWriteOnce], storageClassName: gp3, volumeName: pvc-1, resources: {requests: {storage: 1Gi}}}
      """
    var setting = try setting()
    setting.target = "store"
    setting.loads = []
    var input = try setting.input(set)
    input.objects[1].tree[.spec][.scaleTargetRef].put(.kind, "StatefulSet")
    input.steps = [
      RehearsalStep(
        0, .apply(try RehearsalSetting.objects("{apiVersion: v1, kind: ConfigMap, metadata: {name: later}}")), at: "s.yaml:1")
    ]
    #expect(input.standIns.line?.hasSuffix("do not hold: StorageClass gp3") == true)
    let problem = #expect(throws: RehearsalError.self) { try RehearsalRun.play(input, name: "today") }
    #expect(problem?.message.contains("configmap \"later\" not found") == true, "\(problem as Any)")
    input.steps = []
    #expect(try RehearsalRun.play(input, name: "today").autoscalers[0].ready.values.first == 1)
  }

  @Test("are made of volumes that no node mounts, and have the priority that a pod says")
  func volumes() throws {
    let more = """
      apiVersion: v1
      kind: Pod
      metadata: {name: job}
      spec: {priorityClassName: high, priority: 1000, containers: [{name: a, image: a}]}
      ---
      apiVersion: batch/v1
      kind: CronJob
      metadata: {name: tick}
      spec:
        schedule: "*/2 * * * *"
        jobTemplate:
          spec:
            template:
              spec: {restartPolicy: Never, containers: [{name: a, image: a}], volumes: [{name: v, nfs: {server: s, path: /}}]}
      """
    var setting = try setting()
    let volumes = "volumes: [{name: s, csi: {driver: secrets-store.csi.k8s.io, readOnly: true}}, {name: e, emptyDir: {}}]"
    setting.deployment += "\n      " + volumes
    let input = try setting.input(more)
    #expect(
      input.standIns.line
        == "stand-ins are made of what the manifests name and do not hold: PriorityClass high; volumes of type csi, nfs are empty "
        + "directories")
    #expect(try RehearsalRun.play(input, name: "today").autoscalers[0].desired.last == 10)
  }
}
