/** Messages outside the core group, as `messages.ts` reads them. */
export const otherMessages = `
coordination.Lease: 1 metadata meta.ObjectMeta, 2 spec coordination.LeaseSpec
coordination.LeaseSpec: 1 holderIdentity s!, 2 leaseDurationSeconds i!, 3 acquireTime MicroTime, 4 renewTime
  MicroTime, 5 leaseTransitions i!, 6 strategy s!, 7 preferredHolder s!
events.Event: 1 metadata meta.ObjectMeta, 2 eventTime MicroTime, 3 series events.EventSeries!, 4 reportingController
  s, 5 reportingInstance s, 6 action s, 7 reason s, 8 regarding core.ObjectReference, 9 related core.ObjectReference!,
  10 note s, 11 type s, 12 deprecatedSource core.EventSource, 13 deprecatedFirstTimestamp Time, 14
  deprecatedLastTimestamp Time, 15 deprecatedCount i
events.EventSeries: 1 count i!, 2 lastObservedTime MicroTime
policy.PodDisruptionBudget: 1 metadata meta.ObjectMeta, 2 spec policy.PodDisruptionBudgetSpec, 3 status
  policy.PodDisruptionBudgetStatus
policy.Eviction: 1 metadata meta.ObjectMeta, 2 deleteOptions meta.DeleteOptions!
policy.PodDisruptionBudgetSpec: 1 minAvailable IntOrString!, 2 selector meta.LabelSelector!, 3 maxUnavailable
  IntOrString!, 4 unhealthyPodEvictionPolicy s!
policy.PodDisruptionBudgetStatus: 1 observedGeneration i, 2 disruptedPods {}Time, 3 disruptionsAllowed i!, 4
  currentHealthy i!, 5 desiredHealthy i!, 6 expectedPods i!, 7 conditions []meta.Condition
certificates.CertificateSigningRequest: 1 metadata meta.ObjectMeta, 2 spec certificates.CertificateSigningRequestSpec,
  3 status certificates.CertificateSigningRequestStatus
certificates.CertificateSigningRequestSpec: 1 request y!, 7 signerName s!, 8 expirationSeconds i!, 5 usages []s, 2
  username s, 3 uid s, 4 groups []s, 6 extra {}ExtraValue
certificates.CertificateSigningRequestStatus: 1 conditions []certificates.CertificateSigningRequestCondition, 2
  certificate y
certificates.CertificateSigningRequestCondition: 1 type s!, 6 status s!, 2 reason s, 3 message s, 4 lastUpdateTime
  Time, 5 lastTransitionTime Time
scheduling.PriorityClass: 1 metadata meta.ObjectMeta, 2 value i!, 3 globalDefault b, 4 description s, 5
  preemptionPolicy s!
meta.DeleteOptions: 1 gracePeriodSeconds i!, 2 preconditions meta.Preconditions!, 3 orphanDependents b!, 4
  propagationPolicy s!, 5 dryRun []s, 6 ignoreStoreReadErrorWithClusterBreakingPotential b!
meta.ObjectMeta: 1 name s, 2 generateName s, 3 namespace s, 4 selfLink s, 5 uid s, 6 resourceVersion s, 7 generation
  i, 8 creationTimestamp Time, 9 deletionTimestamp Time, 10 deletionGracePeriodSeconds i!, 11 labels {}s, 12
  annotations {}s, 13 ownerReferences []meta.OwnerReference, 14 finalizers []s, 17 - skip
meta.Preconditions: 1 uid s!, 2 resourceVersion s!
meta.OwnerReference: 5 apiVersion s!, 1 kind s!, 3 name s!, 4 uid s!, 6 controller b!, 7 blockOwnerDeletion b!
meta.Condition: 1 type s!, 2 status s!, 3 observedGeneration i, 4 lastTransitionTime Time, 5 reason s!, 6 message s!
meta.LabelSelector: 1 matchLabels {}s, 2 matchExpressions []meta.LabelSelectorRequirement
meta.LabelSelectorRequirement: 1 key s!, 2 operator s!, 3 values []s
meta.FieldSelectorRequirement: 1 key s!, 2 operator s!, 3 values []s
authentication.TokenRequest: 1 metadata meta.ObjectMeta, 2 spec authentication.TokenRequestSpec, 3 status
  authentication.TokenRequestStatus
authentication.TokenReview: 1 metadata meta.ObjectMeta, 2 spec authentication.TokenReviewSpec, 3 status
  authentication.TokenReviewStatus
authentication.SelfSubjectReview: 1 metadata meta.ObjectMeta, 2 status authentication.SelfSubjectReviewStatus
authentication.TokenRequestSpec: 1 audiences []s, 4 expirationSeconds i!, 3 boundObjectRef
  authentication.BoundObjectReference!, 5 attestations {}authentication.AttestationValue
authentication.TokenRequestStatus: 1 token s!, 2 expirationTimestamp Time
authentication.TokenReviewSpec: 1 token s, 2 audiences []s
authentication.TokenReviewStatus: 1 authenticated b, 2 user authentication.UserInfo, 4 audiences []s, 3 error s
authentication.SelfSubjectReviewStatus: 1 userInfo authentication.UserInfo
authentication.BoundObjectReference: 1 kind s, 2 apiVersion s, 3 name s, 4 uid s
authentication.AttestationValue: 1 items []s
authentication.UserInfo: 1 username s, 2 uid s, 3 groups []s, 4 extra {}ExtraValue
authorization.SubjectAccessReview: 1 metadata meta.ObjectMeta, 2 spec authorization.SubjectAccessReviewSpec, 3 status
  authorization.SubjectAccessReviewStatus
authorization.SelfSubjectAccessReview: 1 metadata meta.ObjectMeta, 2 spec authorization.SelfSubjectAccessReviewSpec, 3
  status authorization.SubjectAccessReviewStatus
authorization.SelfSubjectRulesReview: 1 metadata meta.ObjectMeta, 2 spec authorization.SelfSubjectRulesReviewSpec, 3
  status authorization.SubjectRulesReviewStatus
authorization.LocalSubjectAccessReview: 1 metadata meta.ObjectMeta, 2 spec authorization.SubjectAccessReviewSpec, 3
  status authorization.SubjectAccessReviewStatus
authorization.SubjectAccessReviewSpec: 1 resourceAttributes authorization.ResourceAttributes!, 2 nonResourceAttributes
  authorization.NonResourceAttributes!, 3 user s, 4 groups []s, 5 extra {}ExtraValue, 6 uid s
authorization.SubjectAccessReviewStatus: 1 allowed b!, 4 denied b, 2 reason s, 3 evaluationError s
authorization.SelfSubjectAccessReviewSpec: 1 resourceAttributes authorization.ResourceAttributes!, 2
  nonResourceAttributes authorization.NonResourceAttributes!
authorization.SelfSubjectRulesReviewSpec: 1 namespace s
authorization.SubjectRulesReviewStatus: 1 resourceRules []authorization.ResourceRule, 2 nonResourceRules
  []authorization.NonResourceRule, 3 incomplete b!, 4 evaluationError s
authorization.ResourceAttributes: 1 namespace s, 2 verb s, 3 group s, 4 version s, 5 resource s, 6 subresource s, 7
  name s, 8 fieldSelector authorization.FieldSelectorAttributes!, 9 labelSelector
  authorization.LabelSelectorAttributes!
authorization.NonResourceAttributes: 1 path s, 2 verb s
authorization.ResourceRule: 1 verbs []s, 2 apiGroups []s, 3 resources []s, 4 resourceNames []s
authorization.NonResourceRule: 1 verbs []s, 2 nonResourceURLs []s
authorization.FieldSelectorAttributes: 1 rawSelector s, 2 requirements []meta.FieldSelectorRequirement
authorization.LabelSelectorAttributes: 1 rawSelector s, 2 requirements []meta.LabelSelectorRequirement
`;
