/** Objects of one kind that were checked when they came, so that plugins may rely on what the API says of them. */
import { assertNoFieldErrors, FieldErrors } from '../../../model/field-error.ts';
import { fieldsOf } from '../../../model/structure.ts';
import { checkFields } from '../pod/check-structure.ts';

export interface ObjectCheck<Value> {
  readonly kind: string;
  /** The fields that the engine looks at, as `spec` or `metadata.labels`. */
  readonly fields: readonly string[];
  /** What else must hold; it is asked when the fields are what they should be. */
  readonly check?: (object: Value, errors: FieldErrors) => void;
}

export class CheckedObjects<Value extends object> extends Map<string, Value> {
  readonly #check: ObjectCheck<Value>;

  constructor(check: ObjectCheck<Value>) {
    super();
    this.#check = check;
  }

  /** @throws InvalidObjectError naming each wrong field */
  override set(key: string, object: Value): this {
    const { kind, fields, check } = this.#check;
    const errors = new FieldErrors();
    checkFields(kind, object, typeof object === 'object' ? '' : kind, [], errors);
    assertNoFieldErrors(kind, key, errors.list);
    for (const path of fields) checkPath(kind, object, path, errors);
    assertNoFieldErrors(kind, key, errors.list);
    check?.(object, errors);
    assertNoFieldErrors(kind, key, errors.list);
    return super.set(key, object);
  }
}

/** The types of what is looked into, where it is not looked at whole. */
const TYPES: Readonly<Record<string, string>> = {
  metadata: 'ObjectMeta',
  status: 'PodDisruptionBudgetStatus',
};

function checkPath(kind: string, object: object, path: string, errors: FieldErrors): void {
  const [first = '', second] = path.split('.');
  const inner: unknown = Object.entries(object).find(([name]) => name === first)?.[1];
  if (second === undefined) {
    checkFields(kind, object, '', [first], errors);
    if (inner === undefined && fieldsOf(kind)?.get(first)?.required) errors.required(first);
    return;
  }
  checkFields(TYPES[first] ?? '', inner, first, [second], errors);
}
