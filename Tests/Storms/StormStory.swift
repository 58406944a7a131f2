import CoreObjects

/// A write in one line.
enum StormStory {
  static func line(_ change: StoreChange) -> String {
    let object = change.object
    let what = "  \(change.kind.rawValue) \(object.key)"
    switch object.key.resource {
    case .pods:
      let pod = PodFacts(object)
      return what + " \(pod.phase)\(pod.isReady ? " ready" : "")\(pod.isLeaving ? " leaving" : "") \(pod.node)"
    case .events: return what + " \(object.tree[.reason].string ?? "") \(object.tree[.message].string ?? "")"
    default:
      let deletion = object.metadata.deletionTimestamp == nil ? "" : " leaving"
      return what + deletion + " " + String(decoding: object.tree[.status].encoded().prefix(400), as: UTF8.self)
    }
  }
}
