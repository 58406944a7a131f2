import CoreJSON

/// The merge patch that turns one status into another.
enum StatusPatch {
  static func from(_ old: JSON, to new: JSON) -> JSON {
    var members: [Member] = []
    members.reserveCapacity(new.members.count)
    for member in new.members where old[member.key] != member.value {
      // Objects are merged, so what is gone within them must be named.
      let isNested = old[member.key].isObject && member.value.isObject
      members.append(Member(key: member.key, value: isNested ? from(old[member.key], to: member.value) : member.value))
    }
    for member in old.members where new[member.key].isNull { members.append(Member(key: member.key, value: .null)) }
    return .object(members)
  }
}
