/// Words as a shell reads them.
enum ShellWord {
  private static let plain = Set("%+,-./:=@_")

  /// In quotes where the shell would make something else of it.
  static func quoted(_ word: String) -> String {
    if !word.isEmpty, word.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || plain.contains($0) }) { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
