/** The pod annotations that are read: azure-aci's own, and one that it does not have. */
export const annotations = {
  /** The label of the public address in DNS. */
  dnsNameLabel: 'virtualkubelet.io/dnsnamelabel',
  gpuType: 'virtual-kubelet.io/gpu-type',
  /** `Standard`, `Dedicated` or `Confidential`, in any case. */
  containerSku: 'virtual-kubelet.io/container-sku',
  /** In base64. Makes the group confidential. */
  ccePolicy: 'virtual-kubelet.io/confidential-compute-cce-policy',
  /** `Regular` or `Spot`, in any case. azure-aci has no annotation for it. */
  containerPriority: 'virtual-kubelet.io/container-priority',
} as const;

/** As an error names one. */
export function annotationPath(annotation: string): string {
  return `metadata.annotations[${annotation}]`;
}
