import CoreLoad
import EdgeLinux
import Rehearsal

/// "[[NAMESPACE/]NAME/]METRIC[{label=value,…}]=FILE[,key=value…]": a load for a metric.
enum LoadOption {
  /// - Parameter untilSecond: what comes later in the file is not read
  static func read(_ text: String, untilSecond: Double) throws(RehearsalError) -> (
    load: RehearsalLoad, file: String, reading: LoadReading
  ) {
    let place = "--load " + text
    let brace = text.firstIndex { $0 == "{" || $0 == "=" }.flatMap { text[$0] == "{" ? $0 : nil }
    let end = brace.map { text[$0...].firstIndex(of: "}").map(text.index(after:)) ?? text.endIndex } ?? text.startIndex
    guard let equals = text[end...].firstIndex(of: "="), equals != text.startIndex, brace == nil || equals == end else {
      throw RehearsalError("wants METRIC=FILE, as in --load cpu=prom.json", at: place)
    }
    let selector = try brace.map { (brace) throws(RehearsalError) in try labels(text[brace..<end], place) } ?? [:]
    let words = fileAndKeys(text[text.index(after: equals)...])
    let names = text[..<(brace ?? equals)].split(separator: "/").map(String.init)
    let metric = names.last ?? ""
    var selection = LoadSelection()
    selection.untilSecond = untilSecond
    var kind = LoadModel.Kind.shared(base: 0, reachesUnready: false)
    var unit: String?
    var seen: Set<String> = []
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard seen.insert(parts.first ?? "").inserted else { throw RehearsalError("'\(parts[0])' is there twice", at: place) }
      let value = parts.count > 1 ? parts[1] : ""
      switch parts.first ?? "" {
      case "model" where value == "perPod": kind = .perPod
      case "model" where value == "shared": break
      case "column" where !value.isEmpty: selection.name = value
      case "join" where ["sum", "mean"].contains(value): selection.join = value == "sum" ? .sum : .mean
      case "rate" where value.isEmpty: selection.isRate = true
      case "factor": selection.factor = try number(value, word, place)
      case "offset": selection.offset = try number(value, word, place)
      case "unit": unit = value
      case let name where name.hasPrefix("@") && name.count > 1: selection.labels.append((String(name.dropFirst()), value))
      default:
        throw RehearsalError(
          "'\(word)' is none of model=shared|perPod, column=NAME, @LABEL=VALUE, join=sum|mean, rate, factor=N, offset=N, unit=U",
          at: place)
      }
    }
    guard let file = words.first, !file.isEmpty else { throw RehearsalError("names no file", at: place) }
    (selection.metric, selection.hasUnit) = (metric, unit != nil)
    do throws(LoadError) { selection.factor *= try LoadUnit.factor(unit, metric: metric) } catch {
      throw RehearsalError(error.description, at: place)
    }
    let reading = try SeriesFile.read(file, selection)
    let load = RehearsalLoad(
      metric: metric, selector: selector, subject: names.count > 1 ? names.dropLast().joined(separator: "/") : nil,
      shape: .series(reading.series),
      model: LoadModel(kind), place: place,
      isMeasured: true)
    return (load, file, reading)
  }

  /// "cpu.csv,model=perPod": the file, whose own name may have commas in it, and what stands behind it.
  private static func fileAndKeys(_ text: Substring) -> [String] {
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let count = words.indices.last { Files.isReadable(words[...$0].joined(separator: ",")) } ?? 0
    return [words[...count].joined(separator: ",")] + words[(count + 1)...]
  }

  /// "{queue=orders,region=eu}"; values may stand in quotes, as Prometheus writes them.
  private static func labels(_ text: Substring, _ place: String) throws(RehearsalError) -> [String: String] {
    var labels: [String: String] = [:]
    for part in text.dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
      guard sides.count == 2, !sides[0].isEmpty else { throw RehearsalError("'\(part)' wants LABEL=VALUE", at: place) }
      labels[sides[0]] =
        sides[1].count > 1 && sides[1].first == "\"" && sides[1].last == "\"" ? String(sides[1].dropFirst().dropLast()) : sides[1]
    }
    return labels
  }

  private static func number(_ text: String, _ word: String, _ place: String) throws(RehearsalError) -> Double {
    guard let number = Double(text), number.isFinite else { throw RehearsalError("'\(word)' wants a number", at: place) }
    return number
  }
}
