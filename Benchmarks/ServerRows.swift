import Glibc

/// What a server does by itself.
enum ServerRows {
  /// - Parameter objects: ConfigMaps that are there when it starts.
  static func start(_ program: String, objects: Int) throws -> Double {
    let server = try Server(program)
    if objects == 0 { return server.startSeconds }
    try LoadRows.fill(server, objects)
    server.stop()
    try server.start()
    try Connection(server).get("/api/v1/namespaces/default/configmaps/m-\(objects - 1)")
    return server.startSeconds
  }

  static func memory(_ program: String) throws -> Double {
    let server = try Server(program)
    sleep(3)
    return server.memory()
  }

  static func idle(_ program: String) throws -> Double {
    let server = try Server(program)
    sleep(3)
    let before = server.processorSeconds()
    sleep(20)
    return (server.processorSeconds() - before) / 20 * 100
  }
}
