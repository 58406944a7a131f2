import CoreAPI
import CoreObjects
import EdgeClient

/// The core answers in JSON. What a client wants instead is made of it here.
enum AnswerForm {
  static func convert(_ response: APIResponse, accept: String) -> APIResponse {
    guard case .body(let status, Accept.Form.json.rawValue, let chunks, let headers) = response,
      let form = (try? Accept(accept))?.form, form != .json, let tree = try? JSONParser.parse(Array(chunks.joined())),
      // Versions and descriptions of the API have one form alone.
      !tree[.kind].isNull
    else { return response }
    let bytes = form == .yaml ? Array(YAMLWriter.document(tree).utf8) : Schema.shared.encodeProtobuf(tree)
    guard let bytes else { return APIError.notAcceptable([Accept.Form.json, .yaml].map(\.rawValue)).response }
    return .body(status: status, contentType: form.rawValue, chunks: [bytes], headers: headers)
  }
}
