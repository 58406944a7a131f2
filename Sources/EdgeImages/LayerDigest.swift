/// Of a recipe's layer as a tar: sorted, owned by root, from the year 1970, so that equal contents have equal digests. The tar itself
/// is kept nowhere.
enum LayerDigest {
  private final class Sink {
    var digest = Digest()

    func finish() -> String {
      var last = Digest()
      swap(&last, &digest)
      return last.finish()
    }
  }

  static func of(_ entries: [ImageRecipe.Entry]) throws(ImageError) -> String {
    let sink = Sink()
    let tar = try TarWriter { bytes in
      sink.digest.update(bytes)
      return true
    }
    for entry in entries { try tar.add(entry) }
    try tar.finish()
    return sink.finish()
  }
}
