import {
  explainField,
  type ExplainedField,
  type FieldExplanation,
} from '../../model/fields/explain-field.ts';
import type { Verdict } from '../../model/fields/verdict.ts';
import { type Terminal, terminalOf } from '../output/terminal.ts';

const WIDTH = 80;

/** `peapod explain`: as `kubectl explain`, with whether peapod honours the field. */
export async function explain(field: string): Promise<void> {
  const terminal = terminalOf(process.stdout);
  terminal.write(renderExplanation(await explainField(field), terminal));
}

export function renderExplanation(explanation: FieldExplanation, terminal: Pick<Terminal, 'style'>): string {
  const { kind, apiVersion, path, type, description, verdict, proof, fields } = explanation;
  const lines = [`KIND:       ${kind}`, `VERSION:    ${apiVersion}`, ''];
  if (path !== '')
    lines.push(
      `FIELD:      ${path.split('.').at(-1)} <${type}>${explanation.required ? ' -required-' : ''}`,
      '',
    );
  if (verdict !== undefined) lines.push(`PEAPOD:     ${verdictText(verdict, terminal)}`);
  if (proof !== undefined) lines.push(`TESTED BY:  ${proof}`);
  if (verdict !== undefined) lines.push('');
  lines.push('DESCRIPTION:', ...wrap(description, WIDTH - 4).map((line) => `    ${line}`), '');
  if (fields.length > 0) lines.push('FIELDS:', ...fields.flatMap((field) => renderField(field, terminal)));
  return `${lines.join('\n').trimEnd()}\n`;
}

function renderField(
  { name, type, required, description, verdict }: ExplainedField,
  terminal: Pick<Terminal, 'style'>,
): string[] {
  const said =
    verdict === undefined || verdict.kind === 'honoured' ? '' : `  ${verdictText(verdict, terminal)}`;
  return [
    `  ${terminal.style('bold', name)}\t<${type}>${required ? ' -required-' : ''}${said}`,
    ...wrap(description, WIDTH - 4).map((line) => `    ${line}`),
    '',
  ];
}

function verdictText(verdict: Verdict, terminal: Pick<Terminal, 'style'>): string {
  const reason = 'reason' in verdict ? `: ${verdict.reason}` : '';
  if (verdict.kind === 'honoured') return terminal.style('green', 'honoured');
  return terminal.style(verdict.kind === 'refused' ? 'red' : 'yellow', `${verdict.kind}${reason}`);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
