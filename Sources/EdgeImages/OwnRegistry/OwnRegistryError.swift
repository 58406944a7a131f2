import EdgeLinux
import Glibc

/// Why the cluster's own registry does not do what it is asked, by the codes of the OCI distribution specification 1.1.
enum OwnRegistryError: Error, Equatable {
  case nameInvalid(String)
  case nameUnknown(String)
  case manifestUnknown(String)
  case manifestInvalid(String)
  /// A blob or a manifest that a manifest names is not there.
  case manifestBlobUnknown(String)
  case digestInvalid(String)
  case blobUnknown(String)
  case uploadUnknown
  /// `count`: what there is of it.
  case rangeInvalid(count: Int)
  case sizeInvalid(String)
  case unsupported(String)
  /// How many names are wanted at once is no number.
  case pageInvalid(String)
  case tooMany(String)
  /// The disk is full, or broken.
  case storage(String, isFull: Bool)

  init(_ error: SystemError) { self = .storage("\(error.path): \(error.reason)", isFull: error.code == ENOSPC) }

  var status: Int {
    switch self {
    case .nameInvalid, .manifestInvalid, .digestInvalid, .sizeInvalid, .pageInvalid: 400
    case .nameUnknown, .manifestUnknown, .manifestBlobUnknown, .blobUnknown, .uploadUnknown: 404
    case .rangeInvalid: 416
    case .unsupported: 405
    case .tooMany: 429
    case .storage(_, let isFull): isFull ? 507 : 500
    }
  }

  var code: String {
    switch self {
    case .nameInvalid: "NAME_INVALID"
    case .nameUnknown: "NAME_UNKNOWN"
    case .manifestUnknown: "MANIFEST_UNKNOWN"
    case .manifestInvalid: "MANIFEST_INVALID"
    case .manifestBlobUnknown: "MANIFEST_BLOB_UNKNOWN"
    case .digestInvalid: "DIGEST_INVALID"
    case .blobUnknown: "BLOB_UNKNOWN"
    case .uploadUnknown: "BLOB_UPLOAD_UNKNOWN"
    case .rangeInvalid: "BLOB_UPLOAD_INVALID"
    case .sizeInvalid: "SIZE_INVALID"
    case .unsupported: "UNSUPPORTED"
    case .pageInvalid: "PAGINATION_NUMBER_INVALID"
    case .tooMany: "TOOMANYREQUESTS"
    case .storage: "UNKNOWN"
    }
  }

  var message: String {
    switch self {
    case .nameInvalid(let name): "\"\(name)\" is no name of a repository"
    case .nameUnknown(let name): "there is no repository \"\(name)\""
    case .manifestUnknown(let reference): "there is no manifest \"\(reference)\""
    case .manifestInvalid(let reason): "the manifest is not taken: \(reason)"
    case .manifestBlobUnknown(let digest): "the manifest names \(digest), which was not pushed"
    case .digestInvalid(let reason): reason
    case .blobUnknown(let digest): "there is no blob \(digest)"
    case .uploadUnknown: "there is no such upload; it has ended, or was left alone for too long"
    case .rangeInvalid(let count): "the next byte of the upload is number \(count)"
    case .sizeInvalid(let reason), .unsupported(let reason), .tooMany(let reason): reason
    case .pageInvalid(let text): "n is \"\(text)\", and has to be a number that is not below 0"
    case .storage(let reason, _): "it cannot be stored: \(reason)"
    }
  }
}
