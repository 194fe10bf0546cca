/**
 * What programs in pods look for to find the API server.
 * @see kubernetes/pkg/kubelet/envvars/envvars.go
 */
export function kubernetesServiceVariables(host: string, port: number): ReadonlyMap<string, string> {
  const url = `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const portName = `KUBERNETES_PORT_${port}_TCP`;
  return new Map([
    ['KUBERNETES_SERVICE_HOST', host],
    ['KUBERNETES_SERVICE_PORT', String(port)],
    ['KUBERNETES_SERVICE_PORT_HTTPS', String(port)],
    ['KUBERNETES_PORT', url],
    [portName, url],
    [`${portName}_PROTO`, 'tcp'],
    [`${portName}_PORT`, String(port)],
    [`${portName}_ADDR`, host],
  ]);
}
