import CoreObjects

/// What Secrets of some types must hold. Source: ValidateSecret, pkg/apis/core/validation, v1.36.
enum SecretTypes {
  static let accountToken = "kubernetes.io/service-account-token"
  static let accountName = Key("kubernetes.io/service-account.name")
  static let accountUID = Key("kubernetes.io/service-account.uid")
  private static let documents = [
    "kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
  ]

  static func validate(_ secret: JSON) -> [FieldError] {
    let data = secret[.data]
    var errors: [FieldError] = []
    func need(_ keys: String...) {
      for key in keys { errors.add(.required, FieldPath("data").key(key), "Secrets of this type have it") }
    }
    let type = secret[.type].string ?? ""
    switch type {
    case accountToken where (secret[.metadata][.annotations][accountName].string ?? "").isEmpty:
      errors.add(.required, FieldPath("metadata.annotations").key(accountName.name), "name the ServiceAccount")
    case "kubernetes.io/basic-auth" where data["username"].isNull && data["password"].isNull: need("username", "password")
    case "kubernetes.io/ssh-auth" where (data["ssh-privatekey"].string ?? "").isEmpty: need("ssh-privatekey")
    case "kubernetes.io/tls": for key in ["tls.crt", "tls.key"] where data[Key(key)].isNull { need(key) }
    default:
      guard let key = documents[type] else { break }
      guard let text = data[Key(key)].string else {
        need(key)
        break
      }
      if Base64.decode(text).flatMap({ try? JSONParser.parse($0) }) == nil {
        errors.add(.invalid, FieldPath("data").key(key), value: "<kept secret>", "it is no JSON")
      }
    }
    return errors
  }
}
