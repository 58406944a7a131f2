import CoreAPI
import CoreObjects
import Synchronization

/// What a run makes on a cluster, and removes again from one that is not its own.
final class LiveObjects: Sendable {
  private struct State {
    /// In the order in which they were made.
    var paths: [String] = []
    /// Of StatefulSets that were made: where their claims are, and those that were there before.
    var claims: [(collection: String, prefix: String, before: Set<String>)] = []
    /// Nodes that take no pods because a step said so.
    var cordoned: Set<String> = []
  }
  let isOwn: Bool
  private let access: any ClusterAccess
  private let say: @Sendable (String) -> Void
  private let state = Mutex(State())

  init(_ access: any ClusterAccess, isOwn: Bool, say: @escaping @Sendable (String) -> Void) {
    (self.access, self.isOwn, self.say) = (access, isOwn, say)
  }

  static func path(_ object: ManifestObject) -> String? {
    Resources.collectionPath(of: object.tree).map { $0 + "/" + object.name }
  }

  /// - Throws: where one is there already: the run would scale, and remove, what is somebody's.
  func requireNew(_ paths: [String]) async throws {
    for path in paths where !(try await access.get(path)).isNull {
      throw RehearsalError("\(path) is there already: a rehearsal scales only what it has made itself")
    }
  }

  /// - Throws: what the API refuses, with the object's place.
  func create(_ object: ManifestObject) async throws {
    guard let collection = Resources.collectionPath(of: object.tree) else {
      throw RehearsalError("\(object.title) is not served", at: object.place)
    }
    let tree = object.withoutServersMarks
    let claims = "/api/v1/namespaces/\(object.namespace)/persistentvolumeclaims"
    let before = object.kind == "StatefulSet" ? try await names(claims) : []
    var answer = try await access.request(
      "POST", collection, query: "fieldValidation=Strict", contentType: "application/json", body: tree.encoded())
    if answer.status == 409 {
      // A step may change what the run has made itself.
      if !isOwn, !state.withLock({ $0.paths.contains(collection + "/" + object.name) }) {
        if object.kind != "Namespace" { say("\(object.place): \(object.title) is there already and stays as it is") }
        return
      }
      answer = try await access.request(
        "PATCH", collection + "/" + object.name, query: "fieldManager=rehearse&force=true",
        contentType: "application/apply-patch+yaml", body: tree.encoded())
    }
    guard answer.isSuccess else {
      throw RehearsalError(answer.tree[.message].string ?? "\(object.title): refused with \(answer.status)", at: object.place)
    }
    let name = answer.tree[.metadata][.name].string ?? object.name
    state.withLock { state in
      if state.paths.contains(collection + "/" + name) { return }
      state.paths.append(collection + "/" + name)
      for template in object.tree[.spec]["volumeClaimTemplates"].elements {
        state.claims.append((claims, "\(template[.metadata][.name].string ?? "")-\(name)-", before))
      }
    }
  }

  private func names(_ collection: String) async throws -> Set<String> {
    Set(try await access.get(collection)[.items].elements.compactMap { $0[.metadata][.name].string })
  }

  func setCordoned(_ node: String, _ isCordoned: Bool) {
    state.withLock { state in
      if isCordoned { state.cordoned.insert(node) } else { state.cordoned.remove(node) }
    }
  }

  /// Removes what was made, the newest first. What stays is said.
  func remove() async {
    let state = state.withLock { $0 }
    for path in state.paths.reversed() { await ask(.deletion(path)) }
    for (collection, prefix, before) in state.claims {
      for name in ((try? await names(collection)) ?? []).subtracting(before).sorted()
      where name.hasPrefix(prefix) && Int(name.dropFirst(prefix.count)) != nil {
        await ask(.deletion(collection + "/" + name))
      }
    }
    for node in state.cordoned.sorted() { await ask(.uncordon(node)) }
  }

  private func ask(_ request: StepRequest) async {
    let answer = try? await access.request(request)
    if answer?.isSuccess != true, answer?.status != 404 { say("\(request.path) could not be set back: it stays as it is") }
  }
}

extension ClusterAccess {
  func request(_ request: StepRequest) async throws -> ClusterAnswer {
    try await self.request(
      request.method, request.path, query: request.query, contentType: request.contentType, body: request.body.encoded())
  }
}
