import CoreObjects

/// Rows that show themselves only once something runs.
extension PracticePlay {
  func verify(_ snapshot: PracticeSnapshot, _ progress: inout PracticeProgress) async throws {
    for row in [PracticeRow.metrics, .application, .image, .loading, .statefulSet, .autoscaler] where progress.state(row) == .open
    {
      let finding = try await look(at: row, snapshot).waited(snapshot.second, atMost: Finding.patienceSeconds)
      if finding.isFinal { progress.decide(row, finding.holds, finding.text) }
    }
  }

  /// Looks until a finding holds or its time is over: a cluster that has answered may make it true a moment later.
  func settled(_ look: () async throws -> Finding) async throws -> Finding {
    let start = access.now
    while true {
      let finding = try await look().waited((access.now - start).components.seconds, atMost: Finding.momentSeconds)
      if finding.isFinal { return finding }
      try await access.wait(.seconds(1))
    }
  }

  private func look(at row: PracticeRow, _ snapshot: PracticeSnapshot) async throws -> Finding {
    switch row {
    case .metrics: try await metrics(snapshot)
    case .application: try await application(snapshot)
    case .image: try await image()
    case .loading: try await loading()
    case .statefulSet: try await statefulSet(snapshot)
    case .autoscaler: try await autoscaler(snapshot)
    case .configMaps, .accessControl, .cronJob, .scalingUp, .scalingDown: Finding(false, "")
    }
  }

  private func metrics(_ snapshot: PracticeSnapshot) async throws -> Finding {
    guard let memory = snapshot.pods.first?.memory else { return Finding(false, "app-0 has no sample") }
    let nodes = try await access.get("/apis/metrics.k8s.io/v1beta1/nodes")[.items].elements.count
    let wanted = try await access.get("/api/v1/nodes")[.items].elements.count
    if nodes != wanted { return Finding(false, "\(nodes) of \(wanted) nodes measured") }
    let deployment = try await access.get("/apis/apps/v1/namespaces/kube-system/deployments/metrics-server")
    if deployment.isNull { return Finding(false, "there is no Deployment metrics-server") }
    return Finding(true, "app-0 uses \(memory >> 20)Mi; \(nodes) nodes measured; its manifest and patch were accepted")
  }

  /// The image is on every node's list.
  private func loading() async throws -> Finding {
    let nodes = try await access.get("/api/v1/nodes")[.items].elements
    let holders = nodes.filter { node in
      node[.status]["images"].elements.contains { image in
        image["names"].elements.contains { $0.string?.hasSuffix("app:test") == true }
      }
    }
    let names = holders.map { $0[.metadata][.name].string ?? "?" }.joined(separator: ", ")
    return Finding(
      !nodes.isEmpty && holders.count == nodes.count, "app:test is on " + (names.isEmpty ? "no node" : names))
  }

  private func image() async throws -> Finding {
    let pod = try await access.get(PracticePlay.pods + "/app-0")
    let image = pod[.status][.containerStatuses].elements.first?["imageID"].string ?? ""
    return Finding(!image.isEmpty, image.isEmpty ? "app-0 does not run it" : "app-0 runs it: \(image)")
  }

  private func statefulSet(_ snapshot: PracticeSnapshot) async throws -> Finding {
    guard snapshot.pods.first?.isReady == true else { return Finding(false, "app-0 is not ready") }
    let pod = try await access.get(PracticePlay.pods + "/app-0")
    let claim = try await access.get(PracticePlay.namespaced + "/persistentvolumeclaims/data-app-0")
    let container = pod[.spec][.containers].elements.first ?? .null
    let resources = container["resources"]
    let mounts = container["volumeMounts"].elements.compactMap { $0["mountPath"].string }
    let holds =
      container["image"].string == "app:test" && container["imagePullPolicy"].string == "Never"
      && resources["requests"]["memory"].string == "100Mi" && resources["limits"]["memory"].string == "300Mi"
      && mounts.contains("/tmp") && claim[.status][.phase].string == "Bound"
      && claim[.status]["capacity"]["storage"].string == "300Mi" && claim[.spec]["storageClassName"].string == "standard"
    return Finding(
      holds,
      "app-0 is ready on \(pod[.spec]["nodeName"].string ?? "?"); data-app-0 is \(claim[.status][.phase].string ?? "?"), "
        + "\(claim[.status]["capacity"]["storage"].string ?? "?") of \(claim[.spec]["storageClassName"].string ?? "?")")
  }

  private func autoscaler(_ snapshot: PracticeSnapshot) async throws -> Finding {
    guard let utilization = snapshot.utilization else { return Finding(false, "memory: <unknown>/\(snapshot.target)%") }
    let spec = try await access.get(PracticePlay.autoscalers + "/app")[.spec]
    let schema = try await access.get("/openapi/v3/apis/autoscaling/v2")["components"]["schemas"]
    let explained = schema["io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler"]["description"].string ?? ""
    let (least, most) = (spec["minReplicas"].int ?? 0, spec["maxReplicas"].int ?? 0)
    return Finding(
      least == 1 && most == 5 && snapshot.target == 60 && !explained.isEmpty,
      "memory: \(utilization)%/\(snapshot.target)%, \(least) to \(most) replicas; explained as \"\(explained.prefix(40))…\"")
  }

  func configMaps() async throws -> Finding {
    let load = try await access.get(PracticePlay.namespaced + "/configmaps/app")[.data]
    let script = try await access.get(PracticePlay.namespaced + "/configmaps/app-job-sh")[.data]["job.sh"].string ?? ""
    return Finding(
      load["max"].string == "500" && load["size"].string == "50" && script.hasPrefix("#!/bin/bash"),
      "app: max \(load["max"].string ?? "?"), size \(load["size"].string ?? "?"); app-job-sh: a script of \(script.utf8.count) bytes"
    )
  }

  /// Its log tells of the missing file first, and of a file's size once a job has brought one.
  private func application(_ snapshot: PracticeSnapshot) async throws -> Finding {
    if snapshot.jobsDone == 0 { return Finding(false, "no job has brought it a file") }
    let log = try await access.request(
      "GET", PracticePlay.pods + "/app-0/log", query: "", contentType: "application/json", body: []
    ).text
    let lines = log.split(separator: "\n")
    guard let sized = lines.first(where: { $0.hasPrefix("size: ") && $0 != "size: 0" }) else {
      return Finding(false, "its log: \"\(lines.last ?? "")\"")
    }
    return Finding(lines.first?.hasPrefix("cannot read ") == true, "its log: \"\(lines.first ?? "")\", later \"\(sized)\"")
  }
}
