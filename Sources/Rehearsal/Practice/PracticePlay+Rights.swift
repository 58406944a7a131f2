import CoreObjects

/// The row that is judged while things are applied: without the Role the job may do nothing, with it all that it has to.
extension PracticePlay {
  private static let rights: [(verb: String, resource: String, subresource: String)] = [
    ("list", "pods", ""), ("create", "pods", "exec"), ("get", "configmaps", ""), ("patch", "configmaps", ""),
  ]

  func grant(_ manifests: [JSON], _ progress: inout PracticeProgress) async throws {
    let before = try await settled {
      let count = try await allowed()
      return Finding(
        count == 0, "ServiceAccount default could do \(count) of \(PracticePlay.rights.count) things without the Role")
    }
    if !before.holds { progress.decide(.accessControl, false, before.text) }
    for manifest in manifests { try await create(manifest) }
    let after = try await settled {
      let count = try await allowed()
      return Finding(count == PracticePlay.rights.count, "can do \(count) with it")
    }
    progress.decide(.accessControl, before.holds && after.holds, "\(before.text) and \(after.text)")
  }

  /// How many of the job's deeds its ServiceAccount may do.
  private func allowed() async throws -> Int {
    var count = 0
    for right in PracticePlay.rights {
      let review: JSON = [
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
        "spec": [
          "user": "system:serviceaccount:default:default",
          "groups": ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
          "resourceAttributes": [
            "namespace": "default", "verb": .string(right.verb), "resource": .string(right.resource),
            "subresource": .string(right.subresource),
          ],
        ],
      ]
      let answer = try await access.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
      if answer.tree[.status]["allowed"].bool == true { count += 1 }
    }
    return count
  }
}
