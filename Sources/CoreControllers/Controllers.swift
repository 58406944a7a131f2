package import CoreObjects

/// Every controller, in the order in which they look at a change.
package enum Controllers {
  /// - Parameters:
  ///   - certificateAuthority: the cluster's CA certificate, PEM
  ///   - zone: the rules of a named time zone, nil for an unknown name
  ///   - certificates: whom the certificate controller asks; nil where nobody signs
  ///   - addresses: where load balancers are, where their addresses lead anywhere
  package static func all(
    certificateAuthority: String, zone: @escaping @Sendable (String) -> TimeZoneRules?,
    certificates: CertificateController.Desk? = nil, balancersOf addresses: ClusterAddresses? = nil
  ) -> [any Controller] {
    let usual: [any Controller] = [
      NamespaceController(), ServiceAccountController(certificateAuthority: certificateAuthority), GarbageCollector(),
      VolumeBinder(),
      NodeLifecycleController(), TaintEvictionController(), Scheduler(), StatefulSetController(), DeploymentController(),
      ReplicaSetController.replicaSets, ReplicaSetController.replicationControllers, DaemonSetController(),
      HorizontalPodAutoscalerController(),
      CronJobController(zone: zone), JobController(), EndpointsController(), PodGarbageCollector(), EventTTLController(),
      DisruptionController(), ResourceQuotaController(), APIServiceController(), EphemeralVolumeController(),
      CustomResourceDefinitionController(), AdmissionPolicyController(),
    ]
    return usual + (certificates.map { [CertificateController($0)] } ?? [])
      + (addresses.map { [LoadBalancerController($0)] } ?? [])
  }
}
