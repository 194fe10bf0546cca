/** What the API server demands of the objects that hold a pod's configuration. */
import type { ConfigMap, Secret } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { checkConfigKey } from './names.ts';
import { validateObjectMeta } from './object-meta.ts';

const MAX_BYTES = 1024 * 1024;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function validateConfigMap(configMap: ConfigMap): FieldError[] {
  const errors = new FieldErrors();
  validateObjectMeta(errors, configMap.metadata);
  const { data = {}, binaryData = {} } = configMap;
  let bytes = 0;
  for (const [key, text] of Object.entries(data)) {
    errors.invalidFor(`data[${key}]`, key, checkConfigKey(key));
    if (Object.hasOwn(binaryData, key)) {
      errors.invalid(`data[${key}]`, key, 'duplicate of key present in binaryData');
    }
    bytes += Buffer.byteLength(text);
  }
  for (const [key, text] of Object.entries(binaryData)) {
    errors.invalidFor(`binaryData[${key}]`, key, checkConfigKey(key));
    bytes += checkBase64(errors, text, `binaryData[${key}]`);
  }
  if (bytes > MAX_BYTES) errors.tooLong('', MAX_BYTES);
  return errors.list;
}

const REQUIRED_KEYS: Record<string, readonly string[]> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

/** @param secret after defaulting, so that all is in `data`. No error tells what a secret holds. */
export function validateSecret(secret: Secret): FieldError[] {
  const errors = new FieldErrors();
  validateObjectMeta(errors, secret.metadata);
  const { data = {}, type = '' } = secret;
  let bytes = 0;
  for (const [key, text] of Object.entries(data)) {
    errors.invalidFor(`data[${key}]`, key, checkConfigKey(key));
    bytes += checkBase64(errors, text, `data[${key}]`, true);
  }
  if (bytes > MAX_BYTES) errors.tooLong('data', MAX_BYTES);
  for (const key of Object.hasOwn(REQUIRED_KEYS, type) ? (REQUIRED_KEYS[type] ?? []) : []) {
    if (!Object.hasOwn(data, key)) errors.required(`data[${key}]`);
  }
  return errors.list;
}

/** @returns the number of bytes that it stands for */
function checkBase64(errors: FieldErrors, text: string, field: string, secret = false): number {
  const plain = text.replaceAll(/[\r\n]/g, '');
  if (!BASE64.test(plain)) {
    errors.invalid(field, secret ? '<redacted>' : text.slice(0, 40), 'must be base64');
    return 0;
  }
  return Math.floor((plain.replace(/=+$/, '').length * 3) / 4);
}
