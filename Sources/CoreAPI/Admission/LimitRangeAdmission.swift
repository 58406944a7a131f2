import CoreObjects

/// Requests and limits that the namespace's LimitRanges give to containers without their own.
/// Source: plugin/pkg/admission/limitranger, v1.36 (the defaults; minima and maxima are not enforced).
enum LimitRangeAdmission {
  static func admit(_ pod: inout Pod, _ ranges: [StoredObject]) {
    guard !ranges.isEmpty else { return }
    for stored in ranges {
      for item in stored.view(LimitRange.self).spec.limits where item.type == "Container" {
        for key in [Key.containers, .initContainers] where pod.spec.tree[key].isArray {
          pod.spec.tree.put(key, .array(pod.spec.tree[key].elements.map { filled($0, item) }))
        }
      }
    }
  }

  private static func filled(_ container: JSON, _ item: LimitRangeItem) -> JSON {
    var resources = container[.resources]
    var limits = resources[.limits]
    var requests = resources[.requests]
    for (name, quantity) in item.default.sorted where limits[Key(name)].isNull { limits.put(Key(name), .string(quantity)) }
    for (name, quantity) in item.defaultRequest.sorted where requests[Key(name)].isNull {
      requests.put(Key(name), .string(quantity))
    }
    if !limits.isNull { resources.put(.limits, limits) }
    if !requests.isNull { resources.put(.requests, requests) }
    var container = container
    if !resources.isNull { container.put(.resources, resources) }
    return container
  }
}
