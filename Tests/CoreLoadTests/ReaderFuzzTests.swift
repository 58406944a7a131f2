import CoreLoad
import CoreObjects
import Testing

/// How much memory and trust a reader needs must not depend on what it reads.
@Suite("Readers of loads, whatever comes,") struct ReaderFuzzTests {
  private static let files: [(name: String, format: LoadFormat, selection: LoadSelection)] = [
    ("prometheus-gauge.json", .prometheus, LoadSelection()),
    ("prometheus-counter.json", .prometheus, selection { ($0.isRate, $0.labels) = (true, [("path", "C:\\x \"q\"\n")]) }),
    ("prometheus-error.json", .prometheus, LoadSelection()), ("prometheus-vector.json", .prometheus, LoadSelection()),
    ("prometheus-range-selector.json", .prometheus, LoadSelection()), ("promtool-range.json", .prometheus, LoadSelection()),
    ("promtool-dump.txt", .openMetrics, selection { $0.name = "work_seconds_total" }),
    ("locust-history.csv", .csv, selection { $0.name = "User Count" }),
    ("locust-full-history.csv", .csv, selection { ($0.name, $0.labels) = ("User Count", [("Name", "/pay,\"now\"")]) }),
    ("k6.csv", .csv, selection { $0.name = "http_reqs" }), ("k6.csv", .csv, selection { ($0.name, $0.gather) = ("vus", .mean) }),
  ]

  private func outcome(_ bytes: [UInt8], _ selection: LoadSelection, _ format: LoadFormat?, pieces: Int) -> Result<
    LoadReading, LoadError
  > {
    do { return .success(try load(bytes, selection, format: format, pieces: pieces)) } catch { return .failure(error) }
  }

  @Test("say the same of a file in pieces of any size as of the whole")
  func pieces() throws {
    for file in Self.files {
      let bytes = try recording(file.name)
      let whole = outcome(bytes, file.selection, file.format, pieces: .max)
      for size in [1, 2, 3, 7, 64, 1000] {
        #expect(outcome(bytes, file.selection, file.format, pieces: size) == whole, "\(file.name) in pieces of \(size)")
      }
      if file.format == .prometheus {
        #expect(outcome([0xEF, 0xBB, 0xBF] + bytes, file.selection, nil, pieces: 1) == whole, "\(file.name)")
      }
    }
  }

  @Test("say the same of a file that is cut in two anywhere")
  func cuts() throws {
    for file in Self.files {
      let bytes = Array(try recording(file.name).prefix(1500))
      let whole = outcome(bytes, file.selection, file.format, pieces: .max)
      for place in 1..<bytes.count where outcome(bytes, file.selection, file.format, pieces: place) != whole {
        Issue.record("\(file.name) cut at \(place)")
      }
    }
  }

  @Test("never trap on a file with wrong bytes in it", arguments: LoadFormat.allCases)
  func mutations(format: LoadFormat) throws {
    var random = RandomSource(seed: 5)
    let marks = Array("\"\\{}[],:;\n\t 0123456789-+.eENaNInf#=u\u{0}\u{FF}".utf8)
    var (read, refused) = (0, 0)
    for file in Self.files where file.format == format {
      let bytes = Array(try recording(file.name).prefix(2000))
      for _ in 0..<200 {
        var broken = bytes
        for _ in 0..<1 + random.below(4) {
          let place = random.below(broken.count)
          switch random.below(3) {
          case 0: broken[place] = marks[random.below(marks.count)]
          case 1: broken.remove(at: place)
          default: broken.insert(marks[random.below(marks.count)], at: place)
          }
        }
        let whole = outcome(broken, file.selection, format, pieces: .max)
        if case .success = whole { read += 1 } else { refused += 1 }
        #expect(outcome(broken, file.selection, format, pieces: 1 + random.below(40)) == whole)
      }
    }
    #expect(refused > 20, "\(read) read, \(refused) refused")
  }

  @Test("never trap on bytes by chance", arguments: LoadFormat.allCases)
  func chance(format: LoadFormat) {
    var random = RandomSource(seed: 6)
    let marks = Array("tx,1;\"\n{}[]:metricvalues0_ e9-.\\".utf8)
    for round in 0..<2000 {
      let bytes = (0..<random.below(200)).map { _ in round % 2 == 0 ? UInt8(random.below(256)) : marks[random.below(marks.count)]
      }
      _ = outcome(bytes, selection { ($0.isRate, $0.start) = (round % 3 == 0, round % 5 == 0 ? 100 : nil) }, format, pieces: .max)
    }
  }

  @Test("keep no more of a line or a text than their limit")
  func limits() {
    let long = Array(repeating: UInt8(ascii: "a"), count: 2 << 20)
    #expect(outcome(long, LoadSelection(), .csv, pieces: 4096) == .failure(LoadError(line: 1, "longer than 1048576 bytes")))
    #expect(
      outcome([34] + long, LoadSelection(), .csv, pieces: 4096)
        == .failure(LoadError(line: 1, "longer than 1048576 bytes: a quote is not closed")))
    #expect(
      outcome(long, LoadSelection(), .openMetrics, pieces: 4096) == .failure(LoadError(line: 1, "longer than 1048576 bytes")))
    #expect(
      outcome(Array("[\"".utf8) + long, LoadSelection(), .prometheus, pieces: 4096)
        == .failure(LoadError(line: 1, "a text of more than 65536 bytes")))
  }
}
