import CoreObjects

extension Change {
  /// Of an object that may have gone.
  static func patchStatus(of key: ObjectKey, with patch: JSON) -> Change {
    let merge: JSON = .object([Member(key: .status, value: patch)])
    return Change(.patch(key, subresource: "status", merge: merge), tolerated: untilGone)
  }
}

/// The merge patch that turns one status into another.
enum StatusPatch {
  static func from(_ old: JSON, to new: JSON) -> JSON {
    let (before, after) = (old.members, new.members)
    var members: [Member] = []
    members.reserveCapacity(after.count)
    var kept = 0
    for (index, member) in after.enumerated() {
      // Most stay where they were.
      let isThere = index < before.count && before[index].key == member.key
      let place = isThere ? index : before.place(of: member.key)
      if place < 0 {
        if !member.value.isNull { members.append(member) }
        continue
      }
      if !member.value.isNull { kept += 1 }
      if before[place].value != member.value {
        // Objects are merged, so what is gone within them must be named.
        let isNested = before[place].value.isObject && member.value.isObject
        members.append(isNested ? Member(key: member.key, value: from(before[place].value, to: member.value)) : member)
      }
    }
    if kept == before.count { return .object(members) }
    for member in before where new[member.key].isNull { members.append(Member(key: member.key, value: .null)) }
    return .object(members)
  }
}
