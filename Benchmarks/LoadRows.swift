import COpenSSL
import Glibc
import Synchronization

/// What a server does for its clients.
enum LoadRows {
  private static let connections = 16
  private static let maps = "/api/v1/namespaces/default/configmaps"

  private static func map(_ name: String) -> String {
    #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)"},"data":{"size":"50","max":"500"}}"#
  }

  /// Requests a second over all connections; `request` gives the bytes for a connection's n-th.
  private static func rate(
    _ server: Server, isNamed: Bool = true, seconds length: Double, _ request: @escaping (Int, Int) -> [UInt8]
  ) throws -> Double {
    let done = Atomic<Int>(0)
    let failed = Atomic<Int>(0)
    let begin = seconds()
    onThreads(connections) { thread in
      do {
        let connection = try Connection(server, isNamed: isNamed)
        var count = 0
        while seconds() - begin < length {
          try connection.ask(request(thread, count))
          count += 1
        }
        done.add(count, ordering: .relaxed)
      } catch { failed.add(1, ordering: .relaxed) }
    }
    let time = seconds() - begin
    guard failed.load(ordering: .relaxed) == 0 else { throw BenchError("a request failed") }
    return Double(done.load(ordering: .relaxed)) / time
  }

  static func get(_ program: String) throws -> Double {
    let server = try Server(program, containers: false)
    try Connection(server).ask(Connection.request("POST", maps, map("one")))
    let request = Connection.request("GET", maps + "/one")
    return try rate(server, seconds: 4) { _, _ in request }
  }

