/// One HTTP/1.1 chunk from all pieces that waited.
func chunked(_ batch: [[UInt8]]) -> [UInt8] {
  let count = batch.reduce(0) { $0 + $1.count }
  var output: [UInt8] = []
  output.reserveCapacity(count + 20)
  output.append(contentsOf: String(count, radix: 16).utf8)
  output.append(0x0D)
  output.append(0x0A)
  for piece in batch { output.append(contentsOf: piece) }
  output.append(0x0D)
  output.append(0x0A)
  return output
}
