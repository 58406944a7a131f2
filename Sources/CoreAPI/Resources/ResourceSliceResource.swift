import CoreObjects

/// Devices that a driver offers at some nodes. Stored; nobody allocates them.
struct ResourceSliceResource: Resource {
  let definition = ResourceDefinition(
    id: .resourceSlices, kind: "ResourceSlice", isNamespaced: false, countsChanges: true,
    columns: [.name, "Node", "Driver", "Pool", .age],
    selectable: [
      "spec.nodeName": { $0[.spec][.nodeName] }, "spec.driver": { $0[.spec][.driver] },
    ])

  /// Source: SetDefaults_DeviceTaint, pkg/apis/resource/v1/defaults.go, v1.36.
  func prepareForCreate(_ object: inout JSON, _ context: WriteContext) throws(APIError) {
    object[.metadata].put(.generation, .int(1))
    setTimes(&object, context.now)
  }

  func prepareForUpdate(_ object: inout JSON, old: JSON, _ context: WriteContext) throws(APIError) {
    setTimes(&object, context.now)
    keepGeneration(&object, old: old)
  }

  private func setTimes(_ object: inout JSON, _ now: Instant) {
    for index in object[.spec][.devices].elements.indices {
      for place in object[.spec][.devices][index][.taints].elements.indices
      where object[.spec][.devices][index][.taints][place][.timeAdded].isNull {
        object[.spec][.devices][index][.taints][place].put(.timeAdded, .string(now.rfc3339))
      }
    }
  }

  func validate(_ object: JSON, _ context: WriteContext) -> [FieldError] { DeviceRules.slice(object[.spec], "spec") }

  func validateUpdate(_ object: JSON, old: JSON, _ context: WriteContext) -> [FieldError] {
    FieldRules.immutable(object[.spec][.pool][.name], old[.spec][.pool][.name], "spec.pool.name")
  }

  func cells(_ object: JSON, at now: Instant) -> [JSON] {
    let spec = object[.spec]
    return [
      TableCells.name(object), .string(spec[.nodeName].string ?? ""), .string(spec[.driver].string ?? ""),
      .string(spec[.pool][.name].string ?? ""), TableCells.age(object, now),
    ]
  }
}