  /// As each program in a cluster asks: with its ServiceAccount's token, and a role that allows it no more than that.
  static func token(_ program: String) throws -> Double {
    let server = try Server(program, containers: false)
    let connection = try Connection(server)
    let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/"
    for (path, body) in [
      (maps, map("one")), ("/api/v1/namespaces/default/serviceaccounts", #"{"metadata":{"name":"reader"}}"#),
      (roles + "roles", #"{"metadata":{"name":"r"},"rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get"]}]}"#),
      (
        roles + "rolebindings",
        #"{"metadata":{"name":"r"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"},"#
          + #""subjects":[{"kind":"ServiceAccount","name":"reader","namespace":"default"}]}"#
      ),
    ] { try connection.ask(Connection.request("POST", path, body)) }
    var answer: [UInt8] = []
    _ = try connection.ask(
      Connection.request("POST", "/api/v1/namespaces/default/serviceaccounts/reader/token", #"{"spec":{}}"#), into: &answer)
    guard let begin = answer.firstRange(of: Array(#""token":""#.utf8))?.upperBound else { throw BenchError("no token came") }
    let token = String(decoding: answer[begin...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    let request = Connection.request("GET", maps + "/one", token: token)
    return try rate(server, isNamed: false, seconds: 4) { _, _ in request }
  }

  static func post(_ program: String) throws -> Double {
    let server = try Server(program, containers: false)
    return try rate(server, seconds: 4) { thread, count in Connection.request("POST", maps, map("m-\(thread)-\(count)")) }
  }

  /// Server-side applies a second, of Deployments that are as they are applied.
  static func apply(_ program: String) throws -> Double {
    let server = try Server(program, containers: false)
    let requests = (0..<500).map { number in
      let body =
        #"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d\#(number)","labels":{"app":"a"}},"spec":{"replicas":0,"#
        + #""selector":{"matchLabels":{"app":"d\#(number)"}},"template":{"metadata":{"labels":{"app":"d\#(number)"}},"spec":{"#
        + #""containers":[{"name":"main","image":"app:1","env":[{"name":"A","value":"b"},{"name":"C","value":"d"}],"#
        + #""ports":[{"containerPort":80,"name":"http"}],"resources":{"requests":{"cpu":"100m","memory":"1024Mi"}}}]}}}}"#
      return Connection.request(
        "PATCH", "/apis/apps/v1/namespaces/default/deployments/d\(number)?fieldManager=kubectl", body,
        contentType: "application/apply-patch+yaml")
    }
    let connection = try Connection(server)
    for request in requests { try connection.ask(request) }
    // Until its controller has written its status.
    sleep(1)
    return try rate(server, seconds: 4) { thread, count in requests[(count * connections + thread) % requests.count] }
  }

  static func fill(_ server: Server, _ count: Int) throws {
    let failed = Atomic<Int>(0)
    onThreads(connections) { thread in
      do {
        let connection = try Connection(server)
        for index in stride(from: thread, to: count, by: connections) {
          try connection.ask(Connection.request("POST", maps, map("m-\(index)")))
        }
      } catch { failed.add(1, ordering: .relaxed) }
    }
    guard failed.load(ordering: .relaxed) == 0 else { throw BenchError("filling the cluster failed") }
  }

  static func list(_ program: String, limit: Int?) throws -> Double {
    let server = try Server(program, containers: false)
    try fill(server, 10_000)
    let connection = try Connection(server)
    let times = try (0..<9).map { _ in
      let begin = seconds()
      let count = try limit.map { try readPages(connection, $0) } ?? connection.get(maps)
      guard count > 1_000_000 else { throw BenchError("the list is too short: \(count) bytes") }
      return (seconds() - begin) * 1000
    }
    return times.sorted()[4]
  }

  /// - Returns: the size of all answers.
  private static func readPages(_ connection: Connection, _ limit: Int) throws -> Int {
    var token = ""
    var size = 0
    repeat {
      var page: [UInt8] = []
      size += try connection.ask(
        Connection.request("GET", maps + "?limit=\(limit)" + (token.isEmpty ? "" : "&continue=" + token)), into: &page)
      // The list's own metadata come first.
      let mark = Array(#""continue":""#.utf8)
      let end = page.prefix(2000).firstRange(of: mark)?.upperBound
      token = end.map { String(decoding: page[$0...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self) } ?? ""
    } while !token.isEmpty
    return size
  }

  /// 1,000 connections that watch one ConfigMap; each of 50 writes carries its time.
  static func watch(_ program: String) throws -> Double {
    let server = try Server(program, containers: false)
    let writer = try Connection(server)
    try writer.ask(Connection.request("POST", maps, map("one")))
    let watchers = try (0..<1000).map { _ in try Connection(server) }
    for watcher in watchers { try watcher.send(Connection.request("GET", maps + "?watch=1&fieldSelector=metadata.name%3Done")) }
    sleep(1)
    let writes = 50
    let latencies = Mutex<[Double]>([])
    onThreads(3) { thread in
      if thread == 2 {
        usleep(300_000)
        for _ in 0..<writes {
          let body = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"at":"\#(seconds())"}}"#
          _ = try? writer.ask(Connection.request("PUT", maps + "/one", body))
          usleep(60_000)
        }
        return
      }
      let mine = Array(watchers[(thread * 500)..<(thread * 500 + 500)])
      let found = WatchReader(mine).read(each: writes, until: seconds() + 15)
      latencies.withLock { $0 += found }
    }
    let all = latencies.withLock { $0.sorted() }
    guard all.count >= 1000 * writes * 99 / 100 else { throw BenchError("only \(all.count) of \(1000 * writes) events came") }
    return all[all.count * 99 / 100] * 1000
  }

  static func pods(_ program: String) throws -> Double {
    let server = try Server(program)
    guard server.runsContainers else { throw BenchError("needs root and crun") }
    guard Belongings.run(program, ["image", "pack-tools", "bench:1", "--data-dir", server.directory]) == 0 else {
      throw BenchError("the image could not be packed")
    }
    let path = "/api/v1/namespaces/default/pods"
    let writer = try Connection(server)
    let watcher = try Connection(server)
    try watcher.send(Connection.request("GET", path + "?watch=1"))
    let reader = WatchReader([watcher])
    var times: [Double] = []
    for number in 0..<20 {
      let pod =
        #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p\#(number)"},"spec":{"terminationGracePeriodSeconds":0,"#
        + #""containers":[{"name":"c","image":"bench:1","imagePullPolicy":"Never","command":["sleep","1000"]}]}}"#
      let begin = seconds()
      try writer.ask(Connection.request("POST", path, pod))
      guard reader.waitFor(#""phase":"Running""#, until: begin + 20) else { throw BenchError("a pod did not start") }
      times.append((seconds() - begin) * 1000)
      usleep(200_000)
    }
    return times.sorted()[times.count / 2]
  }
}
