import CoreObjects

/// pods/log, exec, attach and portforward: checked here, carried by the edge.
extension APIServer {
  private static let defaultContainer = Key("kubectl.kubernetes.io/default-container")

  func log(_ call: Call, _ store: Store) throws(APIError) -> APIResponse {
    let object = try call.object(in: store)
    let pod = object.view(Pod.self)
    let name = try container(call.query["container"], pod)
    let previous = call.query.flag("previous") ?? false
    let options = try logOptions(call)
    // It waits for a node: there is nothing to show yet.
    if (pod.spec.nodeName ?? "").isEmpty { return .body(status: 204, contentType: "text/plain", chunks: [], headers: []) }
    try checkNode(pod, store)
    let status = APIServer.status(of: name, pod)
    let shown = status[.state]
    if previous {
      let last = status[.lastState][.terminated]
      guard let id = last[.containerID].string else {
        throw .badRequest("previous terminated container \"\(name)\" in pod \"\(object.key.name)\" not found")
      }
      return stream(.log(options), object, pod, container: name, id: id, attempt: status[.restartCount].int ?? 0)
    }
    if shown[.running].isNull, shown[.terminated].isNull {
      // Between two runs the log of the last one is shown.
      if let id = status[.lastState][.terminated][.containerID].string {
        return stream(.log(options), object, pod, container: name, id: id, attempt: status[.restartCount].int ?? 0)
      }
      let reason = shown[.waiting][.reason].string ?? "ContainerCreating"
      throw .badRequest("container \"\(name)\" in pod \"\(object.key.name)\" is waiting to start: \(reason)")
    }
    let id = status[.containerID].string ?? ""
    return stream(.log(options), object, pod, container: name, id: id, attempt: status[.restartCount].int ?? 0)
  }

  /// Source: ValidatePodLogOptions, pkg/apis/core/validation, v1.36.
  private func logOptions(_ call: Call) throws(APIError) -> LogOptions {
    var options = LogOptions()
    options.follow = call.query.flag("follow") ?? false
    options.timestamps = call.query.flag("timestamps") ?? false
    options.tailLines = try call.query.number("tailLines", atLeast: .min)
    options.limitBytes = try call.query.number("limitBytes", atLeast: .min)
    let seconds = try call.query.number("sinceSeconds", atLeast: .min)
    let time = call.query["sinceTime"].flatMap { $0.isEmpty ? nil : $0 }
    var errors = FieldRules.atLeast(0, options.tailLines, "tailLines") + FieldRules.atLeast(1, options.limitBytes, "limitBytes")
    if seconds != nil, time != nil { errors.add(.forbidden, "", "at most one of sinceTime and sinceSeconds may be given") }
    errors += FieldRules.atLeast(1, seconds, "sinceSeconds")
    // Its feature gate PodLogsQuerySplitStreams is off in v1.36.
    if call.query["stream"] != nil { errors.add(.forbidden, "stream", "both streams are told") }
    if !errors.isEmpty { throw .invalid(group: "", kind: "PodLogOptions", name: call.info.pathName, errors) }
    options.since = seconds.map { call.now - .seconds($0) }
    if let time {
      guard let since = Instant(rfc3339: time) else { throw .badRequest("sinceTime \"\(time)\" is no time of RFC 3339") }
      options.since = since
    }
    return options
  }

  func execute(_ call: Call, _ store: Store) throws(APIError) -> APIResponse {
    let object = try call.object(in: store)
    let pod = object.view(Pod.self)
    let name = try container(call.query["container"], pod)
    let stdin = call.query.flag("stdin") ?? false
    let stdout = call.query.flag("stdout") ?? (call.info.subresource == "attach")
    let terminal = call.query.flag("tty") ?? false
    let stderr = (call.query.flag("stderr") ?? (call.info.subresource == "attach")) && !terminal
    guard stdin || stdout || stderr else { throw .badRequest("you must specify at least 1 of stdin, stdout, stderr") }
    let kind: StreamRequest.Kind
    if call.info.subresource == "attach" {
      kind = .attach(stdin: stdin, stdout: stdout, stderr: stderr, terminal: terminal)
    } else {
      let command = call.query.all("command")
      guard command.contains(where: { !$0.isEmpty }) else { throw .badRequest("you must specify a command to execute") }
      kind = .exec(command: command, stdin: stdin, stdout: stdout, stderr: stderr, terminal: terminal)
    }
    let status = try running(name, pod, object, store)
    return stream(
      kind, object, pod, container: name, id: status[.containerID].string ?? "", attempt: status[.restartCount].int ?? 0)
  }

