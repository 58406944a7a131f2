/// Every resource that is served, by group.
package enum Resources {
  package static let all: [any Resource] = [
    ConfigMapResource(), EndpointsResource(), EventResource(), LimitRangeResource(), NamespaceResource(), NodeResource(),
    PersistentVolumeClaimResource(), PersistentVolumeResource(), PodResource(), PodTemplateResource(),
    ReplicationControllerResource(),
    ResourceQuotaResource(), SecretResource(), ServiceAccountResource(), ServiceResource(), APIServiceResource(),
    ControllerRevisionResource(), DaemonSetResource(), DeploymentResource(), ReplicaSetResource(), StatefulSetResource(),
    HorizontalPodAutoscalerResource(), CronJobResource(), JobResource(), LeaseResource(), EndpointSliceResource(),
    IngressClassResource(), IngressResource(), NetworkPolicyResource(),
    PodDisruptionBudgetResource(), RoleBindingResource.cluster, RoleResource.cluster, RoleBindingResource.namespaced,
    RoleResource.namespaced,
    PriorityClassResource(), RuntimeClassResource(), StorageClassResource(), CSIDriverResource(), CSINodeResource(),
    CSIStorageCapacityResource(), VolumeAttachmentResource(), VolumeAttributesClassResource(), IPAddressResource(),
    ServiceCIDRResource(), CertificateSigningRequestResource(), FlowSchemaResource(), PriorityLevelResource(),
    WebhookConfigurationResource.mutating, WebhookConfigurationResource.validating, AdmissionPolicyResource.mutating,
    AdmissionPolicyResource.validating, AdmissionPolicyBindingResource.mutating, AdmissionPolicyBindingResource.validating,
    DeviceClassResource(), ResourceClaimResource(), ResourceClaimTemplateResource(), ResourceSliceResource(),
    CustomResourceDefinitionResource(),
  ]
}
