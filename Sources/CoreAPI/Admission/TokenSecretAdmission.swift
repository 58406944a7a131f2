import CoreObjects

/// Secrets of type kubernetes.io/service-account-token get a token that counts as long as the Secret is there. Upstream's controller
/// fills them in a moment later. Source: pkg/controller/serviceaccount/tokens_controller.go, v1.36.
extension Writer {
  mutating func fillTokenSecret(_ draft: inout Draft) {
    var metadata = draft.tree[.metadata]
    guard draft.tree[.type].isText(SecretTypes.accountToken),
      let account = store.get(
        .serviceAccounts, namespace: draft.namespace, metadata[.annotations][SecretTypes.accountName].string ?? "")
    else { return }
    let uid = metadata[.annotations][SecretTypes.accountUID].string ?? account.uid
    guard uid == account.uid else { return }
    metadata[.annotations].put(SecretTypes.accountUID, .string(account.uid))
    draft.tree.put(.metadata, metadata)
    var texts = [(Key("ca.crt"), configuration.certificateAuthorityPEM), (.namespace, draft.namespace)]
    if draft.tree[.data]["token"].isNull, !draft.actor.isDryRun {
      texts.append(
        (
          "token",
          configuration.token(
            id: random.uid(), for: account, bound: draft.preview, in: store, audiences: [configuration.issuer], seconds: nil,
            at: draft.now)
        ))
    }
    for (key, text) in texts { draft.tree[.data].put(key, .string(Base64.encode(Array(text.utf8)))) }
  }
}
