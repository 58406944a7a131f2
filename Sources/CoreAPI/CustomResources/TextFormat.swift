import CoreCEL
import CoreObjects

/// Formats of texts that a schema may name. Source: the formats of kube-openapi/pkg/validation/strfmt that custom resources may have,
/// pkg/apiserver/validation/formats.go of apiextensions-apiserver, v1.36. Others are not looked at.
enum TextFormat {
  /// What the text should be, in words; nil where it is so, or the format is not known.
  static func problem(_ text: String, _ format: String) -> String? {
    func wants(_ holds: Bool, _ words: String) -> String? { holds ? nil : words }
    switch format.filter({ $0 != "-" }) {
    case "datetime": return wants(TextForm.datetime.fits(text), "a time in RFC 3339, for example 2026-01-31T12:00:00Z")
    case "date": return wants(TextForm.date.fits(text), "a date, for example 2026-01-31")
    case "duration": return wants(isDuration(text), "a duration, for example 1h30m")
    case "byte": return wants(TextForm.byte.fits(text), "base64")
    case "ipv4": return wants(AddressText(text)?.isIPv6 == false, "an IPv4 address")
    case "ipv6": return wants(AddressText(text)?.isIPv6 == true, "an IPv6 address")
    case "cidr": return wants(IPNetwork(text) != nil, "an address range, for example 10.0.0.0/8")
    case "hostname": return wants(FieldRules.isSubdomain(text.lowercased()), "a host name")
    case "email": return wants(isEmail(text), "an email address")
    case "mac": return wants(isMAC(Array(text.utf8)), "a hardware address, for example 02:00:00:00:00:01")
    case "uuid": return wants(TextForm.uuid.fits(text), "a UUID")
    case "uuid3", "uuid4", "uuid5":
      let version = format.last ?? "4"
      return wants(TextForm.uuid.fits(text) && isVersion(version, text), "a UUID of version \(version)")
    case "uri": return wants(TextForm.uri.fits(text), "a URI")
    case "hexcolor": return wants(isHexColor(Array(text.utf8)), "a colour, for example #ffa500")
    case "k8sshortname": return wants(TextForm.dns1123Label.fits(text), "a DNS label")
    case "k8slongname": return wants(TextForm.dns1123Subdomain.fits(text), "a DNS subdomain")
    default: return nil
    }
  }

  private static func isHex(_ byte: UInt8) -> Bool { Character(UnicodeScalar(byte)).isHexDigit }

  /// Go's, and what strfmt takes besides: days and weeks, with spaces.
  private static func isDuration(_ text: String) -> Bool {
    let units: Set<String> = [
      "ns", "us", "µs", "ms", "s", "m", "h", "d", "w", "nano", "nanosecond", "nanoseconds", "milli", "millisecond",
      "milliseconds", "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "hr", "hour", "hours", "day",
      "days",
      "wk", "week", "weeks",
    ]
    var rest = Substring(text)
    if rest == "0" { return true }
    if let sign = rest.first, sign == "+" || sign == "-" { rest = rest.dropFirst() }
    if rest.isEmpty { return false }
    while !rest.isEmpty {
      rest = rest.drop { $0 == " " }
      let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard number.contains(where: { $0.isNumber }), number.count(where: { $0 == "." }) <= 1 else { return false }
      rest = rest.dropFirst(number.count).drop { $0 == " " }
      let unit = rest.prefix { $0.isLetter }
      guard units.contains(String(unit)) else { return false }
      rest = rest.dropFirst(unit.count)
    }
    return true
  }

  private static func isEmail(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && !text.contains(" ")
  }

  private static func isMAC(_ bytes: [UInt8]) -> Bool {
    guard bytes.count == 17 || bytes.count == 23 else { return false }
    return bytes.enumerated().allSatisfy { index, byte in
      index % 3 == 2 ? byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-") : isHex(byte)
    }
  }

  /// The digit that tells the version of a UUID, and for the later ones that of its layout.
  private static func isVersion(_ version: Character, _ text: String) -> Bool {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    return digits[12] == version.asciiValue && (version == "3" || "89abAB".utf8.contains(digits[16]))
  }

  private static func isHexColor(_ bytes: [UInt8]) -> Bool {
    let digits = bytes.first == UInt8(ascii: "#") ? bytes.dropFirst() : bytes[...]
    return (digits.count == 3 || digits.count == 6) && digits.allSatisfy(isHex)
  }
}
