/** Reads JSON that strangers wrote: every field is looked at before it is believed. */
import { PeapodError } from '../../model/errors.ts';

export type JsonObject = Record<string, unknown>;

/** @throws PeapodError ImageCorrupt when it is no JSON object */
export function readJsonObject(bytes: Uint8Array, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new PeapodError('ImageCorrupt', `${what} is no valid JSON`, { cause: error });
  }
  return asObject(value, what);
}

/** @throws PeapodError ImageCorrupt */
export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new PeapodError('ImageCorrupt', `${what} is no object`);
}

/** @throws PeapodError ImageCorrupt */
export function asArray(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new PeapodError('ImageCorrupt', `${what} is no list`);
}

/** The text, or an empty one where something else stands. */
export function textOr(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}

/** The texts of a list; none where no list stands. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** The text values of an object; none where no object stands. */
export function textRecord(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