  func forwardPorts(_ call: Call, _ store: Store) throws(APIError) -> APIResponse {
    let object = try call.object(in: store)
    let pod = object.view(Pod.self)
    var ports: [Int] = []
    for text in call.query.all("ports").flatMap({ $0.split(separator: ",") }) {
      guard let port = Int(text), (1...65535).contains(port) else {
        throw .badRequest("\"\(text)\" is no port between 1 and 65535")
      }
      ports.append(port)
    }
    try checkNode(pod, store)
    guard pod.status.phase == "Running" else {
      throw .badRequest("unable to forward port because pod is not running. Current status=\(pod.status.phase ?? "Pending")")
    }
    return stream(.portForward(ports: ports), object, pod, container: "", id: "", attempt: 0)
  }

  private func stream(
    _ kind: StreamRequest.Kind, _ object: StoredObject, _ pod: Pod, container: String, id: String, attempt: Int
  ) -> APIResponse {
    .stream(
      StreamRequest(
        kind: kind, node: pod.spec.nodeName ?? "", namespace: object.key.namespace, pod: object.key.name, podUID: object.uid,
        container: container, containerID: APIServer.withoutRuntime(id), attempt: attempt))
  }

  /// The one asked for, the default of the annotation, or the only one.
  private func container(_ wanted: String?, _ pod: Pod) throws(APIError) -> String {
    let main = pod.spec.containers.map { $0.name ?? "" }
    let first = pod.spec.initContainers.map { $0.name ?? "" }
    let ephemeral = pod.spec.ephemeralContainers.map { $0.name ?? "" }
    let name = pod.metadata.name ?? ""
    if let wanted, !wanted.isEmpty {
      guard (main + first + ephemeral).contains(wanted) else {
        throw .badRequest("container \(wanted) is not valid for pod \(name)")
      }
      return wanted
    }
    if main.count == 1 { return main[0] }
    if let annotated = pod.metadata.annotations[APIServer.defaultContainer], main.contains(annotated) { return annotated }
    var text = "a container name must be specified for pod \(name), choose one of: [\(main.joined(separator: " "))]"
    for (kind, names) in [("init", first), ("ephemeral", ephemeral)] where !names.isEmpty {
      text += " or one of the \(kind) containers: [\(names.joined(separator: " "))]"
    }
    throw .badRequest(text)
  }

  private static func status(of container: String, _ pod: Pod) -> JSON {
    let lists = [Key.containerStatuses, .initContainerStatuses, .ephemeralContainerStatuses]
    return lists.lazy.flatMap { pod.tree[.status][$0].elements }.first { $0[.name].isText(container) } ?? .null
  }

  private func running(_ container: String, _ pod: Pod, _ object: StoredObject, _ store: Store) throws(APIError) -> JSON {
    if pod.status.phase == "Succeeded" || pod.status.phase == "Failed" {
      throw .badRequest("cannot exec into a container in a completed pod; current phase is \(pod.status.phase ?? "")")
    }
    try checkNode(pod, store)
    let status = APIServer.status(of: container, pod)
    guard status[.state][.running].isObject else {
      throw .badRequest("container \"\(container)\" of pod \"\(object.key.name)\" is not running")
    }
    return status
  }

  private func checkNode(_ pod: Pod, _ store: Store) throws(APIError) {
    guard let node = pod.spec.nodeName, !node.isEmpty else {
      throw .badRequest("pod \(pod.metadata.name ?? "") does not have a host assigned")
    }
    if store.get(.nodes, node) == nil { throw .notFound(.nodes, node) }
  }

  /// "crun://4f…" as the runtime itself knows it: "4f…".
  private static func withoutRuntime(_ id: String) -> String {
    guard let colon = id.firstIndex(of: ":") else { return id }
    return String(id[colon...].drop { $0 == ":" || $0 == "/" })
  }
}
