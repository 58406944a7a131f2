import CoreLoad
import CoreObjects
import CoreReport
import Rehearsal
import Testing

@Suite("Manifests that people bring") struct BroughtManifestsTests {
  private static let other = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: cache}
    spec:
      selector: {matchLabels: {app: cache}}
      template:
        metadata: {labels: {app: cache}}
        spec:
          containers:
          - name: cache
            image: redis:8
            readinessProbe: {tcpSocket: {port: 6379}, periodSeconds: 5}
    """

  private func problem(_ setting: RehearsalSetting, _ more: String = "") -> String {
    do {
      _ = try RehearsalRun.play(setting.input(more), name: "today")
      return ""
    } catch { return "\(error)" }
  }

  private func setting(_ old: String = "", _ new: String = "") throws -> RehearsalSetting {
    var setting = RehearsalSetting()
    setting.seconds = 300
    try setting.load(cpu: [(0, 0.1), (60, 0.6)])
    if !old.isEmpty { setting.deployment = setting.deployment.replacing(old, with: new) }
    return setting
  }

  @Test("with init containers and sidecars get ready: the former have nothing to do, the latter stay")
  func initContainers() throws {
    let setting = try setting(
      "      containers:",
      "      initContainers:\n      - {name: migrate, image: m}\n      - {name: proxy, image: p, restartPolicy: Always, "
        + "resources: {requests: {cpu: 100m}}}\n      containers:")
    let record = try setting.play().autoscalers[0]
    #expect(record.ready.values.first == 2 && record.ready.last == 5, RehearsalSetting.replay)
  }

  @Test("as a cluster shows them are taken as kubectl create sends them")
  func shown() throws {
    let setting = try setting(
      "metadata: {name: web}",
      "metadata: {name: web, uid: 6f1c, resourceVersion: \"12\", creationTimestamp: \"2024-01-01T00:00:00Z\", generation: 3, "
        + "managedFields: [{manager: kubectl, operation: Update, apiVersion: apps/v1, fieldsType: FieldsV1, fieldsV1: {}}]}")
    #expect(problem(setting) == "")
  }

  @Test("find their namespaces, written later or only named")
  func namespaces() throws {
    var setting = try setting("metadata: {name: web}", "metadata: {name: web, namespace: prod}")
    let hpa = setting.autoscaler().replacing("metadata: {name: web}", with: "metadata: {name: web, namespace: prod}")
    func objects(_ more: String) throws -> [ManifestObject] {
      try RehearsalSetting.objects(setting.deployment + "\n---\n" + hpa + more)
    }
    var input = try setting.input()
    for more in ["", "\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: prod, labels: {a: b}}"] {
      input.objects = try objects(more)
      #expect(try RehearsalRun.play(input, name: "today").autoscalers[0].desired.last == 10, RehearsalSetting.replay)
    }
    setting.steps = [RehearsalStep(10, .scale(try ObjectReferenceText("prod/deploy/web", at: ""), replicas: 7), at: "")]
    input.steps = setting.steps
    #expect(try RehearsalRun.play(input, name: "today").autoscalers[0].desired.values.contains(7))
    input.objects = try RehearsalSetting.objects(setting.deployment + "\n---\n" + setting.autoscaler())
    let wrong = #expect(throws: RehearsalError.self) { try RehearsalRun.play(input, name: "today") }
    #expect(wrong?.message.contains("scales Deployment web of apps/v1 in default, which is not") == true, "\(wrong!)")
  }

  @Test("that do not fit together are told with their places")
  func misfits() throws {
    let setting = try setting()
    #expect(problem(setting, setting.deployment) == "more.yaml:1: Deployment web is already in app.yaml:1")
    let rival = setting.autoscaler("rival")
    #expect(
      problem(setting, rival) == "more.yaml:1: web and rival scale the same Deployment web: each would undo what the other does")
    var old = setting
    old.target = "web, apiVersion: extensions/v1beta1"
    old.loads = []
    let version = setting.autoscaler().replacing("apps/v1", with: "extensions/v1beta1")
    var input = try setting.input()
    input.objects = try RehearsalSetting.objects(setting.deployment + "\n---\n" + version)
    let wrong = #expect(throws: RehearsalError.self) { try RehearsalRun.play(input, name: "today") }
    #expect(wrong?.message.contains("of extensions/v1beta1") == true, "\(wrong!)")
  }

  @Test(
    "whose pods do not come say why",
    arguments: [
      ("    spec:\n", "    spec:\n      nodeSelector: {none: here}\n", "affinity/selector."),
      (
        "    spec:\n", "    spec:\n      volumes: [{name: v, configMap: {name: c, items: [{key: k, path: k}]}}]\n",
        "configmap \"c\" has no key \"k\""
      ),
      (
        "image: nginx:1.27\n", "image: i\n        env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}]\n",
        "configmap \"c\" has no key \"k\", which variable A wants"
      ),
    ])
  func reasons(old: String, new: String, reason: String) throws {
    let problem = problem(try setting(old, new), "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}")
    #expect(
      problem.hasPrefix("app.yaml:1: Deployment web is not ready after 900 s: web-") && problem.contains(reason), "\(problem)")
  }

  @Test("with a quota that keeps pods away show it in the timeline")
  func quota() throws {
    let quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: \"4\"}}"
    let run = try RehearsalRun.play(setting().input(quota), name: "today")
    #expect(run.autoscalers[0].current.values.max() == 4 && run.autoscalers[0].desired.last == 10, RehearsalSetting.replay)
    #expect(run.events.count { $0.text.contains("exceeded quota: q") } == 1, "\(run.events)")
  }

  @Test("may have Services with addresses of the cluster that they come from")
  func addresses() throws {
    let service =
      "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: 10.52.3.7, clusterIPs: [10.52.3.7], "
      + "selector: {app: web}, ports: [{port: 80}]}"
    #expect(problem(try setting(), service) == "")
  }

  @Test("may have autoscalers of one name in several namespaces, whose loads say which")
  func sameNames() throws {
    let setting = try setting()
    var input = try setting.input()
    let both = setting.deployment + "\n---\n" + setting.autoscaler()
    input.objects = try ["a", "b"].flatMap { namespace in
      try RehearsalSetting.objects(
        both.split(separator: "\n", omittingEmptySubsequences: false).map {
          $0 == "metadata: {name: web}" ? "metadata: {name: web, namespace: \(namespace)}" : String($0)
        }.joined(separator: "\n"))
    }
    let problem = #expect(throws: RehearsalError.self) { try RehearsalRun.play(input, name: "today") }
    #expect(problem?.message.contains("name one of a/web, b/web") == true, "\(problem!)")
    input.loads[0].subject = "b/deploy/web"
    let records = try RehearsalRun.play(input, name: "today").autoscalers
    #expect(records.map { $0.desired.last } == [2, 10], RehearsalSetting.replay)
    let result = RunExpectation(subject: "b/web", .neverAbove(2)).judge(try RehearsalRun.play(input, name: "today"))
    #expect(result.map(\.isMet) == [false])
  }

  @Test("may have workloads without autoscalers, whose pods get ready too")
  func others() throws {
    var setting = try setting()
    setting.startUp = StartUp(appSeconds: 10...10)
    setting.steps = [RehearsalStep(200, .crash(try ObjectReferenceText("deploy/cache", at: ""), count: 1, code: 1), at: "")]
    var input = try setting.input(Self.other)
    let check: JSON = [
      "apiVersion": "chainsaw.kyverno.io/v1alpha1", "kind": "Test", "metadata": ["name": "t"],
      "spec": [
        "steps": [
          [
            "try": [
              [
                "assert": [
                  "resource": [
                    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "cache"], "status": ["readyReplicas": 1],
                  ]
                ]
              ]
            ]
          ]
        ]
      ],
    ]
    input.tests = [try ChainsawTest(check, FieldPlaces(file: "t.yaml", lines: [:])) { (_) throws(RehearsalError) in [] }]
    #expect(try RehearsalRun.play(input, name: "today").tests.map(\.isMet) == [true], RehearsalSetting.replay)
  }

  @Test("of a ReplicationController count its pods and no others")
  func replicationController() throws {
    var setting = try setting("apps/v1\nkind: Deployment", "v1\nkind: ReplicationController")
    setting.deployment = setting.deployment.replacing("{matchLabels: {app: web}}", with: "{app: web}")
    var input = try setting.input()
    let hpa = setting.autoscaler().replacing("apps/v1, kind: Deployment", with: "v1, kind: ReplicationController")
    input.objects = try RehearsalSetting.objects(setting.deployment + "\n---\n" + hpa + "\n---\n" + Self.other)
    let record = try RehearsalRun.play(input, name: "today").autoscalers[0]
    #expect(record.pods.allSatisfy { $0.name.hasPrefix("web-") } && record.desired.last == 10, RehearsalSetting.replay)
  }
}

@Suite("A rehearsal's loads") struct RehearsalLoadsTests {
  private static let selected = """
    [{type: Pods, pods: {metric: {name: rps, selector: {matchLabels: {verb: get}}}, target: {type: AverageValue, averageValue: "100"}}},
     {type: External, external: {metric: {name: q, selector: {matchExpressions: [{key: queue, operator: In, values: [a, b]}]}},
      target: {type: AverageValue, averageValue: "30"}}}]
    """

  @Test("have the labels that a metric's selector chooses")
  func selectors() throws {
    var setting = RehearsalSetting()
    setting.metrics = Self.selected
    try setting.load(cpu: [(0, 200), (300, 500)], "rps")
    try setting.load(cpu: [(0, 10), (600, 240)], "q")
    let record = try setting.play().autoscalers[0]
    #expect(record.desired.values.contains(5) && record.desired.last == 8, RehearsalSetting.replay)
  }

  private static let alike = """
    [{type: External, external: {metric: {name: jobs, selector: {matchLabels: {queue: orders}}}, target: {type: AverageValue, averageValue: "30"}}},
     {type: External, external: {metric: {name: jobs, selector: {matchLabels: {queue: mail}}}, target: {type: AverageValue, averageValue: "30"}}},
     {type: Pods, pods: {metric: {name: rps, selector: {matchLabels: {verb: get}}}, target: {type: AverageValue, averageValue: "100"}}},
     {type: Pods, pods: {metric: {name: rps, selector: {matchLabels: {verb: post}}}, target: {type: AverageValue, averageValue: "100"}}}]
    """

  @Test("are told apart by the selectors of metrics of one name, and recorded each by itself")
  func alike() throws {
    var setting = RehearsalSetting()
    setting.metrics = Self.alike
    try setting.load(cpu: [(0, 60)], "jobs", of: ["queue": "orders"])
    try setting.load(cpu: [(0, 60), (300, 150)], "jobs", of: ["queue": "mail"])
    try setting.load(cpu: [(0, 200), (600, 700)], "rps", of: ["verb": "get"])
    try setting.load(cpu: [(0, 200)], "rps", of: ["verb": "post"])
    let record = try setting.play().autoscalers[0]
    #expect(record.loads.map(\.name) == ["jobs{queue=orders}", "jobs{queue=mail}", "rps{verb=get}", "rps{verb=post}"])
    #expect(record.desired.values.contains(5) && record.desired.last == 7, RehearsalSetting.replay)
    #expect(record.metrics.allSatisfy { !$0.value.values.contains(where: \.isNaN) })
  }

  @Test(
    "that could be of two metrics, or are of none, are asked back about",
    arguments: [
      ([:], "--load jobs: web reads jobs{queue=orders} and jobs{queue=mail}: say which, as in --load 'jobs{queue=mail}=…'"),
      (
        ["queue": "none"],
        "--load jobs: no autoscaler reads the metric 'jobs{queue=none}': web reads jobs{queue=mail}, jobs{queue=orders}, rps{verb=get}, rps{verb=post}"
      ),
      (
        ["queue": "orders"],
        "hpa.yaml:1: HorizontalPodAutoscaler web reads the metric 'jobs{queue=mail}', of which no load speaks: --load 'jobs{queue=mail}'=FILE"
      ),
    ] as [([String: String], String)])
  func unclear(selector: [String: String], message: String) throws {
    var setting = RehearsalSetting()
    setting.metrics = Self.alike
    try setting.load(cpu: [(0, 60)], "jobs", of: selector)
    #expect(#expect(throws: RehearsalError.self) { try setting.play() }?.description == message)
  }

  @Test("of two containers are on each its own")
  func containers() throws {
    var setting = RehearsalSetting()
    setting.deployment += "\n      - {name: proxy, image: nginx, resources: {requests: {cpu: 100m}}}"
    setting.metrics = """
      [{type: ContainerResource, containerResource: {name: cpu, container: web, target: {type: Utilization, averageUtilization: 50}}},
       {type: ContainerResource, containerResource: {name: cpu, container: proxy, target: {type: Utilization, averageUtilization: 50}}}]
      """
    try setting.load(cpu: [(0, 0.1)], "cpu", of: ["container": "web"])
    try setting.load(cpu: [(0, 0.1), (300, 0.4)], "cpu", of: ["container": "proxy"])
    let record = try setting.play().autoscalers[0]
    // Eight would do. The mean of the first 15 s of the last four still has some of the time without them.
    #expect(record.desired.last == 9, "\(RehearsalSetting.counts(record.desired)) \(RehearsalSetting.replay)")
    #expect((11...12).contains(record.metrics[0].value.last ?? 0))
  }

  @Test("that have to be given are asked for")
  func missing() throws {
    var setting = RehearsalSetting()
    setting.metrics = Self.selected
    try setting.load(cpu: [(0, 200)], "rps")
    let problem = #expect(throws: RehearsalError.self) { try setting.play() }
    #expect(
      problem?.description
        == "hpa.yaml:1: HorizontalPodAutoscaler web reads the metric 'q', of which no load speaks: --load q=FILE")
  }

  @Test("that come back after a gap are read two scrapes later, though they stay as they are")
  func comeBack() throws {
    var setting = RehearsalSetting()
    setting.seconds = 1800
    setting.loads.append(
      RehearsalLoad(
        metric: "cpu", shape: .series(try SeriesNotation.series("0.1x10 _x20 0.4x30", intervalSeconds: 30)),
        model: LoadModel(.shared(base: 0, reachesUnready: false)), place: "--load cpu"))
    let record = try setting.play().autoscalers[0]
    let metric = record.metrics[0].value
    let back = try #require(zip(metric.seconds, metric.values).first { $0.0 > 940 && !$0.1.isNaN })
    #expect(back.0 <= 975 && back.1 == 200 && record.desired.last == 7, "\(back) \(RehearsalSetting.replay)")
  }

  @Test("that nobody could read for a while go on as they were: a gap is no burst")
  func gap() throws {
    var setting = RehearsalSetting()
    let series = try SeriesNotation.series("0.1x10 stale _x20 0.1x30", intervalSeconds: 15)
    setting.loads = [
      RehearsalLoad(
        metric: "cpu", shape: .series(series), model: LoadModel(.shared(base: 0, reachesUnready: false)), place: "--load cpu")
    ]
    let record = try setting.play().autoscalers[0]
    #expect(
      record.desired.values.max() == 2 && record.metrics[0].value.values.filter { $0 > 51 }.isEmpty, RehearsalSetting.replay)
    #expect(record.metrics[0].value.values.contains { $0.isNaN }, RehearsalSetting.replay)
  }

  @Test("may be for a metric that only today's autoscaler reads, or only the other: the pods bear them in both runs")
  func againstAnotherMetric() throws {
    var setting = RehearsalSetting()
    try setting.load(cpu: [(0, 0.1), (120, 0.6)])
    try setting.load(cpu: [(0, 100), (120, 600)], "rps")
    var other = setting
    other.metrics = "[{type: Pods, pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: \"200\"}}}]"
    let objects = try RehearsalSetting.objects(other.autoscaler("new"), file: "new.yaml")
    var input = try setting.input()
    #expect(throws: RehearsalError.self) { try RehearsalRun.play(input, name: "today") }
    input.alternatives = objects
    let today = try RehearsalRun.play(input, name: "today").autoscalers[0]
    let new = try RehearsalRun.play(input, name: "new.yaml", replacing: objects).autoscalers[0]
    #expect(today.desired.last == 10 && new.desired.last == 3, RehearsalSetting.replay)
    #expect(today.loads.map(\.name) == ["cpu", "rps"] && new.loads.map(\.name) == ["cpu", "rps"])
    #expect((new.loads[0].unmet.values.max() ?? 0) > 0)
  }
}

extension String {
  fileprivate func replacing(_ text: String, with other: String) -> String {
    guard let range = firstRange(of: text) else { return self }
    return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }
}
