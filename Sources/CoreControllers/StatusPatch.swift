import CoreJSON

/// The merge patch that turns one status into another.
enum StatusPatch {
  static func from(_ old: JSON, to new: JSON) -> JSON {
    var members = new.members.filter { old[$0.key] != $0.value }
    for member in old.members where new[member.key].isNull { members.append(Member(key: member.key, value: .null)) }
    return .object(members)
  }
}
