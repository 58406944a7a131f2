import CoreObjects

extension APIServer {
  /// Kinds whose deletion answers with the object. Source: ReturnDeletedObject in pkg/registry, v1.36.
  private static let returned: Set<ResourceID> = [
    .pods, .podTemplates, .persistentVolumes, .persistentVolumeClaims, .resourceQuotas, .serviceAccounts, .services,
    .storageClasses,
  ]

  func delete(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    var client = try ClientWrite(call)
    let deletion = try Deletion(call, &client)
    let written = try writer.write(.delete(call.key, deletion), by: .client(client), at: call.now)
    var warnings = written.warnings
    if call.served.id == .jobs, deletion.propagation == nil {
      warnings.append(
        "without a propagationPolicy the pods of a deleted job stay; Background removes them, Orphan keeps them without this warning"
      )
    }
    if written.isGone, !APIServer.returned.contains(call.served.id) {
      let status = StatusBody.deleted(call.served.requestID, name: written.object.key.name, uid: written.object.uid)
      return respond(status, call, warnings: warnings)
    }
    return try respond(written.object, call, warnings: warnings)
  }

  /// DELETE of a collection: each of the selected objects takes the way of a single deletion.
  func deleteCollection(_ call: Call, _ writer: inout Writer) throws(APIError) -> APIResponse {
    var client = try ClientWrite(call)
    let deletion = try Deletion(call, &client)
    try checkListOptions(call)
    let selection = try ListSelection(call)
    var body = ListBody(try ObjectEncoder(call), at: call.now)
    let keys = writer.store.list(call.served.id, namespace: call.listNamespace).filter { selection.matches($0.tree) }.map(\.key)
    for key in keys where writer.store.get(key) != nil {
      let written = try writer.write(.delete(key, deletion), by: .client(client), at: call.now)
      body.append(written.object)
    }
    return body.response(["resourceVersion": .string(String(writer.store.revision))])
  }
}
