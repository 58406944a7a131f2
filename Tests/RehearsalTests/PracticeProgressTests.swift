import CoreObjects
import Testing

@testable import Rehearsal

/// Looks at a practice that goes as the tests say.
private struct Story {
  var progress = PracticeProgress()
  var second: Int64 = 0

  init() { progress.begin() }

  /// - Returns: whether the load is to be taken away.
  @discardableResult
  mutating func look(
    replicas: Int, ready: Int? = nil, size: Int = 50, jobs: Int = 0, failed: Int = 0, claims: Int = 5, after: Int64 = 15
  )
    -> Bool
  {
    second += after
    var snapshot = PracticeSnapshot(second: second)
    snapshot.replicas = replicas
    snapshot.size = size
    snapshot.jobsDone = jobs
    snapshot.jobsFailed = failed
    snapshot.claimsBound = claims
    snapshot.pods = (0..<replicas).map {
      PracticeSnapshot.Pod(name: "app-\($0)", isReady: $0 < ready ?? replicas, memory: 1 << 20)
    }
    return progress.record(snapshot)
  }

  /// To five replicas and the load taken away.
  mutating func rise() {
    for count in 1...5 { look(replicas: count) }
    progress.unloaded(at: second)
  }
}

@Suite struct PracticeProgressTests {
  @Test("one to five replicas, all ready, is scaling up, and then the load is to be taken away")
  func up() {
    var story = Story()
    let early = (1...4).map { story.look(replicas: $0) } + [story.look(replicas: 5, ready: 4)]
    #expect(!early.contains(true))
    let isTime = story.look(replicas: 5)
    #expect(isTime)
    #expect(story.progress.state(.scalingUp).isHeld)
    #expect(story.progress.sequence == [1, 2, 3, 4, 5])
  }

  @Test("a count that falls on the way up is not scaling up")
  func unsteady() {
    var story = Story()
    for count in [1, 2, 1, 5] { story.look(replicas: count) }
    guard case .broken = story.progress.state(.scalingUp) else {
      return #expect(Bool(false), "\(story.progress.state(.scalingUp))")
    }
  }

  @Test("back to one replica after the window, highest ordinal first, claims kept, is scaling down")
  func down() {
    var story = Story()
    story.rise()
    story.look(replicas: 5, after: 300)
    for name in ["app-4", "app-3", "app-2", "app-1"] { story.progress.podWent(name) }
    story.look(replicas: 1)
    #expect(story.progress.state(.scalingDown).isHeld)
    #expect(story.progress.phase == .over)
    #expect(!story.progress.holds, "the other rows were never seen")
  }

  @Test("wrong order, a lost claim, or no window is not scaling down", arguments: [0, 1, 2])
  func wrongDown(fault: Int) {
    var story = Story()
    story.rise()
    if fault != 2 { story.look(replicas: 5, after: 300) }
    for name in fault == 0 ? ["app-3", "app-4", "app-2", "app-1"] : ["app-4", "app-3", "app-2", "app-1"] {
      story.progress.podWent(name)
    }
    story.look(replicas: 1, claims: fault == 1 ? 4 : 5)
    guard case .broken = story.progress.state(.scalingDown) else { return #expect(Bool(false), "fault \(fault)") }
  }

  @Test("a practice that does not move ends as broken after its limit")
  func stuck() {
    var story = Story()
    story.look(replicas: 1, after: 5 * 3600 + 1)
    #expect(story.progress.phase == .over)
    #expect(!story.progress.state(.scalingUp).isHeld)
  }

  @Test("the job's row holds when the size grew by tens, and breaks when a job fails first")
  func jobs() {
    var story = Story()
    story.look(replicas: 1)
    story.look(replicas: 1, size: 60, jobs: 1)
    #expect(story.progress.state(.cronJob).isHeld)
    var other = Story()
    other.look(replicas: 1, failed: 1)
    #expect(!other.progress.state(.cronJob).isHeld)
    #expect(other.progress.state(.cronJob) != .open)
  }

  @Test("a snapshot is read from what the API gives")
  func snapshot() {
    let condition: JSON = ["type": "Ready", "status": "True"]
    var snapshot = PracticeSnapshot(second: 7)
    snapshot.readSet(["spec": ["replicas": 2]])
    snapshot.readAutoscaler([
      "status": ["desiredReplicas": 3, "currentMetrics": [["resource": ["current": ["averageUtilization": 71]]]]],
      "spec": ["metrics": [["resource": ["target": ["averageUtilization": 60]]]]],
    ])
    snapshot.readConfigMap(["data": ["size": "70"]])
    snapshot.readPods([["metadata": ["name": "app-0"], "status": ["conditions": [condition]]], ["metadata": ["name": "app-1"]]])
    snapshot.readUsage([["metadata": ["name": "app-0"], "containers": [["usage": ["memory": "71Mi"]]]]])
    snapshot.readJobs([["status": ["conditions": [["type": "Complete", "status": "True"]]]], ["status": ["conditions": []]]])
    snapshot.readClaims([["status": ["phase": "Bound"]], ["status": ["phase": "Pending"]]])
    #expect(snapshot.replicas == 2 && snapshot.desired == 3 && snapshot.utilization == 71 && snapshot.size == 70)
    #expect(snapshot.pods.map(\.isReady) == [true, false])
    #expect(snapshot.pods[0].memory == 71 << 20)
    #expect(snapshot.jobsDone == 1 && snapshot.claimsBound == 1)
  }

  @Test("the timeline has a row a look, and every column of its heading")
  func timeline() {
    var story = Story()
    story.rise()
    let rows = PracticeView.timeline(story.progress).split(separator: "\n")
    #expect(rows.count == 6)
    let columns = rows[0].split(separator: ",", omittingEmptySubsequences: false).count
    for row in rows { #expect(row.split(separator: ",", omittingEmptySubsequences: false).count == columns) }
  }

  @Test("the picture is of one height while it runs, so that it can be redrawn in place")
  func picture() {
    var story = Story()
    story.look(replicas: 1)
    let height = PracticeView.frame(story.progress, title: "t").count
    story.rise()
    #expect(PracticeView.frame(story.progress, title: "t").count == height)
  }
}
