/** What objects of all kinds are made of. Notation: `../schema.ts`. */
export const metadataTypes = `
ObjectMeta
  annotations:{string} creationTimestamp:time deletionGracePeriodSeconds:int deletionTimestamp:time
  finalizers:[string]()~ generateName:string generation:int labels:{string} managedFields:[ManagedFieldsEntry]
  name:string namespace:string ownerReferences:[OwnerReference](uid)~uid resourceVersion:string selfLink:string
  uid:string
ManagedFieldsEntry
  apiVersion:string fieldsType:string fieldsV1:any manager:string operation:string subresource:string time:time
OwnerReference@
  apiVersion!:string blockOwnerDeletion:bool controller:bool kind!:string name!:string uid!:string
LabelSelector@
  matchExpressions:[LabelSelectorRequirement] matchLabels:{string}
LabelSelectorRequirement
  key!:string operator!:string values:[string]
LocalObjectReference@
  name:string
ObjectReference@
  apiVersion:string fieldPath:string kind:string name:string namespace:string resourceVersion:string uid:string
Condition
  lastTransitionTime!:time message!:string observedGeneration:int reason!:string status!:string type!:string
`;
